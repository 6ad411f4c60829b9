package survive

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/canonical"
)

// attribute is one top-level attribute of the model.
type attribute interface {
	label() string
	isList() bool
	groupNames() []string
	isVerifiable() bool
	survive(e *election)
	hashes(c *canonical.Customer, forms Forms) []uint64
	details(c *canonical.Customer, forms Forms) []Detail
	leaveOwn(c *canonical.Customer, s *Source, forms Forms)
}

// single is an attribute with one value.
type single[T comparable] struct {
	name   string
	at     func(*canonical.Customer) *T // where it stands; the zero value is no value
	leaves func(T) []string             // its texts
}

func (a *single[T]) label() string        { return a.name }
func (a *single[T]) isList() bool         { return false }
func (a *single[T]) groupNames() []string { return nil }
func (a *single[T]) isVerifiable() bool   { return false }

func (a *single[T]) hashes(c *canonical.Customer, forms Forms) []uint64 {
	var none T
	v := *a.at(c)
	if v == none {
		return nil
	}
	return []uint64{hash(fold(forms, a.leaves(v)))}
}

func (a *single[T]) survive(e *election) {
	if s := e.alone(); s != nil {
		a.surviveAlone(e, s)
		return
	}
	var none T
	var rule *Rule
	var candidates []candidate
	for i := range e.sources {
		s := &e.sources[i]
		v := *a.at(s.Customer)
		if v == none && !s.clears(a.name) {
			continue
		}
		if candidates == nil {
			rule = e.rule()
		}
		c := s.stands(rule, a.name)
		c.empty = v == none
		if v != none {
			leaves := a.leaves(v)
			c.hash = hash(fold(e.forms, leaves))
			if s.wrote(a.name, c.hash) {
				continue
			}
			c.filled, c.length = size(leaves)
		}
		candidates = append(candidates, c)
	}
	if candidates == nil {
		return
	}
	candidates, silent := heard(candidates)
	if !statesEmptiness(rule.Name) {
		candidates = withoutEmpty(candidates)
	}
	shown := func(c *candidate) []byte {
		if c.empty {
			return null
		}
		return encode(*a.at(c.source.Customer))
	}
	if len(candidates) == 0 {
		e.unheard(a.name, rule, silent, shown)
		return
	}
	winner := e.elect(rule, rule.Name, candidates)
	value := e.value(rule, winner, candidates, silent, winner.hash, shown)
	if winner.empty {
		e.cleared(a.name, value)
		return
	}
	*a.at(&e.result.Customer) = *a.at(winner.source.Customer)
	e.add(a.name, []Value{value})
}

// statesEmptiness: under these rules a record that states an attribute to be empty stands for
// election with that; under the others only values do.
func statesEmptiness(rule RuleName) bool {
	return rule == SourcePriority || rule == MostRecent || rule == Trust
}

// withoutEmpty leaves out the statements of emptiness, unless there is nothing else: what is only
// ever stated to be empty is known to be empty.
func withoutEmpty(candidates []candidate) []candidate {
	var kept []candidate
	for _, c := range candidates {
		if !c.empty {
			kept = append(kept, c)
		}
	}
	if kept == nil {
		return candidates
	}
	return kept
}

// null is how a statement of emptiness that lost is shown.
var null = []byte("null")

func encode(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil { // the model's types always marshal
		panic("survive: " + err.Error())
	}
	return out
}

// fold joins texts into one standardised text.
func fold(forms Forms, leaves []string) string {
	if len(leaves) == 1 {
		return forms.Fold(leaves[0])
	}
	var b strings.Builder
	b.Grow(64)
	for _, leaf := range leaves {
		b.WriteString(forms.Fold(leaf))
		b.WriteByte(0)
	}
	return b.String()
}

func size(leaves []string) (filled, letters int32) {
	for _, leaf := range leaves {
		if leaf != "" {
			filled++
			letters += int32(utf8.RuneCountInString(leaf))
		}
	}
	return filled, letters
}
