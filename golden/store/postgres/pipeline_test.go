package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

var (
	addOutbox   = &sqlstore.Statement{Postgres: "INSERT INTO outbox (no) VALUES ($1)"}
	countOutbox = &sqlstore.Statement{Postgres: "SELECT count(*) FROM outbox"}
)

// outbox counts the rows that a transaction sees.
func outbox(ctx context.Context, c sqlstore.Conn) (n int64, err error) {
	err = c.Query(ctx, countOutbox, func(scan sqlstore.Scan) error { return scan(&n) })
	return n, err
}

func connected(t *testing.T) *backend {
	t.Helper()
	b, err := connect(t.Context(), Config{URL: pgtest.Start(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// What was put has run, in its order, before whatever comes next.
func TestPut_runsInOrder(t *testing.T) {
	t.Parallel()
	b := connected(t)
	for round := range int64(3) { // prepared in the first, known in the others
		err := b.Write(t.Context(), func(ctx context.Context, c sqlstore.Conn) error {
			for i := range int64(100) {
				if err := c.Put(ctx, "add", addOutbox, round*100+i); err != nil {
					return err
				}
			}
			n, err := outbox(ctx, c)
			if want := (round + 1) * 100; n != want {
				t.Errorf("%d rows are there after %d were put", n, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A statement that fails fails its transaction, and says which it was: where the next one asks, and
// where nothing comes after it.
func TestPut_failsTheTransaction(t *testing.T) {
	t.Parallel()
	b := connected(t)
	twice := func(ctx context.Context, c sqlstore.Conn) error {
		return errors.Join(c.Put(ctx, "first", addOutbox, int64(1)), c.Put(ctx, "second", addOutbox, int64(1)), c.Put(ctx, "third", addOutbox, int64(2)))
	}
	for name, do := range map[string]func(context.Context, sqlstore.Conn) error{
		"at the end": twice,
		"at the next": func(ctx context.Context, c sqlstore.Conn) error {
			if err := twice(ctx, c); err != nil {
				return err
			}
			_, err := outbox(ctx, c)
			if err == nil {
				t.Error("a statement behind the one that failed ran")
			}
			return nil // whoever passes over it does not save the transaction
		},
	} {
		err := b.Write(t.Context(), do)
		if err == nil || !hasCode(err, "23505") || !strings.Contains(err.Error(), "second: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	n, err := int64(-1), error(nil)
	if err := b.Read(t.Context(), func(c sqlstore.Conn) error { n, err = outbox(t.Context(), c); return err }); err != nil || n != 0 {
		t.Errorf("%d rows were kept: %v", n, err)
	}
}

// A caller that gives up leaves no connection in the middle of what it sent.
func TestPut_givenUp(t *testing.T) {
	t.Parallel()
	b := connected(t)
	gone := errors.New("given up")
	for range 20 { // more than there are connections
		err := b.Write(t.Context(), func(ctx context.Context, c sqlstore.Conn) error {
			if err := c.Put(ctx, "add", addOutbox, int64(1)); err != nil {
				return err
			}
			return gone
		})
		if !errors.Is(err, gone) {
			t.Fatal(err)
		}
	}
}
