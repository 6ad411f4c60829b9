package sqlstore

import (
	"cmp"
	"context"
	"slices"
)

// insertNumbered numbers fresh rows in order of key and inserts them. The numbers are set on the
// rows themselves, which are the caller's.
func insertNumbered[R any, K cmp.Ordered](ctx context.Context, t *tx, counter Counter, fresh []*R,
	key func(*R) K, number func(*R, int64), insert *Statement, columns func([]R) []any,
) error {
	sorted := slices.Clone(fresh)
	slices.SortStableFunc(sorted, func(a, b *R) int { return cmp.Compare(key(a), key(b)) })
	numbers, err := t.c.Allocate(ctx, counter, len(sorted))
	if err != nil {
		return err
	}
	flat := make([]R, len(sorted))
	for i, r := range sorted {
		flat[i] = *r
		number(&flat[i], numbers[i])
	}
	if err := t.c.Put(ctx, "insert rows", insert, columns(flat)...); err != nil {
		return err
	}
	for i, r := range sorted {
		number(r, numbers[i])
	}
	if t.fresh == nil {
		t.fresh = map[Counter][]int64{}
	}
	t.fresh[counter] = append(t.fresh[counter], numbers...)
	return nil
}

// stored returns those of numbers under which a table may have rows already, when the transaction
// is about to write to it: under a number that it gave out itself there is none before the first
// write. Most records are new, and what is not there need not be looked for.
func stored[N ~int64](t *tx, table string, counter Counter, numbers []N) []N {
	fresh := t.fresh[counter]
	if t.wrote[table] {
		fresh = nil
	}
	if t.wrote == nil {
		t.wrote = map[string]bool{}
	}
	t.wrote[table] = true
	if len(fresh) == 0 {
		return numbers
	}
	var out []N
	for _, no := range numbers {
		if _, given := slices.BinarySearch(fresh, int64(no)); !given {
			out = append(out, no)
		}
	}
	return out
}
