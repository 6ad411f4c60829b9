package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
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

// loaded is what a dirty row is about: its subject or, of a customer that was merged, the survivor.
type loaded struct {
	subject  *subject
	survivor *golden.GoldenRecord
	err      error
}

// survey reads the subjects of rows and what the target holds of them, in one state of the store.
// Where that fails, each row is read on its own: a row that cannot be read holds up only itself.
func (r *reconciler) survey(ctx context.Context, rows []golden.Dirty) ([]loaded, *standing, error) {
	found, at, err := r.surveyed(ctx, rows)
	if err == nil || len(rows) == 1 || ctx.Err() != nil {
		return found, at, err
	}
	found, at = make([]loaded, len(rows)), newStanding()
	for i := range rows {
		one, own, err := r.surveyed(ctx, rows[i:i+1])
		if err != nil {
			found[i].err = err
			continue
		}
		found[i] = one[0]
		at.add(own)
	}
	return found, at, nil
}

func (r *reconciler) surveyed(ctx context.Context, rows []golden.Dirty) (found []loaded, at *standing, err error) {
	err = r.inView(ctx, func(ctx context.Context, v golden.View) error {
		if found, err = r.load(ctx, v, rows); err != nil {
			return err
		}
		at, err = r.standing(ctx, v, found)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range found {
		if found[i].survivor == nil {
			continue
		}
		survivor, err := r.customer(ctx, found[i].survivor.ID)
		if err != nil {
			found[i] = loaded{err: fmt.Errorf("read the survivor of %s: %w", rows[i].Subject, err)}
			continue
		}
		found[i].survivor = &survivor
	}
	return found, at, nil
}

// load reads the subjects of rows. The survivor is the merged customer itself here.
func (r *reconciler) load(ctx context.Context, v golden.View, rows []golden.Dirty) ([]loaded, error) {
	byEntity := map[string][]string{}
	for _, row := range rows {
		byEntity[row.Entity] = append(byEntity[row.Entity], row.Subject)
	}
	subjects := map[string]loaded{} // by entity, a blank and the row's subject
	for name, ids := range byEntity {
		read := r.loadDocuments
		if name == "customer" {
			read = r.loadCustomers
		}
		if err := read(ctx, v, name, ids, subjects); err != nil {
			return nil, err
		}
	}
	found := make([]loaded, len(rows))
	for i, row := range rows {
		one, ok := subjects[row.Entity+" "+row.Subject]
		if !ok {
			one.err = fmt.Errorf("read %s %s: %w", row.Entity, row.Subject, golden.ErrNotFound)
		}
		found[i] = one
	}
	return found, nil
}

func (r *reconciler) loadCustomers(ctx context.Context, v golden.View, name string, ids []string, into map[string]loaded) error {
	records, err := v.Customers(ctx, ids)
	if err != nil {
		return fmt.Errorf("read customers: %w", err)
	}
	byNo := make(map[golden.EntityNo]*subject, len(records))
	nos := make([]golden.EntityNo, 0, len(records))
	for i := range records {
		record := &records[i]
		if record.State == golden.Merged {
			into[name+" "+record.ID] = loaded{survivor: record}
			continue
		}
		s := &subject{
			id: record.ID, entity: canonical.EntityCustomer, doc: record.Doc, gone: record.State,
			version: record.Version, stand: strconv.FormatInt(record.Version, 10), record: record,
		}
		into[name+" "+record.ID] = loaded{subject: s}
		byNo[record.No], nos = s, append(nos, record.No)
	}
	sources, err := v.RecordsOf(ctx, nos)
	for _, source := range sources {
		s := byNo[source.Entity]
		s.sources = append(s.sources, source)
	}
	return err
}

func (r *reconciler) loadDocuments(ctx context.Context, v golden.View, name string, keys []string, into map[string]loaded) error {
	entity := canonical.Entity(strings.ToUpper(name[:1]) + name[1:])
	documents, err := v.DocumentsByKey(ctx, entity, keys)
	for _, key := range keys { // nothing but erasing removes a document
		into[name+" "+key] = loaded{subject: &subject{id: key, entity: entity, gone: golden.Erased, stand: "erased"}}
	}
	for _, d := range documents {
		s := &subject{
			id: d.Key, entity: entity, doc: d.Doc, gone: golden.Live, version: d.Revision,
			stand: fmt.Sprintf("%v/%d", d.Ingest, d.Revision),
		}
		if d.Deleted {
			s.gone = golden.Empty
		}
		into[name+" "+d.Key] = loaded{subject: s}
	}
	return err
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
