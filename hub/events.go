package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// Event is a change of a golden record as a CloudEvent in its JSON form (CloudEvents 1.0.2, JSON
// event format, section 3). The feed, webhooks and Kafka carry the same events: what is an
// attribute here is a ce_ header there.
type Event struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id" doc:"of the event: the customer's ID and version; the same however often it is sent"`
	Source          string    `json:"source" doc:"/hub/NAME"`
	Type            string    `json:"type" doc:"touchstone.customer.created.v1, …changed.v1, …merged.v1, …split.v1, …deleted.v1 or …erased.v1"`
	Subject         string    `json:"subject" doc:"the customer's golden ID"`
	Time            time.Time `json:"time"`
	DataContentType string    `json:"datacontenttype"`
	DataSchema      string    `json:"dataschema" doc:"the version of the customer model that values are written in"`
	Sequence        string    `json:"sequence" doc:"the customer's version after the change: ascending within a subject"`
	Correlation     string    `json:"correlationid,omitempty" doc:"of the record that caused the change"`
	TraceParent     string    `json:"traceparent,omitempty" doc:"trace context of what caused the change (CloudEvents extension Distributed Tracing)"`
	TraceState      string    `json:"tracestate,omitempty"`
	Cursor          string    `json:"cursor,omitempty" doc:"place in the feed: go on after this event"`
	Data            EventData `json:"data"`
}

// EventData is what changed.
type EventData struct {
	Changed []golden.PathChange `json:"changed,omitempty" doc:"changed values, by JSON pointer into the customer"`
	Into    string              `json:"into,omitempty" doc:"the customer that this one was merged into"`
	From    []string            `json:"from,omitempty" doc:"customers that were merged into this one, or that it was split from"`
	Records []string            `json:"records,omitempty" doc:"source records that came or left, system/stream/id"`
	Cause   string              `json:"cause,omitempty" doc:"source record, decision or replay that caused the change"`
	Current *CurrentCustomer    `json:"current,omitempty" doc:"the customer as it is now, which may be newer than the change"`
}

// CurrentCustomer is a golden record as it is now.
type CurrentCustomer struct {
	Version  int64              `json:"version"`
	State    golden.EntityState `json:"state" doc:"live, merged, empty or erased"`
	Sources  []string           `json:"sources,omitempty" doc:"source records, system/stream/id"`
	Customer json.RawMessage    `json:"customer,omitempty" doc:"absent unless live"`
}

// eventPrefix and eventSuffix are put around a change's type.
const (
	eventPrefix = "touchstone.customer."
	eventSuffix = ".v1"
)

// EventType is the type of the events of a sort of change.
func EventType(t golden.ChangeType) string { return eventPrefix + string(t) + eventSuffix }

// ChangeTypes are the sorts of change, in the order of a customer's life.
var ChangeTypes = []golden.ChangeType{golden.Created, golden.Changed, golden.MergedT, golden.Split, golden.Emptied, golden.ErasedT}

// changeType reads a sort of change from its own name or from that of its events.
func changeType(name string) (golden.ChangeType, bool) {
	short := golden.ChangeType(strings.TrimSuffix(strings.TrimPrefix(name, eventPrefix), eventSuffix))
	for _, t := range ChangeTypes {
		if t == short {
			return t, true
		}
	}
	return "", false
}

// event makes the event of a change. current is nil where the customer itself is not asked for.
func (h *Hub) event(c golden.Change, current *golden.GoldenRecord) Event {
	e := Event{
		SpecVersion: "1.0", ID: c.ID + "-" + strconv.FormatInt(c.Version, 10), Source: "/hub/" + h.folder.Settings.Name,
		Type: EventType(c.Type), Subject: c.ID, Time: c.At.UTC(), DataContentType: "application/json",
		DataSchema: canonical.SchemaID(canonical.EntityCustomer), Sequence: strconv.FormatInt(c.Version, 10), Correlation: c.Correlation,
		Data: EventData{Changed: c.Paths, Into: c.Into, From: c.From, Records: c.Records, Cause: c.Cause},
	}
	t := telemetry.Trace(c.Trace)
	e.TraceParent, e.TraceState = t.Parent(), t.State()
	if c.Seq > 0 {
		e.Cursor = FeedCursor(c.Seq)
	}
	if current != nil {
		e.Data.Current = &CurrentCustomer{Version: current.Version, State: current.State}
		if current.State == golden.Live {
			e.Data.Current.Sources, e.Data.Current.Customer = current.Sources, current.Doc
		}
	}
	return e
}

// ErrEventID says that a text is no event's ID.
var ErrEventID = errors.New("event ID")

// parseEventID takes an event's ID apart into customer and version.
func parseEventID(id string) (subject string, version int64, err error) {
	subject, after, ok := strings.Cut(id, "-")
	version, bad := strconv.ParseInt(after, 10, 64)
	if !ok || bad != nil || subject == "" {
		return "", 0, fmt.Errorf("%w is %q; expected a golden ID and a version, such as G01ARZ3-4", ErrEventID, id)
	}
	return subject, version, nil
}

// binary is the event in binary mode: the data as payload, the rest in headers (CloudEvents 1.0.2,
// Kafka protocol binding, section 3.2).
func (e Event) binary() (*message.Message, error) {
	payload, err := json.Marshal(e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode change of %s: %w", e.Subject, err)
	}
	m := message.NewMessage(e.ID, payload)
	e.describe(m)
	m.Metadata["content-type"] = e.DataContentType
	return m, nil
}

// tombstone has a compacted topic forget everything under the event's key.
func (e Event) tombstone() *message.Message {
	m := message.NewMessage(e.ID+"-tombstone", nil)
	e.describe(m)
	return m
}

// structured is the event in structured mode: all of it is the payload (CloudEvents 1.0.2, HTTP
// protocol binding, section 3.2).
func (e Event) structured() (*message.Message, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode change of %s: %w", e.Subject, err)
	}
	m := message.NewMessage(e.ID, payload)
	e.describe(m)
	m.Metadata["content-type"] = "application/cloudevents+json"
	return m, nil
}

// describe sets the headers that say what the event is.
func (e Event) describe(m *message.Message) {
	stamp(m, e.Type, e.Source, e.Subject, e.Time)
	m.Metadata["ce_dataschema"] = e.DataSchema
	m.Metadata["ce_sequence"] = e.Sequence
	m.Metadata[bus.KeyMetadata] = e.Subject
	m.Metadata[headerCorrelation] = e.Correlation
	if e.TraceParent != "" {
		m.Metadata["ce_traceparent"] = e.TraceParent
		carry(m, e.trace())
	}
	if e.TraceState != "" {
		m.Metadata["ce_tracestate"] = e.TraceState
	}
}

// trace is the context in which the change was made.
func (e Event) trace() telemetry.Trace { return telemetry.Trusted(e.TraceParent, e.TraceState) }
