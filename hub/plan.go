package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/routes"
)

// write is one write that a target lacks, with what the store has to know once it is done.
type write struct {
	connectors.Delivery
	route *targetRoute
	state golden.DeliveryState // as it is to be once done; RemoteID "" for a create
	hash  uint64               // of the payload
	// golden is what is written where the target reports the record as a source record too; nil
	// elsewhere. origin is the source record that a created one is linked to.
	golden *golden.GoldenRecord
	origin string
	// asUpdate gives, of a create, what the hash of an update of the record would be.
	asUpdate func(remote string) uint64
	// begun is, of a create, what is known of earlier attempts at it; zero for none. started is when the
	// first of them was made, written what they and this one send, where golden is set.
	begun   golden.PendingCreate
	started time.Time
	written []golden.WrittenValue
	// recognised: a create that an earlier attempt has done, as the target's report says; nothing is sent.
	recognised bool
	// erased: the record of an erased person is ended; nothing is kept of it but a receipt.
	erased bool
	// settled: the target holds this already, nothing is sent.
	settled bool
	// doubtful: a create of unknown outcome that a person has to look at, nothing is sent.
	doubtful bool
}

// again: an earlier attempt at the create may have been done.
func (w *write) again() bool { return w.begun.Arrived != 0 }

// sent says whether the write leaves the hub.
func (w *write) sent() bool { return !w.settled && !w.doubtful && !w.recognised }

// plan compares what a target should hold of a row's subject with what it does, and gives the
// writes that are missing.
func (r *reconciler) plan(ctx context.Context, row golden.Dirty, s *subject, at *standing) ([]*write, error) {
	known := r.known(s, at)
	if from := at.merged[s.id]; len(known) == 0 && len(from) > 0 {
		return r.inherit(ctx, row, s, from) // the survivor's row is marked again: it looks at them then
	}
	if w, err := r.recognise(s, known, at); w != nil || err != nil {
		return []*write{w}, err
	}
	route, err := r.match(s)
	switch {
	case err != nil:
		return nil, err
	case route == nil:
		return r.leaving(s, known), nil
	case len(known) == 0:
		return r.creating(ctx, s, route, at)
	}
	return r.updating(ctx, s, route, known)
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
		if err := r.hub.json.Decode(&s.decoded, formats.Frame{Bytes: s.doc}, route.Shape()); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.id, err)
		}
		ok, err := route.Match(&s.decoded.Root, s.facts(""))
		if err != nil {
			return nil, &recordError{cause: "route", err: fmt.Errorf("route %s: %w", route.Name, err)}
		}
		if ok {
			return route, nil
		}
	}
	return nil, nil
}

// creating gives the create of a subject that the target does not hold.
func (r *reconciler) creating(ctx context.Context, s *subject, route *targetRoute, at *standing) ([]*write, error) {
	w, err := r.compose(ctx, s, route, golden.DeliveryState{Target: r.target.String(), Subject: s.id})
	if err != nil || w == nil {
		return nil, err
	}
	w.Operation, w.Key, w.asUpdate = connectors.Create, uuid.NewString(), r.asUpdate(ctx, s, w)
	if s.record != nil && len(s.record.Sources) > 0 {
		w.origin = s.record.Sources[0]
	}
	begun, known := at.begun[s.id]
	w.begun = begun
	switch {
	case !known:
	case begun.Status == golden.Refused && begun.PayloadHash == w.hash:
		return nil, nil // it would be refused again
	case begun.Status == golden.Refused && !w.again(): // another payload is another write
	case begun.Status == golden.Review && r.repeat() == connectors.RepeatNone:
		w.doubtful, w.Key = true, begun.Key
	default:
		w.Key = begun.Key // perhaps it was done: the same write again
	}
	return []*write{w}, nil
}

// updating gives the writes that bring the subject's remote records to what the route's mapping
// says. Records that were deactivated come back into use only where there is no other.
func (r *reconciler) updating(ctx context.Context, s *subject, route *targetRoute, known []golden.DeliveryState) ([]*write, error) {
	var writes []*write
	for i, state := range known {
		if i > 0 && (route.Update == routes.UpdatePrimary || state.Status == golden.Inactive) {
			break
		}
		moved := state.Subject != s.id
		state.Subject = s.id
		w, err := r.compose(ctx, s, route, state)
		if err != nil {
			return nil, err
		}
		if w == nil {
			continue
		}
		seen, changed := r.observe(s, route, &w.state)
		w.settled = w.hash == state.SentHash && !changed
		if w.settled && !moved && !seen && (!r.isSource() || w.state.Circumstances == state.Circumstances) {
			continue
		}
		if !w.settled && !changed {
			if w.settled, err = r.holds(ctx, s, w, state); err != nil {
				return nil, err
			}
		}
		if !w.settled {
			w.state.ObservedHash = 0 // the next report is what came of it
		}
		w.Operation = connectors.Update
		w.Key = idempotencyKey(w, r.target.String(), s.stand)
		writes = append(writes, w)
	}
	return writes, nil
}

// leaving applies the route's policies to remote records that nothing matches any more.
func (r *reconciler) leaving(s *subject, known []golden.DeliveryState) []*write {
	var writes []*write
	for _, state := range known {
		route := r.routeOf(s.entity, state.Route)
		if route == nil {
			continue // the hub never wrote it: it is the system's own affair
		}
		policy := route.On.Unmatched
		switch s.gone {
		case golden.Empty:
			policy = route.On.Deleted
		case golden.Erased:
			policy = route.On.Erased
		}
		state.Subject = s.id
		if w := r.ending(route, state, policy, s.stand); w != nil {
			w.erased = s.gone == golden.Erased
			writes = append(writes, w)
		}
	}
	return writes
}

// ending is the write that a policy asks for; nil for none, and where it was done or refused.
func (r *reconciler) ending(route *targetRoute, state golden.DeliveryState, policy routes.Policy, stand string) *write {
	w := &write{route: route, state: state}
	switch policy {
	case routes.Deactivate:
		w.Operation, w.state.Status = connectors.Deactivate, golden.Inactive
	case routes.Delete:
		w.Operation, w.state.Status = connectors.Delete, golden.Gone
	default:
		return nil
	}
	w.hash = payloadHash([]byte(w.Operation)) // no payload hashes like it: those are JSON
	if state.Status == golden.Inactive && policy == routes.Deactivate || state.SentHash == w.hash {
		return nil
	}
	w.Subject, w.RemoteID, w.RemoteVersion = state.Subject, state.RemoteID, state.RemoteVersion
	w.state.SentHash, w.state.Attempts, w.state.Error = w.hash, 0, ""
	w.Key = idempotencyKey(w, r.target.String(), stand)
	return w
}

func (r *reconciler) routeOf(entity canonical.Entity, name string) *targetRoute {
	for i := range r.target.Routes {
		if route := &r.target.Routes[i]; route.Name == name && route.Entity() == entity {
			return route
		}
	}
	return nil
}
