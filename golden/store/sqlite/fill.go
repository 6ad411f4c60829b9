package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

var _ sqlstore.Filler = (*conn)(nil)

// indexesOf are the indexes of tables that do not belong to a key: SQLite keeps those of keys with
// the table.
var indexesOf = &sqlstore.Statement{SQLite: `SELECT name, sql FROM sqlite_schema
	WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (SELECT value FROM json_each(?)) ORDER BY name`}

// Bare implements sqlstore.Filler.
func (c *conn) Bare(ctx context.Context, tables []string) error {
	names, err := json.Marshal(tables)
	if err != nil {
		return err
	}
	var drop []string
	c.bared = nil
	err = c.Query(ctx, indexesOf, func(scan sqlstore.Scan) error {
		var name, text string
		err := scan(&name, &text)
		drop, c.bared = append(drop, name), append(c.bared, text)
		return err
	}, string(names))
	if err != nil {
		return err
	}
	for _, name := range drop {
		if err := c.note(c.statement(`DROP INDEX "` + name + `"`)); err != nil {
			return fmt.Errorf("drop index %s: %w", name, err)
		}
	}
	return nil
}

// Index implements sqlstore.Filler.
func (c *conn) Index(ctx context.Context) error {
	for _, text := range c.bared {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.note(c.statement(text)); err != nil {
			return err
		}
	}
	c.bared = nil
	return nil
}

// Fill implements sqlstore.Filler: rows go in by prepared statements, fast where they come in the
// order of the table.
func (c *conn) Fill(ctx context.Context, t *sqlstore.Table, columns []any) error {
	_, err := c.Exec(ctx, t.Insert, columns...)
	return err
}

// Ordered implements sqlstore.Filler: a table is a tree by its key.
func (c *conn) Ordered() bool { return true }
