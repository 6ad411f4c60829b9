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
func (a *named) isVerifiable() bool   { return false }

// hashes of the entries, in the order of their names. The name is part of the hash.
func (a *named) hashes(c *canonical.Customer, forms Forms) []uint64 {
	entries := *a.at(c)
	hashes := make([]uint64, 0, len(entries))
	for _, name := range sortedKeys(entries) {
		hashes = append(hashes, a.hash(name, entries[name], forms))
	}
	return hashes
}

func (a *named) hash(name, text string, forms Forms) uint64 {
	return hash(name + "\x00" + forms.Fold(text))
}

func (a *named) survive(e *election) {
	names := map[string]bool{}
	var emptied []candidate
	rule := e.rule()
	for i := range e.sources {
		s := &e.sources[i]
		for name := range *a.at(s.Customer) {
			names[name] = true
		}
		if s.clears(a.name) {
			c := s.stands(rule, a.name)
			c.empty = true
			emptied = append(emptied, c)
		}
	}
	emptied, silentlyEmptied := heard(emptied)
	out := a.at(&e.result.Customer)
	var values []Value
	unheard := silentlyEmptied
	for _, name := range sortedKeys(names) {
		candidates, silent := heard(a.candidates(e, rule, name))
		if len(candidates) == 0 {
			unheard = append(unheard, silent...)
			continue
		}
		if statesEmptiness(rule.Name) {
			candidates = append(candidates, emptied...)
		}
		winner := e.elect(rule, rule.Name, candidates)
		if winner.empty {
			continue
		}
		if *out == nil {
			*out = map[string]string{}
		}
		(*out)[name] = (*a.at(winner.source.Customer))[name]
		values = append(values, e.value(rule, winner, candidates, silent, winner.hash, func(c *candidate) []byte {
			if c.empty {
				return null
			}
			return encode((*a.at(c.source.Customer))[name])
		}))
	}
	whole := func(c *candidate) []byte { return a.encode(c) }
	switch {
	case len(values) > 0:
		values[len(values)-1].loses(rule, unheard, whole)
		e.add(a.name, values)
	case len(emptied) > 0:
		winner := best(SourcePriority, emptied)
		e.cleared(a.name, e.value(rule, winner, emptied, unheard, 0, whole))
	default:
		e.unheard(a.name, rule, unheard, whole)
	}
}

// encode gives all that a record states by name.
func (a *named) encode(c *candidate) []byte {
	if c.empty {
		return null
	}
	return encode(*a.at(c.source.Customer))
}

func (a *named) candidates(e *election, rule *Rule, name string) (candidates []candidate) {
	for i := range e.sources {
		s := &e.sources[i]
		text, stated := (*a.at(s.Customer))[name]
		if !stated {
			continue
		}
		h := a.hash(name, text, e.forms)
		if s.wrote(a.name, h) {
			continue
		}
		c := s.stands(rule, a.name)
		c.hash = h
		c.filled, c.length = size([]string{text})
		candidates = append(candidates, c)
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
	if len(names) == 0 {
		return
	}
	rule := e.rule()
	for _, name := range sortedKeys(names) {
		var candidates []candidate
		for i := range e.sources {
			s := &e.sources[i]
			raw, stated := s.Customer.Extra[name]
			h := hash(string(raw))
			if !stated || s.wrote(name, h) {
				continue
			}
			c := s.stands(rule, name)
			c.hash, c.filled, c.length = h, 1, int32(len(raw))
			candidates = append(candidates, c)
		}
		candidates, silent := heard(candidates)
		shown := func(c *candidate) []byte { return c.source.Customer.Extra[name] }
		if len(candidates) == 0 {
			e.unheard(name, rule, silent, shown)
			continue
		}
		winner := e.elect(rule, rule.Name, candidates)
		if e.result.Customer.Extra == nil {
			e.result.Customer.Extra = map[string]json.RawMessage{}
		}
		e.result.Customer.Extra[name] = winner.source.Customer.Extra[name]
		e.add(name, []Value{e.value(rule, winner, candidates, silent, winner.hash, shown)})
	}
}
