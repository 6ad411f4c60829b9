package population

import (
	"strconv"
	"strings"
)

// district is an outward postcode.
type district struct {
	town    *town
	outward string
	number  int // of the district
	locals  int // the town's number: which surnames are frequent
}

// newDistricts divides n outward postcodes between the towns by size.
func newDistricts(d *dice, n int) []district {
	sizes := newRanks(len(towns), 6)
	in := map[string]int{}
	out := make([]district, n)
	for i := range out {
		t := sizes.draw(d)
		in[towns[t].area]++
		out[i] = district{town: &towns[t], outward: towns[t].area + strconv.Itoa(in[towns[t].area]), number: i, locals: t}
	}
	return out
}

// address is where someone lives or a firm stands, with the landline there.
type address struct {
	house, street, city, postcode, phone string
	district                             *district
}

const (
	streetsInDistrict = 60 // each with one postcode
	flats             = 120
)

// inward letters leave out those that are easily misread, as British postcodes do.
const inwardLetters = "ABDEFGHJLNPQRSTUWXYZ"

func (p *Population) address(d *dice) address {
	where := &p.districts[d.IntN(len(p.districts))]
	a := address{city: where.town.name, district: where, house: strconv.Itoa(1 + d.IntN(90))}
	if d.chance(flats) {
		a.house = "Flat " + strconv.Itoa(1+d.IntN(24)) + ", " + a.house
	}
	a.phone = d.digits(where.town.code+string(rune('2'+d.IntN(8))), 10-len(where.town.code))
	street := d.IntN(streetsInDistrict)
	a.street, a.postcode = streetOf(p.dice.throw(ofStreet, where.number*streetsInDistrict+street), where, street)
	return a
}

// streetOf is what the street of a district is called, and its postcode.
func streetOf(d *dice, where *district, street int) (name, postcode string) {
	name = strings.ReplaceAll(d.pick(streetNames), "_", " ") + " " + d.pick(streetEnds)
	inward := []byte{byte('1' + street%9), inwardLetters[street%len(inwardLetters)], inwardLetters[d.IntN(len(inwardLetters))]}
	return name, where.outward + " " + string(inward)
}

// mobile is a number in one of the ranges of British mobile networks.
func mobile(d *dice) string { return d.digits(d.pick(mobileRanges), 8) }

var mobileRanges = []string{"074", "077", "078", "079", "075"}

// written writes a national number as one of many people do.
func written(number string, d *dice) string {
	if len(number) < 8 {
		return number
	}
	switch d.IntN(6) {
	case 0:
		return "+44 " + number[1:5] + " " + number[5:]
	case 1:
		return number[:5] + " " + number[5:]
	case 2:
		return number[:4] + " " + number[4:7] + " " + number[7:]
	case 3:
		return "+44" + number[1:]
	default:
		return number
	}
}
