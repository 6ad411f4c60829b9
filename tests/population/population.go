package population

import (
	"iter"
	"strconv"
)

// Record is one customer record as a system might hold it. Empty fields are unknown.
type Record struct {
	ID        int    `json:"id"`      // 1 to the number of records, in order of output
	Cluster   int    `json:"cluster"` // who it is: equal for records of one person
	GivenName string `json:"given_name"`
	Surname   string `json:"surname"`
	BirthDate string `json:"birth_date"` // 1984-02-29
	House     string `json:"house"`      // number, with the flat where there is one
	Street    string `json:"street"`
	City      string `json:"city"`
	Postcode  string `json:"postcode"`
	Phone     string `json:"phone"` // landline or switchboard
	Mobile    string `json:"mobile"`
	Email     string `json:"email"`
	Company   string `json:"company"` // the firm at which the person is known
}

// Columns are the names of Record's fields in files, in order.
var Columns = []string{
	"id", "cluster", "given_name", "surname", "birth_date", "house", "street", "city", "postcode", "phone", "mobile", "email", "company",
}

// Row is the record as it stands in a CSV file, in the order of Columns.
func (r *Record) Row() []string {
	return []string{
		strconv.Itoa(r.ID), strconv.Itoa(r.Cluster), r.GivenName, r.Surname, r.BirthDate, r.House, r.Street, r.City, r.Postcode,
		r.Phone, r.Mobile, r.Email, r.Company,
	}
}

// Population is a number of people with their records. It is not safe for concurrent use.
type Population struct {
	People int // with one record at least

	seed      uint64
	dice      *dice
	names     *names
	districts []district
	firms     []int32  // by person: the number of their firm, or -1
	homes     []home   // by person
	slots     []slot   // the records, in order of output
	labels    []uint32 // by person: the cluster's number in the output
}

// home says in which household a person lives, and as which of its members. A person alone is a
// household of one.
type home struct {
	household int32
	member    uint8
	size      uint8
}

// slot is one record: the copy-th of the person, 0 being the first.
type slot struct {
	person int32
	copy   uint8
}

// New plans a population with that many records.
func New(records int, seed uint64) *Population {
	copies := records * Duplicates / 1000
	p := &Population{People: records - copies, seed: seed, dice: newDice(seed)}
	p.names = newNames(p.dice.throw(ofNames, 0))
	p.districts = newDistricts(p.dice.throw(ofTown, 0), max(12, p.People/PeopleInDistrict))
	p.settle()
	p.employ()
	p.label()
	p.deal(records, copies)
	return p
}

// settle puts people into households until InHouseholds of them are in one of several members.
func (p *Population) settle() {
	d := p.dice.throw(ofLayout, 0)
	p.homes = make([]home, 0, p.People)
	shared := 0
	for household := int32(0); len(p.homes) < p.People; household++ {
		size := 1
		if shared*1000 < InHouseholds*len(p.homes) {
			size = min(householdSizes[d.IntN(len(householdSizes))], p.People-len(p.homes))
			shared += size
		}
		for member := range size {
			p.homes = append(p.homes, home{household, uint8(member), uint8(size)})
		}
	}
}

var householdSizes = []int{2, 2, 2, 2, 3, 3, 3, 4, 4, 5}

// employ gives people firms, which are as unequal as surnames are.
func (p *Population) employ() {
	d := p.dice.throw(ofLayout, 1)
	firms := newRanks(max(1, p.People*WithCompany/1000/FirmSize), 20)
	p.firms = make([]int32, p.People)
	for i := range p.firms {
		p.firms[i] = -1
		if !p.homes[i].child() && d.chance(WithCompany) {
			p.firms[i] = int32(firms.draw(d))
		}
	}
}

// label numbers the clusters in random order, so that members of a family do not follow one another.
func (p *Population) label() {
	d := p.dice.throw(ofLayout, 2)
	p.labels = make([]uint32, p.People)
	for i := range p.labels {
		p.labels[i] = uint32(i + 1)
	}
	d.Shuffle(len(p.labels), func(i, j int) { p.labels[i], p.labels[j] = p.labels[j], p.labels[i] })
}

// deal decides who has several records, and the order of all.
func (p *Population) deal(records, copies int) {
	d := p.dice.throw(ofLayout, 3)
	p.slots = make([]slot, 0, records)
	for i := range p.People {
		p.slots = append(p.slots, slot{person: int32(i)})
	}
	for _, person := range d.Perm(p.People) {
		for c := uint8(1); copies > 0 && c < MostCopies; c++ {
			p.slots = append(p.slots, slot{int32(person), c})
			copies--
			if !d.chance(MoreThanTwice) {
				break
			}
		}
	}
	d.Shuffle(len(p.slots), func(i, j int) { p.slots[i], p.slots[j] = p.slots[j], p.slots[i] })
}

// Len is the number of records.
func (p *Population) Len() int { return len(p.slots) }

// Records yields all records in order of their IDs; every call yields the same ones.
func (p *Population) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for i, s := range p.slots {
			r := p.record(s)
			r.ID, r.Cluster = i+1, int(p.labels[s.person])
			if !yield(r) {
				return
			}
		}
	}
}

// record is what a system holds of a person: the first record has gaps, further ones noise too.
func (p *Population) record(s slot) Record {
	who := p.person(int(s.person))
	r := who.Record
	d := p.dice.throw(ofCopy, int(s.person)*MostCopies+int(s.copy))
	if s.copy > 0 {
		r = p.otherwise(&who, d)
	}
	leaveOut(&r, d)
	return r
}

// leaveOut makes the gaps of every record.
func leaveOut(r *Record, d *dice) {
	for _, gap := range []struct {
		rate   int
		fields []*string
	}{
		{NoGivenName, []*string{&r.GivenName}},
		{NoBirthDate, []*string{&r.BirthDate}},
		{NoLandline, []*string{&r.Phone}},
		{NoMobile, []*string{&r.Mobile}},
		{NoEmail, []*string{&r.Email}},
		{NoAddress, []*string{&r.House, &r.Street, &r.City, &r.Postcode}},
	} {
		if d.chance(gap.rate) {
			for _, field := range gap.fields {
				*field = ""
			}
		}
	}
	r.Phone, r.Mobile = written(r.Phone, d), written(r.Mobile, d)
}
