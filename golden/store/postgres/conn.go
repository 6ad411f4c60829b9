package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// querier is a pool or a transaction.
type querier interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// conn runs statements in a transaction, or each on its own.
type conn struct {
	q    querier
	lock int64
	pipeline
	beside
	// failure is the server's first error: it says whether to run again, whatever the caller made of it.
	failure error
	bared   []string // the indexes that Bare took away, as they are made
}

var _ sqlstore.Conn = (*conn)(nil)

// Exec implements sqlstore.Conn. All rows go in one statement, as arrays.
func (c *conn) Exec(ctx context.Context, s *sqlstore.Statement, args ...any) (int64, error) {
	bound, empty, err := bind(s, args)
	if err != nil || empty {
		return 0, err
	}
	c.writes(s)
	if err := c.finish(ctx); err != nil {
		return 0, err
	}
	c.held = c.leased
	tag, err := c.q.Exec(ctx, s.Postgres, bound...)
	return tag.RowsAffected(), c.note(err)
}

// Query implements sqlstore.Conn.
func (c *conn) Query(ctx context.Context, s *sqlstore.Statement, row func(sqlstore.Scan) error, args ...any) error {
	bound, empty, err := bind(s, args)
	if err != nil || empty {
		return err
	}
	if s.Varies {
		// The server keeps a prepared statement's plan; an unprepared one is planned for its arguments.
		bound = append([]any{pgx.QueryExecModeCacheDescribe}, bound...)
	}
	if s.ReadOnly {
		if q, err := c.aside(ctx, s.Reads...); err != nil {
			return err
		} else if q != nil {
			return c.ask(ctx, q, s.Postgres, row, bound...)
		}
	}
	if s.Varies {
		if err := c.finish(ctx); err != nil {
			return err
		}
	}
	return c.query(ctx, s.Postgres, row, bound...)
}

// query runs a query in the transaction, behind all writes.
func (c *conn) query(ctx context.Context, text string, row func(sqlstore.Scan) error, args ...any) error {
	if err := c.received(); err != nil {
		return err
	}
	if len(c.queued) == 0 {
		return c.ask(ctx, c.q, text, row, args...)
	}
	err := c.queryBehind(ctx, text, row, args...)
	c.held = c.leased && err == nil
	return err
}

func (c *conn) ask(ctx context.Context, q querier, text string, row func(sqlstore.Scan) error, args ...any) error {
	rows, err := q.Query(ctx, text, args...)
	if err != nil {
		return c.note(err)
	}
	return c.read(rows, row)
}

func (c *conn) read(rows pgx.Rows, row func(sqlstore.Scan) error) error {
	defer rows.Close()
	scan := func(dest ...any) error { return scanRow(rows, dest) }
	for rows.Next() {
		if err := row(scan); err != nil {
			return err
		}
	}
	return c.note(rows.Err())
}

func (c *conn) note(err error) error {
	if c.failure == nil {
		c.failure = err
	}
	return err
}

// Now implements sqlstore.Conn.
func (c *conn) Now(ctx context.Context) (now time.Time, err error) {
	err = c.query(ctx, "SELECT statement_timestamp()", func(scan sqlstore.Scan) error { return scan(&now) })
	return now, err
}

// Allocate implements sqlstore.Conn. A sequence gives its numbers without waiting for other
// transactions, and belongs to none.
func (c *conn) Allocate(ctx context.Context, counter sqlstore.Counter, n int) ([]int64, error) {
	text := "SELECT nextval($1::text::regclass) FROM generate_series(1, $2)"
	if c.leased && counter.Settled() {
		// nobody else takes numbers meanwhile: they are raised at once
		text = "SELECT generate_series(last - $2 + 1, last) FROM setval($1::text::regclass, nextval($1::text::regclass) + $2 - 1) AS last"
	}
	numbers := make([]int64, 0, n)
	row := func(scan sqlstore.Scan) error {
		var number int64
		err := scan(&number)
		numbers = append(numbers, number)
		return err
	}
	q, err := c.aside(ctx)
	switch {
	case err != nil:
		return nil, err
	case q != nil:
		err = c.ask(ctx, q, text, row, string(counter), n)
	default:
		err = c.query(ctx, text, row, string(counter), n)
	}
	return numbers, err
}

// bind turns arguments into those of pgx: no time is NULL. empty says that there are no rows.
func bind(s *sqlstore.Statement, args []any) (bound []any, empty bool, err error) {
	bound = make([]any, len(args))
	for i, a := range args {
		n := -1
		switch a := a.(type) {
		case time.Time:
			bound[i] = timestamp(a)
		case []time.Time:
			column := make([]pgtype.Timestamptz, len(a))
			for j, t := range a {
				column[j] = timestamp(t)
			}
			bound[i], n = column, len(a)
		case []int64:
			bound[i], n = a, len(a)
		case []string:
			bound[i], n = a, len(a)
		case [][]byte:
			bound[i], n = a, len(a)
		case []bool:
			bound[i], n = a, len(a)
		case int64, string, bool, []byte:
			bound[i] = a
		default:
			return nil, false, fmt.Errorf("argument %d is %T", i, a)
		}
		if i < s.Columns && n == 0 {
			return nil, true, nil
		}
	}
	return bound, false, nil
}

func timestamp(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}
}

// scanRow copies a row. Times may be NULL, bytes too; other columns never are.
func scanRow(rows pgx.Rows, dest []any) error {
	if scanPlain(rows, dest) {
		return nil
	}
	targets := make([]any, len(dest))
	times := make([]pgtype.Timestamptz, len(dest))
	for i, d := range dest {
		if _, ok := d.(*time.Time); ok {
			targets[i] = &times[i]
		} else {
			targets[i] = d
		}
	}
	if err := rows.Scan(targets...); err != nil {
		return err
	}
	for i, d := range dest {
		if t, ok := d.(*time.Time); ok {
			*t = times[i].Time
		}
	}
	return nil
}

// scanPlain copies a row of numbers and bytes as it came, without the plans that pgx makes for each
// value: block keys and features come by the thousand. It says whether it could.
func scanPlain(rows pgx.Rows, dest []any) bool {
	values, fields := rows.RawValues(), rows.FieldDescriptions()
	if len(values) != len(dest) {
		return false
	}
	for i, d := range dest {
		if fields[i].Format != pgtype.BinaryFormatCode {
			return false
		}
		switch d := d.(type) {
		case *int64:
			if fields[i].DataTypeOID != pgtype.Int8OID || len(values[i]) != 8 {
				return false
			}
			*d = int64(binary.BigEndian.Uint64(values[i]))
		case *[]byte:
			if fields[i].DataTypeOID != pgtype.ByteaOID {
				return false
			}
			*d = bytes.Clone(values[i])
		default:
			return false
		}
	}
	return true
}
