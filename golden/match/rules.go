package match

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

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
	for i := range comparisons {
		comparisons[i].repeats = slices.Contains([]string{"given", "family", "locality", "region"}, comparisons[i].Attribute)
	}
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
	// Most is how many live records may share such a key; with more it is generic. 0 for Limits.Block.
	Most int

	name    string
	seed    uint64 // of the hashes of its keys
	refines int    // place of the rule whose generic keys it makes finer, from 1; 0 for none
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
	rule.seed = xxhash.Sum64String(rule.name)
	return rule
}

// AddKey adds a rule, and behind it those that make its keys finer where they are generic: a record
// then acts by the finer ones, which hold the parts of both.
func (r *Rules) AddKey(rule KeyRule, finer ...KeyRule) {
	r.Keys = append(slices.Clip(r.Keys), rule)
	at := len(r.Keys)
	for _, f := range finer {
		f.name = rule.name + "+" + f.name
		f.Weight = max(f.Weight, rule.Weight)
		f.refines = at
		r.Keys = append(r.Keys, f)
	}
}

// most is how many live records may share a key of a rule.
func (r *Rules) most(rule int) int {
	if n := r.Keys[rule].Most; n > 0 {
		return n
	}
	return r.Limits.Block
}

// Refines says whether any rule makes the keys of another finer.
func (r *Rules) Refines() bool {
	return slices.ContainsFunc(r.Keys, func(k KeyRule) bool { return k.refines != 0 })
}

// BlockLimits are the numbers of records above which keys of any rule are generic, in order.
func (r *Rules) BlockLimits() (limits []int) {
	for i := range r.Keys {
		limits = append(limits, r.most(i))
	}
	slices.Sort(limits)
	return slices.Compact(limits)
}

// usedParts are the parts that keys are made of, as bits.
func (r *Rules) usedParts() (used uint32) {
	for i := range r.Keys {
		for _, p := range r.Keys[i].Parts {
			used |= 1 << p
		}
	}
	return used
}

// comparesNames says whether given or family names are compared by levels.
func (r *Rules) comparesNames() bool {
	return len(r.Comparisons) > 0 && (r.given >= 0 || r.family >= 0)
}

// Acting calls do with the keys by which a record finds others. count gives how many live records
// have a key: all of the record's own, and of those that refine a generic one.
func (r *Rules) Acting(f *Features, count func(hash uint64) int, do func(k Key)) {
	for _, k := range f.Keys {
		if k.Of != 0 && !r.generic(r.Keys[k.Rule].refines-1, count(k.Of)) {
			continue
		}
		if n := count(k.Hash); n > 1 && !r.generic(k.Rule, n) {
			do(k)
		}
	}
}

// Held lists the keys that a record is counted under, in order: its own, and where one of them is
// generic, those that refine it.
func (r *Rules) Held(f *Features, count func(hash uint64) int) []uint64 {
	hashes := make([]uint64, 0, len(f.Keys))
	for _, k := range f.Keys {
		if k.Of == 0 || r.generic(r.Keys[k.Rule].refines-1, count(k.Of)) {
			hashes = append(hashes, k.Hash)
		}
	}
	return hashes
}

func (r *Rules) generic(rule, count int) bool { return count > r.most(rule) }

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
