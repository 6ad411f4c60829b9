package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// subject is what a dirty row is about, as it stands now.
type subject struct {
	id      string
	entity  canonical.Entity
	doc     []byte
	gone    golden.EntityState // Live, or why there is nothing to send
	version int64              // of the golden record
	stand   string             // names this version of the subject among all its versions
	record  *golden.GoldenRecord
	sources []golden.SourceRecord // of a customer
	decoded formats.Doc
}

// load reads the subject of a row. For a customer that was merged it gives the survivor instead.
func (r *reconciler) load(ctx context.Context, row golden.Dirty) (s *subject, survivor *golden.GoldenRecord, err error) {
	if row.Entity != "customer" {
		s, err = r.loadDocument(ctx, row)
		return s, nil, err
	}
	record, asked, err := r.hub.store.Customer(ctx, row.Subject)
	if err != nil {
		return nil, nil, fmt.Errorf("read customer %s: %w", row.Subject, err)
	}
	if asked.State == golden.Merged {
		return nil, &record, nil
	}
	s = &subject{
		id: record.ID, entity: canonical.EntityCustomer, doc: record.Doc, gone: asked.State,
		version: record.Version, stand: fmt.Sprint(record.Version), record: &record,
	}
	if s.sources, err = r.hub.store.SourcesOf(ctx, record.No); err != nil {
		return nil, nil, fmt.Errorf("read sources of %s: %w", record.ID, err)
	}
	return s, nil, nil
}

func (r *reconciler) loadDocument(ctx context.Context, row golden.Dirty) (*subject, error) {
	entity := canonical.Entity(strings.ToUpper(row.Entity[:1]) + row.Entity[1:])
	d, err := r.hub.store.Document(ctx, entity, row.Subject)
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", row.Entity, row.Subject, err)
	}
	s := &subject{
		id: d.Key, entity: entity, doc: d.Doc, gone: golden.Live, version: d.Revision,
		stand: fmt.Sprintf("%v/%d", d.Ingest, d.Revision),
	}
	if d.Deleted {
		s.gone = golden.Empty
	}
	return s, nil
}

// known are the subject's records in the target: those that the hub wrote, and those that the
// target reported itself and that belong to the same customer. Ordered with the primary first:
// those in use, what the hub wrote before what it did not, then by remote ID.
func (r *reconciler) known(ctx context.Context, s *subject) ([]golden.DeliveryState, error) {
	var states []golden.DeliveryState
	err := r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) (err error) {
		states, err = r.statesOf(ctx, tx, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read deliveries of %s: %w", s.id, err)
	}
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
	return states, nil
}

// statesOf reads the delivery states of the subject: those of its own, as far as their records
// have not become another customer's, and those whose records have come here with their state.
func (r *reconciler) statesOf(ctx context.Context, tx golden.Tx, s *subject) ([]golden.DeliveryState, error) {
	states, err := tx.DeliveriesOf(ctx, r.target.String(), []string{s.id})
	if err != nil || s.record == nil || !r.isSource() {
		return states, err
	}
	var keys []string
	for _, d := range states {
		if d.Record != "" {
			keys = append(keys, d.Record)
		}
	}
	records, err := tx.RecordsByKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	elsewhere := map[string]bool{}
	for _, record := range records {
		elsewhere[record.Key] = record.Entity != 0 && record.Entity != s.record.No
	}
	states = slices.DeleteFunc(states, func(d golden.DeliveryState) bool { return elsewhere[d.Record] })
	come, err := tx.DeliveriesOfRecords(ctx, r.ownKeys(s))
	for _, d := range come {
		if d.Target == r.target.String() && d.Subject != s.id {
			states = append(states, d) // with the subject that it had
		}
	}
	return states, err
}

func primaryFirst(a, b golden.DeliveryState) int {
	rank := func(d golden.DeliveryState) int {
		switch {
		case d.Status == golden.Inactive:
			return 2
		case d.Route == "":
			return 1
		}
		return 0
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a.RemoteID, b.RemoteID)
}

// owns says whether a source record is one of the target's own.
func (r *reconciler) owns(record golden.SourceRecord) bool {
	return record.System == r.target.System && record.Stream == r.target.Name
}

// ownKeys are the keys of the target's own records of this customer.
func (r *reconciler) ownKeys(s *subject) []string {
	var keys []string
	for _, own := range s.sources {
		if r.owns(own) {
			keys = append(keys, own.Key)
		}
	}
	return keys
}

// facts are what routes and mappings see of the subject beside its document.
func (s *subject) facts(remote string) *mappings.GoldenInput {
	g := &mappings.GoldenInput{ID: s.id, Version: s.version, Remote: remote}
	if s.record == nil {
		system, _, _ := strings.Cut(s.id, "/")
		g.Systems, g.Sources = []string{system}, []string{s.id}
		return g
	}
	g.Sources = s.record.Sources
	systems := map[string]bool{}
	for _, key := range g.Sources {
		system, _, _ := strings.Cut(key, "/")
		systems[system] = true
	}
	g.Systems = slices.Sorted(maps.Keys(systems))
	return g
}
