package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// ErrNested is returned where a transaction is begun inside another one's function: on a database
// with one writer it could never begin.
var ErrNested = errors.New("a transaction is begun inside another one")

// Conn runs statements, one after the other.
//
// Arguments are int64, string, []byte, bool and time.Time, or slices of them for rows and lists.
// Destinations of scan are pointers to the same; NULL leaves the zero value.
type Conn interface {
	// Exec returns how many rows were written.
	Exec(ctx context.Context, s *Statement, args ...any) (int64, error)
	// Put writes rows of which nobody asks how many they were. It need not wait until that is done: later
	// statements find it done, and where it failed the next one, or the end of the transaction, has the
	// error. what is what was being done, which stands in it. The arguments must not change any more.
	Put(ctx context.Context, what string, s *Statement, args ...any) error
	// PutAll is Put where so many rows must be there to be written: fewer, or more, fail with
	// golden.ErrNotFound.
	PutAll(ctx context.Context, what string, s *Statement, rows int, args ...any) error
	// Query calls row for every row of the result.
	Query(ctx context.Context, s *Statement, row func(scan Scan) error, args ...any) error
	// Now is the store's clock.
	Now(ctx context.Context) (time.Time, error)
	// Allocate returns n new numbers of the counter, ascending.
	Allocate(ctx context.Context, counter Counter, n int) ([]int64, error)
	// Settle holds a lock of the whole store until the transaction ends.
	Settle(ctx context.Context) error
}

// Scan copies the columns of the current row.
type Scan func(dest ...any) error

// Counter names a source of numbers.
type Counter string

// The counters. Numbers may have gaps.
const (
	RecordNumbers   Counter = "source_record_no"
	EntityNumbers   Counter = "entity_no"
	ChangeNumbers   Counter = "change_no"
	DocumentNumbers Counter = "document_no"
	LetterNumbers   Counter = "dead_letter_no"
	// DirtyMarks are never given twice, so that a worker that slept cannot settle a later mark.
	DirtyMarks Counter = "dirty_mark"
)

// Settled says whether only those who hold the lease on settling take numbers of the counter.
func (c Counter) Settled() bool {
	return c == RecordNumbers || c == EntityNumbers || c == ChangeNumbers
}

// Backend opens transactions on one database.
type Backend interface {
	// Write runs do in a transaction, again where the database asks for it.
	Write(ctx context.Context, do func(ctx context.Context, c Conn) error) error
	// Read runs do, which only reads; View does so on one consistent state.
	Read(ctx context.Context, do func(c Conn) error) error
	View(ctx context.Context, do func(c Conn) error) error
	Ping(ctx context.Context) error
	Close() error
}

// DefaultFeedKeep is how many changes the feed keeps where nothing else is said.
const DefaultFeedKeep = 10_000_000

// Store is a golden.Store over a backend.
type Store struct {
	backend  Backend
	feedKeep int64
	sizes    spanSizes
}

var _ golden.Store = (*Store)(nil)

// New returns the store on backend. The feed keeps the last feedKeep changes (0:
// DefaultFeedKeep); a customer's own history keeps all of them.
func New(backend Backend, feedKeep int64) *Store {
	if feedKeep <= 0 {
		feedKeep = DefaultFeedKeep
	}
	return &Store{backend: backend, feedKeep: feedKeep}
}

// InTx implements golden.Store.
func (s *Store) InTx(ctx context.Context, do func(ctx context.Context, tx golden.Tx) error) error {
	return s.write(ctx, func(ctx context.Context, c Conn) error { return do(ctx, &tx{c: c}) })
}

// InView implements golden.Store.
func (s *Store) InView(ctx context.Context, do func(ctx context.Context, v golden.View) error) error {
	return s.backend.View(ctx, func(c Conn) error { return do(ctx, view{&tx{c: c}}) })
}

// Ping implements golden.Store.
func (s *Store) Ping(ctx context.Context) error { return s.backend.Ping(ctx) }

// Close implements golden.Store.
func (s *Store) Close() error { return s.backend.Close() }

// Reset empties the store and keeps its schema: tests run many histories on one.
func (s *Store) Reset(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		for _, st := range resets {
			if _, err := c.Exec(ctx, st); err != nil {
				return fmt.Errorf("reset store: %w", err)
			}
		}
		return nil
	})
}

type inside struct{}

func (s *Store) write(ctx context.Context, do func(ctx context.Context, c Conn) error) error {
	if ctx.Value(inside{}) != nil {
		return ErrNested
	}
	return s.backend.Write(context.WithValue(ctx, inside{}, true), do)
}

// tx is one transaction. Its methods stand in the file of their subject.
type tx struct {
	c     Conn
	fresh map[Counter][]int64 // the numbers that it gave out, ascending
	wrote map[string]bool     // the tables that it wrote to: see stored

	blocks blocks
	own    own
}

var _ golden.Tx = (*tx)(nil)

// view is a transaction that only reads.
type view struct{ *tx }

var _ golden.View = view{}

var resets = func() []*Statement {
	var all []*Statement
	for _, table := range []string{
		"source_record", "written", "record_keys", "record_key", "key_block", "edge", "link",
		"decision", "decision_record", "member", "member_past", "entity", "entity_lookups", "lookup",
		"task", "task_record", "change", "outbox", "feed", "document", "document_party",
		"suppression", "dirty", "delivery", "pending_create", "dead_letter", "lease", "stage_offset",
		"checkpoint", "seen_delivery", "erasure", "erasure_receipt", "ledger",
	} {
		all = append(all, plain("DELETE FROM "+table))
	}
	return append(all, plain("UPDATE feed_state SET last = 0"))
}()
