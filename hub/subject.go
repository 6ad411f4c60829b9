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
