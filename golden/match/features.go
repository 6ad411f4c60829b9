package match

import (
	"cmp"
	"encoding/binary"
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

	values []Value                // of all comparisons, standardised; of given and family names, see People
	ends   [maxComparisons]uint16 // of each comparison's, among values
}

// PersonName is one reading of a person's name.
type PersonName struct {
	Family, Given Value
	Usual         bool // the source tells which part is which, or this is the usual order
}

func newPersonName(family, given string, usual bool) PersonName {
	return PersonName{Family: NewValue(family), Given: NewValue(given), Usual: usual}
}

// of are the values of a comparison.
func (f *Features) of(comparison int) []Value {
	from := uint16(0)
	if comparison > 0 {
		from = f.ends[comparison-1]
	}
	return f.values[from:f.ends[comparison]]
}

// mostValues bounds the values of one comparison.
const mostValues = 64

// take keeps the values of the comparisons, all in one piece of memory.
func (f *Features) take(lists [][]string) {
	n := 0
	for i, list := range lists {
		n += min(len(list), mostValues)
		f.ends[i] = uint16(n)
	}
	f.values = make([]Value, 0, n)
	for _, list := range lists {
		for _, text := range list[:min(len(list), mostValues)] {
			f.values = append(f.values, NewValue(text))
		}
	}
}

// gather puts all texts into one piece of memory: a pair is compared in less time than it takes to find a text
// elsewhere, and the document that they were read from need not be kept.
func (f *Features) gather() {
	texts := make([]*string, 0, len(f.values)+2*len(f.People)+len(f.Unique)+2)
	texts = append(texts, (*string)(&f.Kind), &f.BirthDate)
	for i := range f.Unique {
		texts = append(texts, &f.Unique[i].scheme)
	}
	for i := range f.People {
		texts = append(texts, &f.People[i].Family.Text, &f.People[i].Given.Text)
	}
	for i := range f.values {
		texts = append(texts, &f.values[i].Text)
	}
	pack(texts)
}

// pack puts texts into one.
func pack(texts []*string) {
	var all strings.Builder
	n := 0
	for _, text := range texts {
		n += len(*text)
	}
	all.Grow(n)
	for _, text := range texts {
		all.WriteString(*text)
	}
	at := 0
	for _, text := range texts {
		n := len(*text)
		*text = all.String()[at : at+n]
		at += n
	}
}

// Key is one block key: records that share it are compared.
type Key struct {
	Hash uint64 // of the rule's parts and their values
	Of   uint64 // hash of the key that it refines, without which it does not act; 0 for one of its own
	Rule int    // index of the rule that made it
}

// uniques are the values under each unique scheme, by scheme.
type uniques []unique

type unique struct {
	scheme string
	values []uint64
}

// Features derives what is compared of a customer; forms are its standardised forms.
func (r *Rules) Features(c *canonical.Customer, forms *standard.Standard) *Features {
	p := newParts(c, forms, r)
	f := &Features{Kind: forms.Kind, BirthDate: forms.BirthDate, Unique: p.unique, People: p.people}
	if len(r.Comparisons) > 0 {
		var lists [maxComparisons][]string
		for i := range r.Comparisons {
			lists[i] = values(r.Comparisons[i].Attribute, c, forms)
		}
		f.take(lists[:len(r.Comparisons)])
	}
	f.gather()
	f.Keys = make([]Key, 0, 24)
	for i := range r.Keys {
		if r.Keys[i].refines == 0 {
			f.keys(p, r, i)
		}
	}
	slices.SortFunc(f.Keys, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Rule, b.Rule)) })
	f.Keys = slices.Clone(slices.CompactFunc(f.Keys, func(a, b Key) bool { return a.Hash == b.Hash }))
	return f
}

// Hashes lists the record's own keys, in order, and of those that refine them the ones among held.
func (f *Features) Hashes(held []uint64) []uint64 {
	hashes := make([]uint64, 0, len(f.Keys))
	for _, k := range f.Keys {
		if k.Of == 0 {
			hashes = append(hashes, k.Hash)
		} else if _, has := slices.BinarySearch(held, k.Hash); has {
			hashes = append(hashes, k.Hash)
		}
	}
	return hashes
}

// keys adds the keys that a rule makes, and those that refine them.
func (f *Features) keys(p *parts, r *Rules, rule int) {
	p.products(r.Keys[rule].seed, &r.Keys[rule], func(hash uint64) {
		f.Keys = append(f.Keys, Key{Hash: hash, Rule: rule})
		for j := rule + 1; j < len(r.Keys) && r.Keys[j].refines == rule+1; j++ {
			p.products(joined(hash, r.Keys[j].seed), &r.Keys[j], func(finer uint64) {
				f.Keys = append(f.Keys, Key{Hash: finer, Of: hash, Rule: j})
			})
		}
	})
}

// joined is the hash of two.
func joined(a, b uint64) uint64 {
	var both [16]byte
	binary.LittleEndian.PutUint64(both[:], a)
	binary.LittleEndian.PutUint64(both[8:], b)
	return xxhash.Sum64(both[:])
}

// parts holds the standardised values of a customer by the part of a key that they may stand for.
type parts struct {
	customer *canonical.Customer
	forms    *standard.Standard
	used     uint32             // the parts that keys are made of, as bits
	values   [lastPart][]uint64 // hashes
	unique   uniques
	people   []PersonName
	hashed   bool // names are compared
}

func newParts(c *canonical.Customer, forms *standard.Standard, r *Rules) *parts {
	p := &parts{customer: c, forms: forms, used: r.usedParts(), hashed: r.comparesNames()}
	for _, e := range forms.Emails {
		p.add(Email, e.Value)
		local, _, _ := strings.Cut(e.Value, "@")
		p.add(Local, local)
	}
	for _, n := range forms.Phones {
		if n.Extension == "" {
			p.add(Phone, n.E164)
		} else {
			p.add(Phone, n.E164+"x"+n.Extension)
		}
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
			if p.uses(Organisation) || p.uses(Name) {
				p.add(Organisation, reading.Key())
				p.add(Name, reading.Key())
			}
			continue
		case reading.Family != "" && reading.Given != "" && p.uses(Name):
			p.add(Name, reading.Key())
		}
		p.add(Family, reading.Family)
		p.add(Given, reading.Given)
		if p.uses(Sound) || p.uses(Sounds) {
			p.sounds(soundex(reading.Family), soundex(reading.Given))
		}
		p.person(reading, i == 0 || n.Given != "")
	}
}

// person takes a reading of a person's name to be compared.
func (p *parts) person(r standard.Reading, usual bool) {
	n := PersonName{Family: Value{Text: r.Family}, Given: Value{Text: r.Given}, Usual: usual}
	if p.hashed {
		n.Family, n.Given = NewValue(r.Family), NewValue(r.Given)
	}
	p.people = append(p.people, n)
}

// sounds takes a name by the sounds of its parts, and a complete one by both, whichever is which.
func (p *parts) sounds(family, given string) {
	p.add(Sound, family)
	p.add(Sound, given)
	if family != "" && given != "" {
		p.add(Sounds, min(family, given)+parted+max(family, given))
	}
}

func (p *parts) token(word string) {
	if utf8.RuneCountInString(word) > 1 {
		p.add(Token, word)
	}
}

func (p *parts) uses(part Part) bool { return p.used&(1<<part) != 0 }

// add keeps a value of a part, each once, those that keys are made of.
func (p *parts) add(part Part, value string) {
	if value == "" || !p.uses(part) {
		return
	}
	if hash := xxhash.Sum64String(value); !slices.Contains(p.values[part], hash) {
		p.values[part] = append(p.values[part], hash)
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

// products calls do with the hash of every way of choosing a value for each part of a rule, from a
// hash on: with none where a part has no value.
func (p *parts) products(from uint64, rule *KeyRule, do func(hash uint64)) {
	p.choose(from, rule.Parts, func(hash uint64) { p.attributes(hash, rule.Attributes, do) })
}

func (p *parts) choose(from uint64, of []Part, do func(hash uint64)) {
	if len(of) == 0 {
		do(from)
		return
	}
	values := p.values[of[0]]
	for _, v := range values[:min(len(values), valuesPerPart)] {
		p.choose(joined(from, v), of[1:], do)
	}
}

func (p *parts) attributes(from uint64, of []string, do func(hash uint64)) {
	if len(of) == 0 {
		do(from)
		return
	}
	values := values(of[0], p.customer, p.forms)
	for _, v := range values[:min(len(values), valuesPerPart)] {
		p.attributes(joined(from, xxhash.Sum64String(v)), of[1:], do)
	}
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
