package storetest

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
)

func testKeys(s *suite) {
	const top = uint64(1)<<63 + 9
	s.tx(func(tx golden.Tx) error {
		if err := tx.Settle(s.ctx); err != nil {
			return err
		}
		counts, err := tx.PutKeys(s.ctx, []golden.RecordKeys{
			{Record: 1, Keys: []uint64{5, 7, top}}, {Record: 2, Keys: []uint64{5}}, {Record: 3, Keys: []uint64{top}},
		})
		s.equal("counts of new keys", counts, map[uint64]int64{5: 2, 7: 1, top: 2})
		return err
	})
	s.keys(map[golden.RecordNo][]uint64{1: {5, 7, top}, 2: {5}, 3: {top}})
	s.tx(func(tx golden.Tx) error {
		counts, err := tx.PutKeys(s.ctx, []golden.RecordKeys{{Record: 1, Keys: []uint64{6, 7}}, {Record: 2}})
		s.equal("counts of keys gained and lost", counts, map[uint64]int64{5: 0, 6: 1, top: 1})
		return err
	})
	s.keys(map[golden.RecordNo][]uint64{1: {6, 7}, 2: nil, 3: {top}})
}

func testFeatures(s *suite) {
	all := []golden.RecordNo{1, 2, 3, 4}
	s.tx(func(tx golden.Tx) error {
		if err := tx.Settle(s.ctx); err != nil {
			return err
		}
		_, err := tx.PutKeys(s.ctx, []golden.RecordKeys{
			{Record: 1, Keys: []uint64{5}, Features: []byte("one\x00")}, {Record: 2, Keys: []uint64{5}}, {Record: 3, Keys: []uint64{6}, Features: []byte("three")},
		})
		return err
	})
	s.features(all, map[golden.RecordNo][]byte{1: []byte("one\x00"), 3: []byte("three")})
	s.tx(func(tx golden.Tx) error {
		if err := tx.Settle(s.ctx); err != nil {
			return err
		}
		if err := tx.PutFeatures(s.ctx, map[golden.RecordNo][]byte{2: []byte("two"), 4: []byte("has no keys")}); err != nil {
			return err
		}
		counts, err := tx.PutKeys(s.ctx, []golden.RecordKeys{{Record: 1, Keys: []uint64{5}, Features: []byte("other")}, {Record: 2, Keys: []uint64{5, 8}}, {Record: 3}})
		s.equal("counts of keys gained and lost", counts, map[uint64]int64{6: 0, 8: 1})
		return err
	})
	s.features(all, map[golden.RecordNo][]byte{1: []byte("other"), 2: []byte("two")})
	s.keys(map[golden.RecordNo][]uint64{1: {5}, 2: {5, 8}, 3: nil, 4: nil})
}

// features compares the features that the store has of records, in both ways in which it gives them.
func (s *suite) features(of []golden.RecordNo, want map[golden.RecordNo][]byte) {
	s.Helper()
	s.equal("features", read(s, func(tx golden.Tx) (map[golden.RecordNo][]byte, error) { return tx.FeaturesOf(s.ctx, of) }), want)
	held := read(s, func(tx golden.Tx) ([]golden.RecordKeys, error) { return tx.KeysOf(s.ctx, of) })
	got := map[golden.RecordNo][]byte{}
	for _, h := range held {
		if h.Features != nil {
			got[h.Record] = h.Features
		}
	}
	s.equal("features beside keys", got, want)
}

// keys compares everything that the store says of keys with the keys of all records.
func (s *suite) keys(want map[golden.RecordNo][]uint64) {
	s.Helper()
	members, counts := map[uint64][]golden.RecordNo{}, map[uint64]int64{}
	var all []uint64
	for _, no := range slices.Sorted(maps.Keys(want)) {
		for _, key := range want[no] {
			members[key] = append(members[key], no)
			counts[key]++
			all = append(all, key)
		}
	}
	all = append(all, 424242)
	s.tx(func(tx golden.Tx) error {
		held, err := tx.KeysOf(s.ctx, slices.Collect(maps.Keys(want)))
		if err != nil {
			return err
		}
		got := map[golden.RecordNo][]uint64{}
		for no := range want {
			got[no] = nil
		}
		for _, h := range held {
			got[h.Record] = h.Keys
		}
		s.equal("keys of records", got, want)
		gotCounts, err := tx.KeyCounts(s.ctx, all)
		if err != nil {
			return err
		}
		s.equal("counts of keys", gotCounts, counts)
		gotMembers, err := tx.KeyMembers(s.ctx, all, 0)
		for _, m := range gotMembers {
			slices.Sort(m)
		}
		s.equal("members of keys", gotMembers, members)
		return err
	})
}

// testGenericKeys takes a few keys up to hundreds of members and down again, at random.
func testGenericKeys(s *suite) {
	random := rand.New(rand.NewPCG(1, 2))
	held := map[golden.RecordNo][]uint64{}
	for step := range 12 {
		var put []golden.RecordKeys
		for range 60 {
			no := golden.RecordNo(random.IntN(200) + 1)
			var keys []uint64
			for key := range uint64(4) {
				if random.IntN(10) < []int{9, 7, 2, 8}[(step/4+int(key))%4] {
					keys = append(keys, key+100)
				}
			}
			put = append(put, golden.RecordKeys{Record: no, Keys: keys})
			held[no] = keys
		}
		s.tx(func(tx golden.Tx) error {
			if err := tx.Settle(s.ctx); err != nil {
				return err
			}
			counts, err := tx.PutKeys(s.ctx, put)
			for key, n := range counts {
				members := int64(0)
				for _, keys := range held {
					if slices.Contains(keys, key) {
						members++
					}
				}
				s.equal("count of a key that changed", n, members)
			}
			return err
		})
		s.keys(held)
	}
	got := read(s, func(tx golden.Tx) (map[uint64][]golden.RecordNo, error) {
		return tx.KeyMembers(s.ctx, []uint64{100, 101, 102, 103, 104}, 7)
	})
	for key, members := range got {
		if len(members) > 7 || len(unique(members)) != len(members) {
			s.Errorf("key %d: %d members, want at most 7 different ones", key, len(members))
		}
	}
	s.equal("keys with members", len(got), 4)
}

// CheckBlocks fails unless the members of each key are the records from one to another, counted and
// listed so.
func CheckBlocks(t *testing.T, store golden.Store, want map[uint64][2]golden.RecordNo) {
	t.Helper()
	keys := slices.Collect(maps.Keys(want))
	err := store.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		counts, err := tx.KeyCounts(ctx, keys)
		if err != nil {
			return err
		}
		members, err := tx.KeyMembers(ctx, keys, 0)
		for key, span := range want {
			slices.Sort(members[key])
			n := int(span[1] - span[0] + 1)
			if got := members[key]; counts[key] != int64(n) || len(got) != n || got[0] != span[0] || got[n-1] != span[1] {
				t.Errorf("key %d: %d members counted, %v; want those from %d to %d", key, counts[key], got, span[0], span[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func unique(nos []golden.RecordNo) []golden.RecordNo {
	out := slices.Clone(nos)
	slices.Sort(out)
	return slices.Compact(out)
}
