package golden

import (
	"cmp"
	"context"
	"slices"
)

// rekey replaces the block keys of the dirty records, and makes dirty also the members of every
// key that became generic, or ceased to be, by it: they find each other by it no more, or again.
func (s *settling) rekey(ctx context.Context) error {
	delta := map[uint64]int64{}
	var put []RecordKeys
	before, err := s.storedKeys(ctx, s.dirty)
	if err != nil {
		return err
	}
	for _, rec := range s.dirty {
		rec.dirty, rec.keysKnown = true, true
		if rec.live() {
			features, err := s.featuresOf(rec)
			if err != nil {
				return err
			}
			rec.keys = features.Hashes()
		}
		old := before[rec.No]
		if slices.Equal(old, rec.keys) {
			continue
		}
		put = append(put, RecordKeys{Record: rec.No, Keys: rec.keys})
		for _, key := range old {
			delta[key]--
		}
		for _, key := range rec.keys {
			delta[key]++
		}
	}
	if len(put) > 0 {
		slices.SortFunc(put, func(a, b RecordKeys) int { return cmp.Compare(a.Record, b.Record) })
		if s.graph.counts, err = s.tx.PutKeys(ctx, put); err != nil {
			return err
		}
	}
	if err := s.count(ctx, s.dirty, delta); err != nil {
		return err
	}
	return s.cross(ctx, delta)
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
	if s.graph.counts == nil {
		s.graph.counts = map[uint64]int64{}
	}
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
	for key, n := range counts {
		s.graph.counts[key] = n
	}
	return nil
}

// cross makes the members of keys dirty whose count crossed the limit.
func (s *settling) cross(ctx context.Context, delta map[uint64]int64) error {
	limit := int64(s.r.rules.match.Limits.Block)
	var crossed []uint64
	for key, d := range delta {
		after := s.graph.counts[key]
		if (after > limit) != (after-d > limit) {
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
