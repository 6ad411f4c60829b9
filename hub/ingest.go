package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// ingest reads one stream of one system into raw.<system>.
type ingest struct {
	hub    *Hub
	stream *Stream
}

// ingest runs the stream's source until ctx ends.
func (h *Hub) ingest(ctx context.Context, s *Stream) {
	log := h.log.With("system", s.System, "stream", s.Name)
	in := &ingest{hub: h, stream: s}
	h.supervise(ctx, log, s.String(), func(ctx context.Context, l *link) error {
		source, err := s.connector.Source(s.Name, h.env(s.System, s.Name))
		if err != nil {
			return err
		}
		return source.Run(ctx, func(ctx context.Context, frames []formats.Frame) error {
			l.well() // the system was read
			return in.emit(ctx, frames)
		})
	})
}

// emit makes frames durable. Good ones go to Kafka in one call, in order; bad ones, and those
// without the key that the stream's settings promise, become dead letters. Those of erased people
// are acknowledged and kept nowhere.
func (in *ingest) emit(ctx context.Context, frames []formats.Frame) error {
	now := time.Now()
	doc := docs.Get().(*formats.Doc)
	defer docs.Put(doc)
	messages := make([]*message.Message, 0, len(frames))
	var letters []golden.DeadLetter
	for _, f := range frames {
		id, cause, err := in.key(doc, f)
		if err != nil {
			letters = append(letters, in.letter(f, cause, err, now))
			continue
		}
		if in.hub.suppressions.of(in.stream, id) {
			in.hub.leftOut(in.stream.System, "ingest", 1)
			continue
		}
		messages = append(messages, in.message(f, id, now))
	}
	if len(messages) > 0 {
		spans := in.hub.arriving(ctx, in.stream, now, messages)
		err := in.hub.send(ctx, RawTopic(in.stream.System), messages...)
		spans.end(err)
		if err != nil {
			return &connectors.RetryableError{Err: err}
		}
	}
	// letters come last: a broker that is away would have them written anew with every attempt
	if err := in.hub.bury(ctx, letters); err != nil {
		return &connectors.RetryableError{Err: err}
	}
	in.hub.metrics.ingested.WithLabelValues(in.stream.System, in.stream.Name, "ok").Add(float64(len(messages)))
	in.hub.metrics.ingested.WithLabelValues(in.stream.System, in.stream.Name, "dead").Add(float64(len(letters)))
	return nil
}

// key is the record's ID within the stream, "" where nobody knows it yet. cause and err are set
// for what is no record.
func (in *ingest) key(doc *formats.Doc, f formats.Frame) (id, cause string, err error) {
	switch {
	case f.Err != nil:
		return "", "format", f.Err
	case len(f.Bytes) > int(in.hub.folder.Settings.Limits.Record):
		return "", "size", fmt.Errorf("the record has %d bytes; expected at most %d (limits: record)", len(f.Bytes), in.hub.folder.Settings.Limits.Record)
	case f.Key != "" || in.stream.key == nil:
		return f.Key, "", nil
	}
	id, err = in.stream.key(doc, f)
	return id, "key", err
}

func (in *ingest) message(f formats.Frame, id string, now time.Time) *message.Message {
	m := message.NewMessage(watermill.NewUUID(), f.Bytes)
	stamp(m, "touchstone.record.received.v1", "/"+in.stream.System+"/"+in.stream.Name, id, now)
	m.Metadata[headerCorrelation] = m.UUID
	m.Metadata[bus.KeyMetadata] = in.stream.Name + "/" + id // without ID: the whole stream in one partition
	writeFrame(m.Metadata, in.stream.Name, id, f)
	return m
}

func (in *ingest) letter(f formats.Frame, cause string, err error, now time.Time) golden.DeadLetter {
	return golden.DeadLetter{
		Stage: "ingest", System: in.stream.System, Stream: in.stream.Name, Key: f.Key,
		Cause: cause, Error: err.Error(), Position: f.Position.String(), Offset: -1,
		Bytes: f.Bytes, Context: f.Context, Header: letterHeader(f, canonical.IngestSequence{}), Attempts: 1, At: now,
		State: golden.DeadOpen,
	}
}
