package hub

import (
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
)

// Headers of the hub's messages beside those of CloudEvents 1.0 (Kafka protocol binding, binary
// content mode, section 3.2).
const (
	headerStream      = "touchstone_stream"
	headerRecord      = "touchstone_key"        // the record's ID within its stream, where the source knows it
	headerDeleted     = "touchstone_deleted"    // "true": the source says that the record is gone
	headerContext     = "touchstone_context"    // what a frame's bytes need around them
	headerOrigin      = "touchstone_origin"     // formats.Position
	headerNumber      = "touchstone_record"     //
	headerLine        = "touchstone_line"       //
	headerOffset      = "touchstone_offset"     //
	headerPath        = "touchstone_path"       //
	headerIngest      = "touchstone_ingest"     // ingest sequence: topic/epoch/partition/offset
	headerRevision    = "touchstone_revision"   // translation revision, absent for 0
	headerLetter      = "touchstone_letter"     // the dead letter that is replayed: its number
	headerGeneration  = "touchstone_generation" // of the folder that made the message
	headerEpoch       = "touchstone_epoch"      // of the ingest sequence, in dead letters
	headerCorrelation = "correlation_id"        // the name that watermill's middleware uses
	headerTraceParent = "traceparent"           // W3C Trace Context, section 3.2
	headerTraceState  = "tracestate"            // section 3.3
	headerTransport   = "header_"               // prefix of what the transport said
)

// stamp sets the CloudEvents headers. CloudEvents 1.0.2, section 3.
func stamp(m *message.Message, kind, source, subject string, at time.Time) {
	m.Metadata["ce_specversion"] = "1.0"
	m.Metadata["ce_id"] = m.UUID
	m.Metadata["ce_type"] = kind
	m.Metadata["ce_source"] = source
	m.Metadata["ce_time"] = at.UTC().Format(time.RFC3339Nano)
	if subject != "" {
		m.Metadata["ce_subject"] = subject
	}
}

// writeFrame puts what a frame says of itself into headers.
func writeFrame(md message.Metadata, stream, id string, f formats.Frame) {
	md[headerStream] = stream
	set := func(name, value string) {
		if value != "" {
			md[name] = value
		}
	}
	set(headerRecord, id)
	set(headerContext, string(f.Context))
	set(headerOrigin, f.Position.Origin)
	set(headerPath, f.Position.Path)
	if f.Position.Record > 0 {
		md[headerNumber] = strconv.FormatInt(f.Position.Record, 10)
	}
	if f.Position.Line > 0 {
		md[headerLine] = strconv.FormatInt(f.Position.Line, 10)
	}
	if f.Position.Offset >= 0 {
		md[headerOffset] = strconv.FormatInt(f.Position.Offset, 10)
	}
	if f.Deleted {
		md[headerDeleted] = "true"
	}
	for name, value := range f.Header {
		md[headerTransport+name] = value
	}
}

// readFrame is the frame that writeFrame described.
func readFrame(m *message.Message) formats.Frame {
	md := m.Metadata
	f := formats.Frame{
		Bytes:   m.Payload,
		Key:     md[headerRecord],
		Deleted: md[headerDeleted] == "true",
		Position: formats.Position{
			Origin: md[headerOrigin],
			Path:   md[headerPath],
			Record: number(md[headerNumber], 0),
			Line:   number(md[headerLine], 0),
			Offset: number(md[headerOffset], -1),
		},
	}
	if c := md[headerContext]; c != "" {
		f.Context = []byte(c)
	}
	for name, value := range md {
		if rest, ok := strings.CutPrefix(name, headerTransport); ok {
			if f.Header == nil {
				f.Header = make(map[string]string, 4)
			}
			f.Header[rest] = value
		}
	}
	return f
}

func number(text string, absent int64) int64 {
	if text == "" {
		return absent
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return absent
	}
	return n
}

// ingestSequence is where the message stands, which for a raw message is its ingest sequence.
func ingestSequence(m *message.Message) canonical.IngestSequence {
	at, _ := bus.PositionOf(m)
	return canonical.IngestSequence{Topic: at.Topic, Epoch: at.Epoch, Partition: at.Partition, Offset: at.Offset}
}
