package sqlstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

// countedAbove is the number of members above which a key's live count is kept in key_count. Up
// to it the count is taken from the index, on a page that the caller needs anyway.
const countedAbove = 64

var (
	keysOf    = plain(`SELECT record, keys, features FROM record_keys WHERE record = {any int}`)
	putPacked = rows("r int, keys bytes, features bytes", `INSERT INTO record_keys (record, keys, features)
		SELECT r, keys, features FROM v WHERE true ON CONFLICT (record) DO UPDATE SET
		keys = excluded.keys, features = coalesce(excluded.features, record_keys.features)`)
	deletePacked = plain(`DELETE FROM record_keys WHERE record = {any int}`)
	featuresOf   = plain(`SELECT record, features FROM record_keys WHERE record = {any int} AND features IS NOT NULL`)
	putFeatures  = rows("r int, features bytes", `UPDATE record_keys SET features = v.features FROM v WHERE record_keys.record = v.r`)

	insertKeys = rows("k int, r int", `INSERT INTO record_key (key, record)
		SELECT k, r FROM v`)
	deleteKeys = rows("k int, r int", `DELETE FROM record_key
		WHERE (key, record) IN (SELECT k, r FROM v)`)

	setCounts   = rows("k int, n int", `UPDATE key_count SET n = v.n FROM v WHERE key_count.key = v.k`)
	startCounts = rows("k int, n int", `INSERT INTO key_count (key, n) SELECT k, n FROM v`)
	stopCounts  = plain(`DELETE FROM key_count WHERE key = {any int}`)

	keptCounts    = plain(`SELECT key, n FROM key_count WHERE key = {any int}`)
	keyMembers    = plain(`SELECT key, record FROM record_key WHERE key = {any int}`)
	keyMembersCut = rows("k int", `SELECT r.key, r.record FROM v JOIN record_key r ON r.key = v.k
		AND r.record <= coalesce((SELECT q.record FROM record_key q WHERE q.key = v.k
			ORDER BY q.record LIMIT 1 OFFSET {int}), 9223372036854775807)`)
)

// KeysOf implements golden.Records.
func (t *tx) KeysOf(ctx context.Context, nos []golden.RecordNo) ([]golden.RecordKeys, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read block keys", keysOf, func(scan Scan, r *golden.RecordKeys) error {
		var no int64
		var packed []byte
		if err := scan(&no, &packed, &r.Features); err != nil {
			return err
		}
		r.Record, r.Keys = golden.RecordNo(no), unpackKeys(packed)
		return nil
	}, ints(unique(nos)))
}

// FeaturesOf implements golden.Records.
func (t *tx) FeaturesOf(ctx context.Context, nos []golden.RecordNo) (map[golden.RecordNo][]byte, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	found := make(map[golden.RecordNo][]byte, len(nos))
	err := t.c.Query(ctx, featuresOf, func(scan Scan) error {
		var no int64
		var features []byte
		if err := scan(&no, &features); err != nil {
			return err
		}
		found[golden.RecordNo(no)] = features
		return nil
	}, ints(unique(nos)))
	return found, doing("read features", err)
}

// PutFeatures implements golden.Records.
func (t *tx) PutFeatures(ctx context.Context, features map[golden.RecordNo][]byte) error {
	nos := slices.Sorted(maps.Keys(features))
	return t.c.Put(ctx, "write features", putFeatures, ints(nos), column(nos, func(no *golden.RecordNo) []byte { return features[*no] }))
}

// keyPair is one row of record_key; delta says what happens to it.
type keyPair struct {
	key    uint64
	record golden.RecordNo
}

// PutKeys implements golden.Records.
func (t *tx) PutKeys(ctx context.Context, keys []golden.RecordKeys) (map[uint64]int64, error) {
	keys = lastBy(keys, func(k *golden.RecordKeys) golden.RecordNo { return k.Record }, cmp.Compare)
	held, err := t.KeysOf(ctx, stored(t, "record_keys", RecordNumbers,
		column(keys, func(k *golden.RecordKeys) golden.RecordNo { return k.Record })))
	if err != nil {
		return nil, err
	}
	before := make(map[golden.RecordNo]golden.RecordKeys, len(held))
	for _, h := range held {
		before[h.Record] = h
	}
	var gone, come []keyPair
	var none, changed []int64
	var packed, features [][]byte
	for _, k := range keys {
		after, held := unique(k.Keys), before[k.Record]
		if slices.Equal(held.Keys, after) && (len(after) == 0 || k.Features == nil || bytes.Equal(held.Features, k.Features)) {
			continue
		}
		minus, plus := difference(held.Keys, after)
		for _, key := range minus {
			gone = append(gone, keyPair{key, k.Record})
		}
		for _, key := range plus {
			come = append(come, keyPair{key, k.Record})
		}
		if len(after) == 0 {
			none = append(none, int64(k.Record))
			continue
		}
		changed = append(changed, int64(k.Record))
		packed, features = append(packed, packKeys(after)), append(features, k.Features)
	}
	if len(none) > 0 {
		if err := t.c.Put(ctx, "remove block keys", deletePacked, none); err != nil {
			return nil, err
		}
	}
	if err := t.c.Put(ctx, "write block keys", putPacked, changed, packed, features); err != nil {
		return nil, err
	}
	counts, err := t.indexKeys(ctx, gone, come)
	return counts, doing("index block keys", err)
}

// indexKeys removes and adds rows of the index and keeps the counts of keys with many members. It
// returns the counts of all keys touched.
func (t *tx) indexKeys(ctx context.Context, gone, come []keyPair) (map[uint64]int64, error) {
	delta := make(map[uint64]int64, len(gone)+len(come))
	for _, p := range gone {
		delta[p.key]--
	}
	for _, p := range come {
		delta[p.key]++
	}
	before, err := t.countKeys(ctx, slices.Collect(maps.Keys(delta)))
	if err != nil {
		return nil, err
	}
	if err := t.c.Put(ctx, "remove block keys", deleteKeys, pairRows(gone)...); err != nil {
		return nil, err
	}
	if err := t.c.Put(ctx, "index block keys", insertKeys, pairRows(come)...); err != nil {
		return nil, err
	}
	t.blocks.change(gone, come)
	counts := make(map[uint64]int64, len(delta))
	for key, d := range delta {
		counts[key] = before[key].n + d
	}
	return counts, t.keepCounts(ctx, before, counts)
}

// keepCounts brings key_count up to date with counts that changed.
func (t *tx) keepCounts(ctx context.Context, before map[uint64]keyCount, counts map[uint64]int64) error {
	var kept, n, stop, start, from []int64
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		after := counts[key]
		switch k := before[key]; {
		case !k.kept && after > countedAbove:
			start, from = append(start, int64(key)), append(from, after)
			t.blocks.keep(key, true)
		case !k.kept:
		case after <= countedAbove:
			stop = append(stop, int64(key))
			t.blocks.keep(key, false)
		case after != k.n:
			kept, n = append(kept, int64(key)), append(n, after)
		}
	}
	if len(stop) > 0 {
		if err := t.c.Put(ctx, "count block keys", stopCounts, stop); err != nil {
			return err
		}
	}
	if err := t.c.Put(ctx, "count block keys", setCounts, kept, n); err != nil {
		return err
	}
	return t.c.Put(ctx, "count block keys", startCounts, start, from)
}

// KeyCounts implements golden.Records.
func (t *tx) KeyCounts(ctx context.Context, keys []uint64) (map[uint64]int64, error) {
	found, err := t.countKeys(ctx, keys)
	counts := make(map[uint64]int64, len(found))
	for key, k := range found {
		if k.n > 0 {
			counts[key] = k.n
		}
	}
	return counts, doing("count block keys", err)
}

// KeyMembers implements golden.Records.
func (t *tx) KeyMembers(ctx context.Context, keys []uint64, limit int) (map[uint64][]golden.RecordNo, error) {
	members := make(map[uint64][]golden.RecordNo, len(keys))
	keys = t.blocks.known(keys, members)
	for key, list := range members {
		if limit > 0 && len(list) > limit {
			members[key] = list[:limit:limit]
		}
	}
	if len(keys) == 0 {
		return members, nil
	}
	statement, args := keyMembers, []any{sortedSigned(keys)}
	if limit > 0 {
		statement, args = keyMembersCut, append(args, int64(limit-1))
	}
	return members, doing("read members of block keys", t.readMembers(ctx, members, statement, args...))
}

// pairRows are the pairs in the order of the index.
func pairRows(pairs []keyPair) []any {
	slices.SortFunc(pairs, func(a, b keyPair) int {
		return cmp.Or(cmp.Compare(int64(a.key), int64(b.key)), cmp.Compare(a.record, b.record))
	})
	return []any{
		column(pairs, func(p *keyPair) int64 { return int64(p.key) }),
		column(pairs, func(p *keyPair) int64 { return int64(p.record) }),
	}
}

// sortedSigned are keys as the index holds and orders them.
func sortedSigned(keys []uint64) []int64 { return unique(ints(keys)) }

// difference compares two sorted lists.
func difference[V cmp.Ordered](before, after []V) (minus, plus []V) {
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case j == len(after) || i < len(before) && before[i] < after[j]:
			minus = append(minus, before[i])
			i++
		case i == len(before) || after[j] < before[i]:
			plus = append(plus, after[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return minus, plus
}

func packKeys(keys []uint64) []byte {
	b := make([]byte, 0, 8*len(keys))
	for _, k := range keys {
		b = binary.BigEndian.AppendUint64(b, k)
	}
	return b
}

func unpackKeys(b []byte) []uint64 {
	keys := make([]uint64, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		keys = append(keys, binary.BigEndian.Uint64(b))
	}
	return keys
}
