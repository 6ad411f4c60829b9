package connectortest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
)

func runTarget(t *testing.T, h Harness) {
	offered := h.Target(t)
	updates := offered.can(connectors.Update)
	proofs := []proof{
		{"creates and updates", true, createsAndUpdates},
		{"deletes", offered.can(connectors.Delete), deletes},
		{"repeats as it says", true, repeatsAsItSays},
		{"keeps the order of a subject", updates, keepsOrder},
		{"writes nothing when cancelled before it began", true, cancelledBefore},
		{"has an outcome for each delivery when cancelled", offered.Faults[Slow] != nil, cancelled},
		{"tells that a record is forgotten", updates && offered.Faults[Forgotten] != nil, tellsForgotten},
	}
	for fault, want := range outcomes {
		proofs = append(proofs, proof{"tells of a system that is " + string(fault), offered.Faults[fault] != nil, func(t *testing.T, h Harness) {
			tellsFault(t, h, fault, want)
		}})
	}
	h.all(t, proofs)
}

// outcomes are those that a create must have under a fault.
var outcomes = map[Fault]connectors.Status{
	Unreachable: connectors.Retry, Busy: connectors.Retry, BadCredentials: connectors.Unauthorised, Invalid: connectors.Refused,
}

// can tells whether the target knows an operation.
func (s TargetSystem) can(op connectors.Operation) bool {
	if s.Operations == nil {
		return op == connectors.Create || op == connectors.Update
	}
	return slices.Contains(s.Operations, op)
}

// scene is a target on its system.
type scene struct {
	TargetSystem
	target connectors.Target
}

func (h Harness) scene(t *testing.T) scene {
	t.Helper()
	sys := h.Target(t)
	target, err := sys.Open((&process{site: newSite(t)}).env())
	if err != nil {
		t.Fatalf("open the target: %v", err)
	}
	if closer, ok := target.(interface{ Close() error }); ok {
		t.Cleanup(func() {
			if err := closer.Close(); err != nil {
				t.Errorf("close the target: %v", err)
			}
		})
	}
	return scene{sys, target}
}

func (s scene) delivery(op connectors.Operation, r Record, remoteID string) connectors.Delivery {
	d := connectors.Delivery{Key: fmt.Sprintf("%s-%s-%d", op, r.Key, r.Value), Subject: "G-" + r.Key, Operation: op, RemoteID: remoteID}
	if op != connectors.Delete {
		d.Payload = s.Payload(r)
	}
	return d
}

// deliver writes one delivery and checks the shape of its outcome.
func (s scene) deliver(t *testing.T, h Harness, d connectors.Delivery) connectors.Outcome {
	t.Helper()
	ctx, cancel := h.waiting(t)
	defer cancel()
	outcomes := s.target.Deliver(ctx, []connectors.Delivery{d})
	if len(outcomes) != 1 {
		t.Fatalf("%d outcomes for one delivery", len(outcomes))
	}
	if o := outcomes[0]; (o.Status == connectors.Done) != (o.Err == nil) {
		t.Fatalf("%s %s: status %q with error %v", d.Operation, d.Subject, o.Status, o.Err)
	}
	return outcomes[0]
}

// create makes a record that must succeed and returns its remote ID.
func (s scene) create(t *testing.T, h Harness, r Record) string {
	t.Helper()
	o := s.deliver(t, h, s.delivery(connectors.Create, r, ""))
	if o.Status != connectors.Done || o.RemoteID == "" {
		t.Fatalf("create %s: %s, remote ID %q: %v", r.Key, o.Status, o.RemoteID, o.Err)
	}
	return o.RemoteID
}

func createsAndUpdates(t *testing.T, h Harness) {
	s := h.scene(t)
	var batch []connectors.Delivery
	want := map[string]Record{}
	for i := range 5 {
		batch = append(batch, s.delivery(connectors.Create, Record{fmt.Sprintf("k%d", i), 1}, ""))
	}
	for i, o := range s.target.Deliver(t.Context(), batch) {
		if o.Status != connectors.Done || o.RemoteID == "" {
			t.Fatalf("create %d: %s, remote ID %q: %v", i, o.Status, o.RemoteID, o.Err)
		}
		want[o.RemoteID] = Record{fmt.Sprintf("k%d", i), 1}
	}
	s.holds(t, want)
	if !s.can(connectors.Update) {
		return
	}
	for id, r := range want {
		if r.Key == "k3" {
			r.Value = 2
			if o := s.deliver(t, h, s.delivery(connectors.Update, r, id)); o.Status != connectors.Done {
				t.Fatalf("update: %s: %v", o.Status, o.Err)
			}
			want[id] = r
		}
	}
	s.holds(t, want)
}

func (s scene) holds(t *testing.T, want map[string]Record) {
	t.Helper()
	held := s.Held(t)
	for id, r := range want {
		if held[id] != r {
			t.Errorf("the system holds %+v under %s; expected %+v", held[id], id, r)
		}
	}
	if len(held) != len(want) {
		t.Errorf("the system holds %d records; expected %d", len(held), len(want))
	}
}

func deletes(t *testing.T, h Harness) {
	s := h.scene(t)
	stays, goes := Record{"k0", 1}, Record{"k1", 1}
	staysID, goesID := s.create(t, h, stays), s.create(t, h, goes)
	if o := s.deliver(t, h, s.delivery(connectors.Delete, goes, goesID)); o.Status != connectors.Done {
		t.Fatalf("delete: %s: %v", o.Status, o.Err)
	}
	s.holds(t, map[string]Record{staysID: stays})
	if o := s.deliver(t, h, s.delivery(connectors.Delete, goes, goesID)); o.Status != connectors.Done && o.Status != connectors.Missing {
		t.Errorf("delete a second time: %s: %v", o.Status, o.Err)
	}
}

// tellsFault creates a record while the system fails: it must not be there, and must be made by the
// same delivery once the fault is over.
func tellsFault(t *testing.T, h Harness, fault Fault, want connectors.Status) {
	s := h.scene(t)
	old := Record{"k0", 1}
	id := s.create(t, h, old)
	undo := s.Faults[fault](t)
	d := s.delivery(connectors.Create, Record{"k1", 1}, "")
	// a create with a key may go out first over a connection that the system was just closing
	perhaps := fault == Unreachable && s.target.Repeat() == connectors.RepeatKey
	if o := s.deliver(t, h, d); o.Status != want && (!perhaps || o.Status != connectors.Unknown) {
		t.Errorf("create: %s: %v; expected %s", o.Status, o.Err, want)
	}
	undo()
	s.holds(t, map[string]Record{id: old})
	o := s.deliver(t, h, d)
	if o.Status != connectors.Done {
		t.Fatalf("once the fault is over: %s: %v", o.Status, o.Err)
	}
	s.holds(t, map[string]Record{id: old, o.RemoteID: {"k1", 1}})
}

func tellsForgotten(t *testing.T, h Harness) {
	s := h.scene(t)
	id := s.create(t, h, Record{"k0", 1})
	defer s.Faults[Forgotten](t)()
	if o := s.deliver(t, h, s.delivery(connectors.Update, Record{"k0", 2}, id)); o.Status != connectors.Missing {
		t.Errorf("update: %s: %v; expected missing", o.Status, o.Err)
	}
}

func repeatsAsItSays(t *testing.T, h Harness) {
	s := h.scene(t)
	repeat := s.target.Repeat()
	if !slices.Contains([]connectors.Repeat{connectors.RepeatKey, connectors.RepeatUpsert, connectors.RepeatFind, connectors.RepeatNone}, repeat) {
		t.Fatalf("repeat is %q", repeat)
	}
	r := Record{"k0", 1}
	d := s.delivery(connectors.Create, r, "")
	if begin := s.Faults[LostAnswer]; begin != nil {
		undo := begin(t)
		o := s.deliver(t, h, d)
		undo()
		switch {
		case o.Status == connectors.Unknown:
		case o.Status == connectors.Retry && repeat != connectors.RepeatNone:
		default:
			t.Errorf("a create whose answer was lost is %s (repeat %s): %v", o.Status, repeat, o.Err)
		}
	} else if o := s.deliver(t, h, d); o.Status != connectors.Done {
		t.Fatalf("create: %s: %v", o.Status, o.Err)
	}
	if repeat == connectors.RepeatNone {
		return
	}
	o := s.deliver(t, h, d)
	if o.Status != connectors.Done || o.RemoteID == "" {
		t.Fatalf("the repetition: %s, remote ID %q: %v", o.Status, o.RemoteID, o.Err)
	}
	s.holds(t, map[string]Record{o.RemoteID: r})
}

func keepsOrder(t *testing.T, h Harness) {
	s := h.scene(t)
	want := map[string]Record{}
	var batch []connectors.Delivery
	for i := range 3 {
		r := Record{fmt.Sprintf("k%d", i), 1}
		want[s.create(t, h, r)] = r
	}
	const versions = 8
	for v := 2; v <= versions; v++ {
		for id, r := range want {
			r.Value = v
			batch = append(batch, s.delivery(connectors.Update, r, id))
		}
	}
	for i, o := range s.target.Deliver(t.Context(), batch) {
		if o.Status != connectors.Done {
			t.Fatalf("update %d: %s: %v", i, o.Status, o.Err)
		}
	}
	for id, r := range want {
		r.Value = versions
		want[id] = r
	}
	s.holds(t, want)
}

func cancelledBefore(t *testing.T, h Harness) {
	s := h.scene(t)
	before, cancelBefore := context.WithCancel(t.Context())
	cancelBefore()
	o := s.target.Deliver(before, []connectors.Delivery{s.delivery(connectors.Create, Record{"k0", 1}, "")})
	if len(o) != 1 || o[0].Status != connectors.Retry {
		t.Fatalf("a batch that was cancelled before it began: %+v", o)
	}
	s.holds(t, nil)
}

func cancelled(t *testing.T, h Harness) {
	s := h.scene(t)
	defer s.Faults[Slow](t)()
	var batch []connectors.Delivery
	for i := range 200 {
		batch = append(batch, s.delivery(connectors.Create, Record{fmt.Sprintf("k%d", i), 1}, ""))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	began := time.Now()
	outcomes := s.target.Deliver(ctx, batch)
	if took := time.Since(began); took > h.Patience {
		t.Errorf("a cancelled batch took %s", took)
	}
	if len(outcomes) != len(batch) {
		t.Fatalf("%d outcomes for %d deliveries", len(outcomes), len(batch))
	}
	count := map[connectors.Status]int{}
	done := map[string]Record{}
	for i, o := range outcomes {
		count[o.Status]++
		if o.Status == connectors.Done {
			done[o.RemoteID] = Record{fmt.Sprintf("k%d", i), 1}
		}
	}
	if count[connectors.Retry] == 0 || count[connectors.Done]+count[connectors.Unknown]+count[connectors.Retry] != len(batch) {
		t.Errorf("outcomes %v", count)
	}
	held := s.Held(t)
	for id, r := range done {
		if held[id] != r {
			t.Errorf("%s is done, and the system holds %+v under %s", r.Key, held[id], id)
		}
	}
	if most := count[connectors.Done] + count[connectors.Unknown]; len(held) > most {
		t.Errorf("the system holds %d records, and at most %d were begun", len(held), most)
	}
}
