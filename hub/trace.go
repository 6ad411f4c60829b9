package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// TraceQuery asks for the journey of a customer, of one record, or of one message.
type TraceQuery struct {
	ID    string    // golden ID, system/stream/id, or correlation ID
	Since time.Time // only what came in at this time or later; zero: all that is retained
	Limit int       // most versions of a record, and changes of a customer, newest first; 0: 10
}

// Trace is a journey: what the hub knows of every step, oldest first.
type Trace struct {
	ID        string      `json:"id" doc:"what was asked for"`
	Kind      string      `json:"kind" enum:"customer,record,message" doc:"what that is: a golden ID, a record's key, or a correlation ID"`
	Records   []string    `json:"records" doc:"keys of the records whose steps are shown, system/stream/id"`
	Customers []string    `json:"customers" doc:"golden IDs whose steps are shown"`
	Steps     []TraceStep `json:"steps"`
	Cut       bool        `json:"cut,omitempty" doc:"there may be more: the search ended at its bounds"`
}

// TraceStep is one thing that happened, or that has yet to.
type TraceStep struct {
	Time   time.Time `json:"time"`
	Stage  string    `json:"stage" enum:"received,translated,resolved,published,delivered,pending,dead letter"`
	What   string    `json:"what" doc:"the record's key, the golden ID or the target"`
	Detail string    `json:"detail,omitempty" doc:"what happened, for people"`

	At    *TracePlace `json:"at,omitempty" doc:"where the message stands on Kafka"`
	Bytes int         `json:"bytes,omitempty" doc:"size of the message"`

	Position    string `json:"position,omitempty" doc:"where the bytes stood in the system"`
	Correlation string `json:"correlation,omitempty"`
	Version     int64  `json:"version,omitempty" doc:"of the golden record"`
	Cause       string `json:"cause,omitempty" doc:"the record or decision that caused the change"`
	Feed        int64  `json:"feed,omitempty" doc:"sequence in the feed of changes"`

	Subject  string `json:"subject,omitempty" doc:"what the target is sent: a golden ID or a document's key"`
	RemoteID string `json:"remoteId,omitempty" doc:"the record's ID in the target"`
	Status   string `json:"status,omitempty" doc:"of the delivery or dead letter"`
	Attempts int    `json:"attempts,omitempty" doc:"failed ones"`
	Error    string `json:"error,omitempty"`
	Letter   int64  `json:"letter,omitempty" doc:"number of the dead letter"`
}

// TracePlace is where a message stands on Kafka.
type TracePlace struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Offset    int64  `json:"offset"`
}

// What one trace may cost.
const (
	traceVersions = 10     // of a record, and changes of a customer, where the query says nothing
	traceSources  = 50     // source records of one customer
	traceLooked   = 50_000 // messages of canonical and golden topics looked at
	traceEach     = 10_000 // of these for one step
)

// Trace follows a record, a message or a customer through all stages, from what is stored and
// retained: looking changes nothing. It fails with golden.ErrNotFound where nothing is known of the
// ID.
func (h *Hub) Trace(ctx context.Context, q TraceQuery) (Trace, error) {
	q.Limit = cmp.Or(q.Limit, traceVersions)
	t := &tracer{hub: h, query: q, seen: map[string]bool{}, out: Trace{ID: q.ID, Records: []string{}, Customers: []string{}}}
	if err := t.run(ctx); err != nil {
		return Trace{}, fmt.Errorf("trace %s: %w", q.ID, err)
	}
	if len(t.out.Steps) == 0 {
		return Trace{}, fmt.Errorf("trace %s: %w", q.ID, golden.ErrNotFound)
	}
	sortSteps(t.out.Steps)
	return t.out, nil
}

// sortSteps puts steps in the order of time, and those of one millisecond in the order of stages:
// Kafka's clock, cut to milliseconds, would put what was published before the change it came from.
func sortSteps(steps []TraceStep) {
	slices.SortStableFunc(steps, func(a, b TraceStep) int {
		return cmp.Or(
			a.Time.Truncate(time.Millisecond).Compare(b.Time.Truncate(time.Millisecond)),
			traceRank[a.Stage]-traceRank[b.Stage],
			a.Time.Compare(b.Time),
		)
	})
}

// traceRank orders the stages.
var traceRank = map[string]int{"received": 0, "translated": 1, "resolved": 2, "published": 3, "delivered": 4, "dead letter": 5, "pending": 6}

// tracer collects the steps of one trace.
type tracer struct {
	hub    *Hub
	query  TraceQuery
	looked int
	seen   map[string]bool // what is in the trace already
	feed   map[int64]int64 // feed sequence by number of the change, of the feed's last ones; nil before it was read
	out    Trace
}

func (t *tracer) run(ctx context.Context) error {
	record, asked, err := t.hub.store.Customer(ctx, t.query.ID)
	switch {
	case err == nil:
		t.out.Kind = "customer"
		return t.customerJourney(ctx, record, asked)
	case !errors.Is(err, golden.ErrNotFound):
		return err
	}
	if strings.Count(t.query.ID, "/") >= 2 {
		t.out.Kind = "record"
		return t.recordJourney(ctx, t.query.ID, nil)
	}
	t.out.Kind = "message"
	return t.messageJourney(ctx)
}

// customerJourney begins at a golden ID: the newest version of each of its records, and what became
// of it.
func (t *tracer) customerJourney(ctx context.Context, record golden.GoldenRecord, asked golden.Entity) error {
	sources, err := t.hub.store.SourcesOf(ctx, record.No)
	if err != nil {
		return err
	}
	if len(sources) > traceSources {
		sources, t.out.Cut = sources[:traceSources], true
	}
	for _, s := range sources {
		if err := t.sourceRecord(ctx, s.Key, s.Ingest, s.ReceivedAt); err != nil {
			return err
		}
	}
	if asked.State == golden.Merged {
		merged := golden.GoldenRecord{Entity: asked}
		if err := t.changes(ctx, merged, nil, ""); err != nil {
			return err
		}
		if err := t.subject(ctx, asked.ID); err != nil {
			return err
		}
	}
	if err := t.changes(ctx, record, nil, ""); err != nil {
		return err
	}
	return t.subject(ctx, record.ID)
}

// recordJourney begins at a record's key: its newest versions, or the one message that is given.
func (t *tracer) recordJourney(ctx context.Context, key string, one *Record) error {
	parts := strings.SplitN(key, "/", 3)
	system, stream, id := parts[0], parts[1], parts[2]
	stored, entity, err := t.stored(ctx, key)
	if err != nil {
		return err
	}
	raws, cause := []Record{}, ""
	if one != nil {
		raws = append(raws, *one) // what other versions caused is another journey
	} else {
		cause = key
		raws, err = t.received(ctx, RecordQuery{System: system, Stream: stream, Key: id, Since: t.query.Since, Limit: t.query.Limit})
		if err != nil {
			return err
		}
		if err := t.letters(ctx, golden.DeadLetterQuery{System: system, Stream: stream, Key: id}, ""); err != nil {
			return err
		}
	}
	if stored != nil && len(raws) == 0 {
		// its ID is known to the mapping alone, or what came in is no longer retained
		if err := t.sourceRecord(ctx, key, stored.ingest, stored.at); err != nil {
			return err
		}
	}
	correlations := map[string]bool{}
	for _, r := range raws {
		correlations[r.Correlation] = true
		if err := t.rawRecord(ctx, key, r); err != nil {
			return err
		}
	}
	if entity == nil { // a document goes to targets under its own key
		return t.subject(ctx, key)
	}
	if err := t.changes(ctx, *entity, correlations, cause); err != nil {
		return err
	}
	return t.subject(ctx, entity.ID)
}

// messageJourney begins at a correlation ID, which the systems' topics are searched for.
func (t *tracer) messageJourney(ctx context.Context) error {
	done := map[string]bool{}
	for _, s := range t.hub.folder.streamList() {
		if done[s.System] {
			continue
		}
		done[s.System] = true
		found, err := t.received(ctx, RecordQuery{System: s.System, Correlation: t.query.ID, Since: t.query.Since, Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			continue
		}
		t.out.Cut = false // for a message is one record
		r := found[0]
		if r.Key == "" { // only the mapping knows whose it is
			if r.Key, err = t.idOf(ctx, r); err != nil || r.Key == "" {
				return errors.Join(err, t.rawRecord(ctx, r.System+"/"+r.Stream, r))
			}
		}
		return t.recordJourney(ctx, r.System+"/"+r.Stream+"/"+r.Key, &r)
	}
	return nil
}

// stored is what the store holds of a record, and the customer that it belongs to: neither where it
// holds nothing, no customer where it is an order or the like.
func (t *tracer) stored(ctx context.Context, key string) (*storedRecord, *golden.GoldenRecord, error) {
	var records []golden.SourceRecord
	var entities []golden.GoldenRecord
	err := t.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) (err error) {
		if records, err = tx.RecordsByKey(ctx, []string{key}); err != nil || len(records) == 0 {
			return err
		}
		of, err := tx.LastEntityOf(ctx, []golden.RecordNo{records[0].No})
		if err != nil || len(of) == 0 {
			return err
		}
		entities, err = tx.Entities(ctx, []golden.EntityNo{of[0].Entity})
		return err
	})
	switch {
	case err != nil:
		return nil, nil, err
	case len(records) > 0 && len(entities) > 0:
		return &storedRecord{records[0].Ingest, records[0].ReceivedAt}, &entities[0], nil
	case len(records) > 0:
		return &storedRecord{records[0].Ingest, records[0].ReceivedAt}, nil, nil
	}
	for _, e := range []canonical.Entity{canonical.EntityOrder, canonical.EntityInteraction, canonical.EntityProduct} {
		d, err := t.hub.store.Document(ctx, e, key)
		switch {
		case err == nil:
			return &storedRecord{d.Ingest, d.Time}, nil, nil
		case !errors.Is(err, golden.ErrNotFound):
			return nil, nil, err
		}
	}
	return nil, nil, nil
}

// storedRecord is where and when the version in the store came in.
type storedRecord struct {
	ingest canonical.IngestSequence
	at     time.Time
}

func (t *tracer) add(s TraceStep) {
	s.Time = s.Time.UTC()
	t.out.Steps = append(t.out.Steps, s)
}

// first says whether something is new to the trace.
func (t *tracer) first(what string) bool {
	fresh := !t.seen[what]
	t.seen[what] = true
	return fresh
}

func (t *tracer) noteRecord(key string) {
	if t.first("record " + key) {
		t.out.Records = append(t.out.Records, key)
	}
}
