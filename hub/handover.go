package hub

import (
	"context"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/routes"
)

// handOver gives a merged customer's remote records to the one it was merged into, which is marked
// so that it looks at them. Where that one has a record of its own in the target, the route's
// policy for merged customers decides on those that the hub created; a record that the system made
// itself is not the hub's to end.
func (r *reconciler) handOver(ctx context.Context, row golden.Dirty, survivor golden.GoldenRecord) (endings []*write, err error) {
	err = r.inTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		endings = nil
		states, err := tx.DeliveriesOf(ctx, row.Target, []string{row.Subject})
		if err != nil {
			return err
		}
		created, err := r.created(ctx, tx, states)
		if err != nil {
			return err
		}
		served, err := r.served(ctx, tx, survivor, states)
		if err != nil {
			return err
		}
		var moved []golden.DeliveryState
		for _, state := range states {
			if state.Status == golden.Gone || state.Status == golden.Inactive {
				continue
			}
			route, policy := r.routeOf(canonical.EntityCustomer, state.Route), routes.Keep
			if route != nil && served && created[state.RemoteID] {
				policy = route.On.Merged
			}
			if policy == routes.Keep {
				state.Subject, served = survivor.ID, true
				moved = append(moved, state)
				continue
			}
			// what is ended stays with the merged customer, so that a failure is tried again
			if w := r.ending(route, state, policy, fmt.Sprint("merged ", survivor.Version)); w != nil {
				endings = append(endings, w)
			}
		}
		if err := tx.PutDeliveries(ctx, moved); err != nil {
			return err
		}
		if err := r.handOverCreate(ctx, tx, row, survivor.ID); err != nil {
			return err
		}
		return tx.MarkDirty(ctx, []golden.Dirty{{
			Target: row.Target, Subject: survivor.ID, Entity: row.Entity, Since: row.Since, Correlation: row.Correlation, Trace: row.Trace,
		}})
	})
	if err != nil {
		return nil, fmt.Errorf("hand %s over to %s: %w", row.Subject, survivor.ID, err)
	}
	return endings, nil
}

// inherit hands over to a customer without a record in the target what those had that were merged
// into it and whose own rows have not been looked at yet: otherwise it would get a second one.
func (r *reconciler) inherit(ctx context.Context, row golden.Dirty, s *subject, from []string) (endings []*write, err error) {
	for _, id := range from {
		before := row
		before.Subject = id
		more, err := r.handOver(ctx, before, *s.record)
		if err != nil {
			return nil, err
		}
		endings = append(endings, more...)
	}
	return endings, nil
}

// created says by remote ID which records were made by the hub: of a target that is a source too
// there is a link from each, of another target all were.
func (r *reconciler) created(ctx context.Context, tx golden.Tx, states []golden.DeliveryState) (map[string]bool, error) {
	created := map[string]bool{}
	var keys []string
	for _, d := range states {
		created[d.RemoteID] = d.Record == ""
		if d.Record != "" {
			keys = append(keys, d.Record)
		}
	}
	if len(keys) == 0 {
		return created, nil
	}
	links, err := tx.LinksOf(ctx, keys)
	for _, l := range links {
		for _, d := range states {
			if d.Record == l.Remote {
				created[d.RemoteID] = true
			}
		}
	}
	return created, err
}

// served says whether the survivor has a record in the target beside those that come over.
func (r *reconciler) served(ctx context.Context, tx golden.Tx, survivor golden.GoldenRecord, coming []golden.DeliveryState) (bool, error) {
	own, err := tx.DeliveriesOf(ctx, r.target.String(), []string{survivor.ID})
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(own, func(d golden.DeliveryState) bool { return d.Status != golden.Gone && d.Status != golden.Inactive }) {
		return true, nil
	}
	prefix := r.target.System + "/" + r.target.Name + "/"
	return slices.ContainsFunc(survivor.Sources, func(key string) bool {
		return len(key) > len(prefix) && key[:len(prefix)] == prefix &&
			!slices.ContainsFunc(coming, func(d golden.DeliveryState) bool { return d.Record == key })
	}), nil
}

// handOverCreate gives a create that was begun, with its idempotency key, to a survivor that has
// neither a record nor a create of its own.
func (r *reconciler) handOverCreate(ctx context.Context, tx golden.Tx, row golden.Dirty, survivor string) error {
	creates, err := tx.PendingCreates(ctx, row.Target, []string{row.Subject, survivor})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(creates, func(c golden.PendingCreate) bool { return c.Subject == row.Subject })
	if at < 0 || len(creates) > 1 {
		return nil
	}
	own, err := tx.DeliveriesOf(ctx, row.Target, []string{survivor})
	if err != nil || len(own) > 0 {
		return err
	}
	creates[at].Subject = survivor
	if err := tx.DeletePendingCreates(ctx, row.Target, []string{row.Subject}); err != nil {
		return err
	}
	return tx.PutPendingCreates(ctx, creates)
}
