package golden

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// rekey replaces the block keys of the dirty records, and makes dirty also the members of every
// key that became generic, or ceased to be, by it: they find each other by it no more, or again.
//
// Which keys a record has of its own depends on it alone; those that refine them it has where they are
// generic, which the counts say that the former lead to.
func (s *settling) rekey(ctx context.Context) error {
	before, err := s.storedKeys(ctx, s.dirty)
	if err != nil {
		return err
	}
	packed := map[*record][]byte{} // features that the store does not have yet
	for _, rec := range s.dirty {
		rec.dirty, rec.keysKnown = true, true
		rec.keys = before[rec.No].Keys
		if !rec.live() {
			continue
		}
		features, err := s.featuresOf(rec)
		if err != nil {
			return err
		}
		if now := s.r.rules.packFeatures(features); !bytes.Equal(now, before[rec.No].Features) {
			packed[rec] = now
		}
	}
	err = s.putKeys(ctx, packed, func(rec *record, f *match.Features) []uint64 { return f.Hashes(rec.keys) })
	if err != nil || !s.r.rules.match.Refines() {
		return err
	}
	return s.putKeys(ctx, nil, func(_ *record, f *match.Features) []uint64 { return s.r.rules.match.Held(f, s.counted) })
}

// counted is the live count of a key of a dirty record.
func (s *settling) counted(hash uint64) int { return int(s.graph.counts[hash]) }

// putKeys gives the dirty records the keys that they should have, with the features that are packed,
// and looks at what that did to the counts.
func (s *settling) putKeys(ctx context.Context, packed map[*record][]byte, of func(*record, *match.Features) []uint64) error {
	var gone, come []uint64
	var put []RecordKeys
	for _, rec := range s.dirty {
		var keys []uint64
		if rec.live() {
			features, err := s.featuresOf(rec)
			if err != nil {
				return err
			}
			keys = of(rec, features)
		}
		if slices.Equal(rec.keys, keys) && (len(keys) == 0 || packed[rec] == nil) {
			continue
		}
		put = append(put, RecordKeys{Record: rec.No, Keys: keys, Features: packed[rec]})
		gone, come = append(gone, rec.keys...), append(come, keys...)
		rec.keys = keys
	}
	if len(put) > 0 {
		slices.SortFunc(put, func(a, b RecordKeys) int { return cmp.Compare(a.Record, b.Record) })
		counts, err := s.tx.PutKeys(ctx, put)
		if err != nil {
			return err
		}
		s.graph.know(counts)
	}
	if err := s.count(ctx, s.dirty); err != nil {
		return err
	}
	return s.cross(ctx, gone, come)
}

// know takes live counts of keys.
func (g *graph) know(counts map[uint64]int64) {
	if g.counts == nil {
		g.counts = counts
		return
	}
	maps.Copy(g.counts, counts)
}

// storedKeys returns the block keys and features of records that the store knows.
func (s *settling) storedKeys(ctx context.Context, records []*record) (map[RecordNo]RecordKeys, error) {
	var nos []RecordNo
	for _, rec := range records {
		if !rec.inserted {
			nos = append(nos, rec.No)
		}
	}
	keys := map[RecordNo]RecordKeys{}
	if len(nos) == 0 {
		return keys, nil
	}
	slices.Sort(nos)
	stored, err := s.tx.KeysOf(ctx, nos)
	if err != nil {
		return nil, err
	}
	for _, k := range stored {
		keys[k.Record] = k
	}
	return keys, nil
}

// count learns the live counts of the keys of records.
func (s *settling) count(ctx context.Context, records []*record) error {
	s.graph.know(map[uint64]int64{})
	var unknown []uint64
	for _, rec := range records {
		for _, key := range rec.keys {
			if _, known := s.graph.counts[key]; !known {
				s.graph.counts[key] = 0
				unknown = append(unknown, key)
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	counts, err := s.tx.KeyCounts(ctx, unknown)
	if err != nil {
		return err
	}
	s.graph.know(counts)
	return nil
}

// cross makes the members of keys dirty whose count crossed a limit by records that left and joined.
// Which rule a key is of is not known of one that nobody has any more, so that the limits of all rules
// count: a record that is looked at in vain stays as it is.
func (s *settling) cross(ctx context.Context, gone, come []uint64) error {
	limits := s.r.rules.match.BlockLimits()
	var crossed []uint64
	slices.Sort(gone)
	slices.Sort(come)
	for len(gone) > 0 || len(come) > 0 {
		var key uint64
		if len(come) == 0 || len(gone) > 0 && gone[0] < come[0] {
			key = gone[0]
		} else {
			key = come[0]
		}
		var left, joined int64
		left, gone = leading(gone, key)
		joined, come = leading(come, key)
		after := s.graph.counts[key]
		before := after - joined + left
		if slices.ContainsFunc(limits, func(limit int) bool { return (after > int64(limit)) != (before > int64(limit)) }) {
			crossed = append(crossed, key)
		}
	}
	if len(crossed) == 0 {
		return nil
	}
	blocks, err := s.tx.KeyMembers(ctx, crossed, 0)
	if err != nil {
		return err
	}
	var nos []RecordNo
	for _, members := range blocks {
		nos = append(nos, members...)
	}
	joined := s.join(nos)
	keys, err := s.storedKeys(ctx, joined)
	if err != nil {
		return err
	}
	for _, rec := range joined {
		rec.keys, rec.keysKnown = keys[rec.No].Keys, true
		if rec.features == nil {
			rec.features = s.r.rules.unpackFeatures(keys[rec.No].Features)
		}
	}
	s.dirty = append(s.dirty, joined...)
	if err := s.learnFeatures(ctx, numbers(joined)); err != nil {
		return err
	}
	return s.count(ctx, joined)
}

// leading counts how often a key comes at the beginning of keys, and returns what is behind that.
func leading(keys []uint64, key uint64) (n int64, others []uint64) {
	for len(keys) > 0 && keys[0] == key {
		n, keys = n+1, keys[1:]
	}
	return n, keys
}

// join makes live records dirty and returns those that were not. Their documents are not read: they
// are needed only where their edges turn out to be others.
func (s *settling) join(nos []RecordNo) (joined []*record) {
	if s.bare == nil {
		s.bare = map[RecordNo]*record{}
	}
	for _, no := range nos {
		rec := s.records[no]
		if rec == nil {
			rec = s.bare[no]
		}
		if rec == nil {
			rec = &record{SourceRecord: SourceRecord{No: no}}
			s.bare[no] = rec
		}
		if !rec.dirty {
			rec.dirty = true
			joined = append(joined, rec)
		}
	}
	return joined
}
