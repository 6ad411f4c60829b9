package hub

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// compose maps the subject for one remote record; nil where the mapping leaves it out.
func (r *reconciler) compose(ctx context.Context, s *subject, route *targetRoute, state golden.DeliveryState) (*write, error) {
	out, err := r.payload(ctx, s, route, s.doc, s.facts(state.RemoteID))
	if err != nil || out.skip {
		return nil, err
	}
	w := &write{route: route, state: state, hash: payloadHash(out.bytes)}
	w.Subject, w.RemoteID, w.RemoteVersion, w.Payload = s.id, state.RemoteID, state.RemoteVersion, out.bytes
	w.state.Circumstances = r.circumstances(s, out)
	w.state.Route, w.state.SentHash, w.state.SentVersion, w.state.Status = route.Name, w.hash, s.version, golden.Settled
	w.state.Attempts, w.state.Error = 0, ""
	if r.isSource() {
		w.golden = s.record
	}
	return w, nil
}

// payload is what a route's mapping makes of a document.
type payload struct {
	bytes  []byte
	skip   bool // the mapping leaves it out
	looked bool // it depends on other customers
}

func (r *reconciler) payload(ctx context.Context, s *subject, route *targetRoute, doc []byte, facts *mappings.GoldenInput) (p payload, err error) {
	if facts.Remote != "" {
		if doc, err = without(doc, route.CreateOnly); err != nil {
			return p, fmt.Errorf("read %s: %w", s.id, err)
		}
	}
	decoded := docs.Get().(*formats.Doc)
	defer docs.Put(decoded)
	if err := r.hub.json.Decode(decoded, formats.Frame{Bytes: doc}, route.mapping.Shape()); err != nil {
		return p, fmt.Errorf("read %s: %w", s.id, err)
	}
	look := &lookup{hub: r.hub, ctx: ctx, of: r.goldenOf}
	out, err := route.mapping.Apply(nil, mappings.Input{Root: &decoded.Root, Golden: facts, Lookup: look.find})
	switch {
	case look.err != nil: // what the mapping made of it is not what it should have been
		return p, fmt.Errorf("look up a customer for %s: %w", s.id, look.err)
	case err != nil:
		return p, &recordError{cause: "mapping", err: err}
	}
	return payload{bytes: out.Bytes, skip: out.Skip, looked: look.asked}, nil
}

// without leaves attributes out of a canonical document.
func without(doc []byte, attributes []string) ([]byte, error) {
	if len(attributes) == 0 {
		return doc, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, err
	}
	for _, name := range attributes {
		delete(members, name)
	}
	return json.Marshal(members)
}

// asUpdate gives the hash of the payload that an update of a record just created would have. The
// mapping may make another payload for a create; the target still holds what is wanted.
func (r *reconciler) asUpdate(ctx context.Context, s *subject, w *write) func(remote string) uint64 {
	ctx = context.WithoutCancel(ctx) // what was sent is noted even where the hub is being stopped
	return func(remote string) uint64 {
		out, err := r.payload(ctx, s, w.route, s.doc, s.facts(remote))
		if err != nil || out.skip {
			return w.hash
		}
		return payloadHash(out.bytes)
	}
}

// isSource says whether the target's records come back as source records.
func (r *reconciler) isSource() bool {
	_, ok := r.generation().streams[r.target.System+"/"+r.target.Name]
	return ok
}

func payloadHash(payload []byte) uint64 { return max(golden.Mixed+1, xxhash.Sum64(payload)) }

// idempotencyKey is the same for every attempt at one write of a known record and different for
// every other, also where a later one has the same payload.
func idempotencyKey(w *write, target, stand string) string {
	return fmt.Sprintf("%016x%016x", xxhash.Sum64String(target+"\x00"+w.Subject+"\x00"+w.RemoteID),
		xxhash.Sum64String(fmt.Sprintf("%s\x00%d\x00%s", w.Operation, w.hash, stand)))
}
