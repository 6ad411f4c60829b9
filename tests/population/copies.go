package population

import (
	"strings"
	"unicode/utf8"
)

// otherwise is the person as another system has them.
func (p *Population) otherwise(who *person, d *dice) Record {
	r := who.Record
	// what changed in life is the same for all records made after it
	moved, married := d.chance(Moved), who.woman && d.chance(MarriedName)
	secondMail, secondMobile := d.chance(OtherEmail), d.chance(OtherMobile)
	rest := d.Uint64()
	if moved {
		p.move(&r, who)
	}
	if married {
		p.marry(&r, who)
	}
	if secondMail || secondMobile {
		e := p.dice.throw(ofSecondMailbox, who.number)
		mail, number := mailbox(e, &who.Record), mobile(e)
		if secondMail {
			r.Email = mail
		}
		if secondMobile {
			r.Mobile = number
		}
	}
	d.source.Seed(rest, mix(rest)) // the dice are the population's, and were thrown meanwhile
	nameOtherwise(&r, d)
	addressOtherwise(&r, d)
	datesOtherwise(&r, d)
	reachOtherwise(&r, d)
	leaveMoreOut(&r, d)
	return r
}

func (p *Population) move(r *Record, who *person) {
	to := p.address(p.dice.throw(ofMove, who.household)) // families move together
	r.House, r.Street, r.City, r.Postcode = to.house, to.street, to.city, to.postcode
	if who.firm == nil {
		r.Phone = to.phone
	}
}

func (p *Population) marry(r *Record, who *person) {
	d := p.dice.throw(ofMarriage, who.number)
	name := p.names.surname(d, who.home)
	if d.chance(200) {
		name = r.Surname + "-" + name
	}
	r.Surname = name
}

func nameOtherwise(r *Record, d *dice) {
	given := r.GivenName
	if short := nicknames[given]; short != nil && d.chance(Nickname) {
		r.GivenName = d.pick(short)
	}
	switch {
	case d.chance(Initial):
		first, _ := utf8.DecodeRuneInString(given)
		r.GivenName = string(first)
		if d.chance(400) {
			r.GivenName += "."
		}
	case d.chance(MiddleName):
		second := d.pick(givenNames[d.IntN(3)][d.IntN(2)])
		if d.chance(500) {
			first, _ := utf8.DecodeRuneInString(second)
			second = string(first)
		}
		r.GivenName += " " + second
	}
	if d.chance(TypoInGivenName) {
		r.GivenName = typo(r.GivenName, d)
	}
	if d.chance(TypoInSurname) {
		r.Surname = typo(r.Surname, d)
	}
	if d.chance(SwappedNames) {
		r.GivenName, r.Surname = r.Surname, r.GivenName
	}
	if r.Company != "" && d.chance(CompanyShort) {
		r.Company = shortCompany(r.Company, d)
	}
}

// shortCompany leaves the legal form out, or all but the first word.
func shortCompany(name string, d *dice) string {
	for _, form := range legalForms {
		name = strings.TrimSuffix(name, " "+form)
	}
	if first, _, more := strings.Cut(name, " "); more && d.chance(250) {
		return first
	}
	return name
}

func addressOtherwise(r *Record, d *dice) {
	if d.chance(Abbreviated) {
		r.Street = shortEnds.Replace(r.Street)
	}
	if d.chance(TypoInStreet) {
		r.Street = typo(r.Street, d)
	}
	if d.chance(TypoInCity) {
		r.City = typo(r.City, d)
	}
	if d.chance(TypoInPostcode) {
		r.Postcode = misread(r.Postcode, d)
	}
	if d.chance(100) {
		r.Postcode = strings.ReplaceAll(r.Postcode, " ", "")
	}
	if flat, house, has := strings.Cut(r.House, ", "); has && d.chance(300) {
		r.House = house + "/" + strings.TrimPrefix(flat, "Flat ")
	}
}

func datesOtherwise(r *Record, d *dice) {
	year, day, month := r.BirthDate[:4], r.BirthDate[8:], r.BirthDate[5:7]
	switch {
	case d.chance(BirthStandIn):
		r.BirthDate = year + "-01-01"
	case d.chance(DayMonthSwap) && day <= "12":
		r.BirthDate = year + "-" + day + "-" + month
	case d.chance(BirthDigit):
		r.BirthDate = wrongBirthDigit(r.BirthDate, d)
	}
}

// wrongBirthDigit changes one digit so that the date still is one.
func wrongBirthDigit(date string, d *dice) string {
	b := []byte(date)
	switch at := []int{2, 3, 6, 9}[d.IntN(4)]; at {
	case 6:
		if b[5] == '0' {
			b[6] = byte('1' + (int(b[6]-'1')+1+d.IntN(8))%9)
		} else {
			b[6] = byte('0' + (int(b[6]-'0')+1+d.IntN(2))%3)
		}
	case 9: // days end at 28: the tens stay, the ones are from 1 to 8
		b[9] = byte('1' + (int(b[9]-'0')+d.IntN(7))%8)
	default:
		b[at] = byte('0' + (int(b[at]-'0')+1+d.IntN(9))%10)
	}
	return string(b)
}

func reachOtherwise(r *Record, d *dice) {
	if d.chance(PhoneDigit) {
		r.Phone = wrongDigit(r.Phone, d)
	}
	if d.chance(MobileDigit) {
		r.Mobile = wrongDigit(r.Mobile, d)
	}
	if name, host, _ := strings.Cut(r.Email, "@"); d.chance(TypoInEmail) {
		name = strings.Trim(strings.ReplaceAll(strings.ToLower(typo(name, d)), "..", "."), ".") // still an address
		r.Email = name + "@" + host
	}
}

func leaveMoreOut(r *Record, d *dice) {
	for _, fields := range [][]*string{{&r.BirthDate}, {&r.Phone}, {&r.Mobile}, {&r.Email}, {&r.House, &r.Street, &r.City, &r.Postcode}} {
		if d.chance(LeftOut) {
			for _, field := range fields {
				*field = ""
			}
		}
	}
}
