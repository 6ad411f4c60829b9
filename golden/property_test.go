package golden_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
)

// Small limits, so that keys become generic and components are cut all the time.
const tight = `
match:
  unique: [member]
  keys: [[identifier], [email], [phone, name], [name, birthDate]]
  limits: {block: 3, component: 5}
survive:
  priority: [erp, shop, crm]
  attributes:
    names: {rule: source_priority}
    phones: {rule: union, limit: 3, prefer: verified_first}
    language: {rule: most_frequent, when: 'source.system != "crm" || !empty(customer.emails)'}
    industry: longest
`

// TestConvergence is promise 3: partition, values and winning sources are a function of the live
// records, links and decisions alone, whatever came before.
func TestConvergence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := temporary(rt)
		defer func() { _ = store.Close() }()
		newHistory(rt, store).run()
	})
}

func (h *history) run() {
	steps := rapid.IntRange(1, 14).Draw(h.t, "steps")
	for range steps {
		h.step()
	}
	if rapid.IntRange(0, 3).Draw(h.t, "rules") == 0 {
		h.change(rapid.SampledFrom([]string{loose, scored}).Draw(h.t, "other"))
	}
	h.check()
}

// The same limits where pairs are weighed by what they say, not by the keys that they share.
const scored = `
match:
  rules: person
  unique: [member]
  limits: {block: 3, component: 5}
survive:
  priority: [erp, shop, crm]
`

// Other rules than tight in everything that can differ.
const loose = `
match:
  unique: []
  keys: [[phone], [email, name], [birthDate]]
  limits: {block: 6, component: 9}
survive:
  priority: [crm, erp]
  trust: {erp: {score: 90, half_life: 2d}, shop: 60, crm: {score: 100, half_life: 1d}}
  attributes:
    names: {rule: most_complete}
    phones: {rule: most_recent}
    default: source_priority
    language: trust
  kinds:
    organisation:
      attributes: {names: trust, default: longest}
`

// change puts other rules in force, and sweeps.
func (h *history) change(yaml string) {
	h.rules = ruleset(h.t, yaml)
	h.resolver = h.resolverOn(h.store)
	for after := ""; ; {
		last, result, err := h.resolver.Sweep(context.Background(), after, 2)
		h.must(result, err)
		if last == "" {
			return
		}
		after = last
	}
}

func temporary(rt *rapid.T) golden.Store {
	store, err := sqlite.Open(context.Background(), sqlite.Config{Temporary: true})
	if err != nil {
		rt.Fatal(err)
	}
	return store
}

// history drives one store through a random history and remembers what should count.
type history struct {
	t         *rapid.T
	rules     *golden.Ruleset
	store     golden.Store
	resolver  *golden.Resolver
	ids       int
	offset    int64
	events    []golden.Incoming // all that were sent, in order
	links     []golden.Link
	decisions []golden.Decision // in force
	versions  map[string]int64  // of every golden ID ever seen
}

func newHistory(rt *rapid.T, store golden.Store) *history {
	h := &history{t: rt, rules: ruleset(rt, rapid.SampledFrom([]string{tight, scored}).Draw(rt, "ruleset")), store: store, versions: map[string]int64{}}
	h.resolver = h.resolverOn(store)
	return h
}

func (h *history) resolverOn(store golden.Store) *golden.Resolver {
	return golden.NewResolver(store, h.rules, golden.ResolverOptions{OnChanged: h.watch, Clock: func() time.Time { return time.Unix(int64(h.ids), 0) }})
}

// watch holds the changes against each other: versions grow by one.
func (h *history) watch(_ context.Context, _ golden.Tx, changes []golden.Change, records map[golden.EntityNo]golden.GoldenRecord) error {
	for _, c := range changes {
		if r, there := records[c.Entity]; !there || r.ID != c.ID || r.Version != c.Version {
			return fmt.Errorf("change %+v without its record", c)
		}
	}
	return nil
}

func (h *history) step() {
	switch rapid.IntRange(0, 16).Draw(h.t, "action") {
	case 0:
		h.decide()
	case 1:
		h.undo()
	case 2:
		h.link()
	case 3:
		h.write()
	case 4:
		keys := rapid.SliceOfN(rapid.SampledFrom(allKeys), 1, 3).Draw(h.t, "again")
		h.must(h.resolver.Reresolve(context.Background(), keys))
	case 5, 6, 7:
		h.act()
	case 8:
		h.undoAct()
	case 9:
		h.change(rapid.SampledFrom([]string{tight, loose}).Draw(h.t, "ruleset"))
	default:
		n := rapid.IntRange(1, 5).Draw(h.t, "batch")
		batch := make([]golden.Incoming, n)
		for i := range batch {
			batch[i] = h.event()
		}
		h.events = append(h.events, batch...)
		h.must(h.resolver.Resolve(context.Background(), golden.Batch{Records: batch}))
	}
}

func (h *history) must(result golden.Result, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range result.Changes {
		if last, seen := h.versions[c.ID]; seen && c.Version != last+1 {
			h.t.Fatalf("%s went from version %d to %d", c.ID, last, c.Version)
		}
		h.versions[c.ID] = c.Version
	}
}

var allKeys = func() (keys []string) {
	for _, system := range []string{"erp", "shop", "crm"} {
		for i := range 4 {
			keys = append(keys, fmt.Sprintf("%s/customers/%d", system, i))
		}
	}
	return keys
}()

func draw(rt *rapid.T, what string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, what) }

// event is a new version of a record, a deletion, or something sent before, again.
func (h *history) event() golden.Incoming {
	kind := rapid.IntRange(0, 9).Draw(h.t, "event")
	if kind == 0 && len(h.events) > 0 {
		return rapid.SampledFrom(h.events).Draw(h.t, "repeated")
	}
	h.offset++
	key := strings.Replace(draw(h.t, "key", allKeys...), "/customers", "", 1)
	day := rapid.IntRange(0, 3).Draw(h.t, "day")
	if kind == 1 {
		return incoming(h.t, key, day, h.offset, canonical.Deleted, "{}")
	}
	return incoming(h.t, key, day, h.offset, canonical.Active, h.content())
}

func (h *history) content() string {
	var members []string
	some := func(chance int, text string) {
		if rapid.IntRange(0, 9).Draw(h.t, "has") < chance {
			members = append(members, text)
		}
	}
	name := draw(h.t, "name", `{"given":"Anna","family":"Schmidt"}`, `{"given":"Bernd","family":"Schmidt"}`, `{"full":"王小明"}`, `{"full":"Wang Xiaoming"}`, `{"full":"Schmidt, Ana"}`)
	some(8, `"names":[`+name+`]`)
	some(6, `"emails":[{"value":"`+draw(h.t, "email", "a", "b", "c", "d")+`@example.com"}]`)
	some(6, `"phones":[{"value":"+49301234`+draw(h.t, "phone", "001", "002", "003", "004", "005")+`"},{"value":"+49301234`+draw(h.t, "phone", "001", "002", "006")+`"}]`)
	some(4, `"birthDate":`+draw(h.t, "born", `"1990-01-02"`, `"1991-03-04"`, "null"))
	some(3, `"identifiers":[{"scheme":"member","value":"`+draw(h.t, "member", "1", "2")+`"}]`)
	some(5, `"language":`+draw(h.t, "language", `"de"`, `"en"`, `"zh"`, "null"))
	some(4, `"industry":`+draw(h.t, "industry", `"trade"`, `"machines"`, "null"))
	some(3, `"kind":"`+draw(h.t, "kind", "person", "organisation")+`"`)
	some(3, `"addresses":[{"use":"billing","locality":"`+draw(h.t, "city", "Bonn", "Jena")+`"},{"use":"`+draw(h.t, "use", "billing", "delivery")+`","locality":"Ulm"}]`)
	some(2, `"attributes":{"`+draw(h.t, "attribute", "vip", "tier")+`":"`+draw(h.t, "setting", "yes", "no")+`"}`)
	return "{" + strings.Join(members, ",") + "}"
}

func (h *history) decide() {
	side := rapid.SliceOfNDistinct(rapid.SampledFrom(allKeys), 2, 4, rapid.ID[string]).Draw(h.t, "records")
	cut := rapid.IntRange(1, len(side)-1).Draw(h.t, "cut")
	h.ids++
	d := golden.Decision{
		ID: fmt.Sprintf("D%d", h.ids), Verdict: rapid.SampledFrom([]golden.Verdict{golden.Same, golden.Different}).Draw(h.t, "verdict"),
		Strength: rapid.SampledFrom([]golden.Strength{golden.Lock, golden.Suggest, golden.Auto}).Draw(h.t, "strength"),
		Left:     side[:cut], Right: side[cut:], At: time.Unix(int64(h.ids), 0).UTC(),
	}
	result, err := h.resolver.Decide(context.Background(), d)
	if err != nil && strings.Contains(err.Error(), "contradicts") && d.Strength == golden.Lock {
		return
	}
	h.must(result, err)
	h.decisions = append(h.decisions, d)
}

func (h *history) undo() {
	if len(h.decisions) == 0 {
		return
	}
	i := rapid.IntRange(0, len(h.decisions)-1).Draw(h.t, "undo")
	if d := h.decisions[i]; d.Act != "" {
		h.undoAct()
		return
	}
	h.must(h.resolver.Undo(context.Background(), h.decisions[i].ID, h.decisions[i].Right[0]))
	h.decisions = slices.Delete(h.decisions, i, i+1)
}

func (h *history) link() {
	ends := rapid.SliceOfNDistinct(rapid.SampledFrom(allKeys), 2, 2, rapid.ID[string]).Draw(h.t, "link")
	if slices.ContainsFunc(h.links, func(l golden.Link) bool { return l.Remote == ends[0] }) {
		return
	}
	l := golden.Link{Remote: ends[0], Origin: ends[1], Target: "t", At: time.Unix(0, 0).UTC()}
	h.links = append(h.links, l)
	h.must(h.resolver.Link(context.Background(), []golden.Link{l}))
}

// write notes some of a customer's values as written by the hub into one of its records.
func (h *history) write() {
	all := snapshot(h.t, h.store)
	if len(all) == 0 {
		return
	}
	of := all[rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Draw(h.t, "customer")]
	key := rapid.SampledFrom(of.Sources).Draw(h.t, "record")
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
}

func (h *history) inTx(store golden.Store, do func(context.Context, golden.Tx) error) {
	if err := store.InTx(context.Background(), do); err != nil {
		h.t.Fatal(err)
	}
}

// check compares the store with one that gets the live records at once, and with one that gets the
// same versions in another order of records and other batches.
func (h *history) check() {
	got := snapshot(h.t, h.store)
	var live []golden.Incoming
	// What the hub wrote, and in which forms it came back, is part of a record's state: it depends
	// on when the hub wrote, and is given to the other stores as it is.
	written := map[string][]golden.WrittenValue{}
	h.inTx(h.store, func(ctx context.Context, tx golden.Tx) error {
		records, err := tx.RecordsByKey(ctx, allKeys)
		live = nil
		for _, r := range records {
			written[r.Key] = r.Written
			if !r.Deleted {
				in, err := golden.ParseIncoming(r.Doc)
				if err != nil {
					return err
				}
				live = append(live, in)
			}
		}
		return err
	})
	h.compare("from scratch", got, written, func(r *golden.Resolver) error {
		_, err := r.Resolve(context.Background(), golden.Batch{Records: live})
		return err
	})
	h.compare("in another order", got, written, func(r *golden.Resolver) error { return replay(r, h.shuffled()) })
	for id := range h.versions {
		if _, _, err := h.store.Customer(context.Background(), id); err != nil && !emptied(h.store, id) {
			h.t.Fatalf("golden ID %s does not resolve: %v", id, err)
		}
	}
}

func emptied(store golden.Store, id string) bool {
	_, asked, _ := store.Customer(context.Background(), id)
	return asked.State == golden.Empty || asked.State == golden.Merged
}

func replay(r *golden.Resolver, events []golden.Incoming) error {
	for len(events) > 0 {
		n := min(len(events), 3)
		if _, err := r.Resolve(context.Background(), golden.Batch{Records: events[:n]}); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// shuffled interleaves the records' histories at random; each keeps its own order.
func (h *history) shuffled() []golden.Incoming {
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(h.t, "seed"), 1))
	queues := map[string][]golden.Incoming{}
	for _, e := range h.events {
		queues[e.Key()] = append(queues[e.Key()], e)
	}
	var out []golden.Incoming
	keys := slices.Sorted(maps.Keys(queues))
	for len(keys) > 0 {
		i := random.IntN(len(keys))
		queue := queues[keys[i]]
		out = append(out, queue[0])
		if queues[keys[i]] = queue[1:]; len(queue) == 1 {
			keys = slices.Delete(keys, i, i+1)
		}
	}
	return out
}

func (h *history) compare(what string, got map[string]golden.GoldenRecord, written map[string][]golden.WrittenValue, run func(*golden.Resolver) error) {
	h.t.Helper()
	store := temporary(h.t)
	defer func() { _ = store.Close() }()
	h.inTx(store, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.PutDecisions(ctx, h.decisions); err != nil {
			return err
		}
		return tx.PutLinks(ctx, h.links)
	})
	r := golden.NewResolver(store, h.rules, golden.ResolverOptions{})
	if err := run(r); err != nil {
		h.t.Fatal(err)
	}
	h.inTx(store, func(ctx context.Context, tx golden.Tx) error { return tx.PutWritten(ctx, written) })
	if _, err := r.Reresolve(context.Background(), slices.Sorted(maps.Keys(written))); err != nil {
		h.t.Fatal(err)
	}
	want := snapshot(h.t, store)
	if diff := cmp.Diff(readable(h.t, want), readable(h.t, got)); diff != "" {
		h.t.Fatalf("not as %s (-want +got):\n%s", what, diff)
	}
}

// snapshot returns the live golden records by their sources.
func snapshot(rt rapid.TB, store golden.Store) map[string]golden.GoldenRecord {
	all := map[string]golden.GoldenRecord{}
	_, err := store.Snapshot(context.Background(), func(g golden.GoldenRecord) error {
		all[strings.Join(g.Sources, " ")] = g
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
	return all
}

// readable are the documents and the lineage in the form in which they are compared.
func readable(rt rapid.TB, all map[string]golden.GoldenRecord) map[string][2]string {
	texts := map[string][2]string{}
	for key, g := range all {
		lineage, err := golden.ReadLineage(g)
		if err != nil {
			rt.Fatal(err)
		}
		text, err := json.Marshal(lineage)
		if err != nil {
			rt.Fatal(err)
		}
		texts[key] = [2]string{string(g.Doc), string(text)}
	}
	return texts
}
