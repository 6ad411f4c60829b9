package sqlstore

import (
	"cmp"
	"context"
	"slices"
)

// insertNumbered numbers fresh rows in order of key and inserts them. The numbers are set on the
// rows themselves, which are the caller's.
func insertNumbered[R any, K cmp.Ordered](ctx context.Context, c Conn, counter Counter, fresh []*R,
	key func(*R) K, number func(*R, int64), insert *Statement, columns func([]R) []any,
) error {
	sorted := slices.Clone(fresh)
	slices.SortStableFunc(sorted, func(a, b *R) int { return cmp.Compare(key(a), key(b)) })
	numbers, err := c.Allocate(ctx, counter, len(sorted))
	if err != nil {
		return err
	}
	flat := make([]R, len(sorted))
	for i, r := range sorted {
		flat[i] = *r
		number(&flat[i], numbers[i])
	}
	if _, err := c.Exec(ctx, insert, columns(flat)...); err != nil {
		return err
	}
	for i, r := range sorted {
		number(r, numbers[i])
	}
	return nil
}
