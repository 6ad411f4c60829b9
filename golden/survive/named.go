package survive

import (
	"encoding/json"

	"github.com/touchstone-hub/touchstone/canonical"
)

// named is an attribute with values by name: every name is elected by itself. Its lineage has one
// entry for each name, in their order.
type named struct {
	name string
	at   func(*canonical.Customer) *map[string]string
}

func (a *named) label() string        { return a.name }
func (a *named) isList() bool         { return false }
func (a *named) groupNames() []string { return nil }

// hashes of the entries, in the order of their names. The name is part of the hash.
func (a *named) hashes(c *canonical.Customer, forms Forms) []uint64 {
	entries := *a.at(c)
	hashes := make([]uint64, 0, len(entries))
	for _, name := range sortedKeys(entries) {
		hashes = append(hashes, hash(name+"\x00"+forms.Fold(entries[name])))
	}
	return hashes
}

func (a *named) survive(e *election) {
	names := map[string]bool{}
	var emptied []candidate
	rule := e.rules.rule(a)
	for i := range e.sources {
		s := &e.sources[i]
		for name := range *a.at(s.Customer) {
			names[name] = true
		}
		if s.clears(a.name) {
			emptied = append(emptied, candidate{source: s, rank: rank(rule.Priority, s), time: s.stated(a.name), empty: true})
		}
	}
	out := a.at(&e.result.Customer)
	var values []Value
	for _, name := range sortedKeys(names) {
		candidates := a.candidates(e, rule, name)
		if len(candidates) == 0 {
			continue
		}
		if statesEmptiness(rule.Name) {
			candidates = append(candidates, emptied...)
		}
		winner := elect(rule.Name, candidates)
		if winner.empty {
			continue
		}
		if *out == nil {
			*out = map[string]string{}
		}
		(*out)[name] = (*a.at(winner.source.Customer))[name]
		values = append(values, e.value(rule.Name, winner, candidates, winner.hash, func(c *candidate) []byte {
			if c.empty {
				return null
			}
			return encode((*a.at(c.source.Customer))[name])
		}))
	}
	switch {
	case len(values) > 0:
		e.add(a.name, values)
	case len(emptied) > 0:
		winner := elect(SourcePriority, emptied)
		e.cleared(a.name, e.value(rule.Name, winner, emptied, 0, func(*candidate) []byte { return null }))
	}
}

func (a *named) candidates(e *election, rule Rule, name string) (candidates []candidate) {
	for i := range e.sources {
		s := &e.sources[i]
		text, stated := (*a.at(s.Customer))[name]
		if !stated {
			continue
		}
		h := hash(name + "\x00" + e.forms.Fold(text))
		if s.wrote(a.name, h) {
			continue
		}
		filled, letters := size([]string{text})
		candidates = append(candidates, candidate{source: s, rank: rank(rule.Priority, s), hash: h, time: s.stated(a.name), filled: filled, length: letters})
	}
	return candidates
}

// extra elects the members that this version of the model does not know, by the default rule.
func (e *election) extra() {
	names := map[string]bool{}
	for i := range e.sources {
		for name := range e.sources[i].Customer.Extra {
			names[name] = true
		}
	}
	rule := e.rules.Default
	if rule.Name == Union {
		rule.Name = SourcePriority
	}
	for _, name := range sortedKeys(names) {
		var candidates []candidate
		for i := range e.sources {
			s := &e.sources[i]
			raw, stated := s.Customer.Extra[name]
			h := hash(string(raw))
			if !stated || s.wrote(name, h) {
				continue
			}
			candidates = append(candidates, candidate{source: s, rank: rank(e.rules.Priority, s), hash: h, time: s.stated(name), filled: 1, length: len(raw)})
		}
		if len(candidates) == 0 {
			continue
		}
		winner := elect(rule.Name, candidates)
		if e.result.Customer.Extra == nil {
			e.result.Customer.Extra = map[string]json.RawMessage{}
		}
		e.result.Customer.Extra[name] = winner.source.Customer.Extra[name]
		e.add(name, []Value{e.value(rule.Name, winner, candidates, winner.hash, func(c *candidate) []byte { return c.source.Customer.Extra[name] })})
	}
}
