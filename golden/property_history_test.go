package golden_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/golden"
)

// history drives one store through a random history and remembers what should count.
type history struct {
	rt       *rapid.T // what is drawn from
	t        fataler
	yaml     string
	rules    *golden.Ruleset
	store    emptyable
	other    emptyable // what it is compared with
	resolver *golden.Resolver
	random   *rand.Rand
	tally    *tally

	ids       int
	offset    int64
	sweeping  bool
	swept     string            // how far the sweep after the last change of rules has come
	events    []golden.Incoming // all that were sent, in order
	links     []golden.Link
	decisions []golden.Decision // in force
	versions  map[string]int64  // of every golden ID ever seen
	erased    map[string]bool   // record keys
	seen      sight             // what stood in the store after the last step
}

func newHistory(rt *rapid.T, store, other emptyable, counts *tally) *history {
	h := &history{rt: rt, t: rt, store: store, other: other, tally: counts, versions: map[string]int64{}, erased: map[string]bool{}}
	for _, s := range []emptyable{store, other} {
		if err := s.Reset(context.Background()); err != nil {
			rt.Fatal(err)
		}
	}
	h.random = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
	h.use(draw(rt, "ruleset", allRules...))
	return h
}

// use puts a ruleset in force. Sweep has to go through before the store is in line with it.
func (h *history) use(yaml string) {
	h.yaml, h.rules = yaml, rulesOf(h.t, yaml)
	h.resolver = h.resolverOn(h.store)
}

// resolverOn gives IDs that are the same whenever a history is run again: they are drawn from.
func (h *history) resolverOn(store golden.Store) *golden.Resolver {
	return golden.NewResolver(store, h.rules, golden.ResolverOptions{
		OnChanged: watch,
		Clock:     func() time.Time { return time.Unix(int64(h.ids), 0) },
		NewID:     func() string { h.ids++; return fmt.Sprintf("G%06d", h.ids) },
		Suppress:  golden.NewSuppressor([]byte("key")),
	})
}

// watch holds the changes against the records that come with them.
func watch(_ context.Context, _ golden.Tx, changes []golden.Change, records map[golden.EntityNo]golden.GoldenRecord) error {
	for _, c := range changes {
		if r, there := records[c.Entity]; !there || r.ID != c.ID || r.Version != c.Version {
			return fmt.Errorf("change %+v without its record", c)
		}
	}
	return nil
}

func (h *history) run() {
	for range 1 + below(h.rt, "steps", 12) {
		h.step()
		h.look()
	}
	h.finishSweep()
	h.look()
	h.check()
}

func (h *history) step() {
	switch below(h.rt, "action", 24) {
	case 0, 1:
		h.decide()
	case 2:
		h.undo()
	case 3:
		h.link()
	case 4:
		h.write()
	case 5:
		h.must(h.resolver.Reresolve(context.Background(), someKeys(h.rt, "again", 1, 3)))
	case 6, 7, 8, 9, 10:
		h.act()
	case 11:
		h.undoAct()
	case 12, 13:
		h.change()
	case 14:
		h.sweepSome()
	case 15:
		h.plan()
	case 16:
		h.erase()
	default:
		batch := h.batch()
		h.events = append(h.events, batch...)
		h.must(h.resolver.Resolve(context.Background(), golden.Batch{Records: batch}))
	}
}

func (h *history) must(result golden.Result, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	h.tally.count("version stale", result.Stale)
	for _, c := range result.Changes {
		h.tally.add("customer " + string(c.Type))
		h.version(c.ID, c.Version)
	}
}

// version holds the versions of a golden ID against each other: they grow by one.
func (h *history) version(id string, version int64) {
	if last, seen := h.versions[id]; seen && version != last+1 {
		h.t.Fatalf("%s went from version %d to %d", id, last, version)
	}
	h.versions[id] = version
}

// change puts other rules in force and begins to sweep, in the midst of whatever else happens.
func (h *history) change() {
	was := h.yaml
	h.use(draw(h.rt, "ruleset", allRules...))
	if was != h.yaml {
		h.tally.add(fmt.Sprintf("rules %s to %s", sortOf(was), sortOf(h.yaml)))
	}
	if h.sweeping {
		h.tally.add("rules changed before the sweep was through")
	}
	h.sweeping, h.swept = true, ""
	if rapid.Bool().Draw(h.rt, "sweep") {
		h.finishSweep()
	}
}

func sortOf(yaml string) string {
	if weighs(yaml) {
		return "scored"
	}
	return "exact"
}

func (h *history) finishSweep() {
	for h.sweeping {
		h.sweepSome()
	}
}

func (h *history) sweepSome() {
	if !h.sweeping {
		return
	}
	last, result, err := h.resolver.Sweep(context.Background(), h.swept, 1+h.random.IntN(4))
	h.must(result, err)
	h.swept, h.sweeping = last, last != ""
	if h.sweeping {
		h.tally.add("stretch of a sweep")
	}
}

// plan asks what other rules would do, which changes nothing, and now and then does it: then it has
// told what comes of it.
func (h *history) plan() {
	if maybe(h.rt, "no plan", 2) {
		return
	}
	h.finishSweep()
	before := snapshot(h.t, h.store)
	yaml := draw(h.rt, "ruleset", allRules...)
	planned, err := golden.NewResolver(h.store, rulesOf(h.t, yaml), golden.ResolverOptions{}).Plan(context.Background(), golden.Planning{Again: true})
	if err != nil {
		h.t.Fatal(err)
	}
	if diff := cmp.Diff(readable(h.t, before), readable(h.t, snapshot(h.t, h.store))); diff != "" {
		h.t.Fatalf("a plan changed something: %s", diff)
	}
	h.tally.add("plan")
	if maybe(h.rt, "not done", 3) {
		return
	}
	h.use(yaml)
	h.sweeping, h.swept = true, ""
	h.finishSweep()
	want := map[string]string{}
	byID := map[string]string{}
	for key, g := range before {
		want[key], byID[g.ID] = string(g.Doc), key
	}
	for _, c := range planned.Customers {
		delete(want, byID[c.ID])
	}
	for _, c := range planned.Customers {
		if c.After.State == golden.Live {
			want[strings.Join(c.After.Sources, " ")] = string(c.After.Customer)
		}
	}
	got := map[string]string{}
	for key, g := range snapshot(h.t, h.store) {
		got[key] = string(g.Doc)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Fatalf("planned something else than was done (-planned +done):\n%s", diff)
	}
	h.tally.add("plan that was carried out")
}

func (h *history) decide() {
	h.ids++
	d := golden.Decision{
		ID: fmt.Sprintf("D%06d", h.ids), Verdict: pick(h.rt, "verdict", verdicts),
		Strength: pick(h.rt, "strength", strengths), At: time.Unix(int64(h.ids), 0).UTC(),
	}
	d.Left, d.Right = h.sides()
	result, err := h.resolver.Decide(context.Background(), d)
	if refused := new(golden.ContradictionError); errors.As(err, &refused) && d.Strength == golden.Lock {
		h.tally.add("lock refused")
		return
	}
	h.must(result, err)
	h.tally.add(fmt.Sprintf("decision %s %s", d.Verdict, d.Strength))
	h.decisions = append(h.decisions, d)
}

// sides are two sets of records, now and then those of an earlier decision.
func (h *history) sides() (left, right []string) {
	earlier := slices.DeleteFunc(slices.Clone(h.decisions), func(d golden.Decision) bool { return d.Verdict == golden.Pinned })
	if len(earlier) > 0 && maybe(h.rt, "the same records", 4) {
		d := pick(h.rt, "as in", earlier)
		return d.Left, d.Right
	}
	both := someKeys(h.rt, "records", 2, 4)
	cut := 1 + below(h.rt, "cut", len(both)-1)
	return both[:cut], both[cut:]
}

var (
	verdicts  = []golden.Verdict{golden.Same, golden.Different}
	strengths = []golden.Strength{golden.Lock, golden.Suggest, golden.Auto}
)

func (h *history) undo() {
	if len(h.decisions) == 0 {
		return
	}
	i := below(h.rt, "undo", len(h.decisions))
	d := h.decisions[i]
	of := func(one golden.Decision) bool { return d.Act != "" && one.Act == d.Act && one.ID != d.ID }
	if d.Verdict == golden.Pinned || d.Act != "" && d.Act != d.ID || slices.ContainsFunc(h.decisions, of) {
		h.undoAct()
		return
	}
	h.ids++
	h.must(h.resolver.Undo(context.Background(), d.ID, d.Left[0]))
	h.tally.add("decision undone")
	h.decisions = slices.Delete(h.decisions, i, i+1)
}

func (h *history) link() {
	ends := someKeys(h.rt, "link", 2, 2)
	if h.erased[ends[0]] || h.erased[ends[1]] {
		return
	}
	h.links = slices.DeleteFunc(h.links, func(l golden.Link) bool { return l.Remote == ends[0] })
	l := golden.Link{Remote: ends[0], Origin: ends[1], Target: "t", At: time.Unix(0, 0).UTC()}
	h.links = append(h.links, l)
	h.must(h.resolver.Link(context.Background(), []golden.Link{l}))
	h.tally.add("link")
}

// write notes some of a customer's values as written by the hub into one of its records.
func (h *history) write() {
	all := snapshot(h.t, h.store)
	if len(all) == 0 {
		return
	}
	of := all[pick(h.rt, "customer", slices.Sorted(maps.Keys(all)))]
	key := pick(h.rt, "record", of.Sources)
	h.inTx(h.store, func(ctx context.Context, tx golden.Tx) error {
		records, err := tx.RecordsByKey(ctx, []string{key})
		if err != nil {
			return err
		}
		written, err := h.rules.Written(of, key, records[0].Written, nil, time.Unix(0, 0))
		if err != nil {
			return err
		}
		return tx.PutWritten(ctx, map[string][]golden.WrittenValue{key: written})
	})
	h.must(h.resolver.Reresolve(context.Background(), []string{key}))
	h.tally.add("values written by the hub")
}

// erase removes a customer, or some of its records, which do not come back.
func (h *history) erase() {
	all := snapshot(h.t, h.store)
	if len(all) == 0 || !maybe(h.rt, "erasure", 3) {
		return
	}
	of := all[pick(h.rt, "customer", slices.Sorted(maps.Keys(all)))]
	q := golden.Erase{ID: "E" + of.ID, Customer: of.ID, Author: "dpo", Reason: "asked for it"}
	if rapid.Bool().Draw(h.rt, "one record") {
		members, err := h.store.SourcesOf(context.Background(), of.No) // those that were deleted too
		if err != nil {
			h.t.Fatal(err)
		}
		q.Records = []string{pick(h.rt, "record", members).Key}
	}
	h.ids++
	done, err := h.resolver.Erase(context.Background(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, key := range done.Records {
		h.erased[key] = true
	}
	h.reread()
	h.tally.add("erasure")
}

// reread takes decisions, links and versions from the store, after what changes them by itself.
func (h *history) reread() {
	decisions, err := h.store.Decisions(context.Background(), golden.DecisionQuery{Limit: 10_000})
	if err != nil {
		h.t.Fatal(err)
	}
	slices.SortFunc(decisions, func(a, b golden.Decision) int { return strings.Compare(a.ID, b.ID) })
	h.decisions = decisions
	h.inTx(h.store, func(ctx context.Context, tx golden.Tx) (err error) {
		h.links, err = tx.LinksOf(ctx, allKeys)
		return err
	})
	rows, err := h.store.Customers(context.Background(), slices.Sorted(maps.Keys(h.versions)))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, g := range rows {
		h.versions[g.ID] = g.Version
	}
	for _, g := range snapshot(h.t, h.store) {
		h.versions[g.ID] = g.Version
	}
}

func (h *history) inTx(store golden.Store, do func(context.Context, golden.Tx) error) {
	h.t.Helper()
	if err := store.InTx(context.Background(), do); err != nil {
		h.t.Fatal(err)
	}
}
