package hub

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/routes"
)

// receipts says what is to become of each record that targets hold of an erased person, by the
// routes as they are now.
func (h *Hub) receipts(states []golden.DeliveryState, creates []golden.PendingCreate) []golden.Receipt {
	list := []golden.Receipt{}
	now := time.Now()
	for _, d := range states {
		if d.Status == golden.Gone {
			continue
		}
		r := golden.Receipt{
			Target: d.Target, Remote: h.suppressions.Remote(d.Target, d.RemoteID), Route: d.Route,
			Entity: canonical.EntityCustomer, At: now, Operation: "keep", Status: golden.ReceiptKept,
		}
		switch route := h.generation().routeTo(d.Target, d.Route); {
		case d.Route == "":
			r.Reason = "the hub never wrote it: it is the system's own"
		case route == nil:
			r.Reason = "no route of this name leads to the target any more"
		default:
			r.Entity = route.Entity()
			intend(&r, route, d)
		}
		list = append(list, r)
	}
	for _, c := range creates {
		if c.Arrived == 0 {
			continue
		}
		list = append(list, golden.Receipt{
			Target: c.Target, Remote: h.suppressions.Remote(c.Target, "create "+c.Key), Route: c.Route, Entity: canonical.EntityCustomer,
			Operation: string(connectors.Create), Status: golden.ReceiptReview, At: now,
			Reason: "a create was under way, and nobody knows whether it was done: look in the target, under idempotency key " + c.Key,
		})
	}
	return list
}

// intend says what a route's policy does with a record.
func intend(r *golden.Receipt, route *targetRoute, d golden.DeliveryState) {
	r.Operation = string(route.On.Erased)
	switch {
	case route.On.Erased == routes.Keep:
		r.Reason = "route " + route.Name + " says: on: {erased: keep}"
	case route.On.Erased == routes.Deactivate && d.Status == golden.Inactive:
		r.Status, r.Reason = golden.ReceiptDone, "it was deactivated before"
	default:
		r.Status = golden.ReceiptPending
	}
}

// routeTo is the route of a name that leads to a target; nil where there is none.
func (f *Folder) routeTo(target, name string) *targetRoute {
	if t := f.targetNamed(target); t != nil {
		return t.routeOf(name)
	}
	return nil
}

// noteErased notes what became of a record of an erased person: a receipt, and, once the record is
// gone, nothing else.
func (r *round) noteErased(n *notes, row int, w *write, state golden.DeliveryState, out connectors.Outcome) {
	receipt := golden.Receipt{
		Target: r.target.String(), Remote: r.hub.suppressions.Remote(r.target.String(), w.RemoteID),
		Operation: string(w.Operation), At: state.UpdatedAt,
	}
	switch out.Status {
	case connectors.Done, connectors.Missing:
		r.done = true
		receipt.Status = golden.ReceiptDone
		if out.Status == connectors.Missing {
			receipt.Reason = "the target has no such record any more"
		}
		n.gone = append(n.gone, w.state)
	case connectors.Refused:
		receipt.Status, receipt.Reason = golden.ReceiptRefused, "the target refused: see its dead letter"
		r.noteFailed(n, w, state, golden.Refused, out)
		n.letters = append(n.letters, r.unsent("refused", w, out.Err))
	default:
		before := len(n.letters)
		if out.Status == connectors.Unauthorised {
			r.refused = orStatus(out)
			r.noteFailed(n, w, state, golden.Failing, out)
			r.results[row].hold(r.refused, 0)
		} else {
			r.noteRetry(n, row, w, state, out)
		}
		if len(n.letters) == before {
			return // it is tried again
		}
		receipt.Status, receipt.Reason = golden.ReceiptRefused, "given up after too many attempts: see its dead letter"
	}
	n.receipts = append(n.receipts, receipt)
}

// heed holds what a round leaves against what was erased while its writes were on their way. What a
// target has made of an erased person meanwhile is not linked to anybody, kept from coming back, and
// looked at again, to be ended by the route's policy. It gives a copy: the transaction may run again.
func (n notes) heed(ctx context.Context, tx golden.Tx, s golden.Suppressor, target string) (*notes, error) {
	n.late = nil
	if any, err := tx.AnySuppression(ctx); err != nil || !any {
		return &n, err
	}
	erased, err := erasedAmong(ctx, tx, s, n.subjects())
	if err != nil || len(erased) == 0 {
		return &n, err
	}
	n.leaveOut(erased)
	return &n, n.endLate(ctx, tx, s, target, erased)
}

// leaveOut takes erased people out of what the round leaves beside the states of records.
func (n *notes) leaveOut(erased map[string]erasedAs) {
	gone := func(subject string) bool { _, found := erased[subject]; return found }
	n.creates = slices.DeleteFunc(slices.Clone(n.creates), func(c golden.PendingCreate) bool { return gone(c.Subject) })
	n.written = slices.DeleteFunc(slices.Clone(n.written), func(w *reached) bool { return gone(w.Subject) })
	n.letters = slices.Clone(n.letters)
	for i := range n.letters {
		if gone(n.letters[i].Key) {
			n.letters[i].Bytes = nil
		}
	}
}

// endLate has the target look once more at records that it holds of erased people, so that they are
// ended, and takes the links to them away.
func (n *notes) endLate(ctx context.Context, tx golden.Tx, s golden.Suppressor, target string, erased map[string]erasedAs) error {
	var marks []golden.Dirty
	n.states = slices.Clone(n.states)
	for i := range n.states {
		d := &n.states[i]
		erasure, gone := erased[d.Subject]
		if !gone || n.ending[d.RemoteID] {
			continue
		}
		d.Origin, d.Error = "", ""
		marks = append(marks, golden.Dirty{Target: target, Subject: d.Subject, Entity: erasure.entity, Since: time.Now()})
		if err := n.receive(ctx, tx, s, target, d, erasure.id); err != nil {
			return err
		}
		if erasure.id != "" && d.Record != "" {
			n.late = append(n.late, d.Record)
		}
	}
	n.links = slices.DeleteFunc(slices.Clone(n.links), func(l golden.Link) bool { return slices.Contains(n.late, l.Remote) })
	if len(marks) == 0 {
		return nil
	}
	return tx.MarkDirty(ctx, marks)
}

// receive gives a record that came late a receipt of its own, in place of the one about its create, and
// keeps it from coming back.
func (n *notes) receive(ctx context.Context, tx golden.Tx, s golden.Suppressor, target string, d *golden.DeliveryState, erasure string) error {
	if key := n.keys[d.RemoteID]; key != "" {
		known := golden.Receipt{
			Target: target, Remote: s.Remote(target, "create "+key), Operation: string(connectors.Create),
			Status: golden.ReceiptDone, Reason: "it was done: the record has a receipt of its own", At: d.UpdatedAt,
		}
		if err := tx.SettleReceipts(ctx, []golden.Receipt{known}); err != nil {
			return err
		}
	}
	if erasure == "" {
		return nil
	}
	receipt := golden.Receipt{
		Erasure: erasure, Target: target, Remote: s.Remote(target, d.RemoteID), Entity: canonical.EntityCustomer, Route: d.Route,
		Operation: "delete", Status: golden.ReceiptPending, Reason: "it was on its way when the person was erased", At: d.UpdatedAt,
	}
	if err := tx.PutReceipts(ctx, []golden.Receipt{receipt}); err != nil || d.Record == "" {
		return err
	}
	return tx.PutSuppressions(ctx, []uint64{s.Record(d.Record).Hash}, erasure, d.UpdatedAt)
}

// subjects are those of which the round notes something.
func (n *notes) subjects() []string {
	var all []string
	for _, d := range n.states {
		all = append(all, d.Subject)
	}
	for _, c := range n.creates {
		all = append(all, c.Subject)
	}
	for _, l := range n.letters {
		all = append(all, l.Key)
	}
	return all
}

// erasedAs is the erasure of a subject: its ID, where it is known, and what the subject is.
type erasedAs struct{ id, entity string }

// erasedAmong finds the subjects that were erased.
func erasedAmong(ctx context.Context, tx golden.Tx, s golden.Suppressor, subjects []string) (map[string]erasedAs, error) {
	found := map[string]erasedAs{}
	var customers []string
	named := map[uint64]erasedAs{}
	key := map[uint64]string{}
	var hashes []uint64
	for _, subject := range subjects {
		if isCustomer(subject) {
			customers = append(customers, subject)
			continue
		}
		for _, e := range documentEntities {
			hash := s.Document(golden.SuppressDocument, e, subject).Hash
			named[hash], key[hash] = erasedAs{entity: entityName(e)}, subject
			hashes = append(hashes, hash)
		}
	}
	erasures, err := tx.ErasuresOf(ctx, customers)
	if err != nil {
		return nil, err
	}
	for _, e := range erasures {
		if e.Whole {
			found[e.Customer] = erasedAs{id: e.ID, entity: "customer"}
		}
	}
	hit, err := tx.Suppressed(ctx, hashes)
	for _, hash := range hit {
		found[key[hash]] = named[hash]
	}
	return found, err
}

// erasedSince finds the subjects that were erased since they were read.
func (h *Hub) erasedSince(ctx context.Context, tx golden.Tx, subjects []string) (map[string]erasedAs, error) {
	if any, err := tx.AnySuppression(ctx); err != nil || !any {
		return nil, err
	}
	return erasedAmong(ctx, tx, h.suppressions.Suppressor, subjects)
}

// eraseLate erases records that a target had made of an erased person, and reported, before it
// answered: by then nobody knew whose they were.
func (h *Hub) eraseLate(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	for _, key := range keys {
		found, err := h.store.FindCustomers(ctx, golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: key}}, Limit: 1})
		if err != nil {
			return err
		}
		for _, c := range found {
			_, err := h.generation().resolver.Erase(ctx, golden.Erase{
				Customer: c.ID, Records: []string{key}, Author: "hub", Receipts: h.receipts,
				Reason: "it was on its way to a target when its person was erased",
			})
			if err != nil {
				return err
			}
		}
	}
	return h.loadSuppressions(ctx)
}

// entityName is an entity as the reconciler's rows have it.
func entityName(e canonical.Entity) string { return strings.ToLower(string(e)) }
