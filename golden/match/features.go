package match

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// Features are what matching knows of one record.
type Features struct {
	Kind      canonical.Kind
	Keys      []Key // by Hash, without repetition
	Unique    uniques
	BirthDate string
	People    []PersonName // of an organisation none
	Values    [][]Value    // by comparison, standardised; of given and family names, see People
}

// PersonName is one reading of a person's name.
type PersonName struct {
	Family, Given string
	Usual         bool // the source tells which part is which, or this is the usual order
	family, given Value
}

func newPersonName(family, given string, usual bool) PersonName {
	return PersonName{Family: family, Given: given, Usual: usual, family: NewValue(family), given: NewValue(given)}
}

// Key is one block key: records that share it are compared.
type Key struct {
	Hash uint64 // of the rule's parts and their values
	Rule int    // index of the rule that made it
}

// uniques are the values under each unique scheme, by scheme.
type uniques []unique

type unique struct {
	scheme string
	values []uint64
}

// Hashes lists the block keys as the store keeps them.
func (f *Features) Hashes() []uint64 {
	hashes := make([]uint64, len(f.Keys))
	for i, k := range f.Keys {
		hashes[i] = k.Hash
	}
	return hashes
}

// Features derives what is compared of a customer; forms are its standardised forms.
func (r *Rules) Features(c *canonical.Customer, forms *standard.Standard) *Features {
	p := newParts(c, forms, r)
	f := &Features{Kind: forms.Kind, BirthDate: forms.BirthDate, Unique: p.unique, People: p.people}
	if len(r.Comparisons) > 0 {
		f.Values = make([][]Value, len(r.Comparisons))
		for i := range r.Comparisons {
			f.Values[i] = newValues(values(r.Comparisons[i].Attribute, c, forms))
		}
	}
	for i, rule := range r.Keys {
		for _, value := range p.products(rule) {
			f.Keys = append(f.Keys, Key{Hash: xxhash.Sum64String(value), Rule: i})
		}
	}
	slices.SortFunc(f.Keys, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Rule, b.Rule)) })
	f.Keys = slices.CompactFunc(f.Keys, func(a, b Key) bool { return a.Hash == b.Hash })
	return f
}

// parts holds the standardised values of a customer by the part of a key that they may stand for.
type parts struct {
	customer *canonical.Customer
	forms    *standard.Standard
	values   [lastPart][]string
	unique   uniques
	people   []PersonName
}

func newParts(c *canonical.Customer, forms *standard.Standard, r *Rules) *parts {
	p := &parts{customer: c, forms: forms}
	for _, e := range forms.Emails {
		p.add(Email, e.Value)
		local, _, _ := strings.Cut(e.Value, "@")
		p.add(Local, local)
	}
	for _, n := range forms.Phones {
		p.add(Phone, n.E164+"x"+n.Extension)
	}
	for _, a := range forms.Addresses {
		p.add(Postcode, a.Postcode)
		p.add(Area, postcodeArea(a.Postcode))
	}
	p.add(BirthDate, forms.BirthDate)
	p.add(BirthYear, forms.BirthDate[:min(len(forms.BirthDate), 4)])
	for _, id := range forms.Identifiers {
		p.identifier(id, c.Identifiers[id.Of].Issuer, r)
	}
	for i := range forms.Names {
		p.name(&forms.Names[i])
	}
	for i := range p.values {
		slices.Sort(p.values[i])
		p.values[i] = slices.Compact(p.values[i])
	}
	return p
}

// name takes a name. A person's counts as complete only with family and given name: a household
// shares the one, and many people the other.
func (p *parts) name(n *standard.NameForms) {
	for _, word := range n.Tokens {
		p.token(word)
	}
	for i, reading := range n.Readings {
		switch {
		case n.Organisation:
			p.add(Organisation, reading.Key())
			p.add(Name, reading.Key())
			continue
		case reading.Family != "" && reading.Given != "":
			p.add(Name, reading.Key())
		}
		p.add(Family, reading.Family)
		p.add(Given, reading.Given)
		p.add(Sound, soundex(reading.Family))
		p.add(Sound, soundex(reading.Given))
		p.sounds(reading.Family, reading.Given)
		p.people = append(p.people, newPersonName(reading.Family, reading.Given, i == 0 || n.Given != ""))
	}
}

// sounds takes a complete name by its sounds, whichever of its parts is which.
func (p *parts) sounds(family, given string) {
	a, b := soundex(family), soundex(given)
	if a != "" && b != "" {
		p.add(Sounds, min(a, b)+parted+max(a, b))
	}
}

func (p *parts) token(word string) {
	if utf8.RuneCountInString(word) > 1 {
		p.add(Token, word)
	}
}

func (p *parts) add(part Part, value string) {
	if value != "" {
		p.values[part] = append(p.values[part], value)
	}
}

// identifier takes a unique identifier. One whose check digits are wrong proves nothing: it
// neither joins nor keeps apart.
func (p *parts) identifier(id standard.Identifier, issuer string, r *Rules) {
	if id.Value == "" || id.Check == standard.Invalid || !id.Unique && !slices.Contains(r.Unique, id.Scheme) {
		return
	}
	scheme := id.Scheme
	switch {
	case scheme == "vat" && len(id.Value) > 2: // a firm has one in each country
		scheme += "\x00" + id.Value[:2]
	case id.Check == standard.Unknown && issuer != "":
		scheme += "\x00" + standard.Fold(issuer)
	}
	p.add(Identifier, scheme+"\x00"+id.Value)
	p.unique = p.unique.with(uniques{{scheme: scheme, values: []uint64{xxhash.Sum64String(id.Value)}}})
}

// products lists the keys that a rule makes: one for every way of choosing a value for each part,
// none where a part has no value.
func (p *parts) products(rule KeyRule) []string {
	keys := []string{rule.name}
	lists := make([][]string, 0, len(rule.Parts)+len(rule.Attributes))
	for _, part := range rule.Parts {
		lists = append(lists, p.values[part])
	}
	for _, attribute := range rule.Attributes {
		lists = append(lists, values(attribute, p.customer, p.forms))
	}
	for _, values := range lists {
		if len(values) == 0 {
			return nil
		}
		longer := make([]string, 0, len(keys)*len(values))
		for _, key := range keys {
			for _, v := range values[:min(len(values), valuesPerPart)] {
				longer = append(longer, key+"\x00"+v)
			}
		}
		keys = longer
	}
	return keys
}

// with returns the union of two records' unique identifiers. It changes neither.
func (u uniques) with(other uniques) uniques {
	if len(other) == 0 {
		return u
	}
	joined := slices.Clone(u)
	for _, o := range other {
		i, known := slices.BinarySearchFunc(joined, o.scheme, func(x unique, scheme string) int { return cmp.Compare(x.scheme, scheme) })
		if !known {
			joined = slices.Insert(joined, i, o)
			continue
		}
		values := slices.Concat(joined[i].values, o.values)
		slices.Sort(values)
		joined[i].values = slices.Compact(values)
	}
	return joined
}

// conflict returns a scheme under which both have values and none in common, or "".
func (u uniques) conflict(other uniques) string {
	for i, j := 0, 0; i < len(u) && j < len(other); {
		switch order := cmp.Compare(u[i].scheme, other[j].scheme); {
		case order < 0:
			i++
		case order > 0:
			j++
		default:
			if !slices.ContainsFunc(u[i].values, func(v uint64) bool { return slices.Contains(other[j].values, v) }) {
				return u[i].scheme
			}
			i++
			j++
		}
	}
	return ""
}
