package anonymise

import (
	"bytes"
	"slices"

	"github.com/touchstone-hub/touchstone/edi"
)

// envelopes are the elements of envelope and acknowledgement segments that name somebody or give
// something away. Their others (versions, counts, control numbers, dates) stay.
var envelopes = map[string][]int{
	"ISA": {2, 4, 6, 8}, "GS": {2, 3}, "ST": nil, "SE": nil, "GE": nil, "IEA": nil, "TA1": nil,
	"UNB": {2, 3, 6}, "UNG": {2, 3, 8}, "UNH": nil, "UNT": nil, "UNE": nil, "UNZ": nil, "UNS": nil,
	"UCI": {2, 3}, "UCF": {2, 3}, "UCM": nil, "UCS": nil, "UCD": nil,
	"STX": {2, 3, 6}, "MHD": nil, "MTR": nil, "END": nil, "BAT": nil, "EOB": nil,
	"AK1": nil, "AK2": nil, "AK3": nil, "AK5": nil, "AK9": nil, "IK3": nil, "IK5": nil,
}

// structural are segments of dates, quantities, counts, currencies and hierarchy. Nobody is known by
// their values, and without them a fault could not be shown.
var structural = map[string]bool{
	"DTM": true, "G62": true, "QTY": true, "CUX": true, "CUR": true, "CNT": true, "CTT": true,
	"HL": true, "CPS": true, "PAC": true, "ALI": true, "LX": true, "LS": true, "LE": true,
}

// speaking are the elements that hold names, addresses, numbers to call and free text. There even
// what looks like a code is replaced.
var speaking = map[string][]int{
	"N1": {2, 4}, "N2": {1, 2}, "N3": {1, 2}, "N4": {1, 3}, "PER": {2, 4, 6, 8}, "NM1": {3, 4, 5, 9},
	"MSG": {1}, "NTE": {2}, "PID": {5}, "MTX": {2},
	"NAD": {3, 4, 5, 6, 8}, "CTA": {2}, "FTX": {4}, "IMD": {3}, "CLO": {1}, "CAD": {1, 2}, "SAP": {1, 2},
}

// personal says whether a value is to be replaced. Outside of names and text, what looks like a code
// or a date stays.
func personal(g *edi.Segment, t edi.Token) bool {
	if len(bytes.TrimSpace(t.Raw)) == 0 {
		return false
	}
	tag := string(g.Tag())
	edifact := g.Syntax.Standard == edi.EDIFACT
	if elements, envelope := envelopes[tag]; envelope {
		return slices.Contains(elements, t.Element) && !(edifact && t.Component == 2) // the qualifier of a party
	}
	switch {
	case structural[tag]:
		return false
	case slices.Contains(speaking[tag], t.Element):
		// codes of a list, and who keeps the list, stand behind the party's number (C082) and description (C273)
		return !(edifact && (t.Element == 3 && tag == "IMD" || t.Element == 2 && tag == "NAD") && t.Component < 4 && code(t.Raw))
	}
	return !code(t.Raw) && !date(t.Raw)
}

// code says whether a value looks like a code or qualifier: at most three capital letters and digits.
func code(raw []byte) bool {
	if len(raw) > 3 {
		return false
	}
	for _, b := range raw {
		if !(b >= 'A' && b <= 'Z' || b >= '0' && b <= '9') {
			return false
		}
	}
	return true
}

// date says whether a value is a date of this or the last century, YYYYMMDD with or without a time.
func date(raw []byte) bool {
	if n := len(raw); n != 8 && n != 12 && n != 14 {
		return false
	}
	for _, b := range raw {
		if b < '0' || b > '9' {
			return false
		}
	}
	s := string(raw)
	return (s[:2] == "19" || s[:2] == "20") && s[4:6] >= "01" && s[4:6] <= "12" && s[6:8] >= "01" && s[6:8] <= "31"
}
