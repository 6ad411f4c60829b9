package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/tests/bench/process"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// measurement is one load of a store.
type measurement struct {
	settings
	store    golden.Store
	resolver *golden.Resolver

	keys   []string // of all records, in order
	labels []int
	failed error
	last   float64 // records a second at the last mark

	next            func() (population.Record, bool) // of the population
	compared, dirty int
}

// load resolves all records and prints the rates at the marks.
func (m *measurement) load(ctx context.Context) error {
	marks := append(slices.Clone(m.marks), m.n-m.single)
	slices.Sort(marks)
	done := 0
	var clock time.Duration
	window, from := time.Duration(0), 0 // where the tenth before the next mark began
	for docs := range m.stretches(m.n - m.single) {
		took, err := m.takeAll(ctx, docs)
		if err != nil {
			return err
		}
		done += len(docs)
		clock += took
		for len(marks) > 0 && done >= marks[0] {
			m.last = float64(done-from) / (clock - window).Seconds()
			fmt.Printf("%s: %d records in %s: %.0f records/s at the end, %.0f on the way\n", m.settings.store, done, seconds(clock), m.last, float64(done)/clock.Seconds())
			marks = marks[1:]
			window, from = clock, done
		}
		if len(marks) > 0 && done <= marks[0]-marks[0]/10 {
			window, from = clock, done
		}
	}
	fmt.Printf("%d pairs compared (%.1f a record), %d records looked at\n", m.compared, float64(m.compared)/float64(done), m.dirty)
	return m.alone(ctx)
}

// alone times records that come one by one.
func (m *measurement) alone(ctx context.Context) error {
	var times process.Times
	for docs := range m.stretches(m.single) {
		for _, doc := range docs {
			began := time.Now()
			if _, err := m.take(ctx, [][]byte{doc}); err != nil {
				return err
			}
			times = append(times, time.Since(began))
		}
	}
	fmt.Printf("single records: %s\n", times.Quantiles())
	return m.failed
}

// takeAll resolves a stretch as the hub does with what waits in Kafka: each partition in batches, and
// one partition beside the other.
func (m *measurement) takeAll(ctx context.Context, docs [][]byte) (time.Duration, error) {
	parts := make([][][]byte, m.partitions)
	for i, doc := range docs {
		parts[i%m.partitions] = append(parts[i%m.partitions], doc)
	}
	var partitions errgroup.Group
	results := make([]golden.Result, m.partitions)
	began := time.Now()
	for i, part := range parts {
		partitions.Go(func() error {
			for batch := range slices.Chunk(part, m.batch) {
				result, err := m.take(ctx, batch)
				if err != nil {
					return err
				}
				results[i].Compared += result.Compared
				results[i].Dirty += result.Dirty
			}
			return nil
		})
	}
	err := partitions.Wait()
	took := time.Since(began)
	for _, result := range results {
		m.compared += result.Compared
		m.dirty += result.Dirty
	}
	return took, err
}

// take reads and resolves a batch, as the hub does with one from Kafka.
func (m *measurement) take(ctx context.Context, batch [][]byte) (golden.Result, error) {
	incoming := make([]golden.Incoming, len(batch))
	for i, doc := range batch {
		var err error
		if incoming[i], err = golden.ParseIncoming(doc); err != nil {
			return golden.Result{}, err
		}
	}
	return m.resolver.Resolve(ctx, golden.Batch{Records: incoming})
}

// quality compares the customers with the labels.
func (m *measurement) quality(ctx context.Context) error {
	customers := make([]golden.EntityNo, len(m.keys))
	number := make(map[string]int, len(m.keys))
	for i, key := range m.keys {
		number[key] = i
	}
	for keys := range slices.Chunk(m.keys, 5000) {
		err := m.store.InView(ctx, func(ctx context.Context, v golden.View) error {
			records, err := v.RecordsByKey(ctx, keys)
			for _, r := range records {
				customers[number[r.Key]] = r.Entity
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	s, err := m.store.Statistics(ctx)
	if err != nil {
		return err
	}
	sizes := map[golden.EntityNo]int{}
	largest := 0
	for _, c := range customers {
		sizes[c]++
		largest = max(largest, sizes[c])
	}
	pairs := population.Score(customers, m.labels)
	fmt.Printf("%d customers, the largest of %d records; tasks open: %v\n", len(sizes), largest, s.Tasks)
	fmt.Printf("pairs: precision %.4f, recall %.4f, F1 %.4f\n", pairs.Precision(), pairs.Recall(), pairs.F1())
	return nil
}
