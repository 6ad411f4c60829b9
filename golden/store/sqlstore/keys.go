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

var (
	keysOf    = plain(`SELECT record, keys, features FROM record_keys WHERE record = {any int}`)
	putPacked = rows("r int, keys bytes, features bytes", `UPDATE record_keys SET keys = v.keys,
		features = coalesce(v.features, record_keys.features) FROM v WHERE record_keys.record = v.r`)
	deletePacked     = plain(`DELETE FROM record_keys WHERE record = {any int}`)
	featuresOf       = plain(`SELECT record, features FROM record_keys WHERE record = {any int} AND features IS NOT NULL`)
	keysOfOthers     = keysOf.others("record_keys")
	featuresOfOthers = featuresOf.others("record_keys")
	putFeatures      = rows("r int, features bytes", `UPDATE record_keys SET features = v.features FROM v WHERE record_keys.record = v.r`)
)

// KeysOf implements golden.Records.
func (t *tx) KeysOf(ctx context.Context, nos []golden.RecordNo) ([]golden.RecordKeys, error) {
	mine, ask, statement := t.own.rowsOf(unique(nos), keysOf, keysOfOthers)
	if len(ask) == 0 {
		return mine, nil
	}
	found, err := list(ctx, t.c, "read block keys", statement, func(scan Scan, r *golden.RecordKeys) error {
		var no int64
		var packed []byte
		if err := scan(&no, &packed, &r.Features); err != nil {
			return err
		}
		r.Record, r.Keys = golden.RecordNo(no), unpackNumbers[uint64](packed)
		return nil
	}, ints(ask))
	return append(found, mine...), err
}

// FeaturesOf implements golden.Records.
func (t *tx) FeaturesOf(ctx context.Context, nos []golden.RecordNo) (map[golden.RecordNo][]byte, error) {
	mine, ask, statement := t.own.rowsOf(unique(nos), featuresOf, featuresOfOthers)
	found := make(map[golden.RecordNo][]byte, len(nos))
	for _, k := range mine {
		if k.Features != nil {
			found[k.Record] = k.Features
		}
	}
	if len(ask) == 0 {
		return found, nil
	}
	err := t.c.Query(ctx, statement, func(scan Scan) error {
		var no int64
		var features []byte
		if err := scan(&no, &features); err != nil {
			return err
		}
		found[golden.RecordNo(no)] = features
		return nil
	}, ints(ask))
	return found, doing("read features", err)
}

// PutFeatures implements golden.Records.
func (t *tx) PutFeatures(ctx context.Context, features map[golden.RecordNo][]byte) error {
	nos := slices.Sorted(maps.Keys(features))
	for _, no := range nos {
		t.own.feature(no, features[no])
	}
	return t.c.Put(ctx, "write features", putFeatures, ints(nos), column(nos, func(no *golden.RecordNo) []byte { return features[*no] }))
}

// keyPair is one member of a block: a record that has a key.
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
	var none []int64
	var fresh, changed packedRows
	for _, k := range keys {
		after := unique(k.Keys)
		held, there := before[k.Record]
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
		row := golden.RecordKeys{Record: k.Record, Keys: after, Features: k.Features}
		if row.Features == nil {
			row.Features = held.Features
		}
		t.own.pack(row)
		if len(after) == 0 {
			none = append(none, int64(k.Record))
			continue
		}
		if there {
			changed.add(k.Record, after, k.Features)
		} else {
			fresh.add(k.Record, after, k.Features)
		}
	}
	if len(none) > 0 {
		if err := t.c.Put(ctx, "remove block keys", deletePacked, none); err != nil {
			return nil, err
		}
	}
	if err := t.c.Put(ctx, "write block keys", putPacked, changed.columns()...); err != nil {
		return nil, err
	}
	if err := t.c.Put(ctx, "write block keys", recordKeysTable.Insert, fresh.columns()...); err != nil {
		return nil, err
	}
	counts, err := t.indexKeys(ctx, gone, come)
	return counts, doing("index block keys", err)
}

// packedRows are rows of record_keys, in their order.
type packedRows struct {
	records          []int64
	packed, features [][]byte
}

func (p *packedRows) add(no golden.RecordNo, keys []uint64, features []byte) {
	p.records, p.packed, p.features = append(p.records, int64(no)), append(p.packed, packNumbers(keys)), append(p.features, features)
}

func (p *packedRows) columns() []any { return []any{p.records, p.packed, p.features} }

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

// packNumbers and unpackNumbers: eight bytes each, big-endian.
func packNumbers[N ~uint64 | ~int64](numbers []N) []byte {
	b := make([]byte, 0, 8*len(numbers))
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func unpackNumbers[N ~uint64 | ~int64](b []byte) []N {
	numbers := make([]N, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		numbers = append(numbers, N(binary.BigEndian.Uint64(b)))
	}
	return numbers
}
