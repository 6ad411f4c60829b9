package main

import (
	"context"
	"fmt"
	"slices"
	"time"

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

	parsing, resolving time.Duration
	compared, dirty    int
}

// load resolves all records and prints the rates at the marks.
func (m *measurement) load(ctx context.Context) error {
	marks := append(slices.Clone(m.marks), m.n-m.single)
	slices.Sort(marks)
	done := 0
	var times process.Times
	var clock time.Duration
	window, from := time.Duration(0), 0 // where the tenth before the next mark began
	for batch := range m.batches() {
		took, err := m.take(ctx, batch)
		if err != nil {
			return err
		}
		if done >= m.n-m.single {
			times = append(times, took)
			continue
		}
		done += len(batch)
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
	if m.failed != nil {
		return m.failed
	}
	fmt.Printf("%d pairs compared (%.1f a record), %d records looked at; parsing %s, resolving %s\n",
		m.compared, float64(m.compared)/float64(m.n), m.dirty, seconds(m.parsing), seconds(m.resolving))
	fmt.Printf("single records: %s\n", times.Quantiles())
	return nil
}

// take reads and resolves a batch, as the hub does with one from Kafka.
func (m *measurement) take(ctx context.Context, batch [][]byte) (time.Duration, error) {
	began := time.Now()
	incoming := make([]golden.Incoming, len(batch))
	for i, doc := range batch {
		var err error
		if incoming[i], err = golden.ParseIncoming(doc); err != nil {
			return 0, err
		}
	}
	parsed := time.Now()
	result, err := m.resolver.Resolve(ctx, golden.Batch{Records: incoming})
	took := time.Since(began)
	m.parsing += parsed.Sub(began)
	m.resolving += time.Since(parsed)
	m.compared += result.Compared
	m.dirty += result.Dirty
	return took, err
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
