package golden_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
)

const (
	byMail  = "match: {keys: [[email]]}"
	byPhone = "match: {keys: [[phone, name]]}"
)

// sweep brings the store in line with a ruleset, as a hub does after a change.
func (w *world) sweep(yaml string) {
	w.t.Helper()
	w.use(yaml)
	w.finish("", 2)
}

// sorts counts customers by what would become of them.
func sorts(e golden.Effects) map[golden.ChangeType]int {
	n := map[golden.ChangeType]int{}
	for _, c := range e.Customers {
		n[c.Type]++
	}
	return n
}

func TestPlan_tellsWhatASweepDoesThenAndRevertsToTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byMail)
	w.resolve(
		w.record("erp/1", 1, `{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"a@post.example"}],"phones":[{"value":"+4930901820"}]}`),
		w.record("shop/1", 1, `{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"phones":[{"value":"+4930901820"}]}`),
		w.record("erp/2", 1, `{"kind":"person","names":[{"given":"Bernd","family":"Meier"}],"emails":[{"value":"b@post.example"}]}`),
		w.record("shop/2", 1, `{"kind":"person","names":[{"given":"Bernd","family":"Meier"}],"emails":[{"value":"b@post.example"}]}`),
		w.record("erp/3", 1, `{"kind":"person","names":[{"given":"Clara","family":"Vogel"}]}`),
	)
	before := w.state()
	changed := golden.NewResolver(w.store, ruleset(t, byPhone), golden.ResolverOptions{})
	plan, err := changed.Plan(t.Context(), golden.Planning{Again: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, w.state()); diff != "" {
		t.Errorf("planning changed the store:\n%s", diff)
	}
	// Anna's two become one: survivor and merged ID; Bernd's two fall apart: what stays, and a new one
	want := map[golden.ChangeType]int{golden.MergedT: 2, golden.Changed: 1, golden.Split: 1}
	if diff := cmp.Diff(want, sorts(plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	w.sweep(byPhone)
	if !w.together("erp/1", "shop/1") || w.together("erp/2", "shop/2") {
		t.Error("the sweep did not come to what was planned")
	}
	again, err := w.resolver.Plan(t.Context(), golden.Planning{Again: true})
	if err != nil || len(again.Customers) > 0 {
		t.Errorf("planned once more: %v, %v", sorts(again), err)
	}
	w.sweep(byMail)
	if w.together("erp/1", "shop/1") || !w.together("erp/2", "shop/2") {
		t.Error("the old rules do not come to the old customers")
	}
}
