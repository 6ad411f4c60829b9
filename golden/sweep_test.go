package golden_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
)

// A customer that is through takes in the records of one still to come, which is then not there any
// more: its records are looked at all the same.
func TestSweep_takesRecordsThatMoveWhileItGoesOn(t *testing.T) {
	t.Parallel()
	anna := func(more string) string { return `{"names":[{"given":"Anna","family":"Schmidt"}],` + more + "}" }
	w := newWorld(t, byMail)
	w.resolve(
		w.record("erp/1", 1, anna(`"emails":[{"value":"a@post.example"}],"phones":[{"value":"+4930901820"}]`)),
		w.record("erp/2", 1, anna(`"emails":[{"value":"a@post.example"}]`)),
	)
	w.resolve(w.record("erp/3", 1, anna(`"emails":[{"value":"b@post.example"}],"phones":[{"value":"+4930901820"}]`)))
	w.use("match: {keys: [[email], [phone, name]]}")
	first, _, err := w.resolver.Sweep(t.Context(), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	w.resolve(w.record("shop/1", 2, anna(`"emails":[{"value":"a@post.example"},{"value":"b@post.example"}]`)))
	if !w.together("erp/1", "erp/2", "erp/3", "shop/1") {
		t.Fatal("not joined by shop/1")
	}
	w.finish(first, 1)
	w.resolve(w.deleted("shop/1", 3))
	if !w.together("erp/1", "erp/3") {
		t.Error("a record that moved while the sweep went on was not looked at by the new rules")
	}
}

// A sweep goes on from where it was; from a place that a version before wrote it begins anew.
func TestSweep_goesOnFromItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for i := range 5 {
		w.resolve(w.record(fmt.Sprintf("erp/%d", i), 1, `{"names":[{"full":"Eva Kurz"}]}`))
	}
	var places []string
	for place := ""; ; {
		next, result, err := w.resolver.Sweep(t.Context(), place, 2)
		if err != nil {
			t.Fatal(err)
		}
		if next == "" {
			break
		}
		if want := 2 - len(places)/2; result.Dirty != want {
			t.Errorf("from %q: %d records, expected %d", place, result.Dirty, want)
		}
		places, place = append(places, next), next
	}
	if len(places) != 3 {
		t.Fatalf("places %q", places)
	}
	for _, old := range []string{w.entity("erp/4").ID, "no place"} {
		next, result, err := w.resolver.Sweep(t.Context(), old, 2)
		if err != nil || result.Dirty != 2 || !strings.HasSuffix(next, w.entity("erp/1").ID) {
			t.Errorf("from %q to %q: %d records, %v", old, next, result.Dirty, err)
		}
	}
}

// finish sweeps on from a place.
func (w *world) finish(place string, limit int) {
	w.t.Helper()
	for more := true; more; more = place != "" {
		var err error
		if place, _, err = w.resolver.Sweep(w.t.Context(), place, limit); err != nil {
			w.t.Fatal(err)
		}
	}
}

// use puts other rules in force.
func (w *world) use(yaml string) {
	w.t.Helper()
	w.rules = ruleset(w.t, yaml)
	w.resolver = golden.NewResolver(w.store, w.rules, golden.ResolverOptions{})
}
