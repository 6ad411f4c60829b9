package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// PlannedStream is what a changed mapping would make of a stream's raw records, as a replay would
// find it.
type PlannedStream struct {
	Stream  string       `json:"stream" doc:"system/stream"`
	Mapping string       `json:"mapping" doc:"by which its records would be mapped"`
	Since   time.Time    `json:"since,omitzero" doc:"when the oldest raw record that is kept arrived"`
	Counts  ReplayCounts `json:"counts"`
	Stored  int64        `json:"stored" doc:"live records of it in the store"`
	Unseen  int64        `json:"unseen" doc:"of them those of which no raw record is kept that could be mapped"`
}

// PlannedRecord is a canonical record that a changed mapping would change.
type PlannedRecord struct {
	Key      string              `json:"key" doc:"system/stream/id; of one that cannot be mapped perhaps empty"`
	Stream   string              `json:"stream"`
	Entity   canonical.Entity    `json:"entity"`
	Change   string              `json:"change" enum:"new,changed,deleted,failed"`
	Changed  []golden.PathChange `json:"changed,omitempty" doc:"values that change"`
	Error    string              `json:"error,omitempty" doc:"why it cannot be mapped"`
	Position string              `json:"position,omitempty" doc:"where its bytes stood"`
}

// remapped is a stream whose records are mapped anew.
type remapped struct {
	*Stream
	PlannedStream
	seen map[uint64]struct{} // hashes of the IDs that the store holds and that could be mapped
}

// remap maps the raw records of streams that would be read or mapped in another way. What of them
// says something else than the store holds is kept for the plan.
func (p *planning) remap(ctx context.Context) error {
	systems := map[string]map[string]*remapped{}
	for _, s := range p.live.streamList() {
		if p.toRemap(s) {
			if systems[s.System] == nil {
				systems[s.System] = map[string]*remapped{}
			}
			systems[s.System][s.Name] = &remapped{
				Stream: s, seen: map[uint64]struct{}{}, PlannedStream: PlannedStream{Stream: s.String(), Mapping: s.Mapping.Name()},
			}
		}
	}
	for _, s := range p.running.streamList() {
		if p.live.streams[s.String()] == nil {
			p.cannotTell("stream %s is gone: its records stay as they are, and no new ones come", s)
		}
	}
	revision, err := p.hub.planRevision(ctx)
	if err != nil {
		return err
	}
	for _, s := range p.live.streamList() {
		if of := systems[s.System]; of != nil {
			delete(systems, s.System)
			if err := p.remapSystem(ctx, s.System, of, revision); err != nil {
				return err
			}
		}
	}
	return p.differences(ctx)
}

// toRemap says whether the raw records of a stream of the changed folder have to be mapped anew, and
// can be.
func (p *planning) toRemap(s *Stream) bool {
	before := p.running.streams[s.String()]
	switch {
	case before == nil && s.Mapping != nil:
		p.cannotTell("stream %s is new: what it will bring is not known", s)
	case before == nil || streamsAlike(p.running, before, p.live.Folder, s):
	case s.Mapping == nil:
		p.cannotTell("stream %s has no mapping any more: its records stay as they are, and no new ones come", s)
	case p.hub.bus == nil:
		p.cannotTell("no hub runs on this folder: the raw records of %s cannot be read, and what its changed mapping makes of them is not told", s)
	default:
		return true
	}
	return false
}

// planRevision is higher than those of all replays before.
func (h *Hub) planRevision(ctx context.Context) (int64, error) {
	var last replayNumbers
	text, err := h.store.LoadCheckpoint(ctx, "$replay/next")
	if err == nil && text != nil {
		err = json.Unmarshal(text, &last)
	}
	return max(last.Revision+1, time.Now().UnixMilli()), err
}

// remapSystem reads a system's raw topic once, for all its streams.
func (p *planning) remapSystem(ctx context.Context, system string, of map[string]*remapped, revision int64) error {
	topic := RawTopic(system)
	spans, err := p.hub.bus.Spans(ctx, topic)
	if err != nil {
		return err
	}
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	var since time.Time
	for _, span := range spans {
		first, err := p.hub.firstTime(ctx, topic, span.Partition, span.First, span.Next)
		if err != nil {
			return err
		}
		if since.IsZero() || !first.IsZero() && first.Before(since) {
			since = first
		}
		batch := make([]*message.Message, 0, replayBatch)
		for m, err := range p.hub.bus.Read(ctx, topic, span.Partition, span.First, span.Next) {
			if err != nil {
				return err
			}
			if batch = append(batch, m); len(batch) == replayBatch {
				if err := p.remapBatch(ctx, doc, of, batch, revision); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if err := p.remapBatch(ctx, doc, of, batch, revision); err != nil {
			return err
		}
	}
	return p.summarise(ctx, of, since)
}

// remapBatch translates raw records, compares them with the store and keeps what differs.
func (p *planning) remapBatch(ctx context.Context, doc *formats.Doc, of map[string]*remapped, batch []*message.Message, revision int64) error {
	var items []item
	for _, m := range batch {
		s := of[m.Metadata[headerStream]]
		if s == nil {
			continue
		}
		s.Counts.Read++
		it := item{stream: s.Stream, input: inputOf(m)}
		it.input.revision = revision
		it.err = contained(func() (err error) { it.entity, it.cause, err = translateInput(doc, it.stream, it.input); return err })
		id := idIn(it.err)
		if it.entity != nil {
			id = it.entity.Metadata[headerRecord]
		}
		if p.hub.suppressions.of(s.Stream, id) || p.hub.suppressions.of(s.Stream, it.input.frame.Key) {
			s.Counts.Erased++
			continue
		}
		items = append(items, it)
	}
	if err := p.hub.compare(ctx, items); err != nil {
		return err
	}
	for i := range items {
		it := &items[i]
		s := of[it.stream.Name]
		s.Counts.add(it)
		if it.held {
			s.seen[xxhash.Sum64String(it.entity.Metadata[headerRecord])] = struct{}{}
		}
		if err := p.keep(it); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps the newest version of a translated record that says something else than the store holds,
// or why it could not be translated.
func (p *planning) keep(it *item) error {
	e := it.stream.Mapping.Entity()
	switch {
	case it.err != nil:
		r := PlannedRecord{Stream: it.stream.String(), Entity: e, Change: "failed", Error: it.err.Error(), Position: it.input.frame.Position.String()}
		if id := idIn(it.err); id != "" {
			r.Key = r.Stream + "/" + id
		}
		if p.shown("record " + r.Stream + " failed") {
			p.Records = append(p.Records, r)
		}
		return nil
	case it.entity == nil || !it.publish:
		return nil
	case e != canonical.EntityCustomer:
		d, err := p.hub.parseDocument(e, it.entity)
		if err != nil {
			return fmt.Errorf("read %s: %w", it.entity.Metadata[bus.KeyMetadata], err)
		}
		if p.documents[e] == nil {
			p.documents[e] = map[string]golden.Document{}
		}
		if old, known := p.documents[e][d.Key]; !known || d.Compare(&old) > 0 {
			p.documents[e][d.Key] = d
		}
		return nil
	}
	in, err := golden.ParseIncoming(it.entity.Payload)
	if err != nil {
		return fmt.Errorf("read %s: %w", it.entity.Metadata[bus.KeyMetadata], err)
	}
	now := standingRecord(in.Record)
	old := standingRecord(p.incoming[in.Key()].Record)
	if old.Key == "" || now.Compare(&old) > 0 {
		p.incoming[in.Key()] = in
	}
	return nil
}

// differences adds to the plan how the records that were kept differ from what the store holds.
func (p *planning) differences(ctx context.Context) error {
	customers := make(map[string]golden.Document, len(p.incoming))
	for key, in := range p.incoming {
		customers[key] = standingRecord(in.Record)
	}
	for e, now := range map[canonical.Entity]map[string]golden.Document{
		canonical.EntityCustomer: customers, canonical.EntityOrder: p.documents[canonical.EntityOrder],
		canonical.EntityInteraction: p.documents[canonical.EntityInteraction], canonical.EntityProduct: p.documents[canonical.EntityProduct],
	} {
		for keys := range slices.Chunk(slices.Sorted(maps.Keys(now)), replayBatch) {
			before, err := p.hub.docsOf(ctx, e, keys)
			if err != nil {
				return err
			}
			for _, key := range keys {
				old, known := before[key]
				if err := p.differs(e, now[key], old, known); err != nil {
					return err
				}
			}
		}
	}
	slices.SortStableFunc(p.Records, func(a, b PlannedRecord) int { return strings.Compare(a.Key, b.Key) })
	return nil
}

func (p *planning) differs(e canonical.Entity, now, old golden.Document, known bool) (err error) {
	r := PlannedRecord{Key: now.Key, Stream: streamOf(now.Key), Entity: e}
	switch {
	case now.Deleted && (!known || old.Deleted):
		return nil
	case now.Deleted:
		r.Change = "deleted"
	case !known || old.Deleted:
		r.Change, old.Doc = "new", nil
	default:
		r.Change = "changed"
	}
	if !now.Deleted {
		doc := now.Doc
		if e == canonical.EntityCustomer {
			doc = p.incoming[now.Key].Record.Doc
		}
		if r.Changed, err = golden.Difference(old.Doc, doc); err != nil || len(r.Changed) == 0 {
			return err // nothing but its version
		}
	}
	if p.shown("record " + r.Stream + " " + r.Change) {
		p.Records = append(p.Records, r)
	}
	return nil
}

// streamOf is the stream of a record's key, "system/stream".
func streamOf(key string) string {
	system, rest, _ := strings.Cut(key, "/")
	stream, _, _ := strings.Cut(rest, "/")
	return system + "/" + stream
}

// docsOf are the documents that the store holds under keys.
func (h *Hub) docsOf(ctx context.Context, e canonical.Entity, keys []string) (map[string]golden.Document, error) {
	found := map[string]golden.Document{}
	err := h.store.InView(ctx, func(ctx context.Context, v golden.View) error {
		if e != canonical.EntityCustomer {
			documents, err := v.DocumentsByKey(ctx, e, keys)
			for _, d := range documents {
				found[d.Key] = d
			}
			return err
		}
		records, err := v.RecordsByKey(ctx, keys)
		for _, r := range records {
			d := standingRecord(r)
			d.Doc = r.Doc
			found[r.Key] = d
		}
		return err
	})
	return found, err
}

// summarise adds the streams to the plan, with what it cannot tell of them.
func (p *planning) summarise(ctx context.Context, of map[string]*remapped, since time.Time) error {
	s, err := p.hub.store.Statistics(ctx)
	if err != nil {
		return err
	}
	for _, one := range of {
		one.Since = since
		if one.Stream.Mapping.Entity() == canonical.EntityCustomer {
			one.Stored = s.Records[one.PlannedStream.Stream]
			one.Unseen = max(0, one.Stored-int64(len(one.seen)))
		}
		p.Streams = append(p.Streams, one.PlannedStream)
		name, kept := one.PlannedStream.Stream, "no raw record of it is kept"
		if !since.IsZero() {
			kept = "raw records are kept since " + since.Format(time.RFC3339)
		}
		if one.Unseen > 0 {
			p.cannotTell("%s: of %d of %d records no raw record is kept that can be mapped (%s): they stay as they are", name, one.Unseen, one.Stored, kept)
		}
		if n := one.Counts.LeftOut; n > 0 {
			p.cannotTell("%s: %d raw records would be left out by the mapping; what the store holds of them stays", name, n)
		}
		if n := one.Counts.Failed; n > 0 {
			p.cannotTell("%s: %d raw records could not be mapped and would become dead letters; what the store holds of them stays", name, n)
		}
	}
	slices.SortFunc(p.Streams, func(a, b PlannedStream) int { return strings.Compare(a.Stream, b.Stream) })
	return nil
}
