package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// PlannedTarget counts what would be delivered to a target.
type PlannedTarget struct {
	Target     string `json:"target" doc:"system.stream"`
	Looked     int64  `json:"looked" doc:"customers and documents that it would look at"`
	Create     int64  `json:"create"`
	Update     int64  `json:"update"`
	Deactivate int64  `json:"deactivate"`
	Delete     int64  `json:"delete"`
	Review     int64  `json:"review,omitempty" doc:"creates of unknown outcome, about which a person is asked"`
	Failed     int64  `json:"failed,omitempty" doc:"customers and documents for which the route or its mapping fails"`
	Later      int64  `json:"later,omitempty" doc:"of the writes those that are not made at once: a changed mapping counts for what changes from then on"`
}

// PlannedDelivery is one write to a target, or why there would be none.
type PlannedDelivery struct {
	Target    string          `json:"target" doc:"system.stream"`
	Operation string          `json:"operation" enum:"create,update,deactivate,delete,review,failed"`
	Subject   string          `json:"subject" doc:"golden ID, or system/stream/id of an order or interaction; new-1, new-2, … of customers that there would be"`
	Entity    string          `json:"entity"`
	Remote    string          `json:"remoteId,omitempty" doc:"the record's ID in the target"`
	Route     string          `json:"route,omitempty"`
	Payload   json.RawMessage `json:"payload,omitempty" doc:"what would be sent"`
	Later     bool            `json:"later,omitempty" doc:"not at once, but when the customer or document changes next"`
	Error     string          `json:"error,omitempty"`
}

// tried is the transaction in which a plan is worked out, and the folder that it is worked out by.
type tried struct {
	tx   golden.Tx
	live *generation
}

// generation is the one that a reconciler goes by: the live one, unless it works out a plan.
func (r *reconciler) generation() *generation {
	if r.tried != nil {
		return r.tried.live
	}
	return r.hub.generation()
}

func (r *reconciler) inTx(ctx context.Context, do func(ctx context.Context, tx golden.Tx) error) error {
	if r.tried != nil {
		return do(ctx, r.tried.tx)
	}
	return r.hub.store.InTx(ctx, do)
}

func (r *reconciler) inView(ctx context.Context, do func(ctx context.Context, v golden.View) error) error {
	if r.tried != nil {
		return do(ctx, r.tried.tx)
	}
	return r.hub.store.InView(ctx, do)
}

// repeat says how a create may be repeated. A plan asks no target: where one is in doubt it is left to
// a person.
func (r *reconciler) repeat() connectors.Repeat {
	if r.tried != nil {
		return connectors.RepeatNone
	}
	return r.writer.Repeat()
}

// customer is the golden record that an ID leads to.
func (r *reconciler) customer(ctx context.Context, id string) (golden.GoldenRecord, error) {
	if r.tried == nil {
		record, _, err := r.hub.store.Customer(ctx, id)
		return record, err
	}
	found, err := r.tried.tx.Customers(ctx, []string{id})
	for err == nil && len(found) == 1 && found[0].State == golden.Merged {
		found, err = r.tried.tx.Entities(ctx, []golden.EntityNo{found[0].Into})
	}
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("customer %s: %w", id, golden.ErrNotFound)
	}
	if err != nil {
		return golden.GoldenRecord{}, err
	}
	return found[0], nil
}

// goldenOf finds what a mapping looks up: a golden record by its ID or by a source record's key.
func (r *reconciler) goldenOf(ctx context.Context, key string) (golden.GoldenRecord, error) {
	switch {
	case r.tried == nil:
		return r.hub.goldenOf(ctx, key)
	case isCustomer(key):
		return r.customer(ctx, key)
	}
	records, err := r.tried.tx.RecordsByKey(ctx, []string{key})
	if err != nil {
		return golden.GoldenRecord{}, err
	}
	if len(records) == 0 || records[0].Deleted || records[0].Entity == 0 {
		return golden.GoldenRecord{}, fmt.Errorf("customer of %s: %w", key, golden.ErrNotFound)
	}
	found, err := r.tried.tx.Entities(ctx, []golden.EntityNo{records[0].Entity})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("customer of %s: %w", key, golden.ErrNotFound)
	}
	if err != nil {
		return golden.GoldenRecord{}, err
	}
	return found[0], nil
}

// deliver works out, in the plan's transaction, what targets would be sent: of customers and documents
// that change, and of all that a new or changed route may carry.
func (p *planning) deliver(ctx context.Context, tx golden.Tx, e golden.Effects) error {
	p.Sent, p.Deliveries = p.Sent[:0], p.Deliveries[:0]
	maps.DeleteFunc(p.examples, func(sort string, _ int) bool { return strings.HasPrefix(sort, "delivery ") })
	changed := map[string][]string{} // by entity
	for _, merged := range []bool{true, false} {
		for _, c := range e.Customers { // those that were merged first: they hand over what they have
			if (c.Type == golden.MergedT) == merged {
				changed["customer"] = append(changed["customer"], c.ID)
			}
		}
	}
	for e, documents := range p.documents {
		keys, err := p.putDocuments(ctx, tx, e, documents)
		if err != nil {
			return err
		}
		changed[entityName(e)] = keys
	}
	for i := range p.targets {
		t := &p.targets[i]
		w := &planWriter{
			planning: p, of: t, sum: PlannedTarget{Target: t.String()},
			reconciler: &reconciler{hub: p.hub, target: t.target, log: p.hub.log, tried: &tried{tx, p.live}},
		}
		if err := w.work(ctx, changed); err != nil {
			return fmt.Errorf("work out what %s would be sent: %w", t, err)
		}
		if w.sum.Looked > 0 {
			p.Sent = append(p.Sent, w.sum)
		}
	}
	return nil
}

// putDocuments writes documents mapped anew and gives the keys of those that say something else.
func (p *planning) putDocuments(ctx context.Context, tx golden.Tx, e canonical.Entity, documents map[string]golden.Document) ([]string, error) {
	var incoming []golden.Document
	for _, key := range slices.Sorted(maps.Keys(documents)) {
		incoming = append(incoming, documents[key])
	}
	stored, changed, err := newer(ctx, tx, e, incoming)
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(changed))
	for _, d := range changed {
		keys = append(keys, d.Key)
	}
	return keys, tx.PutDocuments(ctx, stored)
}

// planWriter works out what one target would be sent.
type planWriter struct {
	*planning
	*reconciler
	of  *plannedTarget
	sum PlannedTarget
}

// work goes through what changed and then, where the target's routes or mappings did, through all else.
func (w *planWriter) work(ctx context.Context, changed map[string][]string) error {
	for entity := "customer"; entity != ""; entity = nextEntity(entity) {
		routed := slices.ContainsFunc(w.of.Routes, func(r targetRoute) bool { return entityName(r.Entity()) == entity })
		if len(w.of.Routes) == 0 || !routed && (!w.of.swept || entity != "customer") {
			continue // nothing leads there, or has led there
		}
		for part := range slices.Chunk(changed[entity], sweepPage) {
			if err := w.look(ctx, entity, part, false); err != nil {
				return err
			}
		}
		if !w.of.swept && !w.of.later {
			continue
		}
		done := map[string]bool{}
		for _, id := range changed[entity] {
			done[id] = true
		}
		for at := (Sweep{Entity: entity}); ; {
			page, err := w.planning.hub.sweepKeys(ctx, &at)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			at.After = page[len(page)-1]
			if err := w.look(ctx, entity, slices.DeleteFunc(page, func(id string) bool { return done[id] }), w.of.later); err != nil {
				return err
			}
		}
	}
	return nil
}

// look plans the writes of some subjects, as a round does.
func (w *planWriter) look(ctx context.Context, entity string, subjects []string, later bool) error {
	if len(subjects) == 0 {
		return ctx.Err()
	}
	rows := make([]golden.Dirty, len(subjects))
	for i, id := range subjects {
		rows[i] = golden.Dirty{Target: w.of.String(), Subject: id, Entity: entity}
	}
	one := &round{reconciler: w.reconciler, rows: rows, results: make([]rowResult, len(rows))}
	if err := one.plan(ctx); err != nil {
		return err
	}
	w.sum.Looked += int64(len(rows))
	for i := range one.results {
		err := one.results[i].err
		var bad *recordError
		switch {
		case err == nil:
		case !errors.As(err, &bad):
			return fmt.Errorf("%s: %w", rows[i].Subject, err)
		default:
			w.sum.Failed++
			w.example(PlannedDelivery{Target: w.of.String(), Operation: "failed", Subject: rows[i].Subject, Entity: entity, Error: err.Error()})
		}
	}
	for i, write := range one.writes {
		w.count(write, rows[one.of[i]], later)
	}
	return nil
}

func (w *planWriter) count(write *write, row golden.Dirty, later bool) {
	d := PlannedDelivery{
		Target: w.of.String(), Operation: string(write.Operation), Subject: row.Subject, Entity: row.Entity,
		Remote: write.RemoteID, Later: later,
	}
	if write.route != nil {
		d.Route = write.route.Name
	}
	switch {
	case write.settled, write.recognised:
		return
	case write.doubtful:
		w.sum.Review++
		d.Operation = "review"
	case write.Operation == connectors.Create:
		w.sum.Create++
	case write.Operation == connectors.Update:
		w.sum.Update++
	case write.Operation == connectors.Deactivate:
		w.sum.Deactivate++
	case write.Operation == connectors.Delete:
		w.sum.Delete++
	}
	if later {
		w.sum.Later++
	}
	if len(write.Payload) > 0 {
		d.Payload = write.Payload
		if !json.Valid(write.Payload) {
			d.Payload, _ = json.Marshal(strings.ToValidUTF8(string(write.Payload), "\uFFFD"))
		}
	}
	w.example(d)
}

func (w *planWriter) example(d PlannedDelivery) {
	if w.shown("delivery " + d.Target + " " + d.Operation) {
		w.Deliveries = append(w.Deliveries, d)
	}
}
