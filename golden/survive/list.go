package survive

import (
	"cmp"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
)

// list is an attribute with any number of items.
type list[T any] struct {
	name   string
	at     func(*canonical.Customer) *[]T
	leaves func(*T) []string // the texts of an item
	// same gives the text by which two items are one in a union; nil: all of it.
	same func(*T, Forms) string
	// value gives the standardised item; nil: same.
	value  func(*T, Forms) string
	groups map[string]func(*T) string
	// stated tells when an item itself was stated, and its place among those of the same time;
	// nil: with the record.
	stated func(*T) (rfc3339 string, tie int)
}

func (a *list[T]) label() string        { return a.name }
func (a *list[T]) isList() bool         { return true }
func (a *list[T]) groupNames() []string { return sortedKeys(a.groups) }

func (a *list[T]) identity(item *T, forms Forms) string {
	if a.same != nil {
		if text := a.same(item, forms); text != "" {
			return text
		}
	}
	return fold(forms, a.leaves(item))
}

func (a *list[T]) hash(item *T, forms Forms) uint64 {
	if a.value != nil {
		return hash(a.value(item, forms))
	}
	return hash(a.identity(item, forms))
}

// standard gives the hash of an item and, where asked for, its identity.
func (a *list[T]) standard(item *T, forms Forms, identity bool) (string, uint64) {
	if a.value != nil && !identity {
		return "", hash(a.value(item, forms))
	}
	text := a.identity(item, forms)
	if a.value != nil {
		return text, hash(a.value(item, forms))
	}
	return text, hash(text)
}

func (a *list[T]) hashes(c *canonical.Customer, forms Forms) []uint64 {
	items := *a.at(c)
	hashes := make([]uint64, len(items))
	for i := range items {
		hashes[i] = a.hash(&items[i], forms)
	}
	return hashes
}

// ballot is the election within one group of the list.
type ballot struct {
	candidates []candidate
	winner     *candidate
}

func (a *list[T]) survive(e *election) {
	stated := false
	for i := range e.sources {
		stated = stated || len(*a.at(e.sources[i].Customer)) > 0 || e.sources[i].clears(a.name)
	}
	if !stated {
		return
	}
	rule := e.rules.rule(a)
	if s := e.alone(); s != nil && a.surviveAlone(e, s, rule) {
		return
	}
	ballots := a.ballots(e, rule)
	emptied := a.emptied(e, rule)
	by := rule.Name
	if rule.Name == Union {
		by = rule.Prefer
	}
	var cleared *Value
	var winners []*ballot
	for i := range ballots {
		b := &ballots[i]
		if statesEmptiness(rule.Name) {
			b.candidates = append(b.candidates, emptied...)
		}
		b.winner = elect(by, b.candidates)
		if !b.winner.empty {
			winners = append(winners, b)
		} else if cleared == nil {
			v := a.lineage(e, by, rule.Name, b, -1)
			cleared = &v
		}
	}
	switch {
	case len(winners) > 0:
		a.publish(e, rule, by, winners)
	case cleared != nil:
		e.cleared(a.name, *cleared)
	case len(emptied) > 0:
		winner := elect(SourcePriority, emptied)
		e.cleared(a.name, e.value(rule.Name, winner, emptied, 0, func(*candidate) []byte { return null }))
	}
}

// ballots divides what the records state into groups: of a union one for each different item, else
// by the rule's group. A record's items in a group stand together. What the hub wrote into a
// record does not stand.
func (a *list[T]) ballots(e *election, rule Rule) []ballot {
	var ballots []ballot
	at := map[string]int{}
	group := a.groups[rule.Group]
	for i := range e.sources {
		s := &e.sources[i]
		items := *a.at(s.Customer)
		for n := range items {
			item := &items[n]
			name, h := a.standard(item, e.forms, rule.Name == Union)
			if s.wrote(a.name, h) {
				continue
			}
			if rule.Name != Union {
				name = ""
				if group != nil {
					name = group(item)
				}
			}
			b, known := at[name]
			if !known {
				b = len(ballots)
				at[name] = b
				ballots = append(ballots, ballot{})
			}
			a.stand(&ballots[b], rule, s, n, item, h)
		}
	}
	return ballots
}

// stand adds an item to its record's candidate; of a union the record's first such item stands, else
// of equal items one.
func (a *list[T]) stand(b *ballot, rule Rule, s *Source, n int, item *T, h uint64) {
	filled, letters := size(a.leaves(item))
	stated, tie := s.stated(a.name), 0
	if a.stated != nil {
		text, t := a.stated(item)
		tie = t
		if own, err := time.Parse(time.RFC3339, text); err == nil {
			stated = own
		}
	}
	if last := len(b.candidates) - 1; last >= 0 && b.candidates[last].source == s {
		c := &b.candidates[last]
		if rule.Name == Union || a.repeated(*a.at(s.Customer), c.items, c.hashes, n, h) {
			return
		}
		c.items, c.hashes = append(c.items, n), append(c.hashes, h)
		c.hash = c.hash*31 + h
		c.filled, c.length = c.filled+filled, c.length+letters
		if stated.After(c.time) {
			c.time, c.tie = stated, tie
		}
		return
	}
	b.candidates = append(b.candidates, candidate{
		source: s, rank: rank(rule.Priority, s), hash: h, time: stated, tie: tie,
		items: []int{n}, hashes: []uint64{h}, filled: filled, length: letters,
	})
}

// repeated tells whether item n stands among earlier ones already, with all its parts: a record
// states an item once, however often it repeats it.
func (a *list[T]) repeated(items []T, earlier []int, hashes []uint64, n int, h uint64) bool {
	for i, e := range earlier {
		if hashes[i] == h && slices.Equal(a.leaves(&items[e]), a.leaves(&items[n])) {
			return true
		}
	}
	return false
}

// emptied lists the records that state the whole list to be empty.
func (a *list[T]) emptied(e *election, rule Rule) (candidates []candidate) {
	for i := range e.sources {
		if s := &e.sources[i]; len(*a.at(s.Customer)) == 0 && s.clears(a.name) {
			candidates = append(candidates, candidate{source: s, rank: rank(rule.Priority, s), time: s.stated(a.name), empty: true})
		}
	}
	return candidates
}

// publish writes the items of the winners, the most trusted and recent records first, up to the
// limit.
func (a *list[T]) publish(e *election, rule Rule, by RuleName, winners []*ballot) {
	slices.SortFunc(winners, func(x, y *ballot) int {
		return cmp.Or(order(SourcePriority, x.winner, y.winner), cmp.Compare(x.winner.items[0], y.winner.items[0]))
	})
	out := a.at(&e.result.Customer)
	var values []Value
	for _, b := range winners {
		for i, n := range b.winner.items {
			item := (*a.at(b.winner.source.Customer))[n]
			if rule.Limit > 0 && len(values) >= rule.Limit {
				if last := &values[len(values)-1]; len(last.Lost) < lostKept {
					last.Lost = append(last.Lost, Lost{Source: b.winner.source.Key, Value: encode(item), Why: "beyond the limit of the list"})
				}
				continue
			}
			*out = append(*out, item)
			values = append(values, a.lineage(e, by, rule.Name, b, i))
		}
	}
	e.add(a.name, values)
}

// lineage tells where the winner's item number i in the group comes from; -1 for its statement that
// there is none. Losers stand with the group's first item.
func (a *list[T]) lineage(e *election, by, name RuleName, b *ballot, i int) Value {
	var h uint64
	candidates := b.candidates
	if i >= 0 {
		h = b.winner.hashes[i]
	}
	if i > 0 {
		candidates = nil
	}
	v := e.value(by, b.winner, candidates, h, func(c *candidate) []byte { return a.encode(c) })
	if !b.winner.source.Pinned {
		v.Rule = string(name)
	}
	if i >= 0 {
		v.Also = b.also(h)
	}
	return v
}

// also lists the other records that state an item of the hash.
func (b *ballot) also(h uint64) (keys []string) {
	for i := range b.candidates {
		if c := &b.candidates[i]; c != b.winner && slices.Contains(c.hashes, h) {
			keys = append(keys, c.source.Key)
		}
	}
	return keys
}

func (a *list[T]) encode(c *candidate) []byte {
	items := *a.at(c.source.Customer)
	if c.empty {
		return null
	}
	if len(c.items) == 1 {
		return encode(items[c.items[0]])
	}
	lost := make([]T, len(c.items))
	for i, n := range c.items {
		lost[i] = items[n]
	}
	return encode(lost)
}
