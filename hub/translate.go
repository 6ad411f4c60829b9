package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// docs are scratch documents, one for each goroutine that decodes.
var docs = sync.Pool{New: func() any { return new(formats.Doc) }}

// translate turns raw.<system> into canonical.<entity> until ctx ends. Where a changed folder has
// other systems, it goes on with their topics.
func (h *Hub) translate(ctx context.Context) error {
	wakes, leave := h.wake.generation.listen()
	defer leave()
	for ctx.Err() == nil {
		topics := h.generation().stageTopics()["translate"]
		running, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- h.translateTopics(running, topics) }()
		err := func() error {
			defer cancel()
			for {
				select {
				case err := <-ended:
					return err
				case <-wakes:
					if !slices.Equal(topics, h.generation().stageTopics()["translate"]) {
						cancel()
						return <-ended
					}
				}
			}
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) translateTopics(ctx context.Context, topics []string) error {
	if len(topics) == 0 {
		<-ctx.Done()
		return nil
	}
	return h.bus.Batches(ctx, bus.BatchConfig{
		Topics: topics, Group: "translate", MaxRecords: 1000, SessionTimeout: h.folder.Settings.Bus.Session,
	}, h.staged("translate", h.translateBatch))
}

// translateBatch publishes the entities of one batch, one call a topic, and buries what could not
// be translated. It returns nil only when both are durable.
func (h *Hub) translateBatch(ctx context.Context, batch *bus.Batch) error {
	began, live := time.Now(), h.generation()
	system := batch.Topic[len(RawTopic("")):]
	out := make(map[canonical.Entity][]*message.Message, 1)
	var letters []golden.DeadLetter
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	for _, m := range batch.Messages {
		s, ok := live.streams[system+"/"+m.Metadata[headerStream]]
		switch {
		case !ok:
			letters = append(letters, h.untranslated(system, "stream", m, fmt.Errorf("stream %q of system %s is not configured", m.Metadata[headerStream], system)))
			continue
		case s.Mapping == nil:
			continue
		case h.suppressions.of(s, m.Metadata[headerRecord]):
			h.leftOut(system, "translate", 1)
			continue
		}
		span := h.taking("translate", m, batch)
		var entity *message.Message
		var cause string
		err := contained(func() (err error) { entity, cause, err = translateOne(doc, s, m); return err })
		switch {
		case h.suppressions.of(s, idIn(err)):
			h.leftOut(system, "translate", 1)
		case err != nil:
			letters = append(letters, h.untranslated(system, cause, m, err))
			span.End(cause)
		case entity != nil && h.suppressions.of(s, entity.Metadata[headerRecord]):
			h.leftOut(system, "translate", 1)
		case entity != nil:
			carry(entity, traceIn(m))
			carry(entity, span.Trace())
			entity.Metadata[headerGeneration] = strconv.FormatInt(live.number, 10)
			out[s.Mapping.Entity()] = append(out[s.Mapping.Entity()], entity)
		}
		span.End("")
		h.metrics.translated.WithLabelValues(system, result(err)).Inc()
	}
	for e, messages := range out {
		if err := h.send(ctx, CanonicalTopic(e), messages...); err != nil {
			return err
		}
	}
	h.metrics.stageSeconds.WithLabelValues("translate").Observe(time.Since(began).Seconds())
	return h.bury(ctx, letters)
}

// rawInput is one raw record with what names it for good: the ingest sequence, and how often it was
// translated before.
type rawInput struct {
	frame       formats.Frame
	ingest      canonical.IngestSequence
	revision    int64
	correlation string
}

func inputOf(m *message.Message) rawInput {
	return rawInput{
		frame: readFrame(m), ingest: ingestSequence(m),
		revision: number(m.Metadata[headerRevision], 0), correlation: m.Metadata[headerCorrelation],
	}
}

// translateOne gives the canonical message of a raw one; nil where the mapping leaves it out. The
// cause is the short class of a failure.
func translateOne(doc *formats.Doc, s *Stream, m *message.Message) (entity *message.Message, cause string, err error) {
	return translateInput(doc, s, inputOf(m))
}

func translateInput(doc *formats.Doc, s *Stream, in rawInput) (entity *message.Message, cause string, err error) {
	f := in.frame
	source := canonical.Source{
		System: s.System, Stream: s.Name, Status: canonical.Active,
		Provenance: &canonical.Provenance{
			Origin: f.Position.Origin, Position: place(f.Position), Ingest: &in.ingest,
			Mapping: s.Mapping.Name(), Revision: in.revision, Correlation: in.correlation,
		},
	}
	out, cause, err := apply(doc, s, f, source)
	if err != nil && f.Deleted && f.Key != "" {
		out, err = tombstone(source, f.Key)
	}
	if err != nil {
		return nil, cause, &untranslatable{id: out.ID, err: err}
	}
	if out.Skip {
		return nil, "", nil
	}
	return canonicalMessage(s, in, out), "", nil
}

// untranslatable is why a record could not be translated, with the ID that it has, where that much
// could be read of it.
type untranslatable struct {
	id  string
	err error
}

func (e *untranslatable) Error() string { return e.err.Error() }
func (e *untranslatable) Unwrap() error { return e.err }

// idIn is the ID of a record that could not be translated; "" where nobody knows it.
func idIn(err error) string {
	var e *untranslatable
	if errors.As(err, &e) {
		return e.id
	}
	return ""
}

// apply runs the stream's mapping over a frame. Of a record that is gone it reads the version, where
// there is one: without it, an older state that comes late would bring the record back.
func apply(doc *formats.Doc, s *Stream, f formats.Frame, source canonical.Source) (out mappings.Output, cause string, err error) {
	if err = s.Format.Decode(doc, f, s.Mapping.Shape()); err != nil {
		return out, "format", err
	}
	out, err = s.Mapping.Apply(nil, mappings.Input{
		Root: &doc.Root, Position: f.Position, Header: f.Header, Deleted: f.Deleted, Key: f.Key, Source: source,
	})
	switch {
	case err != nil:
		return out, "mapping", err
	case !out.Skip && f.Key != "" && f.Key != out.ID:
		return out, "key", fmt.Errorf("the stream's key is %q and the mapping's id is %q; expected the same", f.Key, out.ID)
	}
	return out, "", nil
}

// place is where a record stands within its origin, such as "line 12, byte 4711".
func place(p formats.Position) string {
	text := make([]byte, 0, 48)
	add := func(name string, n int64) {
		if len(text) > 0 {
			text = append(text, ", "...)
		}
		text = strconv.AppendInt(append(append(text, name...), ' '), n, 10)
	}
	if p.Line > 0 {
		add("line", p.Line)
	}
	if p.Record > 0 {
		add("record", p.Record)
	}
	if p.Offset >= 0 {
		add("byte", p.Offset)
	}
	if p.Path != "" {
		if len(text) > 0 {
			text = append(text, ", "...)
		}
		text = append(text, p.Path...)
	}
	return string(text)
}

// tombstone is the entity of a record of which only the key is left.
func tombstone(source canonical.Source, id string) (mappings.Output, error) {
	source.ID, source.Status = id, canonical.Deleted
	text, err := json.Marshal(struct {
		Source canonical.Source `json:"source"`
	}{source})
	return mappings.Output{Bytes: text, ID: id, Deleted: true}, err
}

func canonicalMessage(s *Stream, in rawInput, out mappings.Output) *message.Message {
	key := s.System + "/" + s.Name + "/" + out.ID
	m := message.NewMessage(watermill.NewUUID(), out.Bytes)
	kind := "translated"
	if out.Deleted {
		kind = "deleted"
	}
	name := string(s.Mapping.Entity())
	stamp(m, "touchstone."+name+"."+kind+".v1", "/"+s.System+"/"+s.Name, key, time.Now())
	m.Metadata["ce_dataschema"] = canonical.SchemaID(s.Mapping.Entity())
	m.Metadata[bus.KeyMetadata] = key
	m.Metadata[headerStream] = s.Name
	m.Metadata[headerRecord] = out.ID
	m.Metadata[headerIngest] = ingestText(in.ingest)
	m.Metadata[headerCorrelation] = in.correlation
	if in.revision > 0 {
		m.Metadata[headerRevision] = strconv.FormatInt(in.revision, 10)
	}
	if out.Deleted {
		m.Metadata[headerDeleted] = strconv.FormatBool(true)
	}
	return m
}

func ingestText(at canonical.IngestSequence) string {
	return fmt.Sprintf("%s/%d/%d/%d", at.Topic, at.Epoch, at.Partition, at.Offset)
}

func (h *Hub) untranslated(system, cause string, m *message.Message, err error) golden.DeadLetter {
	l := letterOf("translate", cause, m, err)
	l.System, l.At = system, time.Now()
	return l
}

// result is the label of an outcome.
func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	return "error"
}
