package population

import "strings"

// firm is an employer with what its people share.
type firm struct {
	address
	name, host string
}

func (p *Population) firm(number int) firm {
	d := p.dice.throw(ofFirm, number)
	f := firm{address: p.address(d)}
	d.throw(ofFirmName, number) // the street has thrown the dice for itself
	name := p.names.surnames[p.names.family.draw(d)]
	if d.chance(250) {
		name = f.city
	}
	trade := d.pick(trades)
	f.name = name + " " + trade + " " + d.pick(legalForms)
	f.host = local(name) + "-" + strings.ToLower(trade) + d.digits("", 2) + ".example"
	return f
}

// work makes the person somebody at their firm: some records of customers say where they live,
// others where they work.
func (p *Population) work(who *person, d *dice) {
	f := p.firm(int(p.firms[who.number]))
	who.firm = &f
	d.throw(ofWork, who.number)
	r := &who.Record
	r.Company = f.name
	if d.chance(AtFirmAddress) {
		r.House, r.Street, r.City, r.Postcode = f.house, f.street, f.city, f.postcode
	}
	if d.chance(AtSwitchboard) {
		r.Phone = f.phone
	}
	switch x := d.IntN(1000); {
	case x < InfoMailbox:
		r.Email = "info@" + f.host
	case x < InfoMailbox+FirmMailbox:
		r.Email = local(r.GivenName) + "." + local(r.Surname) + "@" + f.host
	}
}
