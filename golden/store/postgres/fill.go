package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

var _ sqlstore.Filler = (*conn)(nil)

// indexMemory is the memory of building one index, in kB, where the server's setting is lower.
const indexMemory = 256 << 10

const indexesOf = `SELECT x.indrelid::regclass::text, x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid),
	coalesce(quote_ident(k.conname), ''), coalesce(pg_get_constraintdef(k.oid), '')
	FROM pg_index x JOIN unnest($1::text[]) WITH ORDINALITY AS t (name, place) ON x.indrelid = t.name::regclass
	LEFT JOIN pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
	ORDER BY t.place, x.indisprimary DESC, x.indexrelid`

// Bare implements sqlstore.Filler. The tables are locked until the transaction ends.
func (c *conn) Bare(ctx context.Context, tables []string) error {
	var drop []string
	c.bared = nil
	err := c.query(ctx, indexesOf, func(scan sqlstore.Scan) error {
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
	return c.each(ctx, drop)
}

// Index implements sqlstore.Filler.
func (c *conn) Index(ctx context.Context) error {
	build := append([]string{fmt.Sprintf(`SELECT set_config('maintenance_work_mem',
		greatest(setting::bigint, %d)::text || 'kB', true) FROM pg_settings WHERE name = 'maintenance_work_mem'`, indexMemory)}, c.bared...)
	c.bared = nil
	return c.each(ctx, build)
}

func (c *conn) each(ctx context.Context, statements []string) error {
	for _, text := range statements {
		if _, err := c.q.Exec(ctx, text, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%s: %w", text, c.note(err))
		}
	}
	return nil
}

// Fill implements sqlstore.Filler: rows go in by COPY.
func (c *conn) Fill(ctx context.Context, t *sqlstore.Table, columns []any) error {
	tx, ok := c.q.(pgx.Tx)
	if !ok {
		return fmt.Errorf("%T is no transaction", c.q)
	}
	r, err := newCopyReader(ctx, tx, t, columns)
	if err != nil {
		return c.note(err)
	}
	_, err = tx.Conn().PgConn().CopyFrom(ctx, r, "COPY "+t.Name+" ("+strings.Join(t.Columns, ", ")+") FROM STDIN (FORMAT binary)")
	return c.note(err)
}

// Ordered implements sqlstore.Filler: keys are built after the rows.
func (c *conn) Ordered() bool { return false }
