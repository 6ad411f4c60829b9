package mistakes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/systems"
)

// says is what a person says with an act.
func says(of map[string]any) map[string]any {
	of["author"], of["reason"] = "kim", "asked them both"
	return of
}

// replayAll runs everything that a system has sent again.
func (c *company) replayAll(system string) {
	c.t.Helper()
	p, err := c.StartReplay(c.t.Context(), hub.ReplayRequest{System: system}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	c.until(func() string {
		now, err := c.Replay(c.t.Context(), p.ID)
		if err != nil {
			c.t.Fatal(err)
		}
		if now.State == hub.ReplayDone && now.Done == now.Total {
			return ""
		}
		return fmt.Sprintf("the replay is %s", now.State)
	})
	c.rest()
}

// told are the events of the feed after a cursor, and the cursor to go on from.
func (c *company) told(cursor string) (events []hub.Event, next string) {
	c.t.Helper()
	var page struct {
		Items []hub.Event
		Next  string
	}
	c.Get("/v1/changes?cursor="+cursor, &page)
	return page.Items, page.Next
}

// Two people are taken for one. Somebody sees it, takes them apart, and so they stay: whatever is run
// again, and by whatever rules.
func TestAFalseMerge_splitAndApartForGood(t *testing.T) {
	t.Parallel()
	shop := systems.New(t, "shop", systems.Options{})
	c := found(t, nil, shop)
	other := func(name string, day int) string { return strings.Replace(later(name, day), `"id": 1`, `"id": 2`, 1) }
	c.report(anna)
	c.restWith(hubtest.Counts{"erp/customers": 1})
	c.report(other("Anna", 3))
	c.restWith(hubtest.Counts{"erp/customers": 2})
	c.customers("erp/customers/1 erp/customers/2 shop/customers/shop1")
	before := c.Dump()
	_, cursor := c.told("")

	id := c.IDOf("erp/customers/1")
	split := map[string]any{"records": []string{"erp/customers/2"}, "dryRun": true}
	var dry, done golden.Effects
	c.Act("/v1/customers/"+id+"/split", split, &dry)
	c.rest()
	if diff := cmp.Diff(before, c.Dump()); diff != "" {
		t.Errorf("a dry run changed something:\n%s", diff)
	}
	if len(dry.Targets) != 1 || dry.Targets[0].Target != "shop.customers" || !slices.Equal(dry.Targets[0].Customers, []string{id, "new-1"}) {
		t.Errorf("the dry run tells of targets %+v", dry.Targets)
	}
	delete(split, "dryRun")
	c.Act("/v1/customers/"+id+"/split", says(split), &done)
	c.restWith(hubtest.Counts{"shop/customers": 2})
	apart := func(when string) {
		t.Helper()
		c.rest()
		if c.IDOf("erp/customers/1") != id {
			t.Errorf("%s the first has another ID", when)
		}
		c.customers("erp/customers/1 shop/customers/shop1", "erp/customers/2 shop/customers/shop2")
	}
	apart("after the split")

	// subscribers know which records went where
	events, _ := c.told(cursor)
	var moved []string
	for _, e := range events {
		if e.Data.Cause == "decision "+done.Act {
			moved = append(moved, fmt.Sprintf("%s from=%d records=%s", strings.TrimPrefix(e.Type, "touchstone.customer."), len(e.Data.From), strings.Join(e.Data.Records, " ")))
			if e.Subject != id && !slices.Equal(e.Data.From, []string{id}) {
				t.Errorf("split from %v", e.Data.From)
			}
		}
	}
	slices.Sort(moved)
	if diff := cmp.Diff([]string{"changed.v1 from=0 records=erp/customers/2", "split.v1 from=1 records=erp/customers/2"}, moved); diff != "" {
		t.Error(diff)
	}

	writes := shop.Writes()
	c.replayAll("erp")
	c.replayAll("shop")
	apart("after everything was replayed")
	if diff := cmp.Diff(writes, shop.Writes()); diff != "" {
		t.Errorf("the replay wrote to the shop:\n%s", diff)
	}
	c.Write("golden.yaml", strings.Replace(ruleset, "[[email]]", "[[email], [phone], [name]]", 1))
	if _, err := c.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.until(func() string {
		if sweeps := c.Status().Sweeps; len(sweeps) > 0 {
			return fmt.Sprintf("swept: %+v", sweeps)
		}
		return ""
	})
	apart("after other rules")
	c.report(other("Anna", 5))
	c.report(later("Anna", 5))
	apart("after newer versions")
	c.Stop()
	c.start()
	apart("after a restart")

	// who it was, and why, stands in the history
	var history api.List[api.Change]
	c.Get("/v1/customers/"+c.IDOf("erp/customers/2")+"/history", &history)
	if by := history.Items[0].By; by == nil || by.Author != "kim" || by.Reason != "asked them both" {
		t.Errorf("history %+v", history.Items)
	}
	c.quiet()
}

// A value that a person has stated holds in every system, whatever they report and whatever is run
// again.
func TestAPinnedValue_holdsInEverySystem(t *testing.T) {
	t.Parallel()
	shop := systems.New(t, "shop", systems.Options{})
	c := found(t, nil, shop)
	c.report(anna)
	c.restWith(hubtest.Counts{"erp/customers": 1, "shop/customers": 1})
	id := c.IDOf("erp/customers/1")
	var done, undone golden.Effects
	c.Act("/v1/customers/"+id+"/pin", says(map[string]any{"attribute": "names", "value": []any{map[string]any{"full": "Anna Stein"}}}), &done)
	c.rest()
	c.holds(shop, "shop1 name=Anna Stein", "name")
	c.report(later("Anna Meier", 4))
	shop.Change("shop1", "name", "A. Meier")
	c.rest()
	c.replayAll("erp")
	c.customers("erp/customers/1 shop/customers/shop1")
	if got := c.Dump()[0].Typed(t).Names[0].Full; got != "Anna Stein" {
		t.Errorf("the name is %q", got)
	}
	c.Act("/v1/decisions/"+done.Act+"/undo", says(map[string]any{}), &undone)
	c.rest()
	if got := c.Dump()[0].Typed(t).Names[0].Full; got != "A. Meier" && got != "Anna Meier" {
		t.Errorf("let go, the name is %q", got)
	}
	c.quiet()
}

// What is merged one way is merged the other way, and accepted twice is accepted once.
func TestTwoCandidatesForOneRecord_acceptedFromEitherSide(t *testing.T) {
	t.Parallel()
	c := found(t, map[string]string{"routes/customers.yaml": "", "mappings/account.yaml": ""})
	person := func(id int, name, mail string) string {
		return fmt.Sprintf(`{"id": %d, "at": "2026-01-02T00:00:00Z", "name": %q, "mail": %q}`, id, name, mail)
	}
	c.report(person(1, "Anna Schmidt", "anna@post.example"))
	c.report(person(2, "Bernd Schulz", "bernd@post.example"))
	c.report(person(3, "Carla Lang", "carla@post.example"))
	c.restWith(hubtest.Counts{"erp/customers": 3})
	first, second := c.IDOf("erp/customers/1"), c.IDOf("erp/customers/2")
	var e golden.Effects
	c.Act("/v1/customers/"+first+"/merge", says(map[string]any{"with": "erp/customers/3"}), &e)
	c.Act("/v1/customers/"+second+"/merge", says(map[string]any{"with": c.IDOf("erp/customers/3")}), &e)
	c.rest()
	c.customers("erp/customers/1 erp/customers/2 erp/customers/3")
	for _, id := range []string{first, second} {
		var now struct {
			ID      string
			Sources []string
		}
		c.Get("/v1/customers/"+id, &now)
		if now.ID != first || len(now.Sources) != 3 {
			t.Errorf("%s leads to %+v", id, now)
		}
	}
	var decisions api.List[golden.Decision]
	c.Get("/v1/decisions?customer="+second, &decisions)
	for _, d := range decisions.Items {
		c.Act("/v1/decisions/"+d.ID+"/undo", says(map[string]any{}), &e)
	}
	c.rest()
	c.customers("erp/customers/1", "erp/customers/2", "erp/customers/3")
	if c.IDOf("erp/customers/2") != second {
		t.Error("the second did not get its ID back")
	}
	c.quiet()
}
