package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// A group is committed when nobody waits to join it, or at one of these bounds.
const (
	groupSize = 64
	groupTime = 20 * time.Millisecond
)

// errClosed is returned after Close.
var errClosed = errors.New("the store is closed")

// backend is the file with its writer and readers.
type backend struct {
	temporary string // folder to remove at Close
	queue     chan *request
	between   chan func(*conn) // runs between two groups
	closing   chan struct{}
	done      chan struct{} // closed when the writer has ended
	closeOnce sync.Once
	closeErr  error

	checkpoints *checkpointer

	open  func() (*conn, error)
	idle  chan *conn
	slots chan struct{}
}

// request is one caller's transaction.
type request struct {
	ctx    context.Context
	do     func(ctx context.Context, c sqlstore.Conn) error
	answer chan error
}

func (b *backend) start(writer *conn) {
	b.queue = make(chan *request)
	b.closing, b.done = make(chan struct{}), make(chan struct{})
	b.between = make(chan func(*conn))
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		b.checkpoints.run(b.closing, b.between)
	}()
	go func() {
		defer close(b.done)
		w := &groupWriter{conn: writer, queue: b.queue}
		for {
			select {
			case r := <-b.queue:
				w.run(r)
				b.checkpoints.changed.Store(true)
			case do := <-b.between:
				do(writer)
			case <-b.closing:
				<-copied
				b.closeErr = errors.Join(b.checkpoints.conn.close(), writer.close())
				return
			}
		}
	}()
}

// Write implements sqlstore.Backend.
func (b *backend) Write(ctx context.Context, do func(ctx context.Context, c sqlstore.Conn) error) error {
	r := &request{ctx: ctx, do: do, answer: make(chan error, 1)}
	select {
	case b.queue <- r:
		return <-r.answer
	case <-ctx.Done():
		return ctx.Err()
	case <-b.closing:
		return errClosed
	}
}

// Close implements sqlstore.Backend. It waits for the transaction that runs.
func (b *backend) Close() error {
	b.closeOnce.Do(func() {
		if b.closing != nil {
			close(b.closing)
			<-b.done
			b.closeErr = errors.Join(b.closeErr, b.closeReaders())
		}
		if b.temporary != "" {
			b.closeErr = errors.Join(b.closeErr, os.RemoveAll(b.temporary))
		}
	})
	return b.closeErr
}

// groupWriter runs transactions on the one connection that writes.
type groupWriter struct {
	conn  *conn
	queue chan *request
}

// run runs first and those that wait behind it, and commits them together.
// Where the group fails as a whole (a full disk, an I/O error), each runs once more on its own, so
// that one too large for the disk does not fail the small ones.
func (w *groupWriter) run(first *request) {
	group, err := w.group(first)
	if err != nil && len(group) > 1 {
		for _, r := range group {
			r.answer <- w.alone(r)
		}
		return
	}
	for _, r := range group {
		r.answer <- err
	}
}

// group returns the requests that share the fate of the transaction; the others were answered.
// The first needs no savepoint, which would keep a copy of every page that it changes: where it
// fails, the transaction goes back as a whole.
func (w *groupWriter) group(first *request) (group []*request, err error) {
	if err := w.conn.kept("BEGIN IMMEDIATE"); err != nil {
		return []*request{first}, fmt.Errorf("begin: %w", err)
	}
	deadline := time.Now().Add(groupTime)
	if err := call(first, w.conn); err != nil {
		w.rollback()
		first.answer <- err
		return nil, nil
	}
	group = []*request{first}
	for r := w.next(1, deadline); r != nil; r = w.next(len(group), deadline) {
		own, lost := w.inSavepoint(r)
		if lost != nil {
			w.rollback()
			return append(group, r), errors.Join(own, lost)
		}
		if own != nil {
			r.answer <- own
			continue
		}
		group = append(group, r)
	}
	return group, w.commit()
}

// next returns a request that waits already, if the group has room.
func (w *groupWriter) next(size int, deadline time.Time) *request {
	if size >= groupSize || time.Now().After(deadline) {
		return nil
	}
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

// inSavepoint returns r's own error, which leaves the group as it was, and the error that cost the
// group its transaction: SQLite rolls back all of it on some errors.
func (w *groupWriter) inSavepoint(r *request) (own, lost error) {
	if err := w.conn.kept("SAVEPOINT caller"); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if own = call(r, w.conn); own != nil {
		lost = w.conn.statement("ROLLBACK TO caller")
	}
	if lost == nil {
		lost = w.conn.kept("RELEASE caller")
	}
	return own, lost
}

// alone runs r in a transaction of its own.
func (w *groupWriter) alone(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := w.conn.kept("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := call(r, w.conn); err != nil {
		w.rollback()
		return err
	}
	return w.commit()
}

func (w *groupWriter) commit() error {
	if err := w.conn.kept("COMMIT"); err != nil {
		w.rollback()
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback fails where SQLite has rolled back already: the next BEGIN shows whether all is well.
func (w *groupWriter) rollback() { _ = w.conn.statement("ROLLBACK") }

// call runs the caller's function and keeps its panic from the other callers.
func call(r *request, c *conn) (err error) {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	c.failure = nil
	if err := r.do(r.ctx, c); err != nil {
		return err
	}
	if c.failure != nil {
		return fmt.Errorf("commit after %w", c.failure)
	}
	return nil
}
