package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

var _ sqlstore.Filler = (*conn)(nil)

// While a load is written, the server has patience with the program: it sorts between two tables.
// Settings of the server that are more generous stay.
const (
	pauses = `SELECT set_config('idle_in_transaction_session_timeout', '5min', true) FROM pg_settings
		WHERE name = 'idle_in_transaction_session_timeout' AND setting::bigint BETWEEN 1 AND 299999`
	// memory is that of building one index.
	memory = `SELECT set_config('maintenance_work_mem', '256MB', true) FROM pg_settings
		WHERE name = 'maintenance_work_mem' AND setting::bigint < 262144`
)

const indexesOf = `SELECT x.indrelid::regclass::text, x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid),
	coalesce(quote_ident(k.conname), ''), coalesce(pg_get_constraintdef(k.oid), '')
	FROM pg_index x JOIN unnest($1::text[]) WITH ORDINALITY AS t (name, place) ON x.indrelid = t.name::regclass
	LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
	ORDER BY t.place, x.indisprimary DESC, x.indexrelid`

// Bare implements sqlstore.Filler. The tables are locked until the transaction ends. Who reads several of
// them meanwhile must not be the one whom a deadlock ends: the lock is given up before the server looks
// for one (deadlock_timeout, 1 s), and the transaction runs again.
func (c *conn) Bare(ctx context.Context, tables []string) error {
	err := c.each(ctx, []string{
		"SET LOCAL lock_timeout = '300ms'", "LOCK TABLE " + strings.Join(tables, ", ") + " IN ACCESS EXCLUSIVE MODE", "SET LOCAL lock_timeout TO DEFAULT",
	})
	if err != nil {
		return err
	}
	var drop []string
	c.bared = nil
	err = c.query(ctx, indexesOf, func(scan sqlstore.Scan) error {
		var table, name, text, constraint, of string
		if err := scan(&table, &name, &text, &constraint, &of); err != nil {
			return err
		}
		if constraint == "" {
			drop = append(drop, "DROP INDEX "+name)
		} else {
			drop = append(drop, "ALTER TABLE "+table+" DROP CONSTRAINT "+constraint)
			text = "ALTER TABLE " + table + " ADD CONSTRAINT " + constraint + " " + of
		}
		c.bared = append(c.bared, text)
		return nil
	}, tables)
	if err != nil {
		return err
	}
	return c.each(ctx, append(drop, pauses))
}

// Index implements sqlstore.Filler.
func (c *conn) Index(ctx context.Context) error {
	build := append([]string{memory}, c.bared...)
	c.bared = nil
	return c.each(ctx, build)
}

func (c *conn) each(ctx context.Context, statements []string) error {
	if err := c.finish(ctx); err != nil {
		return err
	}
	c.locked = true
	for _, text := range statements {
		if _, err := c.q.Exec(ctx, text, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%s: %w", text, c.note(err))
		}
	}
	return nil
}

// Fill implements sqlstore.Filler.
func (c *conn) Fill(ctx context.Context, t *sqlstore.Table, columns []any) error {
	if err := c.finish(ctx); err != nil {
		return err
	}
	return c.note(fill(ctx, c.q, t, columns))
}

// fill has rows go in by COPY: the server takes less for each than by a statement.
func fill(ctx context.Context, q querier, t *sqlstore.Table, columns []any) error {
	tx, ok := q.(pgx.Tx)
	if !ok {
		return fmt.Errorf("%T is no transaction", q)
	}
	r, err := newCopyReader(ctx, tx, t, columns)
	if err != nil {
		return err
	}
	_, err = tx.Conn().PgConn().CopyFrom(ctx, r, "COPY "+t.Name+" ("+strings.Join(t.Columns, ", ")+") FROM STDIN (FORMAT binary)")
	return err
}

// Ordered implements sqlstore.Filler: keys are built after the rows.
func (c *conn) Ordered() bool { return false }
