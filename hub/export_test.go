package hub

import (
	"context"
	"net/http/httptest"
	"path"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// SortSteps puts the steps of a trace in order.
var SortSteps = sortSteps

// IntakeAnswer is what the intake answers to a webhook at path.
func IntakeAnswer(h *Hub, path string) (status int, retryAfter string) {
	w := httptest.NewRecorder()
	h.intake.ServeHTTP(w, httptest.NewRequest("POST", path, nil))
	return w.Code, w.Header().Get("Retry-After")
}

// PublishRaw puts records on raw.<system> past its source.
func PublishRaw(ctx context.Context, h *Hub, system, stream string, records ...string) error {
	messages := make([]*message.Message, len(records))
	for i, record := range records {
		messages[i] = message.NewMessage("test", []byte(record))
		messages[i].Metadata[headerStream] = stream
	}
	return h.bus.Publish(ctx, RawTopic(system), messages...)
}

// PublishCanonical puts an entity on its topic past translation, as a newer program might.
func PublishCanonical(ctx context.Context, h *Hub, e canonical.Entity, key, text string) error {
	m := message.NewMessage("test", []byte(text))
	m.Metadata[bus.KeyMetadata], m.Metadata["ce_source"] = key, "/"+path.Dir(key)
	m.Metadata[headerStream] = path.Base(path.Dir(key))
	return h.bus.Publish(ctx, CanonicalTopic(e), m)
}

// CanonicalHeaders are the headers of the messages of an entity.
func CanonicalHeaders(ctx context.Context, h *Hub, e canonical.Entity) (all []map[string]string, err error) {
	for m, err := range h.bus.Read(ctx, CanonicalTopic(e), 0, 0, -1) {
		if err != nil {
			return nil, err
		}
		all = append(all, m.Metadata)
	}
	return all, nil
}

// GoldenEvents are the messages of golden.customer, in order: "type id version".
func GoldenEvents(ctx context.Context, h *Hub) (events []string, err error) {
	for m, err := range h.bus.Read(ctx, GoldenTopic, 0, 0, -1) {
		if err != nil {
			return nil, err
		}
		events = append(events, m.Metadata["ce_type"]+" "+m.Metadata["ce_subject"]+" "+m.Metadata["ce_sequence"])
	}
	return events, nil
}

// GoldenHeaders are the headers of the messages of golden.customer.
func GoldenHeaders(ctx context.Context, h *Hub) (all []map[string]string, err error) {
	from, err := h.bus.Since(ctx, GoldenTopic, time.Unix(0, 0))
	if err != nil {
		return nil, err
	}
	for partition, offset := range from {
		for m, err := range h.bus.Read(ctx, GoldenTopic, partition, offset, -1) {
			if err != nil {
				return nil, err
			}
			all = append(all, m.Metadata)
		}
	}
	return all, nil
}

// PublishRawAll puts records on raw.<system> past their source, in one call. Their key is their
// member id.
func PublishRawAll(ctx context.Context, h *Hub, system, stream string, records []string) error {
	in := &ingest{hub: h, stream: h.folder.streams[system+"/"+stream]}
	messages := make([]*message.Message, len(records))
	for i, record := range records {
		f := formats.Frame{Bytes: []byte(record), Position: formats.Position{Origin: "test", Record: int64(i) + 1, Offset: -1}}
		id, _, err := in.key(&formats.Doc{}, f)
		if err != nil {
			return err
		}
		messages[i] = in.message(f, id, time.Now())
	}
	return h.bus.Publish(ctx, RawTopic(system), messages...)
}

// Survey gives what a reconciler of a target reads of the rows, by row: the subject's document, or why
// it could not be read.
func Survey(ctx context.Context, store golden.Store, rows []golden.Dirty) (docs []string, errs []error, err error) {
	h := &Hub{store: store}
	h.live.Store(&generation{Folder: &Folder{}})
	r := &reconciler{hub: h, target: &target{System: "shop", TargetSettings: connectors.TargetSettings{Name: "customers"}}}
	found, _, err := r.survey(ctx, rows)
	for _, one := range found {
		doc := ""
		if one.subject != nil {
			doc = string(one.subject.doc)
			for _, s := range one.subject.sources {
				doc += " " + s.Key
			}
		}
		docs, errs = append(docs, doc), append(errs, one.err)
	}
	return docs, errs, err
}

// GoldenTombstones are the keys of golden.customer whose newest message has no payload.
func GoldenTombstones(ctx context.Context, h *Hub) (keys []string, err error) {
	last := map[string]bool{}
	for m, err := range h.bus.Read(ctx, GoldenTopic, 0, 0, -1) {
		if err != nil {
			return nil, err
		}
		last[m.Metadata[bus.KeyMetadata]] = m.Payload == nil
	}
	for key, gone := range last {
		if gone {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Look is what a first load finds: records to take, raw ones to be translated, and when.
type Look struct {
	Here, Coming int64
	At           time.Duration
}

// Gather gives what a first load does about what it finds, look by look.
func Gather(from, most int64, looks ...Look) (done []string) {
	g, raw := gathering{from: from, most: most}, int64(0)
	for _, l := range looks {
		raw = max(raw, l.Here+l.Coming)
		b := &backlog{here: l.Here, coming: l.Coming, arrived: raw + l.Here}
		done = append(done, string(g.look(b, time.Unix(0, 0).Add(l.At))))
	}
	return done
}

// NextCount is when the store is counted again.
var NextCount = nextCount
