package standard

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// numbering is how the numbers of one region are built and dialled there, by the library's metadata.
type numbering struct {
	code          int      // the calling code
	international prefixes // dialled before numbers abroad: 00
	trunk         prefixes // dialled before national numbers: 0
	transforms    bool     // what stands behind some trunk prefixes is rewritten
	lengths       [mostPhoneText + 1]phoneLength
	general       *automaton     // all national numbers
	leading       *regexp.Regexp // begins those of the region, where others have the same calling code
	kinds         func() []numberKind
}

// phoneLength is what the number of digits says of a national number.
type phoneLength uint8

const (
	noLength phoneLength = iota // between lengths that numbers have
	possibleLength
	localLength // within a town only
	tooShort
	tooLong
)

// numberKind is one sort of assigned numbers: mobile, freephone and so on.
type numberKind struct {
	lengths []int32 // none: any
	form    *automaton
}

// allNumberings are those of all regions. Each is read from the metadata when a number first asks for it.
type allNumberings struct {
	regions map[string]func() *numbering
	codes   [1000][]func() *numbering // by calling code, the main region first
}

var numberings = sync.OnceValue(func() *allNumberings {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		panic(err) // the library has read it before
	}
	all := &allNumberings{regions: map[string]func() *numbering{}}
	supported, everywhere := phonenumbers.GetSupportedRegions(), map[int]func() *numbering{}
	for _, m := range collection.GetMetadata() {
		read := sync.OnceValue(func() *numbering { return newNumbering(m) })
		if supported[m.GetId()] {
			all.regions[m.GetId()] = read
		} else {
			everywhere[int(m.GetCountryCode())] = read
		}
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		for _, region := range phonenumbers.GetRegionCodesForCountryCode(code) {
			read := all.regions[region]
			if read == nil {
				read = everywhere[code]
			}
			all.codes[code] = append(all.codes[code], read)
		}
	}
	return all
})

// numberingOf gives the numbering of a region; nil where none is known.
func numberingOf(region string) *numbering {
	if read := numberings().regions[region]; read != nil {
		return read()
	}
	return nil
}

func isCallingCode(code int) bool { return len(numberings().codes[code]) > 0 }

// mainNumberingOf gives the numbering that tells the lengths of all numbers of a calling code.
func mainNumberingOf(code int) *numbering { return numberings().codes[code][0]() }

func newNumbering(m *phonenumbers.PhoneMetadata) *numbering {
	n := &numbering{
		code:          int(m.GetCountryCode()),
		international: newPrefixes(m.GetInternationalPrefix()),
		trunk:         newPrefixes(m.GetNationalPrefixForParsing()),
		transforms:    m.GetNationalPrefixTransformRule() != "",
		general:       newAutomaton(m.GetGeneralDesc().GetNationalNumberPattern()),
	}
	if digits := m.GetLeadingDigits(); digits != "" {
		n.leading = regexp.MustCompile("^(?:" + digits + ")")
	}
	for i := range n.lengths {
		n.lengths[i] = lengthOf(m.GetGeneralDesc(), int32(i))
	}
	n.kinds = sync.OnceValue(func() []numberKind { return kindsOf(m) })
	return n
}

func lengthOf(all *phonenumbers.PhoneNumberDesc, digits int32) phoneLength {
	possible := all.GetPossibleLength() // in order
	switch {
	case slices.Contains(all.GetPossibleLengthLocalOnly(), digits):
		return localLength
	case slices.Contains(possible, digits):
		return possibleLength
	case digits < possible[0]:
		return tooShort
	case digits > possible[len(possible)-1]:
		return tooLong
	}
	return noLength
}

// kindsOf lists the sorts of numbers that a region assigns.
func kindsOf(m *phonenumbers.PhoneMetadata) (list []numberKind) {
	all := []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetPremiumRate(), m.GetTollFree(), m.GetSharedCost(), m.GetVoip(), m.GetPersonalNumber(), m.GetPager(),
		m.GetUan(), m.GetVoicemail(),
	}
	if !m.GetSameMobileAndFixedLinePattern() {
		all = append([]*phonenumbers.PhoneNumberDesc{m.GetMobile()}, all...)
	}
	for _, d := range all {
		if pattern := d.GetNationalNumberPattern(); pattern != "" {
			list = append(list, numberKind{d.GetPossibleLength(), newAutomaton(pattern)})
		}
	}
	return list
}

func (n *numbering) length(digits []byte) phoneLength { return n.lengths[len(digits)] }

// withoutTrunk takes the trunk prefix off a national number, unless that makes a number of none.
// known is false where what stands behind it is rewritten.
func (n *numbering) withoutTrunk(digits []byte) (bare []byte, known bool) {
	end, group := n.trunk.find(digits)
	if end < 0 {
		return digits, true
	}
	if group && n.transforms {
		return digits, false
	}
	if n.general.matches(digits) && !n.general.matches(digits[end:]) {
		return digits, true
	}
	return digits[end:], true
}

// abroad is what follows the international prefix; nil where digits do not begin with it.
func (n *numbering) abroad(digits []byte) []byte {
	end, _ := n.international.find(digits)
	if end < 0 || end < len(digits) && digits[end] == '0' {
		return nil
	}
	return digits[end:]
}

// withoutCode takes the region's own calling code off a number that was written with it but without
// a plus sign; nil where it is no such number.
func (n *numbering) withoutCode(digits []byte) (national []byte, known bool) {
	size := 1
	for limit := 10; n.code >= limit; limit *= 10 {
		size++
	}
	code := 0
	for _, digit := range digits[:min(size, len(digits))] {
		code = 10*code + int(digit-'0')
	}
	if code != n.code {
		return nil, true
	}
	national, known = n.withoutTrunk(digits[size:])
	if known && (n.length(digits) == tooLong || !n.general.matches(digits) && n.general.matches(national)) {
		return national, true
	}
	return nil, known
}

// valid tells whether a number is of a sort that its country assigns.
func (n *phoneNumber) valid() bool {
	all := numberings().codes[n.code]
	for _, read := range all {
		rules := read()
		switch {
		case len(all) == 1:
			return rules.assigned(n.national)
		case rules.leading != nil:
			if rules.leading.MatchString(string(n.national)) {
				return rules.assigned(n.national)
			}
		case rules.assigned(n.national):
			return true
		}
	}
	return false
}

func (n *numbering) assigned(national []byte) bool {
	if !n.general.matches(national) {
		return false
	}
	for _, kind := range n.kinds() {
		if (len(kind.lengths) == 0 || slices.Contains(kind.lengths, int32(len(national)))) && kind.form.matches(national) {
			return true
		}
	}
	return false
}

// prefixes is what may be dialled before a number: some digits, or an expression for them.
type prefixes struct {
	plain []string
	form  *regexp.Regexp
}

func newPrefixes(pattern string) (p prefixes) {
	if pattern == "" {
		return p
	}
	p.plain = strings.Split(pattern, "|")
	if !slices.ContainsFunc(p.plain, func(s string) bool { return !isDigits(s) }) {
		return p
	}
	return prefixes{form: regexp.MustCompile("^(?:" + pattern + ")")}
}

// find gives where the prefix of digits ends, -1 for none, and whether its last group, or
// else all of it, is there.
func (p *prefixes) find(digits []byte) (end int, group bool) {
	for _, prefix := range p.plain {
		if len(digits) >= len(prefix) && string(digits[:len(prefix)]) == prefix {
			return len(prefix), true
		}
	}
	if p.form == nil || len(digits) == 0 {
		return -1, false
	}
	groups := p.form.FindStringSubmatchIndex(string(digits))
	if groups == nil {
		return -1, false
	}
	return groups[1], groups[len(groups)-2] >= 0
}
