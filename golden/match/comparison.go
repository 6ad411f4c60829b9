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
// of several the first in order.
func (c *Comparison) level(a, b []string) (level uint8, value string) {
	for _, x := range a {
		for _, y := range b {
			l, v := c.of(x, y)
			if level == nobody || l < level || l == level && v < value {
				level, value = l, v
			}
		}
	}
	return level, value
}

// of compares two values.
func (c *Comparison) of(a, b string) (level uint8, value string) {
	for i := range c.Levels {
		if l := &c.Levels[i]; l.holds(a, b) {
			if c.Frequency && l.frequent() {
				value = l.shared(a, b)
			}
			return uint8(i + 1), value
		}
	}
	return uint8(len(c.Levels) + 1), ""
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
	Values  [maxComparisons]string // by comparison, what both have where its frequency matters, else ""
	Swapped bool                   // given and family name are alike only across
	Kinds   bool                   // one is a person, the other an organisation
}

// Compare compares two records by all comparisons. It is symmetric.
func (r *Rules) Compare(a, b *Features, into *Pair) {
	*into = Pair{}
	into.Kinds = a.Kind != "" && b.Kind != "" && a.Kind != b.Kind
	for i := range r.Comparisons {
		if i == r.given || i == r.family {
			continue
		}
		into.Levels[i], into.Values[i] = r.Comparisons[i].level(a.Values[i], b.Values[i])
	}
	r.names(a, b, into)
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
	givenValue, familyValue string
	swapped                 bool
	unusual                 bool  // one of the readings is not the usual one, whose frequency was counted
	weight                  int32 // untrained
}

// names compares the readings of two people's names: those that are most alike. Which they are is
// decided by the untrained weights, so that training does not change what is counted.
func (r *Rules) names(a, b *Features, into *Pair) {
	if r.given < 0 && r.family < 0 {
		return
	}
	var best nameLevels
	found := false
	try := func(p, q PersonName, swapped bool) {
		n := r.nameLevels(p, q)
		if n.swapped = swapped; swapped {
			n.weight -= r.Swap
		}
		if !found || n.better(&best) {
			best, found = n, true
		}
	}
	for _, p := range a.People {
		for _, q := range b.People {
			try(p, q, false)
			if p.Given != "" && q.Family != "" || p.Family != "" && q.Given != "" {
				try(p, PersonName{Family: q.Given, Given: q.Family, Usual: q.Usual}, true)
				try(q, PersonName{Family: p.Given, Given: p.Family, Usual: p.Usual}, true)
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

func (r *Rules) nameLevels(p, q PersonName) (n nameLevels) {
	one := func(at int, left, right string) (level uint8, value string) {
		if at < 0 || left == "" || right == "" {
			return nobody, ""
		}
		level, value = r.Comparisons[at].of(left, right)
		n.weight += r.Comparisons[at].untrained(level)
		return level, value
	}
	n.unusual = !p.Usual || !q.Usual
	n.given, n.givenValue = one(r.given, p.Given, q.Given)
	n.family, n.familyValue = one(r.family, p.Family, q.Family)
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
