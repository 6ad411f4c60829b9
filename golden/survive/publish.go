package survive

import (
	"cmp"
	"slices"
)

// publish writes the items of the winners, the most trusted and recent records first, up to the
// limit; by the rule VerifiedFirst the verified items before others.
func (a *list[T]) publish(e *election, rule *Rule, winners []*ballot, unheard []candidate) {
	slices.SortFunc(winners, func(x, y *ballot) int {
		return cmp.Or(order(SourcePriority, x.winner, y.winner), cmp.Compare(x.winner.items[0], y.winner.items[0]))
	})
	elected := make([]electedItem, 0, len(winners))
	for _, b := range winners {
		for i := range b.winner.items {
			elected = append(elected, electedItem{b, i})
		}
	}
	if rule.by() == VerifiedFirst && a.verified != nil {
		slices.SortStableFunc(elected, func(x, y electedItem) int {
			return cmp.Compare(place(a.verified(a.item(y))), place(a.verified(a.item(x))))
		})
	}
	out := a.at(&e.result.Customer)
	values := make([]Value, 0, len(elected))
	for _, it := range elected {
		item := *a.item(it)
		if rule.Limit > 0 && len(values) >= rule.Limit {
			if last := &values[len(values)-1]; len(last.Lost) < lostKept {
				last.Lost = append(last.Lost, Lost{Source: it.of.winner.source.Key, Value: encode(item), Why: "beyond the limit of the list"})
			}
			continue
		}
		*out = append(*out, item)
		values = append(values, a.lineage(e, rule, it.of, it.i))
	}
	values[len(values)-1].loses(rule, unheard, a.encode)
	e.add(a.name, values)
}

// electedItem is item number i of the winner of a ballot.
type electedItem struct {
	of *ballot
	i  int
}

func (a *list[T]) item(it electedItem) *T {
	return &(*a.at(it.of.winner.source.Customer))[it.of.winner.items[it.i]]
}

// lineage tells where the winner's item number i in the group comes from; -1 for its statement that
// there is none. Losers stand with the group's first item.
func (a *list[T]) lineage(e *election, rule *Rule, b *ballot, i int) Value {
	var h uint64
	candidates, silent := b.candidates, b.silent
	if i >= 0 {
		h = b.winner.hashes[i]
	}
	if i > 0 {
		candidates, silent = nil, nil
	}
	v := e.value(rule, b.winner, candidates, silent, h, a.encode)
	if !b.winner.source.Pinned {
		v.Rule = string(rule.Name)
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
