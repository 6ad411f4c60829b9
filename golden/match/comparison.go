package match

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// Comparison is one attribute by which pairs are weighed.
//
// An attribute of its own for each independent thing: what depends on another attribute (a city on
// its postcode) is compared together with it in levels of both, so that it does not count twice.
type Comparison struct {
	Attribute string
	Levels    []Level // the strongest first
	Otherwise int32   // weight of a pair for which none holds, where no parameters were trained
	// Shared says that relatives and colleagues have the value in common: a surname, an address, a
	// switchboard. Of other attributes they have no more in common than strangers.
	Shared bool
	// Frequency says that a common value weighs less than a rare one.
	Frequency bool

	repeats bool // pairs of values come again and again, as those of names do
}

// AttributeNames are the attributes that a comparison may name; identifiers.SCHEME, where SCHEME is
// a scheme of identifiers, and attributes.NAME come on top.
var AttributeNames = []string{
	"given", "family", "organisation", "name", "birthDate", "email", "phone", "place", "postcode", "locality", "region",
	"street", "house", "address", "coordinates", "gender", "language", "industry",
}

// nobody is the level of a pair of which one has no value, or both have none.
const nobody = 0

// values lists what a customer has of an attribute, in standardised form. Given and family names are
// compared as readings of whole names, and have none.
func values(attribute string, c *canonical.Customer, forms *standard.Standard) (list []string) {
	add := func(value string) {
		if value != "" && !slices.Contains(list, value) {
			list = append(list, value)
		}
	}
	switch attribute {
	case "given", "family":
	case "organisation", "name":
		for i := range forms.Names {
			if n := &forms.Names[i]; attribute == "name" || n.Organisation {
				for _, r := range n.Readings {
					add(strings.TrimSpace(r.Given + " " + r.Family))
				}
			}
		}
	case "birthDate":
		add(forms.BirthDate)
	case "email":
		for _, e := range forms.Emails {
			add(e.Value)
		}
	case "phone":
		for _, p := range forms.Phones {
			add(p.E164)
		}
	case "gender":
		add(c.Gender)
	case "language":
		add(strings.ToLower(c.Language))
	case "industry":
		add(standard.Fold(c.Industry))
	default:
		if scheme, ok := strings.CutPrefix(attribute, "identifiers."); ok {
			for _, id := range forms.Identifiers {
				if id.Scheme == scheme {
					add(id.Value)
				}
			}
			return list
		}
		if name, ok := strings.CutPrefix(attribute, "attributes."); ok {
			add(standard.Fold(strings.TrimSpace(c.Attributes[name])))
			return list
		}
		for i := range forms.Addresses {
			add(ofAddress(attribute, &c.Addresses[forms.Addresses[i].Of], &forms.Addresses[i]))
		}
	}
	return list
}

func ofAddress(attribute string, a *canonical.Address, forms *standard.AddressForms) string {
	switch attribute {
	case "place":
		if forms.Postcode == "" && forms.Locality == "" {
			return ""
		}
		return forms.Postcode + parted + forms.Locality
	case "postcode":
		return forms.Postcode
	case "locality":
		return forms.Locality
	case "region":
		return forms.Region
	case "street":
		return forms.Street
	case "house":
		return forms.House
	case "address":
		return strings.Join(forms.Lines, " ")
	case "coordinates":
		if a.Latitude != "" && a.Longitude != "" {
			return a.Latitude + parted + a.Longitude
		}
	}
	return ""
}

// level gives the strongest level of any pair of values: nobody, or the index of the level and one,
// len(Levels)+1 where none holds. value is what both have, of a level whose weight depends on that;
// of several the first in order. at is the comparison's place, for what is cached.
func (c *Comparison) level(at int, a, b []Value, cache cached) (level uint8, value uint64) {
	for i := range a {
		for j := range b {
			l, v := c.of(at, &a[i], &b[j], cache)
			if level == nobody || l < level || l == level && v < value {
				level, value = l, v
			}
		}
	}
	return level, value
}

// of compares two values.
func (c *Comparison) of(at int, a, b *Value, cache cached) (level uint8, value uint64) {
	switch {
	case cache == nil || !c.repeats || a.same(b):
		level = c.find(a, b)
	default:
		place, pair := cache.at(at, a, b)
		if place.pair != pair {
			place.pair, place.level = pair, c.find(a, b)
		}
		level = place.level
	}
	if c.Frequency && int(level) <= len(c.Levels) && c.Levels[level-1].frequent() {
		value = c.Levels[level-1].shared(a, b)
	}
	return level, value
}

// find gives the first level that holds of two values.
func (c *Comparison) find(a, b *Value) uint8 {
	k := likeness{a: a, b: b, jaro: -1, tokens: -1}
	for i := range c.Levels {
		if k.holds(&c.Levels[i]) {
			return uint8(i + 1)
		}
	}
	return uint8(len(c.Levels) + 1)
}

// untrained is the weight of a level where no parameters were trained.
func (c *Comparison) untrained(level uint8) int32 {
	switch {
	case level == nobody:
		return 0
	case int(level) > len(c.Levels):
		return c.Otherwise
	}
	return c.Levels[level-1].Weight
}

// Pair is how two records compare.
type Pair struct {
	Levels  [maxComparisons]uint8  // by comparison: 0 not known, else the level and one, or one more where none holds
	Values  [maxComparisons]uint64 // by comparison, hash of what both have where its frequency matters, else 0
	Swapped bool                   // given and family name are alike only across
	Kinds   bool                   // one is a person, the other an organisation
}

// Compare compares two records by all comparisons. It is symmetric.
func (r *Rules) Compare(a, b *Features, into *Pair) { r.compare(a, b, into, nil) }

// compare is Compare with what was worked out before.
func (r *Rules) compare(a, b *Features, into *Pair, cache cached) {
	*into = Pair{}
	into.Kinds = a.Kind != "" && b.Kind != "" && a.Kind != b.Kind
	for i := range r.Comparisons {
		if i != r.given && i != r.family {
			if x, y := a.of(i), b.of(i); len(x) > 0 && len(y) > 0 {
				into.Levels[i], into.Values[i] = r.Comparisons[i].level(i, x, y, cache)
			}
		}
	}
	if r.given >= 0 || r.family >= 0 {
		r.names(a, b, into, cache)
	}
}

// maxComparisons bounds the comparisons of a ruleset.
const maxComparisons = 24

// LevelName says how values of a level compare, as the ruleset writes it.
func (c *Comparison) LevelName(level uint8) string {
	if int(level) > len(c.Levels) {
		return "different"
	}
	l := c.Levels[level-1]
	if l.Arg == 0 {
		return LevelNames[l.Kind]
	}
	return LevelNames[l.Kind] + " " + strconv.Itoa(l.Arg)
}

// nameLevels is how two readings of names compare.
type nameLevels struct {
	given, family           uint8
	givenValue, familyValue uint64
	swapped                 bool
	unusual                 bool  // one of the readings is not the usual one, whose frequency was counted
	weight                  int32 // untrained
}

// names compares the readings of two people's names: those that are most alike. Which they are is
// decided by the untrained weights, so that training does not change what is counted.
func (r *Rules) names(a, b *Features, into *Pair, cache cached) {
	var best nameLevels
	found := false
	try := func(n nameLevels) {
		if !found || n.better(&best) {
			best, found = n, true
		}
	}
	for i := range a.People {
		for j := range b.People {
			p, q := &a.People[i], &b.People[j]
			usual := p.Usual && q.Usual
			try(r.nameLevels(&p.Given, &p.Family, &q.Given, &q.Family, usual, cache))
			if p.Given.known() && p.Given.same(&q.Family) || p.Family.known() && p.Family.same(&q.Given) {
				try(r.swapped(p, q, usual, cache))
			}
		}
	}
	into.Swapped = best.swapped
	if r.given >= 0 {
		into.Levels[r.given], into.Values[r.given] = best.given, best.givenValue
	}
	if r.family >= 0 {
		into.Levels[r.family], into.Values[r.family] = best.family, best.familyValue
	}
}

// swapped compares names of which one has given and family name in the wrong place: one of the two
// stands in the other's. Which of them, nobody knows: of the two ways to read them the one counts by
// which the given names are less alike, so that a surname that two share does not pass for a rare
// given name.
func (r *Rules) swapped(p, q *PersonName, usual bool, cache cached) nameLevels {
	n := r.nameLevels(&p.Given, &p.Family, &q.Family, &q.Given, usual, cache)
	other := r.nameLevels(&q.Given, &q.Family, &p.Family, &p.Given, usual, cache)
	if cmp.Or(cmp.Compare(other.given, n.given), cmp.Compare(n.weight, other.weight), cmp.Compare(n.family, other.family),
		cmp.Compare(n.givenValue, other.givenValue), cmp.Compare(n.familyValue, other.familyValue)) > 0 {
		n = other
	}
	n.swapped, n.weight = true, n.weight-r.Swap
	return n
}

func (r *Rules) nameLevels(given, family, otherGiven, otherFamily *Value, usual bool, cache cached) (n nameLevels) {
	n.unusual = !usual
	if r.given >= 0 && given.known() && otherGiven.known() {
		c := &r.Comparisons[r.given]
		n.given, n.givenValue = c.of(r.given, given, otherGiven, cache)
		n.weight += c.untrained(n.given)
	}
	if r.family >= 0 && family.known() && otherFamily.known() {
		c := &r.Comparisons[r.family]
		n.family, n.familyValue = c.of(r.family, family, otherFamily, cache)
		n.weight += c.untrained(n.family)
	}
	return n
}

// better puts one way to compare names before another, the same whichever record comes first.
func (n *nameLevels) better(than *nameLevels) bool {
	if n.weight != than.weight {
		return n.weight > than.weight
	}
	if n.swapped != than.swapped {
		return !n.swapped
	}
	if n.unusual != than.unusual {
		return !n.unusual
	}
	return cmp.Or(cmp.Compare(n.given, than.given), cmp.Compare(n.family, than.family),
		cmp.Compare(n.givenValue, than.givenValue), cmp.Compare(n.familyValue, than.familyValue)) < 0
}
