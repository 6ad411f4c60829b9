package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// compose maps the subject for one remote record; nil where the mapping leaves it out.
func (r *reconciler) compose(ctx context.Context, s *subject, route *targetRoute, state golden.DeliveryState) (*write, error) {
	payload, skip, err := r.payload(ctx, s, route, s.doc, state.RemoteID)
	if err != nil || skip {
		return nil, err
	}
	w := &write{route: route, state: state, hash: payloadHash(payload)}
	w.Subject, w.RemoteID, w.RemoteVersion, w.Payload = s.id, state.RemoteID, state.RemoteVersion, payload
	w.state.Route, w.state.SentHash, w.state.SentVersion, w.state.Status = route.Name, w.hash, s.version, golden.Settled
	w.state.Attempts, w.state.Error = 0, ""
	if r.isSource() {
		w.golden = s.record
	}
	return w, nil
}

func (r *reconciler) payload(ctx context.Context, s *subject, route *targetRoute, doc []byte, remote string) (payload []byte, skip bool, err error) {
	if remote != "" {
		if doc, err = without(doc, route.CreateOnly); err != nil {
			return nil, false, fmt.Errorf("read %s: %w", s.id, err)
		}
	}
	decoded := docs.Get().(*formats.Doc)
	defer docs.Put(decoded)
	if err := r.hub.json.Decode(decoded, formats.Frame{Bytes: doc}, route.mapping.Shape()); err != nil {
		return nil, false, fmt.Errorf("read %s: %w", s.id, err)
	}
	look := &lookup{hub: r.hub, ctx: ctx}
	out, err := route.mapping.Apply(nil, mappings.Input{Root: &decoded.Root, Golden: s.facts(remote), Lookup: look.find})
	switch {
	case look.err != nil: // what the mapping made of it is not what it should have been
		return nil, false, fmt.Errorf("look up a customer for %s: %w", s.id, look.err)
	case err != nil:
		return nil, false, &recordError{cause: "mapping", err: err}
	}
	return out.Bytes, out.Skip, nil
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
		payload, skip, err := r.payload(ctx, s, w.route, s.doc, remote)
		if err != nil || skip {
			return w.hash
		}
		return payloadHash(payload)
	}
}

// holds says whether the target's own report of a record that the hub never wrote already comes
// to the same payload: then it needs no write.
func (r *reconciler) holds(ctx context.Context, s *subject, route *targetRoute, state golden.DeliveryState, hash uint64) (bool, error) {
	if state.Route != "" || state.Record == "" {
		return false, nil
	}
	for _, own := range s.sources {
		if own.Key != state.Record || own.Deleted {
			continue
		}
		payload, skip, err := r.payload(ctx, s, route, own.Doc, state.RemoteID)
		var bad *recordError
		if errors.As(err, &bad) {
			return false, nil // what the target holds does not even map: it lacks something
		}
		return err == nil && !skip && payloadHash(payload) == hash, err
	}
	return false, nil
}

// isSource says whether the target's records come back as source records.
func (r *reconciler) isSource() bool {
	_, ok := r.hub.generation().streams[r.target.System+"/"+r.target.Name]
	return ok
}

func payloadHash(payload []byte) uint64 { return max(golden.Mixed+1, xxhash.Sum64(payload)) }

// idempotencyKey is the same for every attempt at one write of a known record and different for
// every other, also where a later one has the same payload.
func idempotencyKey(w *write, target, stand string) string {
	return fmt.Sprintf("%016x%016x", xxhash.Sum64String(target+"\x00"+w.Subject+"\x00"+w.RemoteID),
		xxhash.Sum64String(fmt.Sprintf("%s\x00%d\x00%s", w.Operation, w.hash, stand)))
}
