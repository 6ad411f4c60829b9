package golden

import (
	"cmp"
	"context"
	"maps"
	"slices"
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
	for _, rec := range s.dirty {
		rec.dirty, rec.keysKnown = true, true
		rec.keys = before[rec.No]
	}
	err = s.putKeys(ctx, func(rec *record) ([]uint64, error) {
		features, err := s.featuresOf(rec)
		if err != nil {
			return nil, err
		}
		return features.Hashes(rec.keys), nil
	})
	if err != nil || !s.r.rules.match.Refines() {
		return err
	}
	return s.putKeys(ctx, func(rec *record) ([]uint64, error) {
		features, err := s.featuresOf(rec)
		if err != nil {
			return nil, err
		}
		return s.r.rules.match.Held(features, s.counted), nil
	})
}

// counted is the live count of a key of a dirty record.
func (s *settling) counted(hash uint64) int { return int(s.graph.counts[hash]) }

// putKeys gives the dirty records the keys that they should have, and looks at what that did to the
// counts.
func (s *settling) putKeys(ctx context.Context, of func(*record) ([]uint64, error)) error {
	delta := map[uint64]int64{}
	var put []RecordKeys
	for _, rec := range s.dirty {
		var keys []uint64
		if rec.live() {
			var err error
			if keys, err = of(rec); err != nil {
				return err
			}
		}
		if slices.Equal(rec.keys, keys) {
			continue
		}
		put = append(put, RecordKeys{Record: rec.No, Keys: keys})
		for _, key := range rec.keys {
			delta[key]--
		}
		for _, key := range keys {
			delta[key]++
		}
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
	if err := s.count(ctx, s.dirty, delta); err != nil {
		return err
	}
	return s.cross(ctx, delta)
}

// know takes live counts of keys.
func (g *graph) know(counts map[uint64]int64) {
	if g.counts == nil {
		g.counts = make(map[uint64]int64, len(counts))
	}
	maps.Copy(g.counts, counts)
}

// storedKeys returns the block keys of records that the store knows.
func (s *settling) storedKeys(ctx context.Context, records []*record) (map[RecordNo][]uint64, error) {
	var nos []RecordNo
	for _, rec := range records {
		if !rec.inserted {
			nos = append(nos, rec.No)
		}
	}
	keys := map[RecordNo][]uint64{}
	if len(nos) == 0 {
		return keys, nil
	}
	slices.Sort(nos)
	stored, err := s.tx.KeysOf(ctx, nos)
	if err != nil {
		return nil, err
	}
	for _, k := range stored {
		keys[k.Record] = k.Keys
	}
	return keys, nil
}

// count learns the live counts of the keys of records, and of further ones.
func (s *settling) count(ctx context.Context, records []*record, further map[uint64]int64) error {
	s.graph.know(nil)
	var unknown []uint64
	ask := func(key uint64) {
		if _, known := s.graph.counts[key]; !known {
			s.graph.counts[key] = 0
			unknown = append(unknown, key)
		}
	}
	for _, rec := range records {
		for _, key := range rec.keys {
			ask(key)
		}
	}
	for key := range further {
		ask(key)
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

// cross makes the members of keys dirty whose count crossed a limit. Which rule a key is of is not
// known of one that nobody has any more, so that the limits of all rules count: a record that is looked
// at in vain stays as it is.
func (s *settling) cross(ctx context.Context, delta map[uint64]int64) error {
	limits := s.r.rules.match.BlockLimits()
	var crossed []uint64
	for key, d := range delta {
		after := s.graph.counts[key]
		if slices.ContainsFunc(limits, func(limit int) bool { return (after > int64(limit)) != (after-d > int64(limit)) }) {
			crossed = append(crossed, key)
		}
	}
	if len(crossed) == 0 {
		return nil
	}
	slices.Sort(crossed)
	blocks, err := s.tx.KeyMembers(ctx, crossed, 0)
	if err != nil {
		return err
	}
	var nos []RecordNo
	for _, members := range blocks {
		nos = append(nos, members...)
	}
	if err := s.loadByNo(ctx, nos); err != nil {
		return err
	}
	var joined []*record
	for _, no := range nos {
		if rec := s.records[no]; rec != nil && !rec.dirty {
			rec.dirty = true
			joined = append(joined, rec)
		}
	}
	keys, err := s.storedKeys(ctx, joined)
	if err != nil {
		return err
	}
	for _, rec := range joined {
		rec.keys, rec.keysKnown = keys[rec.No], true
	}
	s.dirty = append(s.dirty, joined...)
	return s.count(ctx, joined, nil)
}
