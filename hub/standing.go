package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/touchstone-hub/touchstone/golden"
)

// standing is what the store says of the target's records of one round's subjects, read at once.
type standing struct {
	states map[string][]golden.DeliveryState // by subject
	begun  map[string]golden.PendingCreate   // by subject: the create that was begun before
	// merged are, by subject without records of its own, the customers that were merged into it and
	// still have some.
	merged map[string][]string
}

func newStanding() *standing {
	return &standing{states: map[string][]golden.DeliveryState{}, begun: map[string]golden.PendingCreate{}, merged: map[string][]string{}}
}

// add takes in what stands of other subjects.
func (at *standing) add(other *standing) {
	maps.Copy(at.states, other.states)
	maps.Copy(at.begun, other.begun)
	maps.Copy(at.merged, other.merged)
}

// standing reads the delivery states of subjects: those of their own, as far as their records have
// not become another customer's, and those whose records have come to them with their state.
func (r *reconciler) standing(ctx context.Context, v golden.View, found []loaded) (at *standing, err error) {
	at = newStanding()
	var subjects []*subject
	var ids []string
	for _, one := range found {
		if one.subject != nil {
			subjects, ids = append(subjects, one.subject), append(ids, one.subject.id)
		}
	}
	begun, err := v.PendingCreates(ctx, r.target.String(), ids)
	if err != nil {
		return nil, fmt.Errorf("read creates that were begun: %w", err)
	}
	for _, c := range begun {
		at.begun[c.Subject] = c
	}
	states, err := v.DeliveriesOf(ctx, r.target.String(), ids)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	for _, d := range states {
		at.states[d.Subject] = append(at.states[d.Subject], d)
	}
	if r.isSource() {
		if err := r.moved(ctx, v, subjects, at); err != nil {
			return nil, fmt.Errorf("read deliveries of records: %w", err)
		}
	}
	if err := r.absorbed(ctx, v, subjects, at); err != nil {
		return nil, fmt.Errorf("read deliveries of merged customers: %w", err)
	}
	return at, nil
}

// absorbed finds records of customers that were merged into subjects which have none.
func (r *reconciler) absorbed(ctx context.Context, v golden.View, subjects []*subject, at *standing) error {
	survivor := map[golden.EntityNo]string{}
	for _, s := range subjects {
		if s.record != nil && len(at.states[s.id]) == 0 {
			survivor[s.record.No] = s.id
		}
	}
	merged, err := v.MergedInto(ctx, slices.Collect(maps.Keys(survivor)))
	if err != nil || len(merged) == 0 {
		return err
	}
	into := map[string]string{}
	for _, m := range merged {
		into[m.ID] = survivor[m.Into]
	}
	states, err := v.DeliveriesOf(ctx, r.target.String(), slices.Collect(maps.Keys(into)))
	for _, d := range states {
		to := into[d.Subject]
		if d.Status != golden.Gone && d.Status != golden.Inactive && !slices.Contains(at.merged[to], d.Subject) {
			at.merged[to] = append(at.merged[to], d.Subject)
		}
	}
	return err
}

// moved takes out of at the states of records that have become another customer's, and adds those
// that have come from one, with the subject that they had.
func (r *reconciler) moved(ctx context.Context, v golden.View, subjects []*subject, at *standing) error {
	var keys, own []string
	owner := map[string]*subject{}
	for _, s := range subjects {
		if s.record == nil {
			continue
		}
		for _, d := range at.states[s.id] {
			if d.Record != "" {
				keys = append(keys, d.Record)
			}
		}
		for _, key := range r.ownKeys(s) {
			own = append(own, key)
			owner[key] = s
		}
	}
	records, err := v.RecordsByKey(ctx, keys)
	if err != nil {
		return err
	}
	entity := map[string]golden.EntityNo{}
	for _, record := range records {
		entity[record.Key] = record.Entity
	}
	for _, s := range subjects {
		if s.record != nil {
			at.states[s.id] = slices.DeleteFunc(at.states[s.id], func(d golden.DeliveryState) bool {
				return entity[d.Record] != 0 && entity[d.Record] != s.record.No
			})
		}
	}
	come, err := v.DeliveriesOfRecords(ctx, own)
	for _, d := range come {
		if s := owner[d.Record]; d.Target == r.target.String() && d.Subject != s.id {
			at.states[s.id] = append(at.states[s.id], d)
		}
	}
	return err
}

// known are the subject's records in the target: those that the hub wrote, and those that the
// target reported itself and that belong to the same customer. Ordered with the primary first:
// those in use, what the hub wrote before what it did not, then by remote ID.
func (r *reconciler) known(s *subject, at *standing) []golden.DeliveryState {
	states := at.states[s.id]
	have := map[string]golden.DeliveryState{}
	for _, d := range states {
		have[d.RemoteID] = d
	}
	states = slices.DeleteFunc(states, func(d golden.DeliveryState) bool { return d.Status == golden.Gone })
	for _, own := range s.sources {
		if !r.owns(own) || own.Deleted {
			continue
		}
		d, known := have[own.ID]
		if known && (d.Status != golden.Gone || !own.ReceivedAt.After(d.UpdatedAt)) {
			continue
		}
		states = append(states, golden.DeliveryState{
			Target: r.target.String(), RemoteID: own.ID, Subject: s.id, Record: own.Key, Status: golden.Settled,
		})
	}
	slices.SortFunc(states, primaryFirst)
	return states
}
