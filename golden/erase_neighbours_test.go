package golden_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/golden"
)

// Promise 3 holds over erasures: who is left is who would be there if the erased had never been,
// also where they joined others, or made a key generic.
func TestErase_leavesOthersAsIfNobodyHadBeenThere(t *testing.T) {
	t.Parallel()
	const rules = "match: {keys: [[email], [phone, name]], limits: {block: 4}}\nsurvive: {attributes: {emails: union, phones: union}}"
	store, fresh := onSQLite(t), onSQLite(t)
	rapid.Check(t, func(rt *rapid.T) {
		for _, s := range []emptyable{store, fresh} {
			if err := s.Reset(t.Context()); err != nil {
				rt.Fatal(err)
			}
		}
		w := &world{t: t, store: store, rules: ruleset(rt, rules)}
		w.resolver = golden.NewResolver(store, w.rules, golden.ResolverOptions{})
		few := func(label string, n int) int { return rapid.IntRange(0, n).Draw(rt, label) }
		said := map[string]string{}
		for i := range rapid.IntRange(4, 14).Draw(rt, "records") {
			key := fmt.Sprintf("s%d/%d", i%3, i)
			said[key] = fmt.Sprintf(`{"names":[{"given":"G%[1]d","family":"Fam"}],"emails":[{"value":"m%[2]d@post.example"}],"phones":[{"value":"+49301234%03[3]d"}]}`,
				few("name", 1), few("mail", 5), few("phone", 2))
			w.resolve(w.record(key, 1, said[key]))
		}
		for range few("erasures", 3) {
			all, err := store.FindCustomers(t.Context(), golden.Query{Limit: 100})
			if err != nil {
				rt.Fatal(err)
			}
			if len(all) == 0 {
				break
			}
			victim := all[few("victim", len(all)-1)]
			q := golden.Erase{Customer: victim.ID, Reason: "request"}
			if few("single", 2) == 0 {
				q.Records = victim.Sources[:1]
			}
			done, err := w.resolver.Erase(t.Context(), q)
			if err != nil {
				rt.Fatalf("erase: %v", err)
			}
			for _, key := range done.Records {
				delete(said, strings.Replace(key, "/customers/", "/", 1))
			}
		}
		scratch := &world{t: t, store: fresh, rules: w.rules, resolver: golden.NewResolver(fresh, w.rules, golden.ResolverOptions{})}
		for key, content := range said {
			scratch.resolve(scratch.record(key, 1, content))
		}
		if diff := cmp.Diff(clusters(rt, fresh), clusters(rt, store)); diff != "" {
			rt.Fatalf("customers (-from scratch +after erasures):\n%s", diff)
		}
	})
}

// clusters are the sources of all customers with what is true of them.
func clusters(t fataler, store golden.Store) (all []string) {
	for _, g := range snapshot(t, store) {
		all = append(all, strings.Join(g.Sources, " ")+" "+string(g.Doc))
	}
	slices.Sort(all)
	return all
}

// Where one record goes, the customer stays with what the others say, and its history does not tell
// what the one had said.
func TestErase_ofOneRecordTakesItOutOfTheHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, erasable)
	w.resolve(w.record("erp/1", 1, `{"names":[{"full":"Anna Alt"}],"emails":[{"value":"anna@post.example"}],"phones":[{"value":"+493012345"}]}`))
	w.resolve(w.record("shop/1", 2, `{"names":[{"full":"Anna Neu"}],"emails":[{"value":"anna@post.example"}]}`))
	w.resolve(w.record("shop/1", 3, `{"names":[{"full":"Anna Neuer"}],"emails":[{"value":"anna@post.example"}]}`))
	id := idOf(t, w.store, "erp/customers/1")
	done, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: id, Records: []string{"shop/customers/1"}, Reason: "account closed"})
	if err != nil || done.Whole {
		t.Fatalf("%+v, %v", done, err)
	}
	g := mustCustomer(t, w.store, id)
	if g.State != golden.Live || bytes.Contains(g.Doc, []byte("Neu")) || !slices.Equal(g.Sources, []string{"erp/customers/1"}) {
		t.Errorf("the customer is %s %s of %v", g.State, g.Doc, g.Sources)
	}
	history, err := w.store.History(t.Context(), g.No, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range history {
		for _, p := range c.Paths {
			if bytes.Contains(append(slices.Clone(p.Old), p.New...), []byte("Neu")) || strings.HasPrefix(p.Source, "shop/") {
				t.Errorf("version %d tells %s %s → %s from %s", c.Version, p.Path, p.Old, p.New, p.Source)
			}
		}
		if slices.Contains(c.Records, "shop/customers/1") || c.Cause == "shop/customers/1" {
			t.Errorf("version %d names the record: %v, %s", c.Version, c.Records, c.Cause)
		}
	}
	last := history[len(history)-1]
	if len(last.Paths) == 0 || !bytes.Contains(last.Paths[len(last.Paths)-1].New, []byte("Alt")) {
		t.Errorf("the last change does not tell what holds now: %+v", last)
	}
}

// A pinned value that names an erased record goes with it, also from a customer that has fallen apart
// from it since, and where the record was a tombstone.
func TestErase_takesPinnedValuesFromOthers(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		w := newWorld(t, "match: {keys: [[email]]}")
		w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{Suppress: golden.NewSuppressor([]byte("key"))})
		w.resolve(w.record("erp/1", 1, person("Eva Kurz", "eva")), w.record("erp/2", 1, person("Eva Kurz", "eva")), w.record("erp/3", 1, person("Eva Kurz", "eva")))
		w.pin("erp/1", "language", `"fr"`)
		w.decide(golden.Decision{Verdict: golden.Different, Strength: golden.Lock, Left: []string{"erp/1", "erp/3"}, Right: []string{"erp/2"}})
		w.resolve(w.deleted("erp/1", 2)) // the value goes on to the next of its records that is live
		if !deleted {
			w.resolve(w.record("erp/1", 3, person("Eva Kurz", "eva")))
		}
		if _, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: w.entity("erp/3").ID, Reason: "request"}); err != nil {
			t.Fatal(err)
		}
		if got := w.doc("erp/2").Language; got != "de" {
			t.Errorf("deleted before: %t; the language is %s", deleted, got)
		}
	}
}

// What is left of an act is undone by the ID of the act, whose first decision was erased.
func TestErase_leavesActsThatCanBeUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {keys: [[email]]}")
	w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{Suppress: golden.NewSuppressor([]byte("key"))})
	w.resolve(w.record("erp/1", 1, person("Eva Kurz", "eva")), w.record("erp/2", 1, person("Eva Kurz", "eva")), w.record("erp/3", 1, person("Ada Lang", "ada")))
	moved := w.act(golden.Move("erp/customers/1", w.entity("erp/3").ID))
	if _, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: w.entity("erp/2").ID, Reason: "request"}); err != nil {
		t.Fatal(err)
	}
	w.act(golden.UndoOf(moved.Act))
	if w.together("erp/1", "erp/3") {
		t.Error("still where it was moved to")
	}
}

// A tombstone that is erased takes nobody with it.
func TestErase_ofATombstoneLeavesTheCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "match: {keys: [[email]]}")
	w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{Suppress: golden.NewSuppressor([]byte("key"))})
	w.resolve(w.record("erp/1", 1, person("Eva Kurz", "eva")), w.record("erp/2", 1, person("Eva Kurz", "eva")))
	w.resolve(w.deleted("erp/2", 2))
	id := w.entity("erp/1").ID
	if _, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: id, Records: []string{"erp/customers/2"}, Reason: "request"}); err != nil {
		t.Fatal(err)
	}
	if g := mustCustomer(t, w.store, id); g.State != golden.Live || !slices.Equal(g.Sources, []string{"erp/customers/1"}) {
		t.Errorf("the customer is %s, of %v", g.State, g.Sources)
	}
}

// A tombstone leaves alone: the customer that it was a record of goes on with those that live.
func TestErase_ofTombstoneKeepsTheCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, erasable)
	w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{Suppress: golden.NewSuppressor([]byte("key"))})
	w.resolve(w.record("erp/1", 1, anna), w.record("shop/9", 1, anna2))
	w.resolve(w.deleted("shop/9", 2))
	before := w.entity("erp/1")
	if _, err := w.resolver.Erase(t.Context(), golden.Erase{Customer: before.ID, Records: []string{"shop/customers/9"}, Reason: "request 17", Author: "dpo"}); err != nil {
		t.Fatal(err)
	}
	after := w.entity("erp/1")
	if after.ID != before.ID || after.State != golden.Live || len(after.Sources) != 1 {
		t.Errorf("the customer %s of %v is %s now and %s, of %v", before.ID, before.Sources, after.ID, after.State, after.Sources)
	}
}
