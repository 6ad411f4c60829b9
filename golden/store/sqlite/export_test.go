package sqlite

import (
	"context"
	"fmt"

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
