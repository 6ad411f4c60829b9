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
	records []golden.Prepared
	letters []golden.DeadLetter // of messages that are no customers
	spans   spans
}

// read reads the partitions of a backlog one after the other, each in its order.
func (f *firstLoad) read(ctx context.Context, all *backlog, by *golden.Resolver) (*firstRead, error) {
	out := &firstRead{records: make([]golden.Prepared, 0, all.here)}
	chunk := make([]*message.Message, 0, readChunk)
	for _, p := range all.parts {
		for m, err := range f.hub.bus.Read(ctx, p.Topic, p.Partition, p.Expected, p.Next) {
			if err != nil {
				return nil, err
			}
			if chunk = append(chunk, m); len(chunk) == readChunk {
				f.parse(out, chunk, by)
				chunk = chunk[:0]
			}
		}
	}
	f.parse(out, chunk, by)
	return out, ctx.Err()
}

// parse reads messages on all cores, and lets go of what a load does not need.
func (f *firstLoad) parse(out *firstRead, messages []*message.Message, by *golden.Resolver) {
	batch := &bus.Batch{Group: "resolve", Messages: messages}
	traces := make([]string, len(messages))
	for i, m := range messages {
		traces[i] = string(traceIn(m))
		if span := f.hub.taking("resolve", m, batch); span.Recorded() {
			out.spans = append(out.spans, span)
			traces[i] = string(span.Trace())
		}
	}
	records, errs := make([]golden.Prepared, len(messages)), make([]error, len(messages))
	var cores errgroup.Group
	cores.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < len(messages); from += parseChunk {
		cores.Go(func() error {
			var in golden.Incoming
			for i := from; i < min(from+parseChunk, len(messages)); i++ {
				if errs[i] = in.Parse(messages[i].Payload); errs[i] == nil {
					in.Trace = traces[i]
					records[i] = by.Prepare(&in)
				}
			}
			return nil
		})
	}
	_ = cores.Wait()
	for i, m := range messages {
		if errs[i] != nil {
			out.letters = append(out.letters, f.hub.letterFrom("resolve", "canonical", m, errs[i]))
			continue
		}
		out.records = append(out.records, records[i])
	}
}
