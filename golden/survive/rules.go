package survive

import (
	"maps"
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
	VerifiedFirst  RuleName = "verified_first"  // of mail addresses and numbers: a verified one
	Trust          RuleName = "trust"           // the most trusted statement; trust decays with age
	Union          RuleName = "union"           // of lists: every different item
)

// RuleNames lists the rules in the order of the reference.
var RuleNames = []string{
	string(SourcePriority), string(MostRecent), string(MostComplete), string(MostFrequent), string(Longest),
	string(VerifiedFirst), string(Trust), string(Union),
}

// DefaultName stands for the attributes that are not named.
const DefaultName = "default"

// Rules say which values survive.
type Rules struct {
	Priority   []string        // systems ("erp") or streams ("erp/customers"), the most trusted first
	Trust      []Trusted       // in systems and streams, for the rule Trust
	Attributes map[string]Rule // by JSON name
	Default    Rule
	// Kinds are the rules that hold instead for customers of one kind, by JSON name; "default"
	// instead of Default. The kind is what Attributes make of it.
	Kinds map[canonical.Kind]map[string]Rule
}

// Rule is how one attribute survives.
type Rule struct {
	Name     RuleName
	Priority []string  // instead of Rules.Priority
	Trust    []Trusted // instead of Rules.Trust
	// Prefer decides between records that state the same item of a union; SourcePriority where
	// empty.
	Prefer RuleName
	// Group divides a list: in each group the items of one record survive together. Empty: the
	// whole list is one group.
	Group string
	Limit int // items that survive at most; 0 for all
	// When is the condition under which a record has a say, "" for always: see Source.Silent.
	When string
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

// all lists the rules: for all customers, and those of each kind.
func (r *Rules) all() []Rule {
	rules := append(slices.Collect(maps.Values(r.Attributes)), r.Default)
	for _, kind := range r.Kinds {
		rules = slices.AppendSeq(rules, maps.Values(kind))
	}
	return rules
}

// Uses tells whether some attribute goes by a rule.
func (r *Rules) Uses(name RuleName) bool {
	return slices.ContainsFunc(r.all(), func(rule Rule) bool { return rule.Name == name || rule.by() == name })
}

// Names lists the systems and streams that priorities and trust name, with repetitions; trust by
// which nothing goes aside.
func (r *Rules) Names() (names []string) {
	all := Rule{Priority: r.Priority}
	if r.Uses(Trust) {
		all.Trust = r.Trust
	}
	for _, rule := range append(r.all(), all) {
		names = append(names, rule.Priority...)
		for _, t := range rule.Trust {
			names = append(names, t.Name)
		}
	}
	return names
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

// IsVerifiable tells whether an attribute's items say of themselves that they are verified.
func IsVerifiable(attribute string) bool {
	for _, a := range attributes {
		if a.label() == attribute {
			return a.isVerifiable()
		}
	}
	return false
}

// AttributeNames lists the attributes that rules may name, in the order of the model.
func AttributeNames() []string {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.label()
	}
	return names
}

// rank is the place of a source in a priority list; those not named share the last.
func rank(priority []string, s *Source) int32 {
	for i, p := range priority {
		if p == s.System || len(p) == len(s.System)+1+len(s.Stream) && p == s.System+"/"+s.Stream {
			return int32(i)
		}
	}
	return int32(len(priority))
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
