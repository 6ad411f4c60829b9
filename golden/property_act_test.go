package golden_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// act does one of the things that people do, now and then after a dry run of it, which must change
// nothing and tell the same.
func (h *history) act() {
	name, do := h.doing()
	if do == nil {
		return
	}
	h.ids++
	act := golden.Act{Author: "kim", Strength: pick(h.rt, "strength", strengths), Do: do}
	trial := maybe(h.rt, "dry run", 3)
	var dry golden.Effects
	var dryErr error
	if trial {
		dry, dryErr = h.dryRun(act)
	}
	done, err := h.resolver.Act(context.Background(), act)
	if trial && (dryErr == nil) != (err == nil) {
		h.t.Fatalf("dry run: %v; then %v", dryErr, err)
	}
	if refusal(err) {
		h.tally.add("act refused")
		return
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.tally.add("act " + name)
	if diff := cmp.Diff(told(dry), told(done)); trial && diff != "" {
		h.t.Fatalf("the dry run told something else than was done (-dry +done):\n%s", diff)
	}
	h.did(done)
}

// dryRun tells what an act would do, and changes nothing.
func (h *history) dryRun(act golden.Act) (golden.Effects, error) {
	before := readable(h.t, snapshot(h.t, h.store))
	act.DryRun = true
	told, err := h.resolver.Act(context.Background(), act)
	if diff := cmp.Diff(before, readable(h.t, snapshot(h.t, h.store))); diff != "" {
		h.t.Fatalf("a dry run changed something: %s", diff)
	}
	return told, err
}

// refusal: the act is one that cannot be done, which a person would be told.
func refusal(err error) bool {
	var stands *golden.StandsError
	var invalid *golden.InvalidError
	var contradiction *golden.ContradictionError
	return errors.As(err, &stands) || errors.As(err, &invalid) || errors.As(err, &contradiction) || errors.Is(err, golden.ErrNotFound)
}

// told are effects without what differs between a dry run and the act: the IDs given.
func told(e golden.Effects) (all []golden.CustomerEffect) {
	for _, c := range e.Customers {
		if c.Before == nil {
			c.ID = "new"
		}
		if c.Into != "" {
			c.Into = "one"
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b golden.CustomerEffect) int { return slices.Compare(a.After.Sources, b.After.Sources) })
	return all
}

// did keeps the decisions that an act made or undid, and holds the versions against each other.
func (h *history) did(e golden.Effects) {
	for _, d := range e.Decisions {
		h.decisions = slices.DeleteFunc(h.decisions, func(have golden.Decision) bool { return have.ID == d.ID })
		if d.Undone == nil {
			h.decisions = append(h.decisions, d)
		}
	}
	for _, c := range e.Customers {
		h.tally.add("customer " + string(c.Type))
		h.version(c.ID, c.After.Version)
	}
}

func (h *history) doing() (name string, do golden.Doing) {
	ids := slices.Sorted(maps.Keys(h.versions)) // those that were merged or emptied too
	if len(ids) == 0 {
		return "", nil
	}
	customer := func(what string) string { return rapid.SampledFrom(ids).Draw(h.rt, what) }
	records := func(what string) []string { return someKeys(h.rt, what, 1, 3) }
	switch below(h.rt, "act", 8) {
	case 0:
		return "merge", golden.Merge(customer("left"), customer("right"))
	case 1:
		return "split", h.split()
	case 2:
		return "move", golden.Move(records("record")[0], customer("to"))
	case 3:
		return "judge", golden.Judge(pick(h.rt, "verdict", verdicts), records("left"), records("right"))
	case 4:
		return "unpin", h.unpin()
	case 5:
		tasks, err := h.store.Tasks(context.Background(), golden.TaskQuery{})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(tasks) == 0 {
			return "", nil
		}
		slices.SortFunc(tasks, func(a, b golden.Task) int {
			return slices.Compare(append([]string{a.ID}, a.Records...), append([]string{b.ID}, b.Records...))
		})
		return "answer", golden.Answer(pick(h.rt, "task", tasks).ID, pick(h.rt, "answer", verdicts), nil, nil)
	default:
		pin := pick(h.rt, "pin", pinnable)
		return "pin", golden.Pin(customer("customer"), pin[0], json.RawMessage(pin[1]))
	}
}

// split takes some of a customer's records out of it.
func (h *history) split() golden.Doing {
	all := snapshot(h.t, h.store)
	maps.DeleteFunc(all, func(_ string, g golden.GoldenRecord) bool { return len(g.Sources) < 2 })
	if len(all) == 0 {
		return nil
	}
	of := all[pick(h.rt, "customer", slices.Sorted(maps.Keys(all)))]
	part := rapid.SliceOfNDistinct(rapid.SampledFrom(of.Sources), 1, len(of.Sources), rapid.ID[string]).Draw(h.rt, "part")
	return golden.SplitOff(of.ID, part)
}

// unpin lets go a value that somebody pinned.
func (h *history) unpin() golden.Doing {
	pins := slices.DeleteFunc(slices.Clone(h.decisions), func(d golden.Decision) bool { return d.Verdict != golden.Pinned })
	if len(pins) == 0 {
		return nil
	}
	p := pick(h.rt, "pinned", pins)
	of := golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: p.Left[0]}}, Limit: 1}
	found, err := h.store.FindCustomers(context.Background(), of)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(found) == 0 {
		return nil
	}
	return golden.Unpin(found[0].ID, p.Attribute)
}

// pinnable are attributes with values, some of which records state too.
var pinnable = [][2]string{
	{"language", `"fr"`},
	{"language", `"de"`},
	{"language", "null"},
	{"industry", `"trade"`},
	{"names", `[{"full":"Eva Kurz"}]`},
	{"phones", `[{"value":"+4930123400"},{"value":"+49301234001"}]`},
	{"attributes", `{"vip":"pinned"}`},
	{"addresses", `[{"use":"billing","locality":"Bonn"}]`},
}

func (h *history) undoAct() {
	acts := map[string]bool{}
	for _, d := range h.decisions {
		acts[d.Act] = acts[d.Act] || d.Act != ""
	}
	delete(acts, "")
	if len(acts) == 0 {
		return
	}
	act := pick(h.rt, "act to undo", slices.Sorted(maps.Keys(acts)))
	e, err := h.resolver.Act(context.Background(), golden.Act{Do: golden.UndoOf(act)})
	if err != nil {
		h.t.Fatal(err)
	}
	h.did(e)
	h.tally.add("act undone")
}

// TestConvergence_pinnedValues: values that people pin go with the first of their records that is
// live, whichever was live when, on whichever side of a split.
func TestConvergence_pinnedValues(t *testing.T) {
	t.Parallel()
	store, other, counts := onSQLite(t), onSQLite(t), &tally{}
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory(rt, store, other, counts)
		keys := allKeys[:4]
		send := func(status canonical.Status, keys ...string) {
			batch := make([]golden.Incoming, len(keys))
			for i, key := range keys {
				h.offset++
				content := `{"names":[{"full":"Eva Kurz"}],"emails":[{"value":"a@example.com"}],"language":"de"}`
				batch[i] = incoming(rt, short(key), int(h.offset), h.offset, status, content)
			}
			h.events = append(h.events, batch...)
			h.must(h.resolver.Resolve(context.Background(), golden.Batch{Records: batch}))
		}
		act := func(do golden.Doing) {
			h.ids++
			e, err := h.resolver.Act(context.Background(), golden.Act{Do: do})
			if err != nil && !refusal(err) {
				rt.Fatal(err)
			}
			h.did(e)
		}
		send(canonical.Active, keys...)
		for range rapid.IntRange(3, 10).Draw(rt, "steps") {
			key := rapid.SampledFrom(keys).Draw(rt, "key")
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0, 1:
				send(canonical.Deleted, key)
			case 2:
				send(canonical.Active, key)
			case 3:
				other := rapid.SampledFrom(keys).Draw(rt, "other")
				act(golden.Judge(golden.Different, []string{key}, []string{other}))
			default:
				ids := slices.Sorted(maps.Keys(h.versions))
				pin := rapid.SampledFrom(pinnable).Draw(rt, "pin")
				act(golden.Pin(rapid.SampledFrom(ids).Draw(rt, "customer"), pin[0], json.RawMessage(pin[1])))
			}
		}
		h.look()
		h.check()
	})
}
