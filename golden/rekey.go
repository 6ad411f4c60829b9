package golden

import (
	"bytes"
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
		var packed []byte
		if rec.live() {
			features, err := s.featuresOf(rec)
			if err != nil {
				return err
			}
			rec.keys, packed = features.Hashes(), s.r.rules.packFeatures(features)
		}
		old := before[rec.No]
		if slices.Equal(old.Keys, rec.keys) && (len(rec.keys) == 0 || bytes.Equal(old.Features, packed)) {
			continue
		}
		put = append(put, RecordKeys{Record: rec.No, Keys: rec.keys, Features: packed})
		for _, key := range old.Keys {
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
	joined := s.join(nos)
	keys, err := s.storedKeys(ctx, joined)
	if err != nil {
		return err
	}
	for _, rec := range joined {
		rec.keys, rec.keysKnown = keys[rec.No].Keys, true
	}
	s.dirty = append(s.dirty, joined...)
	return s.count(ctx, joined, nil)
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
