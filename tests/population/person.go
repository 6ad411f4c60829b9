package population

import (
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// person is somebody as they are: Record without noise.
type person struct {
	Record
	number    int
	woman     bool
	year      int
	household int
	firm      *firm
	home      *district
}

// names draws names.
type names struct {
	surnames []string
	family   *ranks
	given    [3][2]*ranks
}

func newNames(d *dice) *names {
	n := &names{surnames: surnames(d)}
	n.family = newRanks(len(n.surnames), 12)
	for generation := range givenNames {
		for sex, list := range givenNames[generation] {
			n.given[generation][sex] = newRanks(len(list), 5)
		}
	}
	return n
}

// sexes index givenNames.
const female, male = 0, 1

func (n *names) givenName(d *dice, year, sex int) string {
	generation := 2
	switch {
	case year < 1960:
		generation = 0
	case year < 1985:
		generation = 1
	}
	return givenNames[generation][sex][n.given[generation][sex].draw(d)]
}

func (n *names) surname(d *dice, where *district) string {
	name := n.surnames[n.family.draw(d)]
	if d.chance(LocalSurname) {
		name = n.surnames[(where.locals*37+d.IntN(LocalSurnames)*11)%len(n.surnames)]
	}
	if d.chance(DoubleSurname) {
		name += "-" + n.surnames[n.family.draw(d)]
	}
	return name
}

// household is what its members share.
type household struct {
	address
	surname string
	mail    string    // the family's mailbox
	births  [5]string // of the members
	years   [5]int
	sexes   [5]int
	given   [5]string
}

// child tells whether the member is one: the first two are adults.
func (h home) child() bool { return h.member > 1 }

// lastBirth is the last year in which somebody was born.
const lastBirth = 2008

func (p *Population) household(h home) household {
	d := p.dice.throw(ofHousehold, int(h.household))
	var out household
	out.address = p.address(d)
	d.throw(ofFamily, int(h.household)) // the street has thrown the dice for itself
	out.surname = p.names.surname(d, out.district)
	out.mail = "the" + local(out.surname) + "s" + strconv.Itoa(d.IntN(100_000)) + "@" + mailHost(d)
	year, sex := 1935+d.IntN(lastBirth-1935-18), d.IntN(2)
	if h.size > 2 {
		year = 1950 + d.IntN(35)
	}
	for member := range h.size {
		child := home{member: member}.child()
		switch {
		case member == 1:
			sex = 1 - sex
			year = min(year-4+d.IntN(9), lastBirth-18)
		case member == 2:
			year, sex = min(max(out.years[0], out.years[1])+20+d.IntN(15), lastBirth), d.IntN(2)
		case child:
			year, sex = min(year+1+d.IntN(4), lastBirth), d.IntN(2)
		}
		out.years[member], out.sexes[member] = year, sex
		out.births[member] = birthDate(d, year)
		out.given[member] = p.names.givenName(d, year, sex)
		if child && d.chance(NamedAfterParent) {
			out.given[member] = out.given[slices.Index(out.sexes[:2], sex)]
		}
		if member > 2 && d.chance(Twins) {
			out.births[member], out.years[member] = out.births[member-1], out.years[member-1]
			year = out.years[member]
		}
	}
	return out
}

func birthDate(d *dice, year int) string {
	return strconv.Itoa(year) + "-" + two(1+d.IntN(12)) + "-" + two(1+d.IntN(28))
}

func two(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func (p *Population) person(n int) person {
	h := p.homes[n]
	family := p.household(h)
	d := p.dice.throw(ofPerson, n)
	who := person{number: n, woman: family.sexes[h.member] == female, year: family.years[h.member], household: int(h.household), home: family.district}
	r := &who.Record
	r.GivenName, r.Surname = family.given[h.member], family.surname
	r.BirthDate = family.births[h.member]
	r.House, r.Street, r.City, r.Postcode, r.Phone = family.house, family.street, family.city, family.postcode, family.phone
	r.Mobile = mobile(d)
	if h.member == 1 && d.chance(OwnSurname) {
		r.Surname = p.names.surname(d, family.district)
	}
	r.Email = mailbox(d, r)
	if h.size > 1 && d.chance(FamilyMailbox) {
		r.Email = family.mail
	}
	if p.firms[n] >= 0 {
		p.work(&who, d)
	}
	return who
}

// mailbox is a private mail address, made of the name in one of the usual ways. A host gives each
// address once: whoever comes later puts digits behind it, so that hardly two people have the same.
func mailbox(d *dice, r *Record) string {
	given, family := local(r.GivenName), local(r.Surname)
	number := strconv.Itoa(d.IntN(10_000))
	var name string
	switch d.IntN(7) {
	case 0:
		name = given + "." + family + number
	case 1:
		name = given + family + number
	case 2:
		name = given[:1] + family + r.BirthDate[2:4] + number
	case 3:
		name = family + "." + given + number
	case 4:
		name = given + r.BirthDate[:4] + number
	case 5:
		name = given[:1] + "." + family + number
	default:
		name = given + "." + family + r.BirthDate[2:4] + number
	}
	return name + "@" + mailHost(d)
}

// mailHost prefers the first hosts, of two draws the lower.
func mailHost(d *dice) string { return mailHosts[min(d.IntN(len(mailHosts)), d.IntN(len(mailHosts)))] }

// local is a name as mail addresses have it: ASCII letters in lower case.
func local(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, standard.Fold(name))
}
