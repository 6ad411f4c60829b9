package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/match"
)

// loading is a way of coming to a store's state without its history.
type loading struct {
	name string
	one  int // in how many histories it is tried
	load func(h *history, r *golden.Resolver, live []golden.Incoming) error
}

var loadings = []loading{
	{"from scratch", 1, func(_ *history, r *golden.Resolver, live []golden.Incoming) error {
		_, err := r.Resolve(context.Background(), golden.Batch{Records: live})
		return err
	}},
	{"in another order", 4, func(h *history, r *golden.Resolver, _ []golden.Incoming) error {
		for batch := range slices.Chunk(h.shuffled(), 1+h.random.IntN(12)) {
			if _, err := r.Resolve(context.Background(), golden.Batch{Records: batch}); err != nil {
				return err
			}
		}
		return nil
	}},
	{"all at once", 3, func(_ *history, r *golden.Resolver, live []golden.Incoming) error {
		_, err := r.Load(context.Background(), golden.Load{Records: prepare(r, live...)})
		if errors.Is(err, golden.ErrNotEmpty) { // people have decided something
			_, err = r.Resolve(context.Background(), golden.Batch{Records: live})
		}
		return err
	}},
}

// check compares the store with what its live records, links and decisions alone come to: divided
// all at once in memory, and in another store, by every way of loading it.
func (h *history) check() {
	h.t.Helper()
	got := readable(h.t, snapshot(h.t, h.store))
	h.checkBulk(got)
	var live []golden.Incoming
	// What the hub wrote, and in which forms it came back, is part of a record's state: it depends
	// on when the hub wrote, and is given to the other stores as it is.
	written := map[string][]golden.WrittenValue{}
	for _, key := range slices.Sorted(maps.Keys(h.seen.records)) {
		rec := h.seen.records[key]
		if len(rec.Written) > 0 {
			written[key] = rec.Written
		}
		if rec.Deleted {
			continue
		}
		in, err := golden.ParseIncoming(rec.Doc)
		if err != nil {
			h.t.Fatal(err)
		}
		live = append(live, in)
	}
	for _, l := range loadings {
		if l.one == 1 || h.random.IntN(l.one) == 0 {
			h.compare(l, got, written, live)
		}
	}
	for id := range h.versions {
		if _, asked, err := h.store.Customer(context.Background(), id); err != nil && asked.State != golden.Empty && asked.State != golden.Merged && asked.State != golden.Erased {
			h.t.Fatalf("golden ID %s does not resolve: %v", id, err)
		}
	}
	h.tally.done()
}

func (h *history) compare(l loading, got map[string][2]string, written map[string][]golden.WrittenValue, live []golden.Incoming) {
	h.t.Helper()
	if err := h.other.Reset(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	h.inTx(h.other, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.PutDecisions(ctx, h.decisions); err != nil {
			return err
		}
		return tx.PutLinks(ctx, h.links)
	})
	r := golden.NewResolver(h.other, h.rules, golden.ResolverOptions{})
	if err := l.load(h, r, live); err != nil {
		h.t.Fatalf("%s: %v", l.name, err)
	}
	h.alike(r, written)
	if diff := cmp.Diff(readable(h.t, snapshot(h.t, h.other)), got); diff != "" {
		h.t.Fatalf("not as %s (-want +got):\n%s", l.name, diff)
	}
}

// alike gives the other store what the hub wrote into the records.
func (h *history) alike(r *golden.Resolver, written map[string][]golden.WrittenValue) {
	h.t.Helper()
	own := maps.Clone(written)
	h.inTx(h.other, func(ctx context.Context, tx golden.Tx) error {
		records, err := tx.RecordsByKey(ctx, allKeys)
		for _, rec := range records {
			if own[rec.Key] == nil && len(rec.Written) > 0 {
				own[rec.Key] = []golden.WrittenValue{}
			}
		}
		return err
	})
	if len(own) == 0 {
		return
	}
	h.inTx(h.other, func(ctx context.Context, tx golden.Tx) error { return tx.PutWritten(ctx, own) })
	if _, err := r.Reresolve(context.Background(), slices.Sorted(maps.Keys(own))); err != nil {
		h.t.Fatal(err)
	}
}

// checkBulk divides the live records at once, in memory: the store has the same customers, edges and
// questions.
func (h *history) checkBulk(got map[string][2]string) {
	h.t.Helper()
	p, err := golden.ReadPopulation(context.Background(), h.store, h.rules)
	if err != nil {
		h.t.Fatal(err)
	}
	var members, live []string
	for _, rec := range p.Records {
		members = append(members, rec.Key)
	}
	for key, rec := range h.seen.records {
		if !rec.Deleted {
			live = append(live, key)
		}
	}
	slices.Sort(live)
	if !slices.Equal(live, members) {
		h.t.Fatalf("live records %v; members of customers %v", live, members)
	}
	all := h.rules.MatchRules().Resolve(p.Records, p.Statements()...)
	names := func(nodes []int) string {
		keys := make([]string, len(nodes))
		for i, n := range nodes {
			keys[i] = p.Records[n].Key
		}
		return strings.Join(keys, " ")
	}
	var want []string
	for _, c := range all.Clusters {
		want = append(want, names(c))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		h.t.Fatalf("other customers than all at once (-want +got):\n%s", diff)
	}
	edges := map[[2]string]int32{}
	for _, e := range all.Edges {
		edges[[2]string{p.Records[e.A].Key, p.Records[e.B].Key}] = e.Weight
	}
	if diff := cmp.Diff(edges, h.seen.edges); diff != "" {
		h.t.Fatalf("other edges than all at once (-want +got):\n%s", diff)
	}
	asked := map[string]int32{}
	for _, f := range all.Findings {
		asked[kinds[f.Kind]+" "+names(f.Nodes)] = f.Weight
	}
	if diff := cmp.Diff(asked, h.questions()); diff != "" {
		h.t.Fatalf("other questions than all at once (-want +got):\n%s", diff)
	}
}

var kinds = map[match.FindingKind]string{
	match.Doubtful: string(golden.TaskMatch), match.Conflict: string(golden.TaskConflict), match.Contradicted: string(golden.TaskConflict),
	match.BetterHome: string(golden.TaskHome), match.Oversize: string(golden.TaskSize),
}

// questions are the open tasks, with their scores.
func (h *history) questions() map[string]int32 {
	h.t.Helper()
	tasks, err := h.store.Tasks(context.Background(), golden.TaskQuery{Limit: 10_000})
	if err != nil {
		h.t.Fatal(err)
	}
	open := map[string]int32{}
	for _, t := range tasks {
		open[string(t.Kind)+" "+strings.Join(t.Records, " ")] = t.Score
	}
	return open
}

// shuffled interleaves the records' histories at random; each keeps its own order.
func (h *history) shuffled() (out []golden.Incoming) {
	queues := map[string][]golden.Incoming{}
	for _, e := range h.events {
		if !h.erased[e.Key()] {
			queues[e.Key()] = append(queues[e.Key()], e)
		}
	}
	for keys := slices.Sorted(maps.Keys(queues)); len(keys) > 0; {
		i := h.random.IntN(len(keys))
		queue := queues[keys[i]]
		out = append(out, queue[0])
		if queues[keys[i]] = queue[1:]; len(queue) == 1 {
			keys = slices.Delete(keys, i, i+1)
		}
	}
	return out
}

// snapshot returns the live golden records by their sources.
func snapshot(t fataler, store golden.Store) map[string]golden.GoldenRecord {
	t.Helper()
	all := map[string]golden.GoldenRecord{}
	_, err := store.Snapshot(context.Background(), func(g golden.GoldenRecord) error {
		key := strings.Join(g.Sources, " ")
		if other, twice := all[key]; twice {
			return fmt.Errorf("%s and %s have the same records", other.ID, g.ID)
		}
		all[key] = g
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// readable are the documents and the lineage in the form in which they are compared.
func readable(t fataler, all map[string]golden.GoldenRecord) map[string][2]string {
	t.Helper()
	texts := map[string][2]string{}
	for key, g := range all {
		lineage, err := golden.ReadLineage(g)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(lineage)
		if err != nil {
			t.Fatal(err)
		}
		texts[key] = [2]string{string(g.Doc), string(text)}
	}
	return texts
}
