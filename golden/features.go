package golden

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// stamp is a fingerprint of what features depend on beside the record.
func (r *Ruleset) stamp() uint64 {
	return xxhash.Sum64String(standard.Version + "|" + r.standard.Region + "|" + r.match.Layout())
}

// packFeatures encodes features for the store, behind the stamp of what they were derived by.
func (r *Ruleset) packFeatures(f *match.Features) []byte {
	packed := binary.BigEndian.AppendUint64(make([]byte, 0, 320), r.stamped)
	return r.match.AppendFeatures(packed, f)
}

// unpackFeatures reads what packFeatures wrote; nil where that was by other rules or standardisers.
func (r *Ruleset) unpackFeatures(packed []byte) *match.Features {
	if len(packed) < 8 || binary.BigEndian.Uint64(packed) != r.stamped {
		return nil
	}
	f, err := r.match.ReadFeatures(packed[8:])
	if err != nil {
		return nil // it is derived again, from the document
	}
	return f
}

// learnFeatures gets the features of live records: those of the batch are there, others are kept by
// the store. What it keeps of other rules, or not at all, is derived from the documents and kept from
// now on.
func (s *settling) learnFeatures(ctx context.Context, nos []RecordNo) error {
	if s.features == nil {
		s.features = map[RecordNo]*match.Features{}
	}
	slices.Sort(nos)
	nos = slices.DeleteFunc(slices.Compact(nos), func(no RecordNo) bool {
		rec := s.records[no]
		if rec != nil && rec.features != nil {
			s.features[no] = rec.features
		}
		return s.features[no] != nil
	})
	if len(nos) == 0 {
		return nil
	}
	packed, err := s.tx.FeaturesOf(ctx, nos)
	if err != nil {
		return err
	}
	found := make([]*match.Features, len(nos))
	onAllCores(len(nos), func(i int) { found[i] = s.r.rules.unpackFeatures(packed[nos[i]]) })
	var missing []RecordNo
	for i, no := range nos {
		if found[i] == nil {
			missing = append(missing, no)
		} else {
			s.features[no] = found[i]
		}
	}
	return s.deriveFeatures(ctx, missing)
}

// learnNodes gets the features of the nodes: those that were not weighed yet are compared with the
// others of their component.
func (s *settling) learnNodes(ctx context.Context) error {
	return s.learnFeatures(ctx, numbers(s.graph.nodes))
}

// deriveFeatures derives features from documents, on all cores, and has the store keep them.
func (s *settling) deriveFeatures(ctx context.Context, nos []RecordNo) error {
	if len(nos) == 0 {
		return nil
	}
	if err := s.loadByNo(ctx, nos); err != nil {
		return err
	}
	var records []*record
	for _, no := range nos {
		if rec := s.records[no]; rec != nil && rec.live() {
			records = append(records, rec)
		}
	}
	errs, packed := make([]error, len(records)), make([][]byte, len(records))
	onAllCores(len(records), func(i int) {
		var f *match.Features
		if f, errs[i] = s.featuresOf(records[i]); errs[i] == nil {
			packed[i] = s.r.rules.packFeatures(f)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	put := make(map[RecordNo][]byte, len(records))
	for i, rec := range records {
		s.features[rec.No], put[rec.No] = rec.features, packed[i]
	}
	return s.tx.PutFeatures(ctx, put)
}
