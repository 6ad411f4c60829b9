package hub

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

const (
	loadLease = "load"

	// firstLook is how often the first load looks what has arrived.
	firstLook = 50 * time.Millisecond

	// firstTries bounds how often a load begins anew that the database broke off.
	firstTries = 3
)

// firstLoad has the first records go into an empty store all at once where there are many, which
// takes a small part of the time that batches take. It is decided when the first batch comes; until
// then, and while it lasts, batches wait.
type firstLoad struct {
	hub    *Hub
	ctx    context.Context // of the stage: a load goes on while partitions move
	begin  sync.Once
	over   chan struct{}
	most   int64         // records that are loaded at once
	passed map[int]int64 // next offset by partition, after a load
}

func (h *Hub) firstLoad(ctx context.Context) *firstLoad {
	most := loadMost(h.folder.Settings.Resolve.LoadMost, memlimit.FromCgroup, memlimit.FromSystem)
	return &firstLoad{hub: h, ctx: ctx, over: make(chan struct{}), most: most}
}

// before has batches wait until the first load is over, and drops those that it took.
func (f *firstLoad) before(handle func(context.Context, *bus.Batch) error) func(context.Context, *bus.Batch) error {
	if f.hub.folder.Settings.Resolve.LoadFrom == 0 {
		return handle
	}
	return func(ctx context.Context, batch *bus.Batch) error {
		f.begin.Do(func() {
			go func() {
				defer close(f.over)
				f.run()
			}()
		})
		select {
		case <-f.over:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.passed[batch.Partition] > batch.First {
			return bus.ErrPassed
		}
		return handle(ctx, batch)
	}
}

// wait returns when no load is under way any more. No batch comes after it.
func (f *firstLoad) wait() {
	f.begin.Do(func() { close(f.over) })
	<-f.over
}

// run loads, or finds that there is nothing to load. Where it fails, the records go the usual way.
func (f *firstLoad) run() {
	for tries := 0; f.ctx.Err() == nil; {
		err := f.try()
		switch {
		case errors.Is(err, golden.ErrLeaseLost): // another process loads
			rest(f.ctx, time.Second)
			continue
		case errors.Is(err, golden.ErrUnavailable), errors.Is(err, golden.ErrInterrupted) && tries < firstTries:
			tries++
			f.hub.trouble("resolve", err)
			rest(f.ctx, time.Second)
			continue
		case err != nil && f.ctx.Err() == nil:
			f.hub.log.Warn("first load given up; records go in in batches", "error", err)
		}
		return
	}
}

func (f *firstLoad) try() error {
	empty, err := f.hub.store.Empty(f.ctx)
	if err != nil || !empty {
		return err
	}
	all, err := f.gather()
	if err != nil || all == nil {
		return err
	}
	defer debug.FreeOSMemory() // a hub at rest needs a small part of what a load takes
	if f.hub.alone {
		return f.load(f.ctx, all)
	}
	if err := f.hub.store.Lease(f.ctx, loadLease, f.hub.owner, leaseTime); err != nil {
		return err
	}
	f.hub.underLease(f.ctx, loadLease, func(ctx context.Context) { err = f.load(ctx, all) })
	return err
}

// gather waits while records pour in, and returns what there is; nil where that is too little to be
// loaded.
func (f *firstLoad) gather() (*backlog, error) {
	g, told := gathering{from: f.hub.folder.Settings.Resolve.LoadFrom, most: f.most}, false
	for {
		b, err := f.measure()
		if err != nil {
			return nil, err
		}
		switch g.look(b, time.Now()) {
		case loadAll:
			return b, nil
		case goOn:
			return nil, nil
		}
		if !told && b.here+b.coming >= g.from {
			told = true
			f.hub.log.Info("records pour into an empty store: they are gathered for a first load", "stage", "resolve")
		}
		rest(f.ctx, firstLook)
		if err := f.ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// measure looks at raw records first: what is translated meanwhile counts twice, and never not at all.
func (f *firstLoad) measure() (*backlog, error) {
	b, topic := &backlog{}, CanonicalTopic(canonical.EntityCustomer)
	if raw := f.hub.generation().stageTopics()["translate"]; len(raw) > 0 {
		lags, err := f.hub.bus.Lag(f.ctx, "translate", raw)
		if err != nil {
			return nil, err
		}
		for _, l := range lags {
			b.coming += l.Behind
			b.arrived += l.End
		}
	}
	spans, err := f.hub.bus.Spans(f.ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, s := range spans {
		next, known, err := f.hub.store.NextOffset(f.ctx, "resolve", topic, s.Partition)
		if err != nil {
			return nil, err
		}
		if !known {
			next = s.First
		}
		b.arrived += s.Next
		if here := s.Next - max(next, s.First); here > 0 {
			b.here += here
			b.parts = append(b.parts, golden.OffsetAdvance{Group: "resolve", Topic: topic, Partition: s.Partition, Expected: next, Next: s.Next})
		}
	}
	return b, nil
}

// load takes a backlog into the store, in one transaction with the offsets and with the dead letters
// of records that cannot be read.
func (f *firstLoad) load(ctx context.Context, all *backlog) error {
	h, began := f.hub, time.Now()
	all.atMost(f.most)
	h.log.Info("first load begins: the store is empty", "stage", "resolve", "records", all.here, "most", f.most)
	h.turn.RLock() // what is read is prepared by the rules that it is loaded by
	defer h.turn.RUnlock()
	resolver := h.generation().resolver
	read, err := f.read(ctx, all, resolver)
	if err != nil {
		return err
	}
	h.log.Debug("first load", "step", "read", "seconds", time.Since(began).Seconds())
	loaded, err := resolver.Load(ctx, golden.Load{
		Records: read.records, Offsets: all.parts,
		Within: func(ctx context.Context, tx golden.Tx) error {
			f.writes(all.here)
			return h.addLetters(ctx, tx, read.letters)
		},
		Note: func(step string, took time.Duration) {
			h.log.Debug("first load", "step", step, "seconds", took.Seconds())
		},
	})
	h.loading.Store(nil)
	read.spans.end(err)
	if errors.Is(err, golden.ErrNotEmpty) || errors.Is(err, golden.ErrFenced) {
		return fmt.Errorf("another process was first: %w", err)
	}
	if err != nil {
		return err
	}
	f.passed = map[int]int64{}
	for _, p := range all.parts {
		f.passed[p.Partition] = p.Next
	}
	h.noteBuried(read.letters)
	h.metrics.resolved.WithLabelValues("applied").Add(float64(loaded.Accepted))
	h.metrics.resolved.WithLabelValues("unchanged").Add(float64(loaded.Touched))
	h.metrics.resolved.WithLabelValues("stale").Add(float64(loaded.Stale))
	h.wake.changes.signal()
	h.log.Info("first load is through", "stage", "resolve", "records", loaded.Records, "customers", loaded.Customers,
		"edges", loaded.Edges, "tasks", loaded.Tasks, "deadletters", len(read.letters), "seconds", time.Since(began).Seconds())
	return nil
}
