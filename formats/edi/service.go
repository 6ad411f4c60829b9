package edi

import (
	"strings"

	edilib "github.com/touchstone-hub/touchstone/edi"
)

// Service segments of EDIFACT by the names that their elements have (ISO 9735:1988, annex B, and
// ISO 9735-1:2002, annex C): directories do not hold them. What stands in brackets are components.
var service = segmentsOf(
	"UNA 1 2 3 4 5",
	"UNB S001(0001 0002 0080 0133 0076) S002(0004 0007 0008 0042) S003(0010 0007 0014 0046) S004(0017 0019) 0020 S005(0022 0025) 0026 0029 0031 0032 0035",
	"UNG 0038 S006(0040 0007) S007(0044 0007) S004(0017 0019) 0048 0051 S008(0052 0054 0057) 0058",
	"UNH 0062 S009(0065 0052 0054 0051 0057 0110 0113) 0068 S010(0070 0073) S016(0115 0116 0118 0051) S017(0121 0122 0124 0051) S018(0127 0128 0130 0051)",
	"UNT 0074 0062",
	"UNS 0081",
	"ISA 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
	"GS 1 2 3 4 5 6 7 8",
	"ST 1 2 3",
	"SE 1 2",
)

func segmentsOf(lines ...string) map[string]*segment {
	all := map[string]*segment{}
	for _, line := range lines {
		tag, rest, _ := strings.Cut(line, " ")
		s := &segment{tag: tag}
		var composite *element
		for word := range strings.FieldsSeq(rest) {
			name, first, opens := strings.Cut(word, "(")
			if opens {
				s.elements = append(s.elements, element{id: name, repeat: 1})
				composite = &s.elements[len(s.elements)-1]
				name = first
			}
			name, closes := strings.CutSuffix(name, ")")
			if composite != nil {
				composite.components = append(composite.components, element{id: name, repeat: 1})
			} else {
				s.elements = append(s.elements, element{id: name, repeat: 1})
			}
			if closes {
				composite = nil
			}
		}
		all[tag] = s
	}
	return all
}

// envelopes are the segments that stand around a set or message.
var envelopes = map[edilib.Standard][]string{
	edilib.X12:     {"ISA", "GS"},
	edilib.EDIFACT: {"UNA", "UNB", "UNG"},
}
