package survive

import (
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
)

// RuleName names a survivorship rule.
type RuleName string

// The rules. Ties are broken by source priority, then business time, then key.
const (
	SourcePriority RuleName = "source_priority" // the system that stands first
	MostRecent     RuleName = "most_recent"     // the latest business time
	MostComplete   RuleName = "most_complete"   // the most parts filled in
	MostFrequent   RuleName = "most_frequent"   // what most records state
	Longest        RuleName = "longest"         // the longest text
	Union          RuleName = "union"           // of lists: every different item
)

// RuleNames lists the rules in the order of the reference.
var RuleNames = []string{string(SourcePriority), string(MostRecent), string(MostComplete), string(MostFrequent), string(Longest), string(Union)}

// Rules say which values survive.
type Rules struct {
	Priority   []string        // systems ("erp") or streams ("erp/customers"), the most trusted first
	Attributes map[string]Rule // by JSON name
	Default    Rule
}

// Rule is how one attribute survives.
type Rule struct {
	Name     RuleName
	Priority []string // instead of Rules.Priority
	// Prefer decides between records that state the same item of a union; SourcePriority where
	// empty.
	Prefer RuleName
	// Group divides a list: in each group the items of one record survive together. Empty: the
	// whole list is one group.
	Group string
	Limit int // items that survive at most; 0 for all
}

// Default are the rules that a hub without survivorship rules of its own has: the most recent
// statement, unions of lists, one set of addresses for each use, one name in Chinese characters
// and one in others, and the last statement for each consent.
func Default() Rules {
	union := Rule{Name: Union}
	return Rules{
		Default: Rule{Name: MostRecent},
		Attributes: map[string]Rule{
			"identifiers": union, "emails": union, "phones": union, "faxes": union, "webs": union, "chats": union,
			"contacts": union, "bankAccounts": union, "competitors": union, "problems": union, "needs": union,
			"contactsMade": union, "discountsGiven": union, "cooperations": union,
			"loyalty":   {Name: Union, Prefer: MostRecent},
			"consents":  {Name: Union, Prefer: MostRecent},
			"addresses": {Name: MostRecent, Group: "use"},
			"names":     {Name: MostRecent, Group: "script"},
		},
	}
}

// IsList tells whether an attribute is a list, and which groups it has. known is false where
// there is no such attribute.
func IsList(attribute string) (list bool, groups []string, known bool) {
	for _, a := range attributes {
		if a.label() == attribute {
			return a.isList(), a.groupNames(), true
		}
	}
	return false, nil, false
}

// AttributeNames lists the attributes that rules may name, in the order of the model.
func AttributeNames() []string {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.label()
	}
	return names
}

// rule returns the rule for an attribute. A rule that only lists can have means, for a single
// value, its preference between records.
func (r *Rules) rule(a attribute) Rule {
	rule, own := r.Attributes[a.label()]
	if !own {
		rule = r.Default
	}
	if rule.Priority == nil {
		rule.Priority = r.Priority
	}
	if rule.Prefer == "" {
		rule.Prefer = SourcePriority
	}
	if rule.Name == Union && !a.isList() {
		rule.Name = rule.Prefer
	}
	return rule
}

// rank is the place of a source in a priority list; those not named share the last.
func rank(priority []string, s *Source) int {
	for i, p := range priority {
		if p == s.System || len(p) == len(s.System)+1+len(s.Stream) && p == s.System+"/"+s.Stream {
			return i
		}
	}
	return len(priority)
}

// Survive chooses the golden customer from the records of one customer.
func (r *Rules) Survive(sources []Source, forms Forms) Result {
	ordered := slices.Clone(sources)
	slices.SortFunc(ordered, func(a, b Source) int { return compareText(a.Key, b.Key) })
	e := &election{rules: r, sources: ordered, forms: forms}
	e.run()
	return e.result
}

func (e *election) run() {
	e.result.Lineage = make([]Attribute, 0, 16)
	for _, a := range attributes {
		a.survive(e)
	}
	e.extra()
}

// Hashes returns the hashes of the values of a customer, by the JSON name of the attribute; of a
// list one for each item, in order. They are what Written and Value hold.
func Hashes(c *canonical.Customer, forms Forms) map[string][]uint64 {
	hashes := map[string][]uint64{}
	for _, a := range attributes {
		if own := a.hashes(c, forms); len(own) > 0 {
			hashes[a.label()] = own
		}
	}
	for name, raw := range c.Extra {
		hashes[name] = []uint64{hash(string(raw))}
	}
	return hashes
}
