package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
	"github.com/touchstone-hub/touchstone/routes"
)

// write is one write that a target lacks, with what the store has to know once it is done.
type write struct {
	connectors.Delivery
	route *targetRoute
	state golden.DeliveryState // as it is to be once done; RemoteID "" for a create
	hash  uint64               // of the payload
	// written are the values that the write puts into the target's own record and that originate
	// elsewhere; origin is the source record that a created one is linked to.
	written []golden.WrittenValue
	origin  string
	// settled: the target holds this already, nothing is sent.
	settled bool
}

// subject is what a dirty row is about, as it stands now.
type subject struct {
	id      string
	entity  canonical.Entity
	doc     []byte
	gone    golden.EntityState // Live, or why there is nothing to send
	version int64
	record  *golden.GoldenRecord // of a customer
	sources []golden.SourceRecord
	doc0    formats.Doc
}

// plan compares what a target should hold of a subject with what it does, and gives the writes
// that are missing.
func (r *reconciler) plan(s *subject, states []golden.DeliveryState) ([]*write, error) {
	known := r.known(s, states)
	route, err := r.match(s)
	if err != nil {
		return nil, err
	}
	if route == nil {
		return r.leaving(s, known), nil
	}
	return r.wanted(s, route, known)
}

// load reads the subject. Where it was merged, its remote records go over to the survivor, which
// is marked instead, and there is nothing more to do here.
func (r *reconciler) load(ctx context.Context, row golden.Dirty) (*subject, error) {
	if row.Entity != "customer" {
		return r.loadDocument(ctx, row)
	}
	record, asked, err := r.hub.store.Customer(ctx, row.Subject)
	if err != nil {
		return nil, fmt.Errorf("read customer %s: %w", row.Subject, err)
	}
	if asked.State == golden.Merged {
		return nil, r.handOver(ctx, row, record.ID)
	}
	s := &subject{
		id: record.ID, entity: canonical.EntityCustomer, doc: record.Doc, gone: asked.State,
		version: record.Version, record: &record,
	}
	s.sources, err = r.hub.store.SourcesOf(ctx, record.No)
	return s, err
}

func (r *reconciler) loadDocument(ctx context.Context, row golden.Dirty) (*subject, error) {
	entity := canonical.Entity(strings.ToUpper(row.Entity[:1]) + row.Entity[1:])
	d, err := r.hub.store.Document(ctx, entity, row.Subject)
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", row.Entity, row.Subject, err)
	}
	s := &subject{id: d.Key, entity: entity, doc: d.Doc, gone: golden.Live, version: d.Revision}
	if d.Deleted {
		s.gone = golden.Empty
	}
	return s, nil
}

// handOver gives a merged customer's remote records to the one it was merged into.
func (r *reconciler) handOver(ctx context.Context, row golden.Dirty, survivor string) error {
	return r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		states, err := tx.DeliveriesOf(ctx, row.Target, []string{row.Subject})
		if err != nil {
			return err
		}
		for i := range states {
			states[i].Subject = survivor
		}
		if err := tx.PutDeliveries(ctx, states); err != nil {
			return err
		}
		return tx.MarkDirty(ctx, []golden.Dirty{{
			Target: row.Target, Subject: survivor, Entity: row.Entity, Since: row.Since, Correlation: row.Correlation,
		}})
	})
}

// states reads what is known of the subjects' records in the target, by subject. A record may have
// moved to a subject from another customer with its delivery state.
func (r *reconciler) states(ctx context.Context, subjects []*subject) (map[string][]golden.DeliveryState, error) {
	byRecord := map[string]string{}
	var ids, records []string
	for _, s := range subjects {
		ids = append(ids, s.id)
		for _, key := range r.ownKeys(s) {
			byRecord[key] = s.id
			records = append(records, key)
		}
	}
	found := map[string][]golden.DeliveryState{}
	err := r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		clear(found)
		own, err := tx.DeliveriesOf(ctx, r.target.String(), ids)
		if err != nil {
			return err
		}
		moved, err := tx.DeliveriesOfRecords(ctx, records)
		for _, d := range own {
			if to, ok := byRecord[d.Record]; !ok || to == d.Subject {
				found[d.Subject] = append(found[d.Subject], d)
			}
		}
		for _, d := range moved {
			if to := byRecord[d.Record]; d.Target == r.target.String() && d.Subject != to {
				d.Subject = to
				found[to] = append(found[to], d)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return found, nil
}

// known are the subject's records in the target: those that the hub wrote, and those that the
// target reported itself and that belong to the same customer. Ordered with the primary first:
// what the hub wrote before what it did not, then by remote ID.
func (r *reconciler) known(s *subject, states []golden.DeliveryState) []golden.DeliveryState {
	states = slices.DeleteFunc(states, func(d golden.DeliveryState) bool { return d.Status == golden.Gone })
	have := map[string]bool{}
	for _, d := range states {
		have[d.RemoteID] = true
	}
	for _, own := range s.sources {
		if own.System == r.target.System && own.Stream == r.target.Name && !own.Deleted && !have[own.ID] {
			states = append(states, golden.DeliveryState{
				Target: r.target.String(), RemoteID: own.ID, Subject: s.id, Record: own.Key, Status: golden.Settled,
			})
		}
	}
	slices.SortFunc(states, func(a, b golden.DeliveryState) int {
		if w := (a.SentHash == 0) != (b.SentHash == 0); w {
			if a.SentHash != 0 {
				return -1
			}
			return 1
		}
		return strings.Compare(a.RemoteID, b.RemoteID)
	})
	return states
}

// ownKeys are the keys of the target's own records of this customer.
func (r *reconciler) ownKeys(s *subject) []string {
	var keys []string
	for _, own := range s.sources {
		if own.System == r.target.System && own.Stream == r.target.Name {
			keys = append(keys, own.Key)
		}
	}
	return keys
}

// match gives the first route to the target whose `when` holds for the subject; nil for none.
func (r *reconciler) match(s *subject) (*targetRoute, error) {
	if s.gone != golden.Live {
		return nil, nil
	}
	for i := range r.target.Routes {
		route := &r.target.Routes[i]
		if route.Entity() != s.entity {
			continue
		}
		if err := r.decode(s, route.Shape()); err != nil {
			return nil, err
		}
		ok, err := route.Match(&s.doc0.Root, s.golden(""))
		if err != nil {
			return nil, &recordError{cause: "route", err: fmt.Errorf("route %s: %w", route.Name, err)}
		}
		if ok {
			return route, nil
		}
	}
	return nil, nil
}

func (r *reconciler) decode(s *subject, want *formats.Shape) error {
	if err := r.hub.json.Decode(&s.doc0, formats.Frame{Bytes: s.doc}, want); err != nil {
		return fmt.Errorf("read %s: %w", s.id, err)
	}
	return nil
}

// golden is what routes and mappings see of the subject beside its document.
func (s *subject) golden(remote string) *mappings.GoldenInput {
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

// leaving applies the route's policies to remote records that nothing matches any more.
func (r *reconciler) leaving(s *subject, known []golden.DeliveryState) []*write {
	var writes []*write
	for _, state := range known {
		route := r.routeOf(s, state.Route)
		if route == nil || state.Status == golden.Inactive {
			continue // the hub never wrote it: it is the system's own affair
		}
		policy := route.On.Unmatched
		switch s.gone {
		case golden.Empty:
			policy = route.On.Deleted
		case golden.Erased:
			policy = route.On.Erased
		}
		if w := r.ending(s, route, state, policy); w != nil {
			writes = append(writes, w)
		}
	}
	return writes
}

// ending is the write that a policy asks for, nil for none.
func (r *reconciler) ending(s *subject, route *targetRoute, state golden.DeliveryState, policy routes.Policy) *write {
	w := &write{route: route, state: state}
	w.Subject, w.RemoteID, w.RemoteVersion = s.id, state.RemoteID, state.RemoteVersion
	switch policy {
	case routes.Deactivate:
		w.Operation, w.state.Status = connectors.Deactivate, golden.Inactive
	case routes.Delete:
		w.Operation, w.state.Status = connectors.Delete, golden.Gone
	default:
		return nil
	}
	w.state.SentHash = 0
	w.Key = idempotencyKey(r.target.String(), s.id, state.RemoteID, w.Operation, state.SentHash)
	return w
}

func (r *reconciler) routeOf(s *subject, name string) *targetRoute {
	for i := range r.target.Routes {
		if route := &r.target.Routes[i]; route.Name == name && route.Entity() == s.entity {
			return route
		}
	}
	return nil
}

// wanted gives the writes that bring the subject's remote records to what the route's mapping
// says; a create where there is none.
func (r *reconciler) wanted(s *subject, route *targetRoute, known []golden.DeliveryState) ([]*write, error) {
	if len(known) == 0 {
		w, err := r.compose(s, route, golden.DeliveryState{Target: r.target.String(), Subject: s.id})
		if err != nil || w == nil {
			return nil, err
		}
		w.Operation = connectors.Create
		w.Key = idempotencyKey(r.target.String(), s.id, "", w.Operation, 0)
		if s.record != nil && len(s.record.Sources) > 0 {
			w.origin = s.record.Sources[0]
		}
		return []*write{w}, nil
	}
	var writes []*write
	for i, state := range known {
		if i > 0 && route.Update == routes.UpdatePrimary {
			break
		}
		w, err := r.compose(s, route, state)
		if err != nil {
			return nil, err
		}
		if w == nil || w.hash == state.SentHash {
			continue
		}
		if w.settled, err = r.holds(s, route, state, w.hash); err != nil {
			return nil, err
		}
		w.Operation = connectors.Update
		w.Key = idempotencyKey(r.target.String(), s.id, state.RemoteID, w.Operation, w.hash)
		writes = append(writes, w)
	}
	return writes, nil
}

// compose maps the subject for one remote record.
func (r *reconciler) compose(s *subject, route *targetRoute, state golden.DeliveryState) (*write, error) {
	payload, skip, err := r.payload(s, route, s.doc, state.RemoteID)
	if err != nil || skip {
		return nil, err
	}
	w := &write{route: route, state: state, hash: payloadHash(payload)}
	w.Subject, w.RemoteID, w.RemoteVersion, w.Payload = s.id, state.RemoteID, state.RemoteVersion, payload
	w.state.Route, w.state.SentHash, w.state.SentVersion, w.state.Status = route.Name, w.hash, s.version, golden.Settled
	w.state.Attempts, w.state.Error = 0, ""
	w.written, err = r.written(s, route, state.RemoteID)
	return w, err
}

// written are the values that the write puts into the target's own record and that originate
// elsewhere, as far as the mapping reads them. Before a create the record's key is not known, and
// nothing can be its own yet.
func (r *reconciler) written(s *subject, route *targetRoute, remote string) ([]golden.WrittenValue, error) {
	if s.record == nil || !r.isSource() {
		return nil, nil
	}
	key := r.target.System + "/" + r.target.Name + "/" + remote
	var before []golden.WrittenValue
	for _, own := range s.sources {
		if own.Key == key {
			before = own.Written
		}
	}
	all, err := golden.Written(*s.record, key, before)
	if err != nil {
		return nil, err
	}
	reads := route.mapping.Reads()
	return slices.DeleteFunc(all, func(w golden.WrittenValue) bool { return !slices.Contains(reads, w.Attribute) }), nil
}

func (r *reconciler) payload(s *subject, route *targetRoute, doc []byte, remote string) (payload []byte, skip bool, err error) {
	decoded := docs.Get().(*formats.Doc)
	defer docs.Put(decoded)
	if err := r.hub.json.Decode(decoded, formats.Frame{Bytes: doc}, route.mapping.Shape()); err != nil {
		return nil, false, fmt.Errorf("read %s: %w", s.id, err)
	}
	out, err := route.mapping.Apply(nil, mappings.Input{
		Root: &decoded.Root, Golden: s.golden(remote), Lookup: r.hub.lookup,
	})
	if err != nil {
		return nil, false, &recordError{cause: "mapping", err: err}
	}
	return out.Bytes, out.Skip, nil
}

// holds says whether the target's own report of a record that the hub never wrote already comes
// to the same payload: then it needs no write.
func (r *reconciler) holds(s *subject, route *targetRoute, state golden.DeliveryState, hash uint64) (bool, error) {
	if state.SentHash != 0 || state.Record == "" {
		return false, nil
	}
	for _, own := range s.sources {
		if own.Key != state.Record || own.Deleted {
			continue
		}
		payload, skip, err := r.payload(s, route, own.Doc, state.RemoteID)
		var bad *recordError
		if errors.As(err, &bad) {
			return false, nil // what the target holds does not even map: it lacks something
		}
		return err == nil && !skip && payloadHash(payload) == hash, err
	}
	return false, nil
}

func payloadHash(payload []byte) uint64 { return max(1, xxhash.Sum64(payload)) }

// idempotencyKey is the same for every attempt at one write and different for every other.
func idempotencyKey(target, subject, remote string, op connectors.Operation, hash uint64) string {
	return fmt.Sprintf("%016x%016x", xxhash.Sum64String(target+"\x00"+subject+"\x00"+remote), xxhash.Sum64String(fmt.Sprint(op, "\x00", hash)))
}
