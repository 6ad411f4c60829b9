package survive

import "slices"

// Most customers have one record. What it states survives without an election: the same as an
// election among one would give, at a fraction of the work.

// alone is the only source, if nothing that it states is to be passed over; else nil.
func (e *election) alone() *Source {
	if len(e.sources) != 1 || len(e.sources[0].Written) > 0 || e.sources[0].Silent != nil || e.elected {
		return nil
	}
	return &e.sources[0]
}

// unopposed is the lineage of a value of the only source.
func (s *Source) unopposed(rule RuleName, attribute string, hash uint64) Value {
	if s.Pinned {
		rule = "pinned"
	}
	return Value{Source: s.Key, Rule: string(rule), Time: s.stated(attribute), Hash: hash}
}

func (a *single[T]) surviveAlone(e *election, s *Source) {
	var none T
	v := *a.at(s.Customer)
	switch {
	case v != none:
		*a.at(&e.result.Customer) = v
		h := hash(fold(e.forms, a.leaves(v)))
		e.add(a.name, []Value{s.unopposed(e.rule().Name, a.name, h)})
	case s.clears(a.name):
		e.cleared(a.name, s.unopposed(e.rule().Name, a.name, 0))
	}
}

// surviveAlone takes all items over: of a union each only once, else those of a group together. It
// returns false where the list has a limit, is empty, dates its items itself, or where verified
// ones go first.
func (a *list[T]) surviveAlone(e *election, s *Source, rule *Rule) bool {
	items := *a.at(s.Customer)
	if len(items) == 0 || rule.Limit > 0 || a.stated != nil || rule.by() == VerifiedFirst {
		return false
	}
	values := make([]Value, 0, len(items))
	order := make([]int, 0, len(items))
	names, hashes := make([]string, len(items)), make([]uint64, len(items))
	group := a.groups[rule.Group]
	for i := range items {
		item := &items[i]
		name, h := a.standard(item, e.forms, rule.Name == Union)
		switch {
		case rule.Name == Union:
			if slices.Contains(names[:i], name) {
				names[i] = name
				continue
			}
		case group != nil:
			name = group(item)
		default:
			name = ""
		}
		names[i], hashes[i] = name, h
		if rule.Name != Union && a.repeatedAlone(items, names, hashes, order, i) {
			continue
		}
		order, values = append(order, i), append(values, s.unopposed(rule.Name, a.name, h))
	}
	if rule.Name != Union && group != nil {
		first := func(name string) int { return slices.Index(names, name) }
		slices.SortStableFunc(order, func(x, y int) int { return first(names[x]) - first(names[y]) })
		for i, n := range order {
			values[i] = s.unopposed(rule.Name, a.name, hashes[n])
		}
	}
	out := make([]T, len(order))
	for i, n := range order {
		out[i] = items[n]
	}
	*a.at(&e.result.Customer) = out
	e.add(a.name, values)
	return true
}

// repeatedAlone tells whether item i stands already among those chosen of its group.
func (a *list[T]) repeatedAlone(items []T, names []string, hashes []uint64, chosen []int, i int) bool {
	for _, n := range chosen {
		if names[n] == names[i] && hashes[n] == hashes[i] && slices.Equal(a.leaves(&items[n]), a.leaves(&items[i])) {
			return true
		}
	}
	return false
}
