package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// documents keeps orders, interactions and products for timelines, and marks what targets now
// lack of them, until ctx ends.
func (h *Hub) documents(ctx context.Context) error {
	var topics []string
	for _, e := range documentEntities {
		topics = append(topics, CanonicalTopic(e))
	}
	return h.bus.Batches(ctx, bus.BatchConfig{
		Topics: topics, Group: "documents", MaxRecords: 1000,
		Offsets: storeOffsets{h.store}, SessionTimeout: h.folder.Settings.Bus.Session,
	}, h.staged("documents", func(ctx context.Context, batch *bus.Batch) error {
		ctx, spans := h.takingAll(ctx, "documents", batch)
		err := h.span(ctx, batch, h.documentSpan, h.buryOne("documents"))
		spans.end(err)
		return err
	}))
}

var documentEntities = []canonical.Entity{canonical.EntityOrder, canonical.EntityInteraction, canonical.EntityProduct}

// documentSpan stores one batch in one transaction, newest version of each document.
func (h *Hub) documentSpan(ctx context.Context, batch *bus.Batch) error {
	entity := documentEntity(batch.Topic)
	incoming := make([]golden.Document, 0, len(batch.Messages))
	caused, spans := make(map[string]origin, len(batch.Messages)), takenOf(ctx)
	for _, m := range batch.Messages {
		d, err := h.parseDocument(entity, m)
		if err != nil {
			return &recordError{cause: "canonical", err: err}
		}
		incoming = append(incoming, d)
		caused[d.Key] = origin{m.Metadata[headerCorrelation], string(spans.onward(m))}
	}
	h.turn.RLock()
	defer h.turn.RUnlock()
	var stored, changed []golden.Document
	var dropped map[string]int // of erased people, by system
	err := h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		a := advance(batch)
		if err := tx.AdvanceOffset(ctx, a.Group, a.Topic, a.Partition, a.Expected, a.Next); err != nil {
			return err
		}
		kept, left, err := h.generation().resolver.Unsuppressed(ctx, tx, incoming)
		if err != nil {
			return err
		}
		dropped = left
		if stored, changed, err = newer(ctx, tx, entity, kept); err != nil || len(stored) == 0 {
			return err
		}
		if err := tx.PutDocuments(ctx, stored); err != nil {
			return err
		}
		return h.markDocuments(ctx, tx, entity, changed, caused)
	})
	if err != nil {
		return storeError(err)
	}
	for system, n := range dropped {
		h.leftOut(system, "documents", n)
	}
	name := strings.ToLower(string(entity))
	h.metrics.documents.WithLabelValues(name, "applied").Add(float64(len(changed)))
	h.metrics.documents.WithLabelValues(name, "dropped").Add(float64(len(incoming) - len(changed)))
	if len(changed) > 0 {
		h.wake.changes.signal()
	}
	return nil
}

// newer leaves of each document the newest version, where it is newer than the stored one. One that
// says the same as the stored one is stored too, so that a version between the two that comes late
// does not pass for newer; but it is no change.
func newer(ctx context.Context, tx golden.Tx, entity canonical.Entity, incoming []golden.Document) (fresh, changed []golden.Document, err error) {
	keys := make([]string, len(incoming))
	for i, d := range incoming {
		keys[i] = d.Key
	}
	stored, err := tx.DocumentsByKey(ctx, entity, keys)
	if err != nil {
		return nil, nil, err
	}
	before := make(map[string]golden.Document, len(stored))
	for _, d := range stored {
		before[d.Key] = d
	}
	best := maps.Clone(before)
	var order []string
	seen := make(map[string]bool, len(incoming))
	for _, d := range incoming {
		old, known := best[d.Key]
		if known && d.Compare(&old) <= 0 {
			continue
		}
		if d.Deleted && len(d.Parties) == 0 {
			d.Doc, d.Parties, d.Time = old.Doc, old.Parties, old.Time // a tombstone keeps what was known
		}
		if d.Deleted && d.Version == nil {
			d.Version = old.Version // an older version that comes late stays older
		}
		best[d.Key] = d
		if !seen[d.Key] {
			seen[d.Key] = true
			order = append(order, d.Key)
		}
	}
	for _, k := range order {
		d, old := best[k], before[k]
		fresh = append(fresh, d)
		if _, known := before[k]; !known || d.Hash != old.Hash || d.Deleted != old.Deleted {
			changed = append(changed, d)
		}
	}
	return fresh, changed, nil
}

// origin is what caused a document's version.
type origin struct{ correlation, trace string }

func (h *Hub) markDocuments(ctx context.Context, tx golden.Tx, entity canonical.Entity, changed []golden.Document, caused map[string]origin) error {
	var marks []golden.Dirty
	now := time.Now()
	for _, t := range h.generation().targetsOf(entity) {
		for _, d := range changed {
			marks = append(marks, golden.Dirty{
				Target: t.String(), Subject: d.Key, Entity: strings.ToLower(string(entity)), Since: now,
				Correlation: caused[d.Key].correlation, Trace: caused[d.Key].trace,
			})
		}
	}
	if len(marks) == 0 {
		return nil
	}
	return tx.MarkDirty(ctx, marks)
}

func documentEntity(topic string) canonical.Entity {
	for _, e := range documentEntities {
		if CanonicalTopic(e) == topic {
			return e
		}
	}
	panic("no document topic: " + topic)
}

// documentHead is what the hub reads of a document whatever its entity.
type documentHead struct {
	Time    string                `json:"time"`
	Dates   []canonical.OrderDate `json:"dates"`
	Parties []canonical.Party     `json:"parties"`
	Source  *canonical.Source     `json:"source"`
}

func (h *Hub) parseDocument(entity canonical.Entity, m *message.Message) (golden.Document, error) {
	var head documentHead
	if err := json.Unmarshal(m.Payload, &head); err != nil {
		return golden.Document{}, fmt.Errorf("read %s: %w", entity, err)
	}
	if head.Source == nil || head.Source.Provenance == nil || head.Source.Provenance.Ingest == nil {
		return golden.Document{}, fmt.Errorf("read %s: it says nothing of its source", entity)
	}
	hash, err := golden.DocumentHash(m.Payload)
	if err != nil {
		return golden.Document{}, fmt.Errorf("read %s: %w", entity, err)
	}
	return golden.Document{
		Entity: entity, Key: head.Source.Key(), Doc: m.Payload, Hash: hash,
		Version: head.Source.Version, Ingest: *head.Source.Provenance.Ingest,
		Revision: head.Source.Provenance.Revision, Deleted: head.Source.Status == canonical.Deleted,
		Time: head.when(), Parties: h.parties(head),
	}, nil
}

// when is the time at which the document stands in a timeline.
func (d documentHead) when() time.Time {
	text := d.Time
	for _, date := range d.Dates {
		if text == "" || date.Role == "ordered" {
			text = date.Value
		}
	}
	if text == "" {
		text = d.Source.BusinessTime
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// parties are the ways in which a document names customers, in standardised form.
func (h *Hub) parties(d documentHead) []golden.DocumentParty {
	var found []golden.DocumentParty
	add := func(role string, kind golden.LookupKind, value string) {
		if value != "" {
			found = append(found, golden.DocumentParty{Role: role, Kind: kind, Value: value})
		}
	}
	for _, p := range d.Parties {
		add(p.Role, golden.LookupRecord, p.Record)
		if p.Email != "" {
			if v, ok := h.standard.Email(p.Email); ok {
				add(p.Role, golden.LookupEmail, v)
			}
		}
		if p.Phone != "" {
			if v, ok := h.standard.Phone(p.Phone); ok {
				add(p.Role, golden.LookupPhone, v)
			}
		}
		for _, id := range p.Identifiers {
			scheme, value, _ := h.standard.Identifier(id)
			add(p.Role, golden.LookupIdentifier, scheme+":"+value)
		}
	}
	return found
}
