package hub

import (
	"context"
	"runtime"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/golden"
)

const (
	readChunk  = 8192 // messages that are parsed at once
	parseChunk = 256  // of them by one goroutine
)

// firstRead is what a first load read.
type firstRead struct {
	records []golden.Incoming
	letters []golden.DeadLetter // of messages that are no customers
	spans   spans
}

// read reads the partitions of a backlog one after the other, each in its order.
func (f *firstLoad) read(ctx context.Context, all *backlog) (*firstRead, error) {
	out := &firstRead{records: make([]golden.Incoming, 0, all.here)}
	chunk := make([]*message.Message, 0, readChunk)
	for _, p := range all.parts {
		for m, err := range f.hub.bus.Read(ctx, p.Topic, p.Partition, p.Expected, p.Next) {
			if err != nil {
				return nil, err
			}
			if chunk = append(chunk, m); len(chunk) == readChunk {
				f.parse(out, chunk)
				chunk = chunk[:0]
			}
		}
	}
	f.parse(out, chunk)
	return out, ctx.Err()
}

// parse reads messages on all cores.
func (f *firstLoad) parse(out *firstRead, messages []*message.Message) {
	records, errs := make([]golden.Incoming, len(messages)), make([]error, len(messages))
	var cores errgroup.Group
	cores.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(messages); from += parseChunk {
		cores.Go(func() error {
			for i := from; i < min(from+parseChunk, len(messages)); i++ {
				records[i], errs[i] = golden.ParseIncoming(messages[i].Payload)
			}
			return nil
		})
	}
	_ = cores.Wait()
	batch := &bus.Batch{Group: "resolve", Messages: messages}
	for i, m := range messages {
		span := f.hub.taking("resolve", m, batch)
		if span.Recorded() {
			out.spans = append(out.spans, span)
		}
		if errs[i] != nil {
			out.letters = append(out.letters, f.hub.letterFrom("resolve", "canonical", m, errs[i]))
			continue
		}
		records[i].Trace = string(traceIn(m))
		if span.Recorded() {
			records[i].Trace = string(span.Trace())
		}
		out.records = append(out.records, records[i])
	}
}
