package survive

import (
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
	stated func(*T) (rfc3339 string, tie int8)
	// verified tells whether the source says of an item that it is; nil where none does.
	verified func(*T) bool
}

func (a *list[T]) label() string        { return a.name }
func (a *list[T]) isList() bool         { return true }
func (a *list[T]) groupNames() []string { return sortedKeys(a.groups) }
func (a *list[T]) isVerifiable() bool   { return a.verified != nil }

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
	silent     []candidate // those that have no say
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
	rule := e.rule()
	if s := e.alone(); s != nil && a.surviveAlone(e, s, rule) {
		return
	}
	ballots := a.ballots(e, rule)
	emptied, unheard := heard(a.emptied(e, rule))
	var cleared *Value
	var winners []*ballot
	for i := range ballots {
		b := &ballots[i]
		b.candidates, b.silent = heard(b.candidates)
		if statesEmptiness(rule.Name) {
			b.candidates = append(b.candidates, emptied...)
		}
		if len(b.candidates) == 0 {
			unheard = append(unheard, b.silent...)
			continue
		}
		b.winner = e.elect(rule, rule.by(), b.candidates)
		if !b.winner.empty {
			winners = append(winners, b)
		} else if cleared == nil {
			v := a.lineage(e, rule, b, -1)
			cleared = &v
		}
	}
	switch {
	case len(winners) > 0:
		a.publish(e, rule, winners, unheard)
	case cleared != nil:
		cleared.loses(rule, unheard, a.encode)
		e.cleared(a.name, *cleared)
	case len(emptied) > 0:
		winner := best(SourcePriority, emptied)
		e.cleared(a.name, e.value(rule, winner, emptied, unheard, 0, a.encode))
	default:
		e.unheard(a.name, rule, unheard, a.encode)
	}
}

// by is the rule that chooses between records: of a union its preference.
func (r *Rule) by() RuleName {
	if r.Name == Union {
		return r.Prefer
	}
	return r.Name
}

// ballots divides what the records state into groups: of a union one for each different item, else
// by the rule's group. A record's items in a group stand together. What the hub wrote into a
// record does not stand.
func (a *list[T]) ballots(e *election, rule *Rule) []ballot {
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
			a.stand(e, &ballots[b], rule, s, n, item, h)
		}
	}
	return ballots
}

// stand adds an item to its record's candidate. Of a union one such item of a record stands: the
// last statement, of what is dated itself; a verified one, where those go first; else the first.
// Without a union of equal items one stands.
func (a *list[T]) stand(e *election, b *ballot, rule *Rule, s *Source, n int, item *T, h uint64) {
	c := a.candidate(e, rule, s, n, item, h)
	last := len(b.candidates) - 1
	if last < 0 || b.candidates[last].source != s {
		b.candidates = append(b.candidates, c)
		return
	}
	earlier := &b.candidates[last]
	switch {
	case rule.Name == Union:
		if a.stated != nil && byTime.compare(&c, earlier) < 0 || rule.Prefer == VerifiedFirst && byVerification.compare(&c, earlier) < 0 {
			*earlier = c
		}
	case !a.repeated(*a.at(s.Customer), earlier.items, earlier.hashes, n, h):
		earlier.join(&c)
	}
}

// candidate is a record's item number n by itself.
func (a *list[T]) candidate(e *election, rule *Rule, s *Source, n int, item *T, h uint64) candidate {
	c := s.stands(rule, a.name)
	c.hash = h
	c.items, c.hashes = e.hold(n, h)
	c.filled, c.length = size(a.leaves(item))
	c.verified = a.verified != nil && a.verified(item)
	if a.stated != nil {
		text, tie := a.stated(item)
		c.tie = tie
		if own, err := time.Parse(time.RFC3339, text); err == nil {
			c.time = own
		}
	}
	return c
}

// hold gives a list of one item, and of its hash, out of those of the election.
func (e *election) hold(n int, h uint64) ([]int, []uint64) {
	if e.items == nil {
		room := 8 * len(e.sources) // as many items as most records have
		e.items, e.hashes = make([]int, 0, room), make([]uint64, 0, room)
	}
	e.items, e.hashes = append(e.items, n), append(e.hashes, h)
	at := len(e.items) - 1
	return e.items[at : at+1 : at+1], e.hashes[at : at+1 : at+1]
}

// join takes a further item of the same record in: they stand together.
func (c *candidate) join(more *candidate) {
	c.items, c.hashes = append(c.items, more.items...), append(c.hashes, more.hashes...)
	c.hash = c.hash*31 + more.hash
	c.filled, c.length, c.verified = c.filled+more.filled, c.length+more.length, c.verified || more.verified
	if more.time.After(c.time) {
		c.time, c.tie = more.time, more.tie
	}
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
func (a *list[T]) emptied(e *election, rule *Rule) (candidates []candidate) {
	for i := range e.sources {
		if s := &e.sources[i]; len(*a.at(s.Customer)) == 0 && s.clears(a.name) {
			c := s.stands(rule, a.name)
			c.empty = true
			candidates = append(candidates, c)
		}
	}
	return candidates
}
