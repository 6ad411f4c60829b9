package hub

import (
	"context"
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// verdict is what a translated record means beside what the store holds.
type verdict struct {
	changed   bool // it says something else
	unchanged bool // it says the same
	older     bool // the store holds a newer version
	publish   bool // the store has to hear of it
	held      bool // the store holds a record of it that is not deleted
}

func (c *ReplayCounts) add(it *item) {
	switch {
	case it.err != nil:
		c.Failed++
	case it.entity == nil:
		c.LeftOut++
	case it.changed:
		c.Changed++
	case it.older:
		c.Older++
	default:
		c.Unchanged++
	}
}

func (c *ReplayCounts) join(o ReplayCounts) {
	c.Read, c.Passed, c.LeftOut = c.Read+o.Read, c.Passed+o.Passed, c.LeftOut+o.LeftOut
	c.Changed, c.Unchanged, c.Older, c.Failed, c.Erased = c.Changed+o.Changed, c.Unchanged+o.Unchanged, c.Older+o.Older, c.Failed+o.Failed, c.Erased+o.Erased
}

// compare gives every item its verdict. What the store holds of the same input with the same
// content is not published: a replay that changes nothing leaves no trace. Comparing does not decide
// who wins: that is for the stages that write, which order by version, ingest sequence and revision.
func (h *Hub) compare(ctx context.Context, items []item) error {
	of := map[canonical.Entity][]string{}
	parsed := make([]golden.Document, len(items))
	for i := range items {
		it := &items[i]
		if it.entity == nil || it.err != nil {
			continue
		}
		e := it.stream.Mapping.Entity()
		d, err := h.parseTranslated(e, it)
		if err != nil {
			it.err, it.cause, it.entity = err, "canonical", nil
			continue
		}
		parsed[i] = d
		of[e] = append(of[e], d.Key)
	}
	stored := map[string]golden.Document{} // by entity and key
	for e, keys := range of {
		if err := h.standingOf(ctx, e, keys, stored); err != nil {
			return err
		}
	}
	held := make(map[string]bool, len(stored))
	for place, d := range stored {
		held[place] = !d.Deleted
	}
	for i := range items {
		if it := &items[i]; it.entity != nil && it.err == nil {
			place := string(it.stream.Mapping.Entity()) + " " + parsed[i].Key
			before, known := stored[place]
			it.verdict = judge(before, known, parsed[i])
			it.held = held[place]
			if it.publish {
				stored[place] = parsed[i]
			}
		}
	}
	return nil
}

// parseTranslated reads of a translated record what orders it and what it says.
func (h *Hub) parseTranslated(e canonical.Entity, it *item) (golden.Document, error) {
	if e != canonical.EntityCustomer {
		return h.parseDocument(e, it.entity)
	}
	in, err := golden.ParseIncoming(it.entity.Payload)
	return standingRecord(in.Record), err
}

// standingRecord is what orders a source record, in the form that documents have.
func standingRecord(r golden.SourceRecord) golden.Document {
	return golden.Document{
		Entity: canonical.EntityCustomer, Key: r.Key, Hash: r.Hash, Version: r.Version, Ingest: r.Ingest,
		Revision: r.Revision, Deleted: r.Deleted,
	}
}

// standingOf reads what the store holds of keys.
func (h *Hub) standingOf(ctx context.Context, e canonical.Entity, keys []string, into map[string]golden.Document) error {
	err := h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if e != canonical.EntityCustomer {
			found, err := tx.DocumentsByKey(ctx, e, keys)
			for _, d := range found {
				into[string(e)+" "+d.Key] = d
			}
			return err
		}
		found, err := tx.RecordsByKey(ctx, keys)
		for _, r := range found {
			into[string(e)+" "+r.Key] = standingRecord(r)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read what the store holds of %s: %w", strings.ToLower(string(e)), err)
	}
	return nil
}

// judge compares a translated record with the one that stands.
func judge(before golden.Document, known bool, now golden.Document) verdict {
	if !known {
		return verdict{changed: !now.Deleted, unchanged: now.Deleted, publish: true}
	}
	same := now.Deleted == before.Deleted && (now.Deleted || now.Hash == before.Hash)
	if now.Ingest == before.Ingest && (same || now.Revision > before.Revision) {
		kept := same && (now.Deleted || equalVersion(now.Version, before.Version))
		return verdict{changed: !same, unchanged: same, publish: !kept}
	}
	if now.Compare(&before) <= 0 {
		return verdict{older: true}
	}
	return verdict{changed: !same, unchanged: same, publish: true}
}

func equalVersion(a, b *canonical.Version) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Integer != nil && b.Integer != nil {
		return *a.Integer == *b.Integer
	}
	return a.Integer == b.Integer && a.Time == b.Time
}
