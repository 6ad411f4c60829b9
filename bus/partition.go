package bus

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// partition is one partition during one generation.
type partition struct {
	g         *generation
	wire      string // topic as the cluster calls it
	topic     string
	id        int
	committed int64 // Kafka's committed offset, or kafka.FirstOffset
	log       *slog.Logger

	first   int64 // of the next batch
	fetched *chunk
}

func (g *generation) partition(wire string, a kafka.PartitionAssignment) *partition {
	topic := strings.TrimPrefix(wire, g.bus.cfg.Prefix)
	return &partition{
		g: g, wire: wire, topic: topic, id: a.ID, committed: a.Offset,
		log: g.log.With("topic", topic, "partition", a.ID),
	}
}

// run handles batches until ending. A fenced batch begins the partition anew at
// the store's offset, after a moment: another process is writing.
func (p *partition) run(ending, working context.Context) {
	var wait backoff
	said := ""
	for ending.Err() == nil {
		err := p.consume(ending, working)
		if ending.Err() != nil {
			return
		}
		if errors.Is(err, ErrPassed) {
			wait, said = backoff{}, ""
			continue
		}
		if err != nil && err.Error() != said {
			said = err.Error()
			if errors.Is(err, ErrFenced) {
				p.log.Warn("batch dropped: another process writes this partition", "error", err)
			} else {
				p.log.Error("partition stands still; trying again until it goes on", "error", err)
			}
		}
		sleep(ending, wait.next())
	}
}

func (p *partition) consume(ending, working context.Context) error {
	start, err := p.start(ending)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ending)
	defer stop()
	f := &fetcher{bus: p.g.bus, wire: p.wire, topic: p.topic, partition: p.id, bytes: p.g.cfg.Window / 4, log: p.log}
	if p.first, err = f.begin(ctx, start); err != nil {
		return err
	}
	chunks := f.run(ctx)
	p.fetched = nil
	for ctx.Err() == nil {
		batch, err := p.collect(ctx, working, chunks)
		if err != nil || batch == nil {
			return err
		}
		if err := p.apply(ending, working, batch); err != nil {
			return err
		}
		p.first = batch.Next
		p.g.marks.set(p.wire, p.id, batch.Next)
	}
	return nil
}

// start asks the store, or takes Kafka's committed offset.
func (p *partition) start(ctx context.Context) (int64, error) {
	if p.g.cfg.Offsets == nil {
		return p.committed, nil
	}
	next, known, err := p.g.cfg.Offsets.Next(ctx, p.g.cfg.Group, p.topic, p.id)
	if err != nil {
		return 0, err
	}
	if !known {
		return kafka.FirstOffset, nil
	}
	return next, nil
}

// collect gathers a batch from what was fetched; nil when ctx ends first.
func (p *partition) collect(ctx, working context.Context, chunks <-chan *chunk) (*Batch, error) {
	b := &Batch{Group: p.g.cfg.Group, Topic: p.topic, Partition: p.id, First: p.first, Next: p.first}
	var enough <-chan time.Time
	size := 0
	for {
		if p.fetched != nil {
			var full bool
			if size, full = p.fetched.moveTo(b, size, p.g.cfg); full {
				return b, nil
			}
			p.fetched = nil
		}
		if len(b.Messages) > 0 && enough == nil {
			enough = after(p.g.cfg.Linger)
		}
		select { // what has been fetched goes first: a timer may be due as well
		case c, ok := <-chunks:
			if err := p.take(working, c, ok); err != nil || !ok {
				return nil, err
			}
			continue
		default:
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-enough:
			return b, nil
		case c, ok := <-chunks:
			if err := p.take(working, c, ok); err != nil || !ok {
				return nil, err
			}
		}
	}
}

// take accepts a chunk as the next to batch from. Messages carry the context
// that handle works under.
func (p *partition) take(working context.Context, c *chunk, ok bool) error {
	if !ok {
		return nil
	}
	if c.err != nil {
		return c.err
	}
	for i := range c.standing {
		c.standing[i].Context = working
	}
	p.fetched = c
	return nil
}

// after is time.After, due at once for 0.
func after(d time.Duration) <-chan time.Time {
	if d > 0 {
		return time.After(d)
	}
	due := make(chan time.Time)
	close(due)
	return due
}

// apply calls handle until it takes the batch, or the generation ends.
func (p *partition) apply(ending, working context.Context, batch *Batch) error {
	var wait backoff
	failing := false
	for {
		err := p.g.handle(working, batch)
		switch {
		case err == nil:
			if failing {
				p.log.Info("batch went through", "offset", batch.First)
			}
			return nil
		case errors.Is(err, ErrFenced), errors.Is(err, ErrPassed):
			return err
		case working.Err() != nil || ending.Err() != nil:
			return err
		case !failing:
			failing = true
			p.log.Error("batch failed; trying it again until it goes through", "offset", batch.First, "records", len(batch.Messages), "error", err)
		}
		if !sleep(ending, wait.next()) {
			return err
		}
	}
}

// sleep waits and tells whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
