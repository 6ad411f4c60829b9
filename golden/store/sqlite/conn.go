package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// chunks are the numbers of rows that one statement writes: large ones spare calls, few sizes
// spare prepared statements.
var chunks = []int{64, 8, 1}

// conn is one connection with its prepared statements. It speaks to the driver itself:
// database/sql would lock, convert and start a goroutine for each of the many small statements.
type conn struct {
	raw      driver.Conn
	prepared map[string]driver.Stmt
	// interrupt lets a statement be interrupted when its context ends. A writer may not be:
	// SQLite would roll back the whole group of transactions.
	interrupt bool
	// failure is the first error of a statement since it was cleared: the transaction cannot be
	// committed then, whatever the caller made of the error.
	failure error
	bared   []string // the indexes that Bare took away, as they are made
}

var _ sqlstore.Conn = (*conn)(nil)

// Exec implements sqlstore.Conn.
func (c *conn) Exec(ctx context.Context, s *sqlstore.Statement, args ...any) (written int64, err error) {
	err = c.each(ctx, s, args, func(st driver.Stmt, values []driver.NamedValue) error {
		result, err := st.(driver.StmtExecContext).ExecContext(c.context(ctx), values)
		if err != nil {
			return c.note(err)
		}
		n, err := result.RowsAffected()
		written += n
		return err
	})
	return written, err
}

// Put implements sqlstore.Conn.
func (c *conn) Put(ctx context.Context, what string, s *sqlstore.Statement, args ...any) error {
	if _, err := c.Exec(ctx, s, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// PutAll implements sqlstore.Conn.
func (c *conn) PutAll(ctx context.Context, what string, s *sqlstore.Statement, rows int, args ...any) error {
	n, err := c.Exec(ctx, s, args...)
	if err == nil && n != int64(rows) {
		err = fmt.Errorf("%d of %d rows are not there: %w", int64(rows)-n, rows, golden.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Query implements sqlstore.Conn.
func (c *conn) Query(ctx context.Context, s *sqlstore.Statement, row func(sqlstore.Scan) error, args ...any) error {
	return c.each(ctx, s, args, func(st driver.Stmt, values []driver.NamedValue) error {
		result, err := st.(driver.StmtQueryContext).QueryContext(c.context(ctx), values)
		if err != nil {
			return c.note(err)
		}
		return errors.Join(c.read(ctx, result, row), result.Close())
	})
}

func (c *conn) read(ctx context.Context, result driver.Rows, row func(sqlstore.Scan) error) error {
	values := make([]driver.Value, len(result.Columns()))
	scan := func(dest ...any) error { return assign(dest, values) }
	for n := 0; ; n++ {
		if err := result.Next(values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return c.note(err)
		}
		if err := row(scan); err != nil {
			return err
		}
		if n%256 == 255 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Now implements sqlstore.Conn. The one process that writes is the store's clock.
func (c *conn) Now(context.Context) (time.Time, error) {
	return time.Now().UTC().Truncate(time.Microsecond), nil
}

// Settle implements sqlstore.Conn. There is one writer.
func (c *conn) Settle(context.Context) error { return nil }

var raise = &sqlstore.Statement{SQLite: `INSERT INTO counter (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value`}

// Allocate implements sqlstore.Conn.
func (c *conn) Allocate(ctx context.Context, counter sqlstore.Counter, n int) ([]int64, error) {
	var last int64
	err := c.Query(ctx, raise, func(scan sqlstore.Scan) error { return scan(&last) }, string(counter), int64(n))
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = last - int64(n) + int64(i) + 1
	}
	return numbers, err
}

func (c *conn) context(ctx context.Context) context.Context {
	if c.interrupt {
		return ctx
	}
	return context.Background()
}

// each runs s for all rows in args, in chunks.
func (c *conn) each(ctx context.Context, s *sqlstore.Statement, args []any, run func(driver.Stmt, []driver.NamedValue) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	scalars, err := values(args[s.Columns:])
	if err != nil {
		return err
	}
	if s.Columns == 0 {
		return c.once(s.SQLite, scalars, run)
	}
	total, err := length(args[:s.Columns])
	if err != nil {
		return err
	}
	bound := make([]driver.NamedValue, 0, min(total, chunks[0])*s.Columns+len(scalars))
	for from := 0; from < total; {
		size := chunks[0]
		for i := 1; size > total-from; i++ {
			size = chunks[i]
		}
		bound = bound[:0]
		for row := from; row < from+size; row++ {
			for _, column := range args[:s.Columns] {
				bound = append(bound, driver.NamedValue{Ordinal: len(bound) + 1, Value: cell(column, row)})
			}
		}
		for _, v := range scalars {
			bound = append(bound, driver.NamedValue{Ordinal: len(bound) + 1, Value: v.Value})
		}
		if err := c.once(s.SQLiteRows(size), bound, run); err != nil {
			return err
		}
		if from += size; ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (c *conn) once(text string, bound []driver.NamedValue, run func(driver.Stmt, []driver.NamedValue) error) error {
	st, ok := c.prepared[text]
	if !ok {
		var err error
		if st, err = c.raw.Prepare(text); err != nil {
			return fmt.Errorf("prepare %q: %w", text[:min(len(text), 200)], typed(err))
		}
		c.prepared[text] = st
	}
	return run(st, bound)
}

// note keeps the first error of the database.
func (c *conn) note(err error) error {
	err = typed(err)
	if c.failure == nil {
		c.failure = err
	}
	return err
}

// statement runs text that is not worth preparing.
func (c *conn) statement(text string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return typed(err)
}

// kept runs text as a prepared statement.
func (c *conn) kept(text string) error {
	return c.once(text, nil, func(st driver.Stmt, _ []driver.NamedValue) error {
		_, err := st.(driver.StmtExecContext).ExecContext(context.Background(), nil)
		return typed(err)
	})
}

func (c *conn) close() error {
	var errs []error
	for _, st := range c.prepared {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}
