package golden_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/touchstone-hub/touchstone/golden"
)

// tally counts what happened in histories: a property that holds of what never happens says nothing.
type tally struct {
	sync.Mutex
	histories int
	counts    map[string]int
}

func (c *tally) add(what string) { c.count(what, 1) }

func (c *tally) count(what string, n int) {
	c.Lock()
	defer c.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what] += n
}

func (c *tally) done() {
	c.Lock()
	defer c.Unlock()
	c.histories++
}

// expect fails where something happened less often than once in so many histories.
func (c *tally) expect(t *testing.T, once map[string]int) {
	t.Helper()
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		t.Logf("%7d %s", c.counts[what], what)
	}
	t.Logf("%7d histories", c.histories)
	if c.histories < 100 {
		return
	}
	for what, in := range once {
		if least := c.histories / in; c.counts[what] < least {
			t.Errorf("%s: %d times in %d histories, expected at least %d", what, c.counts[what], c.histories, least)
		}
	}
}

// rarely says in how many histories each thing has to happen once at least.
var rarely = map[string]int{
	"record inserted": 1, "record updated": 3, "record deleted": 5, "record back": 5, "version stale": 10,
	"decision same lock": 20, "decision same suggest": 20, "decision same auto": 20,
	"decision different lock": 20, "decision different suggest": 20, "decision different auto": 20,
	"lock refused": 2500, "decision undone": 30, "act undone": 50,
	"act merge": 40, "act split": 40, "act move": 100, "act judge": 600, "act pin": 10, "act unpin": 300, "act answer": 100,
	"link": 10, "values written by the hub": 10, "erasure": 50,
	"customer created": 1, "customer changed": 2, "customer merged": 2, "customer split": 5, "customer deleted": 10,
	"rules exact to exact": 20, "rules exact to scored": 20, "rules scored to exact": 20, "rules scored to scored": 20,
	"rules changed before the sweep was through": 20, "stretch of a sweep": 2, "plan": 10, "plan that was carried out": 20,
	"block crossed up": 6, "block crossed down": 20, "component crossed up": 40, "component crossed down": 300,
	"block at its limit": 1,
}

// sight is what stands in a store: records, blocks and components.
type sight struct {
	rules   *golden.Ruleset
	records map[string]golden.SourceRecord // by key, tombstones too
	members map[uint64]int                 // live records by block key
	edges   map[[2]string]int32
	large   [][]string // components that are larger than the limit
}

// look sees what the last step has done, and counts it.
func (h *history) look() {
	now := h.sight()
	was := h.seen
	h.seen = now
	for key, rec := range now.records {
		before, existed := was.records[key]
		switch {
		case !existed && !rec.Deleted:
			h.tally.add("record inserted")
		case existed && rec.Deleted && !before.Deleted:
			h.tally.add("record deleted")
		case existed && !rec.Deleted && before.Deleted:
			h.tally.add("record back")
		case existed && rec.Hash != before.Hash:
			h.tally.add("record updated")
		}
	}
	if was.rules != now.rules {
		return // where limits differ, nothing has crossed them
	}
	limit := h.rules.MatchRules().Limits.Block
	for key, n := range now.members {
		if n > limit && was.members[key] <= limit {
			h.tally.add("block crossed up")
		}
		if n == limit {
			h.tally.add("block at its limit")
		}
	}
	for key, n := range was.members {
		if n > limit && now.members[key] <= limit {
			h.tally.add("block crossed down")
		}
	}
	if count := newly(now.large, was.large); count > 0 {
		h.tally.add("component crossed up")
	}
	if count := newly(was.large, now.large); count > 0 {
		h.tally.add("component crossed down")
	}
}

// newly counts the components that have no record in common with the others.
func newly(now, was [][]string) (n int) {
	for _, c := range now {
		meets := slices.ContainsFunc(was, func(other []string) bool {
			return slices.ContainsFunc(c, func(key string) bool { return slices.Contains(other, key) })
		})
		if !meets {
			n++
		}
	}
	return n
}

func (h *history) sight() sight {
	s := sight{rules: h.rules, records: map[string]golden.SourceRecord{}, members: map[uint64]int{}, edges: map[[2]string]int32{}}
	h.inTx(h.store, func(ctx context.Context, tx golden.Tx) error {
		clear(s.records) // the transaction may run again
		clear(s.members)
		clear(s.edges)
		records, err := tx.RecordsByKey(ctx, allKeys)
		if err != nil {
			return err
		}
		nos := make([]golden.RecordNo, len(records))
		named := map[golden.RecordNo]string{}
		for i, rec := range records {
			s.records[rec.Key], nos[i], named[rec.No] = rec, rec.No, rec.Key
		}
		if len(nos) == 0 {
			return nil
		}
		keys, err := tx.KeysOf(ctx, nos)
		if err != nil {
			return err
		}
		for _, k := range keys {
			for _, key := range k.Keys {
				s.members[key]++
			}
		}
		edges, err := tx.EdgesOf(ctx, nos)
		for _, e := range edges {
			a, b := named[e.A], named[e.B]
			s.edges[[2]string{min(a, b), max(a, b)}] = e.Weight
		}
		return err
	})
	s.large = h.larger(&s)
	return s
}

// larger lists the components that the ladder has to cut.
func (h *history) larger(s *sight) (large [][]string) {
	of := map[string][]string{}
	for key, rec := range s.records {
		if !rec.Deleted {
			of[key] = []string{key}
		}
	}
	join := func(a, b string) {
		x, y := of[a], of[b]
		if x == nil || y == nil || x[0] == y[0] {
			return
		}
		both := slices.Concat(x, y)
		for _, key := range both {
			of[key] = both
		}
	}
	for pair := range s.edges {
		join(pair[0], pair[1])
	}
	for _, l := range h.links {
		join(l.Remote, l.Origin)
	}
	for _, d := range h.decisions {
		if d.Verdict != golden.Same {
			continue
		}
		for _, left := range d.Left {
			for _, right := range d.Right {
				join(left, right)
			}
		}
	}
	for key, c := range of {
		if c[0] == key && len(c) > h.rules.MatchRules().Limits.Component {
			large = append(large, c)
		}
	}
	return large
}
