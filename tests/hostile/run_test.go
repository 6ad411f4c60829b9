package hostile

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// batchSize is how many records the hub resolves in one transaction.
const batchSize = 500

// work is what the engine has done so far.
type work struct {
	compared int // pairs weighed
	dirty    int // records whose edges were looked at
}

// run is a store that fills.
type run struct {
	work
	t        *testing.T
	store    golden.Store
	resolver *golden.Resolver
	keys     []string
}

func newRun(t *testing.T, store golden.Store) *run {
	return &run{t: t, store: store, resolver: golden.NewResolver(store, shippedRules(t), golden.ResolverOptions{})}
}

// resolve brings the records from one number to before another into the store, in one batch.
func (r *run) resolve(customer func(i int) canonical.Customer, from, to int) {
	r.t.Helper()
	batch := make([]golden.Incoming, 0, to-from)
	for i := from; i < to; i++ {
		c := customer(i)
		c.Source = &canonical.Source{
			System: "shop", Stream: "customers", ID: strconv.Itoa(i), Status: canonical.Active, BusinessTime: "2026-01-01T00:00:00Z",
			Provenance: &canonical.Provenance{Origin: "shop.csv", Ingest: &canonical.IngestSequence{Topic: "raw.shop", Offset: int64(i)}},
		}
		doc, err := c.AppendJSON(nil)
		if err != nil {
			r.t.Fatal(err)
		}
		in, err := golden.ParseIncoming(doc)
		if err != nil {
			r.t.Fatal(err)
		}
		batch = append(batch, in)
		r.keys = append(r.keys, in.Key())
	}
	result, err := r.resolver.Resolve(r.t.Context(), golden.Batch{Records: batch})
	if err != nil {
		r.t.Fatal(err)
	}
	r.compared += result.Compared
	r.dirty += result.Dirty
}

// customers counts the customers and the records of the largest one.
func (r *run) customers() (n, largest int) {
	r.t.Helper()
	sizes := map[golden.EntityNo]int{}
	for keys := range slices.Chunk(r.keys, 5000) {
		err := r.store.InView(r.t.Context(), func(ctx context.Context, v golden.View) error {
			records, err := v.RecordsByKey(ctx, keys)
			for _, rec := range records {
				sizes[rec.Entity]++
				largest = max(largest, sizes[rec.Entity])
			}
			return err
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return len(sizes), largest
}

// tasks are the open tasks by kind.
func (r *run) tasks() map[golden.TaskKind]int64 {
	r.t.Helper()
	s, err := r.store.Statistics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return s.Tasks
}
