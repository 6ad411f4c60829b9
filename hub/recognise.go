package hub

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// apart is how far the clocks of processes that share a store may be apart.
const apart = time.Minute

// errRecognised has a row looked at again: what the record is of changes what it should hold.
var errRecognised = errors.New("the target has reported the record that was to be created")

// recognise gives the end of a create of unknown outcome whose record the target has reported, and which
// matching has found to be the customer's; nil where there is none. Nothing is sent: the create is noted
// as done, and the row is looked at again. Otherwise the record would count as one that the system made
// itself, and everything in it as its own statement.
//
// It is a record that the hub has never written, that was not there long before the create began, and
// most of which is what was sent. One in which somebody has entered something else besides is not linked:
// it may be theirs, and what holds of records that the hub made is not done to it. Somebody who enters the
// same person there in the meantime cannot be told from it.
func (r *reconciler) recognise(s *subject, known []golden.DeliveryState, at *standing) (*write, error) {
	begun := at.begun[s.id]
	route := r.routeOf(s.entity, begun.Route)
	if begun.Arrived == 0 || len(begun.Written) == 0 || s.gone != golden.Live || s.record == nil || route == nil {
		return nil, nil
	}
	own, entered, err := r.resembling(s, known, begun)
	if own == nil || err != nil {
		return nil, err
	}
	w := &write{route: route, begun: begun, golden: s.record, recognised: true, state: golden.DeliveryState{
		Target: r.target.String(), Subject: s.id, RemoteID: own.ID, Record: own.Key, Route: route.Name,
		SentHash: begun.Arrived, SentVersion: begun.Version, Status: golden.Settled,
	}}
	if begun.Arrived == golden.Mixed {
		w.state.SentHash, w.state.Status, w.state.Error = 0, golden.Failing, "created in one of several states: it is written once more"
	}
	w.Operation, w.Subject, w.RemoteID, w.Key = connectors.Create, s.id, own.ID, begun.Key
	prefix := r.target.System + "/" + r.target.Name + "/"
	if i := slices.IndexFunc(s.record.Sources, func(key string) bool { return !strings.HasPrefix(key, prefix) }); i >= 0 && !entered {
		w.origin = s.record.Sources[i]
	}
	return w, nil
}

// resembling is the record that the create made, by all appearances; nil for none. entered: somebody has
// entered something else in it.
func (r *reconciler) resembling(s *subject, known []golden.DeliveryState, begun golden.PendingCreate) (found *golden.SourceRecord, entered bool, err error) {
	most := 0
	for _, state := range known {
		at := slices.IndexFunc(s.sources, func(own golden.SourceRecord) bool { return own.Key == state.Record && !own.Deleted })
		if state.Route != "" || at < 0 {
			continue
		}
		own := &s.sources[at]
		if len(own.Written) > 0 || own.ReceivedAt.Before(begun.StartedAt.Add(-apart)) {
			continue
		}
		var c canonical.Customer
		if err := c.UnmarshalJSON(own.Doc); err != nil {
			return nil, false, fmt.Errorf("read %s: %w", own.Key, err)
		}
		same, other := r.generation().resolver.Ruleset().Resembles(begun.Written, &c, time.Now())
		if same > other && same > most {
			found, most, entered = own, same, other > 0
		}
	}
	return found, entered, nil
}
