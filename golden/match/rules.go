package match

import (
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Rules are everything that decides who is one customer.
type Rules struct {
	Unique     []string // identifier schemes under which a value belongs to one customer only
	Keys       []KeyRule
	Thresholds Thresholds
	Limits     Limits

	// Comparisons weigh pairs that share a key. Without any, the keys themselves do.
	Comparisons []Comparison
	Swap        int32       // what given and family name count less where they are alike only across
	Prior       int32       // as in Parameters, where none were trained
	Related     int32       // likewise
	Parameters  *Parameters // nil: untrained

	given, family int // their places among the comparisons; -1 for none
}

// CompareBy has pairs weighed by comparisons.
func (r *Rules) CompareBy(comparisons []Comparison) {
	r.Comparisons = comparisons
	r.given = slices.IndexFunc(comparisons, func(c Comparison) bool { return c.Attribute == "given" })
	r.family = slices.IndexFunc(comparisons, func(c Comparison) bool { return c.Attribute == "family" })
}

// KeyRule makes block keys: records join where they have equal values for all of its parts.
type KeyRule struct {
	Parts []Part
	// Attributes are parts beside Parts that are named as comparisons name them: locality,
	// attributes.NAME, identifiers.SCHEME.
	Attributes []string
	Weight     int32 // evidence of sharing such a key, in 1/1024 bit
	name       string
}

// Thresholds divide weights, in 1/1024 bit.
type Thresholds struct {
	Edge int32 // from here up a pair is kept as an edge and, below Link, reported as doubtful
	Link int32 // from here up a pair is a reason to join
}

// Limits bound the work of one key and of one component.
type Limits struct {
	Block     int // a key with more live records is generic: it brings nobody together
	Component int // a larger component is cut at its weakest edges and reported
}

// Part is one standardised attribute in a key.
type Part int

// The parts of keys.
const (
	Identifier   Part = iota // a unique identifier, with its scheme
	Email                    // a mail address
	Phone                    // a phone number, E.164, with its extension
	Name                     // a complete name, in any word order and reading: of a person family and given name
	Family                   // a family name
	Given                    // given names
	Organisation             // an organisation's name without its legal form
	BirthDate
	Postcode
	Token // any word of a name of at least two letters, be it given or family name
	Sound // a family or given name by its sound (Soundex)
	BirthYear
	Area   // the area of a postcode
	Local  // a mail address before the @
	Sounds // a person's family and given name by their sounds, in either order
	lastPart
)

// PartNames are the names of the parts in a ruleset, by Part.
var PartNames = [lastPart]string{"identifier", "email", "phone", "name", "family", "given", "organisation", "birthDate", "postcode", "token", "sound", "birthYear", "area", "local", "sounds"}

// partEvidence is what sharing a value says for two records being one customer, in bits: rare values
// say more. It is untrained; the sum over a key's parts is the key's weight.
var partEvidence = [lastPart]int32{Identifier: 20, Email: 12, Phone: 7, Name: 8, Family: 5, Given: 4, Organisation: 9, BirthDate: 10, Postcode: 4, Token: 4, Sound: 3, BirthYear: 4, Area: 3, Local: 8, Sounds: 6}

// attributeEvidence is that of a part without one of its own.
const attributeEvidence = 4

// Contradictions, in bits.
const (
	otherBirthDate = 10
	otherGiven     = 10
	otherKind      = 12
)

// Default are the rules that a hub without match rules of its own has.
//
// A phone alone joins nobody: a household and a switchboard share one, and so does the family name;
// the complete name beside it does. A mail address does, unless birth dates or given names
// contradict: families share mailboxes, but less often.
func Default() Rules {
	thresholds := Thresholds{Edge: 0, Link: 6 * Bit}
	return Rules{
		Unique: []string{"vat", "gln", "duns", "lei", "uscc"},
		Keys: []KeyRule{
			NewKeyRule(thresholds.Link, Identifier),
			NewKeyRule(thresholds.Link, Email),
			NewKeyRule(thresholds.Link, Phone, Name),
			NewKeyRule(thresholds.Link, Name, BirthDate),
			NewKeyRule(thresholds.Link, Organisation, Postcode),
		},
		Thresholds: thresholds,
		Limits:     Limits{Block: 100, Component: 200},
	}
}

// valuesPerPart bounds the keys that one record can make.
const valuesPerPart = 16

// NewKeyRule returns the rule for a key of parts. Sharing it is always enough to join two records
// that nothing contradicts.
func NewKeyRule(link int32, parts ...Part) KeyRule { return NewKeyRuleOf(link, nil, parts...) }

// NewKeyRuleOf is NewKeyRule with attributes beside the parts.
func NewKeyRuleOf(link int32, attributes []string, parts ...Part) KeyRule {
	rule := KeyRule{Parts: parts, Attributes: attributes, Weight: int32(len(attributes)) * attributeEvidence * Bit}
	names := make([]string, len(parts))
	for i, p := range parts {
		rule.Weight += partEvidence[p] * Bit
		names[i] = PartNames[p]
	}
	names = append(names, attributes...)
	rule.Weight = max(rule.Weight, link)
	rule.name = strings.Join(names, "+")
	return rule
}

// Weight says how strongly two records are for (positive) or against (negative) being one customer,
// in 1/1024 bit: the strongest key that they share, less what contradicts. It is symmetric and
// depends on the two records alone.
func (r *Rules) Weight(a, b *Features) int32 {
	return r.weigh(a, b, nil)
}

// weigh is Weight with what was worked out before.
func (r *Rules) weigh(a, b *Features, cache cached) int32 {
	if len(r.Comparisons) > 0 {
		var p Pair
		r.compare(a, b, &p, cache)
		return r.score(&p, nil)
	}
	w := int32(0)
	r.eachShared(a, b, func(rule int) { w = max(w, r.Keys[rule].Weight) })
	for _, c := range r.contradictions(a, b) {
		w -= c.bits * Bit
	}
	return w
}

// contradiction is what speaks against a pair where the keys themselves decide.
type contradiction struct {
	what string
	bits int32
}

func (r *Rules) contradictions(a, b *Features) (list []contradiction) {
	if a.Kind != "" && b.Kind != "" && a.Kind != b.Kind {
		list = append(list, contradiction{"kind", otherKind})
	}
	if a.Kind == canonical.Organisation && b.Kind == canonical.Organisation {
		return list
	}
	if a.BirthDate != "" && b.BirthDate != "" && a.BirthDate != b.BirthDate {
		list = append(list, contradiction{"birthDate", otherBirthDate})
	}
	if unlike(a.People, b.People) {
		list = append(list, contradiction{"given", otherGiven})
	}
	return list
}

// eachShared calls do with the rule of each key that both records have.
func (r *Rules) eachShared(a, b *Features, do func(rule int)) {
	for i, j := 0, 0; i < len(a.Keys) && j < len(b.Keys); {
		switch x, y := a.Keys[i], b.Keys[j]; {
		case x.Hash < y.Hash:
			i++
		case x.Hash > y.Hash:
			j++
		default:
			do(x.Rule)
			i++
			j++
		}
	}
}
