package sqlstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	lookupsOf = plain(`SELECT entity, packed FROM entity_lookups WHERE entity = {any int}`)
	putLookup = rows("e int, packed bytes", `INSERT INTO entity_lookups (entity, packed)
		SELECT e, packed FROM v WHERE true ON CONFLICT (entity) DO UPDATE SET packed = excluded.packed`)
	deleteLookup  = plain(`DELETE FROM entity_lookups WHERE entity = {any int}`)
	insertLookups = rows("kind int, value text, e int", `INSERT INTO lookup (kind, value, entity)
		SELECT kind, value, e FROM v`)
	deleteLookups = rows("kind int, value text, e int", `DELETE FROM lookup
		WHERE (kind, value, entity) IN (SELECT kind, value, e FROM v)`)
)

// lookupCodes are the numbers that stand for kinds in the store; they never change their meaning.
var lookupCodes = map[golden.LookupKind]int64{
	golden.LookupPhone: 1, golden.LookupEmail: 2, golden.LookupIdentifier: 3, golden.LookupName: 4,
	golden.LookupRecord: 5,
}

// way is one way of finding a customer: kind and value.
type way struct {
	kind  int64
	value string
}

func compareWays(a, b way) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value))
}

func wayOf(kind golden.LookupKind, value string) (way, error) {
	code, ok := lookupCodes[kind]
	if !ok {
		return way{}, fmt.Errorf("lookup kind %q is not known", kind)
	}
	return way{code, value}, checkText("lookup "+string(kind), value)
}

// lookupRow is one row of the index.
type lookupRow struct {
	way
	entity golden.EntityNo
}

// PutLookups implements golden.Results.
func (t *tx) PutLookups(ctx context.Context, of []golden.EntityNo, lookups []golden.Lookup) error {
	of = unique(of)
	after := map[golden.EntityNo][]way{}
	for _, l := range lookups {
		w, err := wayOf(l.Kind, l.Value)
		if err != nil {
			return err
		}
		if _, among := slices.BinarySearch(of, l.Entity); !among {
			return fmt.Errorf("lookup %s %q is of entity %d, which is not among those replaced", l.Kind, l.Value, l.Entity)
		}
		after[l.Entity] = append(after[l.Entity], w)
	}
	before, err := readLookups(ctx, t.c, stored(t, "entity_lookups", EntityNumbers, of))
	if err != nil {
		return err
	}
	var gone, come []lookupRow
	var none, changed []int64
	var packed [][]byte
	for _, entity := range of {
		now := after[entity]
		slices.SortFunc(now, compareWays)
		now = slices.Compact(now)
		if slices.Equal(before[entity], now) {
			continue
		}
		minus, plus := differentWays(before[entity], now)
		for _, w := range indexed(minus) {
			gone = append(gone, lookupRow{w, entity})
		}
		for _, w := range indexed(plus) {
			come = append(come, lookupRow{w, entity})
		}
		if len(now) == 0 {
			none = append(none, int64(entity))
			continue
		}
		changed, packed = append(changed, int64(entity)), append(packed, packWays(now))
	}
	if len(none) > 0 {
		if err := t.c.Put(ctx, "remove lookups", deleteLookup, none); err != nil {
			return err
		}
	}
	if err := t.c.Put(ctx, "write lookups", putLookup, changed, packed); err != nil {
		return err
	}
	if err := t.c.Put(ctx, "remove lookups", deleteLookups, lookupRows(gone)...); err != nil {
		return err
	}
	return t.c.Put(ctx, "write lookups", insertLookups, lookupRows(come)...)
}

// indexed leaves out the ways that the index need not have: a record's customer is found by its
// membership.
func indexed(ways []way) []way {
	return slices.DeleteFunc(ways, func(w way) bool { return w.kind == lookupCodes[golden.LookupRecord] })
}

func readLookups(ctx context.Context, c Conn, of []golden.EntityNo) (map[golden.EntityNo][]way, error) {
	held := map[golden.EntityNo][]way{}
	if len(of) == 0 {
		return held, nil
	}
	err := c.Query(ctx, lookupsOf, func(scan Scan) error {
		var entity int64
		var packed []byte
		if err := scan(&entity, &packed); err != nil {
			return err
		}
		held[golden.EntityNo(entity)] = unpackWays(packed)
		return nil
	}, ints(of))
	return held, doing("read lookups", err)
}

func lookupRows(index []lookupRow) []any {
	slices.SortFunc(index, compareLookupRows)
	return lookupColumns(index)
}

// compareLookupRows gives the order of the index.
func compareLookupRows(a, b lookupRow) int {
	return cmp.Or(compareWays(a.way, b.way), cmp.Compare(a.entity, b.entity))
}

func lookupColumns(index []lookupRow) []any {
	return []any{
		column(index, func(r *lookupRow) int64 { return r.kind }),
		column(index, func(r *lookupRow) string { return r.value }),
		column(index, func(r *lookupRow) int64 { return int64(r.entity) }),
	}
}

// differentWays compares two sorted lists.
func differentWays(before, after []way) (minus, plus []way) {
	for _, w := range before {
		if _, found := slices.BinarySearchFunc(after, w, compareWays); !found {
			minus = append(minus, w)
		}
	}
	for _, w := range after {
		if _, found := slices.BinarySearchFunc(before, w, compareWays); !found {
			plus = append(plus, w)
		}
	}
	return minus, plus
}

// packWays writes each way as its code, the length of its value and the value.
func packWays(ways []way) []byte {
	var b []byte
	for _, w := range ways {
		b = append(b, byte(w.kind))
		b = binary.AppendUvarint(b, uint64(len(w.value)))
		b = append(b, w.value...)
	}
	return b
}

func unpackWays(b []byte) []way {
	var ways []way
	for len(b) > 0 {
		n, size := binary.Uvarint(b[1:])
		start := 1 + size
		ways = append(ways, way{int64(b[0]), string(b[start : start+int(n)])})
		b = b[start+int(n):]
	}
	return ways
}
