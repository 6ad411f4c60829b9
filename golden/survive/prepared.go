package survive

import (
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Prepared are rules put in order for choosing, with all that they leave to others filled in. They
// are safe for concurrent use.
type Prepared struct {
	// kinds has the rules of customers of each kind that has rules of its own, by the attribute's
	// place in attributes; the last is of members that the model does not know.
	kinds  map[canonical.Kind][]Rule
	others []Rule
}

// Prepare puts the rules in order, once for many customers. Later changes of the rules do not show.
func (r *Rules) Prepare() *Prepared {
	p := &Prepared{others: r.inOrder(nil)}
	for kind, own := range r.Kinds {
		if p.kinds == nil {
			p.kinds = map[canonical.Kind][]Rule{}
		}
		p.kinds[kind] = r.inOrder(own)
	}
	return p
}

func (p *Prepared) of(kind canonical.Kind) []Rule {
	if own, has := p.kinds[kind]; has {
		return own
	}
	return p.others
}

func (r *Rules) inOrder(kind map[string]Rule) []Rule {
	fallback, own := kind[DefaultName]
	if !own {
		fallback = r.Default
	}
	ordered := make([]Rule, len(attributes)+1)
	for i, a := range attributes {
		rule, own := kind[a.label()]
		if !own {
			if rule, own = r.Attributes[a.label()]; !own {
				rule = fallback
			}
		}
		ordered[i] = r.complete(rule, a.isList())
	}
	ordered[len(attributes)] = r.complete(fallback, false)
	return ordered
}

// complete fills in what a rule leaves to others. A rule that only lists can have means, for a
// single value, its preference between records.
func (r *Rules) complete(rule Rule, list bool) Rule {
	if rule.Priority == nil {
		rule.Priority = r.Priority
	}
	if rule.Trust == nil {
		rule.Trust = r.Trust
	}
	if rule.Prefer == "" {
		rule.Prefer = SourcePriority
	}
	if rule.Name == Union && !list {
		rule.Name = rule.Prefer
	}
	return rule
}

// Survive chooses the golden customer from the records of one customer.
func (r *Rules) Survive(sources []Source, forms Forms) Result {
	return r.Prepare().Survive(sources, forms)
}

// Survive chooses the golden customer from the records of one customer.
func (p *Prepared) Survive(sources []Source, forms Forms) Result {
	ordered := slices.Clone(sources)
	slices.SortFunc(ordered, func(a, b Source) int { return compareText(a.Key, b.Key) })
	e := &election{rules: p, sources: ordered, forms: forms}
	e.run()
	return e.result
}

func (e *election) run() {
	e.result.Lineage = make([]Attribute, 0, 16)
	e.table = e.rules.others
	attributes[0].survive(e) // the kind, which may have rules of its own
	e.table = e.rules.of(e.result.Customer.Kind)
	for i, a := range attributes[1:] {
		e.at = i + 1
		a.survive(e)
	}
	e.at = len(attributes)
	e.extra()
}

// rule is that of the attribute, or of the unknown members, that are elected.
func (e *election) rule() *Rule { return &e.table[e.at] }
