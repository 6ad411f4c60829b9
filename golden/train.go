package golden

import (
	"context"
	"fmt"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// TrainRounds is how many rounds training takes at most.
const TrainRounds = match.TrainRounds

// Train learns parameters for the ruleset from records without labels. progress, where given, is
// called after each round with the largest change of a share.
func Train(r *Ruleset, records []match.Record, progress func(round int, change float64)) (*match.Training, error) {
	untrained := r.match
	untrained.Parameters = nil
	if len(untrained.Comparisons) == 0 {
		return nil, fmt.Errorf("%w: the ruleset has no match.compare, its keys alone decide; start from match: {rules: person}", match.ErrUntrainable)
	}
	return untrained.Train(records, progress)
}

// LiveRecords gives what matching knows of every live record in the store, from one view of the
// customers, in no particular order.
func LiveRecords(ctx context.Context, store Store, r *Ruleset) (records []match.Record, err error) {
	const page = 500
	var nos []EntityNo
	read := func() error {
		if len(nos) == 0 {
			return nil
		}
		err := store.InView(ctx, func(ctx context.Context, v View) error {
			sources, err := v.RecordsOf(ctx, nos)
			if err != nil {
				return err
			}
			prepared := make([]Incoming, 0, len(sources))
			for _, s := range sources {
				if s.Deleted {
					continue
				}
				in := Incoming{Record: s}
				if err := in.Customer.UnmarshalJSON(s.Doc); err != nil {
					return fmt.Errorf("read %s: %w", s.Key, err)
				}
				prepared = append(prepared, in)
			}
			at := len(records)
			records = append(records, make([]match.Record, len(prepared))...)
			onAllCores(len(prepared), func(i int) { records[at+i] = r.MatchRecord(&prepared[i]) })
			return nil
		})
		nos = nos[:0]
		return err
	}
	var all []EntityNo
	if _, err := store.Snapshot(ctx, func(g GoldenRecord) error { all = append(all, g.No); return nil }); err != nil {
		return nil, fmt.Errorf("list customers: %w", err)
	}
	for _, no := range all {
		if nos = append(nos, no); len(nos) == page {
			if err := read(); err != nil {
				return nil, err
			}
		}
	}
	return records, read()
}
