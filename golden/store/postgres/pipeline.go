package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// pipeline holds the writes of a transaction for whose results nobody waits. Those of sendFrom rows and
// more are sent at once: the server works on them while the program goes on. Smaller ones wait for a
// statement to go with.
type pipeline struct {
	sendFrom int

	queued []write // not sent yet
	sender *sender // nil until something is sent
}

// write is a statement that returns no rows; what says what it does, for errors.
type write struct {
	what, text string
	args       []any
	rows       int             // how many it must write; anyRows where that does not matter
	fills      *sqlstore.Table // args are rows to copy into it, instead of a statement
}

const anyRows = -1

// sender runs writes on the transaction's connection, in their order. Nobody else uses the connection
// until it has run them all.
type sender struct {
	work  chan []write
	under sync.WaitGroup // what it was given and has not done
	ended chan struct{}
	mu    sync.Mutex
	err   error // the first; what comes after it is passed over
}

func newSender(ctx context.Context, q querier) *sender {
	s := &sender{work: make(chan []write, 16), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for writes := range s.work {
			if s.failed() == nil {
				s.fail(run(ctx, q, writes))
			}
			s.under.Done()
		}
	}()
	return s
}

func (s *sender) give(writes []write) {
	s.under.Add(1)
	s.work <- writes
}

func (s *sender) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *sender) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// end waits for what is under way.
func (s *sender) end() {
	close(s.work)
	<-s.ended
}

// run runs writes, statements together, and waits for what became of them.
func run(ctx context.Context, q querier, writes []write) error {
	for len(writes) > 0 {
		n := slices.IndexFunc(writes, func(w write) bool { return w.fills != nil })
		if n == 0 {
			if err := fill(ctx, q, writes[0].fills, writes[0].args); err != nil {
				return doing(writes[0].what, err)
			}
			writes = writes[1:]
			continue
		}
		if n < 0 {
			n = len(writes)
		}
		if err := execute(ctx, q, writes[:n]); err != nil {
			return err
		}
		writes = writes[n:]
	}
	return nil
}

// execute sends statements at once.
func execute(ctx context.Context, q querier, writes []write) error {
	b := &pgx.Batch{}
	for _, w := range writes {
		b.Queue(w.text, w.args...)
	}
	sent := q.SendBatch(ctx, b)
	err := results(sent, writes)
	if closed := sent.Close(); err == nil {
		err = closed
	}
	return err
}

func results(sent pgx.BatchResults, writes []write) error {
	for _, w := range writes {
		tag, err := sent.Exec()
		if n := int(tag.RowsAffected()); err == nil && w.rows != anyRows && n != w.rows {
			err = fmt.Errorf("%d of %d rows are not there: %w", w.rows-n, w.rows, golden.ErrNotFound)
		}
		if err != nil {
			return doing(w.what, err)
		}
	}
	return nil
}

// Put implements sqlstore.Conn.
func (c *conn) Put(ctx context.Context, what string, s *sqlstore.Statement, args ...any) error {
	return c.putRows(ctx, what, s, anyRows, args)
}

// PutAll implements sqlstore.Conn.
func (c *conn) PutAll(ctx context.Context, what string, s *sqlstore.Statement, rows int, args ...any) error {
	return c.putRows(ctx, what, s, rows, args)
}

func (c *conn) putRows(ctx context.Context, what string, s *sqlstore.Statement, rows int, args []any) error {
	bound, empty, err := bind(s, args)
	if err != nil || empty {
		return doing(what, err)
	}
	c.writes(s)
	if rowsOf(args) < c.sendFrom {
		c.queued = append(c.queued, write{what: what, text: s.Postgres, args: bound, rows: rows})
		return nil
	}
	w := write{what: what, text: s.Postgres, args: bound, rows: rows}
	if s.Fills != nil {
		w.args, w.fills = args, s.Fills
	}
	c.queued = append(c.queued, w)
	return c.send(ctx)
}

// send has the server begin with what is queued, once it has done what was sent before.
func (c *conn) send(ctx context.Context) error {
	if len(c.queued) == 0 {
		return nil
	}
	if c.sender == nil {
		c.sender = newSender(ctx, c.q)
	}
	if err := c.sender.failed(); err != nil {
		return c.note(err)
	}
	c.sender.give(c.queued)
	c.queued = nil
	return nil
}

// received waits until what was sent is done.
func (c *conn) received() error {
	if c.sender == nil {
		return nil
	}
	c.sender.under.Wait()
	return c.note(c.sender.failed())
}

// finish waits until all writes are done.
func (c *conn) finish(ctx context.Context) error {
	if c.sender == nil && len(c.queued) > 0 {
		writes := c.queued
		c.queued = nil
		return c.note(run(ctx, c.q, writes))
	}
	if err := c.send(ctx); err != nil {
		return err
	}
	return c.received()
}

// abandon gives up what is queued and waits for what is under way, so that the transaction can be
// ended. Where that failed, the failure is noted.
func (c *conn) abandon() {
	c.queued = nil
	if c.sender != nil {
		c.sender.end()
		_ = c.note(c.sender.failed())
		c.sender = nil
	}
}

// queryBehind runs a query together with the writes that are queued before it.
func (c *conn) queryBehind(ctx context.Context, text string, row func(sqlstore.Scan) error, args ...any) error {
	writes := c.queued
	c.queued = nil
	b := &pgx.Batch{}
	for _, w := range writes {
		b.Queue(w.text, w.args...)
	}
	b.Queue(text, args...)
	sent := c.q.SendBatch(ctx, b)
	err := c.note(results(sent, writes))
	if err == nil {
		rows, failed := sent.Query()
		if failed != nil {
			err = c.note(failed)
		} else {
			err = c.read(rows, row)
		}
	}
	if closed := sent.Close(); err == nil {
		err = c.note(closed)
	}
	return err
}

// rowsOf is the length of the longest argument.
func rowsOf(args []any) (n int) {
	for _, a := range args {
		switch a := a.(type) {
		case []int64:
			n = max(n, len(a))
		case []string:
			n = max(n, len(a))
		}
	}
	return n
}

// doing says in an error what was being done.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
