package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func TestResolve_dropsStaleVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	old := w.record("erp/1", 1, `{"language":"de"}`)
	w.resolve(w.record("erp/1", 2, `{"language":"en"}`))
	result := w.resolve(old)
	if result.Stale != 1 || w.doc("erp/1").Language != "en" {
		t.Errorf("%+v, language %s", result, w.doc("erp/1").Language)
	}
}

func TestResolve_systemVersionBeatsArrival(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	versioned := func(version, language string) golden.Incoming {
		in := w.record("erp/1", 1, `{"language":"`+language+`"}`)
		in.Record.Version = &canonical.Version{Time: version}
		return in
	}
	w.resolve(versioned("2026-03-01T12:00:00+02:00", "en"))
	if result := w.resolve(versioned("2026-03-01T09:59:59Z", "de")); result.Stale != 1 {
		t.Errorf("a version older by a second, later by the letters: %+v", result)
	}
	if result := w.resolve(versioned("2026-03-01T10:00:01Z", "fr")); result.Accepted != 1 || w.doc("erp/1").Language != "fr" {
		t.Errorf("%+v, language %s", result, w.doc("erp/1").Language)
	}
}

func TestResolve_replayRaisesRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	first := w.record("erp/1", 1, `{"language":"de"}`)
	w.resolve(first)
	again := first
	again.Record.Revision = 1
	again.Customer.Language = "fr"
	again.Record.Hash++
	if result := w.resolve(again); result.Accepted != 1 {
		t.Errorf("the same input through a newer mapping: %+v", result)
	}
	if result := w.resolve(first, again); result.Stale != 2 {
		t.Errorf("delivered once more: %+v", result)
	}
}

func TestResolve_tombstoneBeatsLateVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	late := w.record("erp/1", 1, `{"language":"de"}`)
	w.resolve(w.record("erp/1", 2, `{"language":"en"}`))
	id := w.entity("erp/1").ID
	result := w.resolve(w.deleted("erp/1", 3))
	if len(result.Changes) != 1 || result.Changes[0].Type != golden.Emptied {
		t.Fatalf("changes %+v", result.Changes)
	}
	if result := w.resolve(late); result.Stale != 1 {
		t.Errorf("a late version over a tombstone: %+v", result)
	}
	if record, asked, err := w.store.Customer(t.Context(), id); err != nil || asked.State != golden.Empty || record.ID != id {
		t.Errorf("%s is %s, %v", id, asked.State, err)
	}
	w.resolve(w.record("erp/1", 4, `{"language":"fr"}`))
	if back := w.entity("erp/1"); back.ID != id || back.State != golden.Live || back.Version != 3 {
		t.Errorf("the record came back as %+v", back.Entity)
	}
}

func TestResolve_lateVersionOfRecordNeverSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	late := w.record("erp/1", 1, `{"language":"de"}`)
	if result := w.resolve(w.deleted("erp/1", 2)); len(result.Changes) != 0 {
		t.Errorf("changes %+v", result.Changes)
	}
	if result := w.resolve(late); result.Stale != 1 {
		t.Errorf("%+v", result)
	}
}

func TestResolve_resendIsNotRecent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	email := `"emails":[{"value":"eva@example.com"}]`
	w.resolve(w.record("erp/1", 1, `{"language":"de",`+email+`}`), w.record("shop/1", 5, `{"language":"en",`+email+`}`))
	result := w.resolve(w.record("erp/1", 9, `{"language":"de",`+email+`}`))
	if result.Touched != 1 || len(result.Changes) != 0 {
		t.Errorf("%+v", result)
	}
	if got := w.doc("erp/1").Language; got != "en" {
		t.Errorf("language %s: the same content, sent again, counts as recent", got)
	}
}

func TestResolve_versionsOfOneKeyInOneBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	result := w.resolve(w.record("erp/1", 1, `{"language":"de"}`), w.deleted("erp/1", 2), w.record("erp/1", 3, `{"language":"en"}`))
	if result.Accepted != 3 || len(result.Changes) != 1 || result.Changes[0].Type != golden.Created || w.doc("erp/1").Language != "en" {
		t.Errorf("%+v", result)
	}
}

func TestResolve_mergeForwardsAndSplitRevives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"names":[{"full":"Eva Kurz"}],"emails":[{"value":"a@example.com"}]}`))
	w.resolve(w.record("erp/2", 1, `{"names":[{"full":"Eva Kurz"}],"emails":[{"value":"b@example.com"}]}`))
	a, b := w.entity("erp/1").ID, w.entity("erp/2").ID
	both := w.record("shop/1", 1, `{"names":[{"full":"Eva Kurz"}],"emails":[{"value":"a@example.com"},{"value":"b@example.com"}]}`)
	merged := w.resolve(both)
	if got := w.entity("erp/2").ID; got != a {
		t.Fatalf("after the merge %s, want the older ID %s", got, a)
	}
	record, asked, err := w.store.Customer(t.Context(), b)
	if err != nil || record.ID != a || asked.State != golden.Merged {
		t.Errorf("%s leads to %s (%s), %v", b, record.ID, asked.State, err)
	}
	types := map[string]golden.ChangeType{}
	for _, c := range merged.Changes {
		types[c.ID] = c.Type
		if c.ID == a && (len(c.From) != 1 || c.From[0] != b) || c.ID == b && c.Into != a {
			t.Errorf("change %+v", c)
		}
	}
	if diff := cmp.Diff(map[string]golden.ChangeType{a: golden.MergedT, b: golden.MergedT}, types); diff != "" {
		t.Error(diff)
	}
	split := w.resolve(w.record("shop/1", 2, `{"names":[{"full":"Eva Kurz"}],"emails":[{"value":"a@example.com"}]}`))
	if w.entity("erp/1").ID != a || w.entity("shop/1").ID != a || w.entity("erp/2").ID != b {
		t.Errorf("after the split: %s, %s, %s", w.entity("erp/1").ID, w.entity("shop/1").ID, w.entity("erp/2").ID)
	}
	for _, c := range split.Changes {
		if c.ID == b && (c.Type != golden.Split || len(c.From) != 1 || c.From[0] != a || c.Version != 3) {
			t.Errorf("change %+v", c)
		}
		if c.ID == a && (c.Type != golden.Changed || !cmp.Equal(c.Records, []string{"erp/customers/2"})) {
			t.Errorf("change %+v", c)
		}
	}
}

func TestResolve_changeNamesPathsAndOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, `{"language":"de","phones":[{"value":"+49301111111"}]}`))
	result := w.resolve(w.record("erp/1", 2, `{"language":"de","phones":[{"value":"+49302222222"}],"gender":"female"}`))
	if len(result.Changes) != 1 || result.Changes[0].Correlation != "c2" || result.Changes[0].Cause != "erp/customers/1" || result.Changes[0].Version != 2 {
		t.Fatalf("%+v", result.Changes)
	}
	want := []golden.PathChange{
		{Path: "/gender", New: json.RawMessage(`"female"`), Source: "erp/customers/1", Rule: "most_recent"},
		{Path: "/phones/0", Old: json.RawMessage(`{"value":"+49301111111"}`), New: json.RawMessage(`{"value":"+49302222222"}`), Source: "erp/customers/1", Rule: "union"},
	}
	if diff := cmp.Diff(want, result.Changes[0].Paths); diff != "" {
		t.Error(diff)
	}
}

func TestResolve_fencesOffsets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	at := func(expected, next int64) *golden.OffsetAdvance {
		return &golden.OffsetAdvance{Group: "resolve", Topic: "canonical.customer", Expected: expected, Next: next}
	}
	if _, err := w.resolver.Resolve(t.Context(), golden.Batch{Records: []golden.Incoming{w.record("erp/1", 1, anna)}, Offset: at(0, 1)}); err != nil {
		t.Fatal(err)
	}
	_, err := w.resolver.Resolve(t.Context(), golden.Batch{Records: []golden.Incoming{w.record("erp/1", 2, bernd)}, Offset: at(0, 1)})
	if !errors.Is(err, golden.ErrFenced) {
		t.Errorf("got %v", err)
	}
	if names := w.doc("erp/1").Names; names[0].Given != "Anna" {
		t.Errorf("the fenced batch was written: %+v", names)
	}
}

func TestResolve_onChangedSharesTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	refuse := errors.New("no")
	var seen []golden.Change
	r := golden.NewResolver(w.store, w.rules, golden.ResolverOptions{OnChanged: func(_ context.Context, _ golden.Tx, changes []golden.Change, _ map[golden.EntityNo]golden.GoldenRecord) error {
		seen = changes
		return refuse
	}})
	if _, err := r.Resolve(t.Context(), golden.Batch{Records: []golden.Incoming{w.record("erp/1", 1, anna)}}); !errors.Is(err, refuse) {
		t.Errorf("got %v", err)
	}
	if statistics, err := w.store.Statistics(t.Context()); err != nil || statistics.Customers != 0 || len(seen) != 1 {
		t.Errorf("%d customers, %d changes, %v", statistics.Customers, len(seen), err)
	}
}

func TestReresolve_newRulesetSplitsAndReverts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.resolve(w.record("erp/1", 1, anna), w.record("shop/9", 2, anna2))
	before := w.entity("erp/1")
	keys := []string{"erp/customers/1", "shop/customers/9"}
	strict := golden.NewResolver(w.store, ruleset(t, "match: {keys: [[email]]}"), golden.ResolverOptions{})
	if _, err := strict.Reresolve(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	if w.together("erp/1", "shop/9") {
		t.Fatal("still together without the key that joined them")
	}
	if _, err := w.resolver.Reresolve(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	after := w.entity("erp/1")
	if diff := cmp.Diff([]string{before.ID, string(before.Doc), string(before.Lineage)}, []string{after.ID, string(after.Doc), string(after.Lineage)}); diff != "" {
		t.Error(diff)
	}
}
