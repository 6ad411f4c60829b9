package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
)

func (w *world) pin(key, attribute, value string) golden.Effects {
	w.t.Helper()
	return w.act(golden.Pin(w.entity(key).ID, attribute, json.RawMessage(value)))
}

func TestPin_winsOverEveryRuleAndSurvives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"language":"de","emails":[{"value":"a@example.com"}],"phones":[{"value":"+4930111111"}]}`),
		w.record("shop/1", 2, `{"language":"en","emails":[{"value":"a@example.com"}],"phones":[{"value":"+4930222222"}],"industry":"trade"}`))
	w.pin("erp/1", "language", `"fr"`)
	w.pin("erp/1", "phones", `[{"value":"+4930999999"}]`)
	effects := w.pin("erp/1", "industry", `null`)
	if len(effects.Customers) != 1 || len(effects.Customers[0].Changed) != 1 || effects.Customers[0].Changed[0].Path != "/industry" {
		t.Errorf("effects %+v", effects.Customers)
	}
	holds := func(when string) {
		t.Helper()
		doc := w.doc("erp/1")
		if doc.Language != "fr" || len(doc.Phones) != 1 || doc.Phones[0].Value != "+4930999999" || doc.Industry != "" || !slices.Contains(doc.Cleared, "industry") {
			t.Errorf("%s: %s", when, w.entity("erp/1").Doc)
		}
	}
	holds("pinned")
	w.resolve(w.record("shop/1", 5, `{"language":"es","emails":[{"value":"a@example.com"}],"phones":[{"value":"+4930333333"}],"industry":"steel"}`))
	holds("after a newer version")
	w.resolver = golden.NewResolver(w.store, ruleset(t, "match: {keys: [[email]]}\nsurvive: {priority: [shop], attributes: {default: longest}}"), golden.ResolverOptions{})
	if _, _, err := w.resolver.Sweep(t.Context(), "", 10); err != nil {
		t.Fatal(err)
	}
	holds("after another ruleset")
	lineage := w.lineage("erp/1")["language"]
	if len(lineage) != 1 || lineage[0].Rule != "pinned" || len(lineage[0].Lost) != 1 || string(lineage[0].Lost[0].Value) != `"es"` {
		t.Errorf("lineage %+v", lineage)
	}
	found, err := w.store.FindCustomers(t.Context(), golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupPhone, Value: "+4930999999"}}})
	if err != nil || len(found) != 1 {
		t.Errorf("the pinned phone finds %d customers, %v", len(found), err)
	}
	w.act(golden.Unpin(w.entity("erp/1").ID, "language"))
	if got := w.doc("erp/1").Language; got != "es" {
		t.Errorf("let go, the language is %s", got)
	}
	var stands *golden.StandsError
	if err := w.refused(golden.Unpin(w.entity("erp/1").ID, "language")); !errors.As(err, &stands) {
		t.Errorf("let go twice: %v", err)
	}
	if got := w.doc("erp/1").Phones[0].Value; got != "+4930999999" {
		t.Errorf("another attribute was let go with it: %s", got)
	}
}

func TestPin_newestWinsAndUndoBringsTheOlderBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"language":"de"}`))
	w.pin("erp/1", "language", `"fr"`)
	second := w.pin("erp/1", "language", `"it"`)
	if got := w.doc("erp/1").Language; got != "it" {
		t.Errorf("language %s", got)
	}
	w.act(golden.UndoOf(second.Act))
	if got := w.doc("erp/1").Language; got != "fr" {
		t.Errorf("after the undo %s", got)
	}
}

func TestPin_goesWithItsRecordAfterASplit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("shop/9", 2, anna2))
	// the address is the shop's, so what is pinned in its place is of the shop's customer
	w.pin("erp/1", "addresses", `[{"country":"DE","postcode":"20095","locality":"Hamburg"}]`)
	w.act(golden.SplitOff(w.entity("erp/1").ID, []string{"shop/customers/9"}))
	if got := w.doc("shop/9").Addresses; len(got) != 1 || got[0].Locality != "Hamburg" {
		t.Errorf("the shop's customer has %+v", got)
	}
	if got := w.doc("erp/1").Addresses; len(got) != 0 {
		t.Errorf("the other has %+v", got)
	}
	// its record is gone: the statement is about the person, and goes with the next
	w.resolve(w.deleted("shop/9", 3))
	if got := w.doc("erp/1").Addresses; len(got) != 1 {
		t.Errorf("after the record was deleted: %+v", got)
	}
	w.resolve(w.record("shop/9", 4, anna2))
	if w.doc("shop/9").Addresses[0].Locality != "Hamburg" || len(w.doc("erp/1").Addresses) != 0 {
		t.Errorf("after it came back: %+v and %+v", w.doc("shop/9").Addresses, w.doc("erp/1").Addresses)
	}
}

func TestPin_refusesWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"language":"de"}`))
	id := w.entity("erp/1").ID
	for _, test := range [][3]string{
		{"colour", `"red"`, "attribute"},
		{"source", `{}`, "attribute"},
		{"language", `fr`, "value"},
		{"language", `7`, "value"},
		{"birthDate", `"yesterday"`, "value"},
		{"emails", `[]`, "value"},
		{"language", `""`, "value"},
	} {
		var invalid *golden.InvalidError
		if err := w.refused(golden.Pin(id, test[0], json.RawMessage(test[1]))); !errors.As(err, &invalid) || invalid.Field != test[2] {
			t.Errorf("%s = %s: %v", test[0], test[1], err)
		}
	}
}

// The hub writes a pinned value into the systems. When it is let go, what they hold must neither count
// as fresh while it is pinned nor be emptied afterwards.
func TestPin_writtenIntoSystemsAndLetGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "survive: {attributes: {language: most_recent}}")
	w.resolve(w.record("erp/1", 1, `{"language":"de","gender":"female"}`))
	pin := w.pin("erp/1", "language", `"fr"`)
	err := w.store.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		written, err := w.rules.Written(w.entityIn(ctx, tx, "erp/customers/1"), "erp/customers/1", nil, nil, time.Now())
		if err != nil {
			return err
		}
		return tx.PutWritten(ctx, map[string][]golden.WrittenValue{"erp/customers/1": written})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.resolve(w.record("erp/1", 4, `{"language":"fr","gender":"female"}`)) // its report of the write
	lineage := w.lineage("erp/1")["language"]
	if len(lineage) != 1 || lineage[0].Rule != "pinned" || len(lineage[0].Also) != 0 {
		t.Errorf("the report counts as the record's own: %+v", lineage)
	}
	w.act(golden.UndoOf(pin.Act))
	if got := w.doc("erp/1").Language; got != "fr" {
		t.Errorf("let go, the language is %q: the system's record would be emptied", got)
	}
}

func (w *world) entityIn(ctx context.Context, tx golden.Tx, key string) golden.GoldenRecord {
	records, err := tx.RecordsByKey(ctx, []string{key})
	if err != nil {
		w.t.Fatal(err)
	}
	found, err := tx.Entities(ctx, []golden.EntityNo{records[0].Entity})
	if err != nil {
		w.t.Fatal(err)
	}
	return found[0]
}

func TestPin_mapAndExplain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"attributes":{"tier":"gold","vip":"no"}}`))
	w.pin("erp/1", "attributes", `{"tier":"basic","zone":"4"}`)
	record := w.entity("erp/1")
	explanation, err := golden.Explain(record, nil)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, v := range explanation.Attributes[0].Values {
		paths = append(paths, v.Path+" "+string(v.Value)+" "+v.Rule)
	}
	if diff := cmp.Diff([]string{`/attributes/tier "basic" pinned`, `/attributes/zone "4" pinned`}, paths); diff != "" {
		t.Error(diff)
	}
	if lost := explanation.Attributes[0].Values[0].Lost; len(lost) != 2 || string(lost[0].Value) != `{"tier":"gold"}` {
		t.Errorf("lost %+v", lost)
	}
}
