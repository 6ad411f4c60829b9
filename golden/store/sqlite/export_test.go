package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// LimitPages makes the disk full after n pages, as far as SQLite can tell (0: what there is now).
func (s *Store) LimitPages(ctx context.Context, n int64) error {
	return s.backend.Write(ctx, func(ctx context.Context, c sqlstore.Conn) error {
		if n == 0 {
			count := &sqlstore.Statement{SQLite: "PRAGMA page_count"}
			if err := c.Query(ctx, count, func(scan sqlstore.Scan) error { return scan(&n) }); err != nil {
				return err
			}
		}
		return c.(*conn).statement(fmt.Sprintf("PRAGMA max_page_count = %d", n))
	})
}

// Plans returns how SQLite runs each statement that the store has run so far.
func (s *Store) Plans(ctx context.Context) (map[string][]string, error) {
	plans := map[string][]string{}
	explain := func(c *conn) error {
		for text := range c.prepared {
			arguments := make([]driver.NamedValue, strings.Count(text, "?"))
			for i := range arguments {
				arguments[i].Ordinal = i + 1
			}
			result, err := c.raw.(driver.QueryerContext).QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, arguments)
			if err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
			plans[text] = nil
			if err := c.read(ctx, result, func(scan sqlstore.Scan) error {
				var id, parent, unused int64
				var detail string
				err := scan(&id, &parent, &unused, &detail)
				plans[text] = append(plans[text], detail)
				return err
			}); err != nil {
				return err
			}
			if err := result.Close(); err != nil {
				return err
			}
		}
		return nil
	}
	err := s.backend.Write(ctx, func(_ context.Context, c sqlstore.Conn) error { return explain(c.(*conn)) })
	return plans, errors.Join(err, s.backend.Read(ctx, func(c sqlstore.Conn) error { return explain(c.(*conn)) }))
}

// Copying returns a config by which the WAL is copied as often as said, and begun anew from so many
// pages on.
func (c Config) Copying(every time.Duration, pages int64) Config {
	c.copyEvery, c.walPages = every, pages
	return c
}

// Begun is how often the WAL was begun anew.
func (s *Store) Begun() int64 { return s.backend.checkpoints.begun.Load() }
