package sqlstore

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	lookupsOf       = plain(`SELECT entity, packed FROM entity_lookups WHERE entity = {any int}`)
	putLookup       = rows("e int, packed bytes", `UPDATE entity_lookups SET packed = v.packed FROM v WHERE entity_lookups.entity = v.e`)
	lookupsOfOthers = lookupsOf.others("entity_lookups")
	deleteLookup    = plain(`DELETE FROM entity_lookups WHERE entity = {any int}`)
	updateLookups   = rows("way text, e int, words text", `UPDATE lookup SET words = v.words FROM v
		WHERE lookup.way = v.way AND lookup.entity = v.e`)
	deleteLookups = rows("way text, e int", `DELETE FROM lookup WHERE (way, entity) IN (SELECT way, e FROM v)`)
)

// lookupCodes are the numbers that stand for kinds in the store; they never change their meaning.
var lookupCodes = map[golden.LookupKind]int64{
	golden.LookupPhone: phoneWay, golden.LookupEmail: 2, golden.LookupIdentifier: 3, golden.LookupName: nameWay,
	golden.LookupRecord: recordWay, golden.LookupPlace: placeWay, golden.LookupBorn: bornWay,
}

var lookupKinds = func() map[int64]golden.LookupKind {
	kinds := map[int64]golden.LookupKind{}
	for kind, code := range lookupCodes {
		kinds[code] = kind
	}
	return kinds
}()

const (
	phoneWay  = 1
	nameWay   = 4
	recordWay = 5
	placeWay  = 6
	bornWay   = 7
)

// way is one way of finding a customer: kind and value.
type way struct {
	kind  int64
	value string
}

// text is how a way stands in the index: the value behind one letter for the kind. A server sorts texts by their
// first bytes faster than pairs of a number and a text.
func (w way) text() string { return string(rune('0'+w.kind)) + w.value }

// wayIn is the way that a text of the index stands for.
func wayIn(text string) way { return way{int64(text[0] - '0'), text[1:]} }

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

// lookupRow is one row of the index. words is set on those of names and places: see wordsOf.
type lookupRow struct {
	way
	entity golden.EntityNo
	words  string
}

// rowsOf are the rows of the index for one entity, sorted. A record's customer is found by its
// membership, and nobody is looked for by a birth date alone.
func rowsOf(entity golden.EntityNo, ways []way) []lookupRow {
	words, kept := wordsOf(ways)
	out := make([]lookupRow, 0, len(ways))
	for i, w := range ways {
		switch w.kind {
		case recordWay, bornWay:
		case nameWay, placeWay:
			if kept[i] {
				out = append(out, lookupRow{w, entity, words})
			}
		default:
			out = append(out, lookupRow{w, entity, ""})
		}
	}
	return out
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
	before, err := t.lookups(ctx, stored(t, "entity_lookups", EntityNumbers, of))
	if err != nil {
		return err
	}
	change := lookupChange{}
	for _, entity := range of {
		now := after[entity]
		slices.SortFunc(now, compareWays)
		now = slices.Compact(now)
		change.add(entity, before[entity], now)
		if t.own.ways == nil {
			t.own.ways = make(map[golden.EntityNo][]way, len(of))
		}
		t.own.ways[entity] = now
	}
	return change.write(ctx, t.c)
}

// lookupChange is what PutLookups has to write.
type lookupChange struct {
	none              []int64 // entities without lookups
	fresh, held       packedWays
	gone, come, moved []lookupRow // moved are the same rows with other words
}

func (l *lookupChange) add(entity golden.EntityNo, before, now []way) {
	if slices.Equal(before, now) {
		return
	}
	if len(now) == 0 {
		l.none = append(l.none, int64(entity))
	} else {
		to := &l.held
		if len(before) == 0 {
			to = &l.fresh
		}
		to.entities, to.ways = append(to.entities, int64(entity)), append(to.ways, packWays(now))
	}
	old, fresh := rowsOf(entity, before), rowsOf(entity, now)
	for _, w := range before {
		if _, stays := findRow(fresh, w); !stays && w.kind != recordWay && w.kind != bornWay {
			l.gone = append(l.gone, lookupRow{way: w, entity: entity})
		}
	}
	for _, r := range fresh {
		switch i, had := findRow(old, r.way); {
		case !had:
			l.come = append(l.come, r)
		case old[i].words != r.words:
			l.moved = append(l.moved, r)
		}
	}
}

// packedWays are rows of entity_lookups, in their order.
type packedWays struct {
	entities []int64
	ways     [][]byte
}

func findRow(rows []lookupRow, w way) (int, bool) {
	return slices.BinarySearchFunc(rows, w, func(r lookupRow, w way) int { return compareWays(r.way, w) })
}

func (l *lookupChange) write(ctx context.Context, c Conn) error {
	if len(l.none) > 0 {
		if err := c.Put(ctx, "remove lookups", deleteLookup, l.none); err != nil {
			return err
		}
	}
	if err := c.Put(ctx, "write lookups", putLookup, l.held.entities, l.held.ways); err != nil {
		return err
	}
	if err := c.Put(ctx, "write lookups", lookupsTable.Insert, l.fresh.entities, l.fresh.ways); err != nil {
		return err
	}
	if err := c.Put(ctx, "remove lookups", deleteLookups, lookupRows(l.gone)[:2]...); err != nil {
		return err
	}
	if err := c.Put(ctx, "write lookups", updateLookups, lookupRows(l.moved)...); err != nil {
		return err
	}
	return c.Put(ctx, "write lookups", lookupTable.Insert, lookupRows(l.come)...)
}

// lookups are those of entities, as the transaction has left them.
func (t *tx) lookups(ctx context.Context, of []golden.EntityNo) (map[golden.EntityNo][]way, error) {
	var ask []golden.EntityNo
	mine := map[golden.EntityNo][]way{}
	for _, entity := range of {
		if ways, own := t.own.ways[entity]; !own {
			ask = append(ask, entity)
		} else if len(ways) > 0 {
			mine[entity] = ways
		}
	}
	held, err := readWays(ctx, t.c, lookupsOfOthers, ask)
	maps.Copy(held, mine)
	return held, err
}

func readLookups(ctx context.Context, c Conn, of []golden.EntityNo) (map[golden.EntityNo][]way, error) {
	return readWays(ctx, c, lookupsOf, of)
}

func readWays(ctx context.Context, c Conn, statement *Statement, of []golden.EntityNo) (map[golden.EntityNo][]way, error) {
	held := map[golden.EntityNo][]way{}
	if len(of) == 0 {
		return held, nil
	}
	err := c.Query(ctx, statement, func(scan Scan) error {
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

// pointing are the ways by which documents name a customer.
func pointing(ways []way) []way {
	return slices.DeleteFunc(slices.Clone(ways), func(w way) bool { return !lookupKind(w.kind).Points() })
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
		column(index, func(r *lookupRow) string { return r.text() }),
		column(index, func(r *lookupRow) int64 { return int64(r.entity) }),
		column(index, func(r *lookupRow) string { return r.words }),
	}
}

// packWays writes each way as its code, the length of its value and the value.
func packWays(ways []way) []byte {
	n := 0
	for _, w := range ways {
		n += 3 + len(w.value)
	}
	b := make([]byte, 0, n)
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
