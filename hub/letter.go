package hub

import (
	"maps"
	"strconv"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

// reserved begins the names of headers that are the hub's own. In a dead letter they keep what a
// frame's bytes do not say, so that it can be replayed as if it came for the first time.
const reserved = "touchstone_"

// letterHeader is what a dead letter keeps of a frame beside its bytes and context: what the
// transport said, position, deletion, and the ingest sequence's epoch.
func letterHeader(f formats.Frame, at canonical.IngestSequence) map[string]string {
	md := message.Metadata{}
	f.Context = nil // has a place of its own
	writeFrame(md, "", "", f)
	delete(md, headerStream)
	header := map[string]string{}
	for name, value := range md {
		header[strings.TrimPrefix(name, headerTransport)] = value
	}
	if at.Epoch > 1 {
		header[headerEpoch] = strconv.Itoa(at.Epoch)
	}
	if len(header) == 0 {
		return nil
	}
	return header
}

// LetterHeader is what the transport said of a dead letter's record.
func LetterHeader(l golden.DeadLetter) map[string]string {
	header := maps.Clone(l.Header)
	maps.DeleteFunc(header, func(name, _ string) bool { return strings.HasPrefix(name, reserved) })
	return header
}

// letterFrame is the frame that a dead letter keeps.
func letterFrame(l golden.DeadLetter) formats.Frame {
	md := message.Metadata{}
	for name, value := range l.Header {
		if strings.HasPrefix(name, reserved) {
			md[name] = value
		} else {
			md[headerTransport+name] = value
		}
	}
	m := message.NewMessage("", l.Bytes)
	m.Metadata = md
	f := readFrame(m)
	f.Key, f.Context = l.Key, l.Context
	return f
}

// letterInput is the raw record of a dead letter that stood on Kafka, under its own ingest sequence.
func letterInput(l golden.DeadLetter, revision int64) rawInput {
	return rawInput{
		frame: letterFrame(l), revision: revision, correlation: l.Correlation,
		ingest: canonical.IngestSequence{
			Topic: l.Topic, Epoch: int(number(l.Header[headerEpoch], 1)), Partition: l.Partition, Offset: l.Offset,
		},
	}
}
