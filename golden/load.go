package golden

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// Load is what an empty store is filled with.
type Load struct {
	// Records are versions of source records: those of one record in their order, as in Batch. They
	// are used up: what is not needed any more is cleared while the load goes on.
	Records []Prepared
	Offsets []OffsetAdvance // how far the groups have read with them
	// Within, where not nil, runs in the load's transaction before anything else is written.
	Within func(ctx context.Context, tx Tx) error
	// Note, where not nil, is told how long each step took, as it ends.
	Note func(step string, took time.Duration)
}

// Loaded counts what a load did.
type Loaded struct {
	Records   int // tombstones included
	Accepted  int // versions, as in Result
	Touched   int
	Stale     int
	Customers int
	Edges     int
	Tasks     int
	Compared  int // pairs of records weighed
}

// Load takes the first records of a store all at once: what Resolve makes of them in one batch, in a
// small part of the time. ErrNotEmpty says that the store holds something already, and that the
// records have to be resolved. Everything is worked out in memory, a few kilobytes a record, and
// written in one transaction.
func (r *Resolver) Load(ctx context.Context, l Load) (Loaded, error) {
	empty, err := r.store.Empty(ctx)
	if err == nil && !empty {
		err = ErrNotEmpty
	}
	if err != nil {
		return Loaded{}, fmt.Errorf("load: %w", err)
	}
	if l.Note == nil {
		l.Note = func(string, time.Duration) {}
	}
	f := &filling{settling: newSettling(r, nil), Load: l}
	if err := f.workOut(ctx); err != nil {
		return Loaded{}, fmt.Errorf("load: %w", err)
	}
	err = r.store.Load(ctx, l.Note, func(ctx context.Context, tx Tx) error {
		f.tx = tx
		return f.write(ctx)
	})
	if err != nil {
		return Loaded{}, fmt.Errorf("load: %w", err)
	}
	return f.loaded, nil
}

// filling is one load. Its clusters are written in parts, each as a publication is.
type filling struct {
	*settling
	Load
	put      []*record       // all records, by key
	found    *match.Resolved // of dirty, which are the live records by key
	packed   [][]byte        // features of dirty, as the store keeps them
	clusters []*cluster
	asked    map[string]*GoldenRecord // customers of the records that tasks name, without content
	loaded   Loaded
}

// workOut does what needs no store: the newest version of each record, and which are one customer.
func (f *filling) workOut(ctx context.Context) error {
	began := time.Now()
	live := f.newest()
	f.note("newest versions", &began)
	if err := ctx.Err(); err != nil {
		return err
	}
	records := make([]match.Record, len(live))
	for i, rec := range live {
		records[i] = match.Record{Key: rec.Key, Features: rec.features}
	}
	f.found = f.r.rules.match.Resolve(records)
	f.keep(live)
	for _, members := range f.found.Clusters {
		c := &cluster{records: make([]*record, len(members))}
		for n, i := range members {
			c.records[n] = live[i]
		}
		c.first = c.records[0]
		f.clusters = append(f.clusters, c)
	}
	f.about(live)
	if len(live) > 0 {
		f.moved = live[0].Key
	}
	f.note("match", &began)
	f.loaded = Loaded{
		Records: len(f.put), Accepted: f.result.Accepted, Touched: f.result.Touched, Stale: f.result.Stale,
		Customers: len(f.clusters), Edges: len(f.found.Edges), Compared: f.found.Compared,
	}
	return ctx.Err()
}

// keep makes of the features what the store keeps of them: the keys that records are counted under, and
// what is compared.
func (f *filling) keep(live []*record) {
	generic := make(map[uint64]int, len(f.found.Generic))
	for _, g := range f.found.Generic {
		generic[g.Hash] = g.Records
	}
	f.packed = make([][]byte, len(live))
	onAllCores(len(live), func(i int) {
		rec := live[i]
		rec.keys = f.r.rules.match.Held(rec.features, func(hash uint64) int { return generic[hash] })
		f.packed[i], rec.features = f.r.rules.packFeatures(rec.features), nil
	})
}

// about notes which records tasks are about.
func (f *filling) about(live []*record) {
	f.asked = map[string]*GoldenRecord{}
	for _, finding := range f.found.Findings {
		for _, i := range finding.Nodes {
			f.asked[live[i].Key] = nil
		}
	}
}

// note tells how long a step took that began at a time, and begins the next.
func (f *filling) note(step string, began *time.Time) {
	now := time.Now()
	f.Note(step, now.Sub(*began))
	*began = now
}

// write writes everything, in the order in which it refers to one another.
func (f *filling) write(ctx context.Context) error {
	for _, o := range f.Offsets {
		if err := f.tx.AdvanceOffset(ctx, o.Group, o.Topic, o.Partition, o.Expected, o.Next); err != nil {
			return err
		}
	}
	if f.Within != nil {
		if err := f.Within(ctx, f.tx); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(f.put, 1<<16) {
		if err := f.putRecords(ctx, part); err != nil {
			return err
		}
	}
	f.records, f.put = nil, nil
	// What is written must not end with what is worked out: writes may still be under way.
	ahead, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts := f.workAhead(ahead)
	if err := errors.Join(f.putKeys(ctx), f.putEdges(ctx)); err != nil {
		return err
	}
	for p := range parts {
		if p.err != nil {
			return p.err
		}
		if err := f.publish(ctx, p); err != nil {
			return err
		}
	}
	return f.putTasks(ctx)
}

func (f *filling) putKeys(ctx context.Context) error {
	keys := make([]RecordKeys, len(f.dirty))
	for i, rec := range f.dirty {
		keys[i], rec.keys = RecordKeys{Record: rec.No, Keys: rec.keys, Features: f.packed[i]}, nil
	}
	f.packed = nil
	_, err := f.tx.PutKeys(ctx, keys)
	return err
}

// putEdges writes the edges: numbers ascend with keys, so that they stand in order already.
func (f *filling) putEdges(ctx context.Context) error {
	edges := make([]Edge, len(f.found.Edges))
	for i, e := range f.found.Edges {
		edges[i] = Edge{A: f.dirty[e.A].No, B: f.dirty[e.B].No, Weight: e.Weight}
	}
	f.found.Edges = nil
	return f.tx.PutEdges(ctx, nil, edges)
}

func (f *filling) putTasks(ctx context.Context) error {
	tasks := make([]Task, len(f.found.Findings))
	for i, finding := range f.found.Findings {
		tasks[i] = f.task(finding, f.dirty)
	}
	if len(tasks) == 0 {
		return nil
	}
	f.loaded.Tasks = len(tasks)
	return f.ask(ctx, tasks, f.asked)
}
