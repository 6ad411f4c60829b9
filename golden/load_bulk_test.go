package golden_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/match"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// TestLoad_asManyBatches: online and bulk are one engine. The resolver that takes a population batch
// by batch, a load of all of it, and the matcher alone come to the same customers, edges and tasks.
func TestLoad_asManyBatches(t *testing.T) {
	t.Parallel()
	const records, batch = 1500, 100
	online, bulk := newWorld(t, "match: {rules: person}"), newWorld(t, "match: {rules: person}")
	var all []golden.Incoming
	for r := range population.New(records, 7).Records() {
		c := r.Customer()
		doc, err := c.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		in, err := golden.ParseIncoming(doc)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, in)
	}
	for part := range slices.Chunk(all, batch) {
		online.resolve(part...)
	}
	alone := partitionOf(online.rules, all)
	if _, err := bulk.resolver.Load(t.Context(), golden.Load{Records: prepare(bulk.resolver, all...)}); err != nil {
		t.Fatal(err)
	}
	want := snapshot(t, online.store)
	if diff := cmp.Diff(readable(t, want), readable(t, snapshot(t, bulk.store))); diff != "" {
		t.Errorf("customers (-batches, +load):\n%s", diff)
	}
	var sources []string
	for _, g := range want {
		sources = append(sources, strings.Join(g.Sources, " "))
	}
	slices.Sort(sources)
	if diff := cmp.Diff(sources, alone); diff != "" {
		t.Errorf("customers (-batches, +the matcher alone):\n%s", diff)
	}
	if diff := cmp.Diff(edgesByKey(t, online), edgesByKey(t, bulk)); diff != "" {
		t.Errorf("edges (-batches, +load):\n%s", diff)
	}
	asked := func(w *world) (asked []string) {
		for _, task := range w.tasks() {
			asked = append(asked, task.ID+" "+string(task.Detail))
		}
		slices.Sort(asked)
		return asked
	}
	if diff := cmp.Diff(asked(online), asked(bulk)); diff != "" {
		t.Errorf("tasks (-batches, +load):\n%s", diff)
	}
}

// partitionOf divides records without a store: the keys of each customer, in order.
func partitionOf(rules *golden.Ruleset, all []golden.Incoming) (customers []string) {
	records := make([]match.Record, len(all))
	for i := range all {
		records[i] = rules.MatchRecord(&all[i])
	}
	for _, members := range rules.MatchRules().Resolve(records).Clusters {
		keys := make([]string, len(members))
		for i, n := range members {
			keys[i] = records[n].Key
		}
		customers = append(customers, strings.Join(keys, " "))
	}
	slices.Sort(customers)
	return customers
}

// edgesByKey are the edges of all records, named by key.
func edgesByKey(t *testing.T, w *world) map[string]int32 {
	t.Helper()
	named := map[string]int32{}
	err := w.store.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		var keys []string
		for _, g := range snapshot(t, w.store) {
			keys = append(keys, g.Sources...)
		}
		records, err := tx.RecordsByKey(ctx, keys)
		if err != nil {
			return err
		}
		of, nos := map[golden.RecordNo]string{}, []golden.RecordNo{}
		for _, r := range records {
			of[r.No], nos = r.Key, append(nos, r.No)
		}
		edges, err := tx.EdgesOf(ctx, nos)
		for _, e := range edges {
			a, b := of[e.A], of[e.B]
			named[min(a, b)+" "+max(a, b)] = e.Weight
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return named
}
