package hub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// reached is a write of a golden customer into a record that the target reports too.
type reached struct {
	*write
	record string // its key as a source record
	made   bool   // the hub created it: whatever has been reported of it is what came of the create
	found  bool   // a create that found the record there
}

// reads are the attributes that the write puts into the target.
func (w *write) reads() []string {
	reads := w.route.mapping.Reads()
	if w.Operation != connectors.Update || len(w.route.CreateOnly) == 0 {
		return reads
	}
	return slices.DeleteFunc(slices.Clone(reads), func(a string) bool { return slices.Contains(w.route.CreateOnly, a) })
}

// noteWritten notes which values the writes put into remote records that originate elsewhere. What
// is known of earlier writes is read in the same transaction, because reports change it as they
// come in; so are the values that earlier attempts at a create sent, of which any may have made the
// record. A record that the hub created and that was reported before the create was answered is
// compared with what was written here: its report has been taken in already.
func noteWritten(ctx context.Context, tx golden.Tx, rules *golden.Ruleset, writes []*reached) error {
	if len(writes) == 0 {
		return nil
	}
	if err := tx.Settle(ctx); err != nil {
		return err
	}
	keys := make([]string, len(writes))
	for i, w := range writes {
		keys[i] = w.record
	}
	before, err := tx.WrittenOf(ctx, keys)
	if err != nil {
		return err
	}
	reported, err := reports(ctx, tx, writes)
	if err != nil {
		return err
	}
	written := make(map[string][]golden.WrittenValue, len(writes))
	for _, w := range writes {
		values := slices.Concat(w.begun.Written, before[w.record])
		if !w.recognised {
			if values, err = rules.Written(*w.golden, w.record, values, w.reads(), time.Now()); err != nil {
				return err
			}
		}
		if w.found {
			values = append(values, golden.Found)
		}
		if now := reported[w.record]; now != nil {
			values = rules.Observe(values, nil, now, time.Now())
		}
		written[w.record] = values
	}
	return tx.PutWritten(ctx, written)
}

// reports reads what has been reported of records that the hub created.
func reports(ctx context.Context, tx golden.Tx, writes []*reached) (map[string]*canonical.Customer, error) {
	var created []string
	for _, w := range writes {
		if w.made {
			created = append(created, w.record)
		}
	}
	if len(created) == 0 {
		return nil, nil
	}
	records, err := tx.RecordsByKey(ctx, created)
	if err != nil {
		return nil, err
	}
	reported := make(map[string]*canonical.Customer, len(records))
	for _, rec := range records {
		if rec.Deleted {
			continue
		}
		c := &canonical.Customer{}
		if err := c.UnmarshalJSON(rec.Doc); err != nil {
			return nil, fmt.Errorf("read %s: %w", rec.Key, err)
		}
		reported[rec.Key] = c
	}
	return reported, nil
}
