package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// sendFrom is the number of rows from which on a write is sent at once: the server works on it while
// the program goes on. Smaller ones wait for a statement to go with.
const sendFrom = 200

// pipeline holds the writes of a transaction for whose results nobody waits.
type pipeline struct {
	queued []write          // not sent yet
	sent   pgx.BatchResults // nil where nothing is under way
	under  []write          // way, in order
}

// write is a statement that returns no rows; what says what it does, for errors.
type write struct {
	what, text string
	args       []any
}

// Put implements sqlstore.Conn.
func (c *conn) Put(ctx context.Context, what string, s *sqlstore.Statement, args ...any) error {
	bound, empty, err := bind(s, args)
	if err != nil || empty {
		return doing(what, err)
	}
	c.put(what, s.Postgres, bound...)
	if rowsOf(args) < sendFrom {
		return nil
	}
	return c.send(ctx)
}

func (c *conn) put(what, text string, args ...any) {
	c.queued = append(c.queued, write{what, text, args})
}

// send has the server begin with what is queued, once it has done what was sent before.
func (c *conn) send(ctx context.Context) error {
	if err := c.received(); err != nil || len(c.queued) == 0 {
		return err
	}
	c.dispatch(ctx, c.batch())
	return nil
}

// batch makes one of what is queued.
func (c *conn) batch() *pgx.Batch {
	b := &pgx.Batch{}
	for _, w := range c.queued {
		b.Queue(w.text, w.args...)
	}
	return b
}

func (c *conn) dispatch(ctx context.Context, b *pgx.Batch) {
	c.sent = c.q.SendBatch(ctx, b)
	c.under, c.queued = c.queued, nil
}

// written waits until the writes under way are done.
func (c *conn) written() error {
	for _, w := range c.under {
		if _, err := c.sent.Exec(); err != nil {
			return c.note(doing(w.what, err))
		}
	}
	c.under = nil
	return nil
}

// received waits until what was sent is done.
func (c *conn) received() error {
	if c.sent == nil {
		return nil
	}
	err := c.written()
	closed := c.sent.Close()
	c.sent, c.under = nil, nil
	if err != nil {
		return err
	}
	return c.note(closed)
}

// finish waits until all writes are done.
func (c *conn) finish(ctx context.Context) error {
	if err := c.send(ctx); err != nil {
		return err
	}
	return c.received()
}

// abandon gives up what is under way, so that the transaction can be rolled back.
func (c *conn) abandon() {
	c.queued = nil
	if c.sent != nil {
		_ = c.sent.Close()
		c.sent, c.under = nil, nil
	}
}

// queryBehind runs a query together with the writes that are queued before it.
func (c *conn) queryBehind(ctx context.Context, text string, row func(sqlstore.Scan) error, args ...any) error {
	if err := c.received(); err != nil {
		return err
	}
	b := c.batch()
	b.Queue(text, args...)
	c.dispatch(ctx, b)
	err := c.written()
	if err == nil {
		rows, failed := c.sent.Query()
		if failed != nil {
			err = c.note(failed)
		} else {
			err = c.read(rows, row)
		}
	}
	closed := c.sent.Close()
	c.sent, c.under = nil, nil
	if err != nil {
		return err
	}
	return c.note(closed)
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
