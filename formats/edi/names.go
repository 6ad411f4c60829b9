package edi

import "strings"

// cut takes a name such as N1[ST] apart; which is "" where there are no brackets.
func cut(name string) (base, which string) {
	base, rest, found := strings.Cut(name, "[")
	if !found {
		return name, ""
	}
	return base, strings.TrimSuffix(rest, "]")
}

// isTag says whether a name may be that of a segment: two to four capitals and digits, a letter first.
func isTag(name string) bool {
	if len(name) < 2 || len(name) > 6 || name[0] < 'A' || name[0] > 'Z' {
		return false
	}
	for i := range len(name) {
		if !isDigit(name[i]) && (name[i] < 'A' || name[i] > 'Z') {
			return false
		}
	}
	return true
}

// number reads an element's or component's place, such as 2 or 02; 0 where it is none.
func number(name string) int {
	if name == "" || len(name) > 3 {
		return 0
	}
	n := 0
	for i := range len(name) {
		if !isDigit(name[i]) {
			return 0
		}
		n = 10*n + int(name[i]-'0')
	}
	return n
}

// isID says whether a name is that of an element, a composite or a service composite of EDIFACT:
// 3039, C082, S002.
func isID(name string) bool {
	if len(name) != 4 || !isDigit(name[0]) && name[0] != 'C' && name[0] != 'S' && name[0] != 'E' {
		return false
	}
	return isDigit(name[1]) && isDigit(name[2]) && isDigit(name[3])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// pairName is what is read by the qualifier before it, wherever in the segment the two stand:
// PO1.pair[VN], PER.pair[TE].
const pairName = "pair"

// pairs says at which element the pairs of qualifier and value begin. X12.
var pairs = map[string]int{
	"PO1": 6, "IT1": 6, "POC": 8, "LIN": 2, "ACK": 7, "SLN": 9, "PER": 3, "TAX": 2, "IT8": 9,
}

// qualifiers says where the code stands by which a segment is told apart, where that is not the
// first value in it.
var qualifiers = map[string]spot{
	"HL":  {3, 1}, // X12: the level
	"SAC": {2, 1}, // X12: what the charge is for
	"COM": {1, 2}, // EDIFACT C076.3155, which stands after the number
	"IMD": {2, 1}, // EDIFACT 7081, alone or in C272
}

// codeOf says which component tells composites apart where it is not the first.
var codeOf = map[string]int{
	"C212": 2, // 7143 after the item's number
	"C076": 2, // 3155 after the number
}

func qualifierOf(tag string) spot {
	if at, ok := qualifiers[tag]; ok {
		return at
	}
	return spot{1, 1}
}
