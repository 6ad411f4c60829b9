package edi

import (
	"fmt"

	"github.com/touchstone-hub/touchstone/edi/charset"
)

// Standard is the family of rules that an interchange follows.
type Standard uint8

// The standards that are read.
const (
	Unknown   Standard = iota
	X12                // ANSI ASC X12: ISA … IEA
	EDIFACT            // ISO 9735: UNA, UNB … UNZ, and the interactive UIB … UIZ
	TRADACOMS          // GTDI as the article numbering association has it: STX … END
)

// String is the standard's name as the command line and JSON have it: x12, edifact, tradacoms.
func (s Standard) String() string {
	switch s {
	case X12:
		return "x12"
	case EDIFACT:
		return "edifact"
	case TRADACOMS:
		return "tradacoms"
	}
	return "unknown"
}

// ParseStandard is the inverse of String.
func ParseStandard(name string) (Standard, error) {
	for s := X12; s <= TRADACOMS; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return Unknown, fmt.Errorf("standard %q is not known; expected x12, edifact or tradacoms", name)
}

// Delimiters are the bytes that divide an interchange. Zero stands for one that is not in use.
type Delimiters struct {
	Element    byte // between elements
	Component  byte // between the components of a composite
	Repetition byte // between repetitions: X12 from 00402 (ISA11), EDIFACT from syntax 4
	Release    byte // takes the meaning from the byte after it: EDIFACT, TRADACOMS
	Segment    byte // ends a segment
	Decimal    byte // the decimal mark of EDIFACT's numbers, from UNA: '.' or ','
	Tag        byte // between tag and first element where that is not Element: '=' in TRADACOMS
}

// Common sets of delimiters.
var (
	// X12Delimiters are the customary ones; X12 itself fixes none.
	X12Delimiters = Delimiters{Element: '*', Component: ':', Repetition: '^', Segment: '~', Decimal: '.'}
	// EDIFACTDelimiters are those of ISO 9735-1 without UNA in syntax 1 to 3.
	EDIFACTDelimiters = Delimiters{Element: '+', Component: ':', Release: '?', Segment: '\'', Decimal: '.'}
	// EDIFACT4Delimiters are those of ISO 9735-1 without UNA in syntax 4.
	EDIFACT4Delimiters = Delimiters{Element: '+', Component: ':', Repetition: '*', Release: '?', Segment: '\'', Decimal: '.'}
	// TRADACOMSDelimiters are fixed by the standard.
	TRADACOMSDelimiters = Delimiters{Element: '+', Component: ':', Release: '?', Segment: '\'', Decimal: '.', Tag: '='}
)

// Has says whether b is one of the bytes that divide, or releases one.
func (d Delimiters) Has(b byte) bool {
	return b != 0 && (b == d.Element || b == d.Component || b == d.Repetition || b == d.Release || b == d.Segment)
}

// Syntax is how the bytes of one interchange are to be read. It does not change once segments refer to it.
type Syntax struct {
	Standard Standard
	Delimiters
	Repertoire string // EDIFACT's syntax identifier (0001), such as UNOC; "" elsewhere
	Level      byte   // EDIFACT's syntax version (0002), '1' to '4'; 0 where there is none
	// Characters is the repertoire that values are read in, where that is known better than from the
	// interchange itself; nil otherwise.
	Characters *charset.Set
	// Wrapped says that lines were broken inside the interchange header, as mainframes do at column
	// 80: line breaks inside values are then no part of them.
	Wrapped bool
	// Headless says that the stream began without an interchange header, and that the delimiters
	// were taken from the first segment that there was.
	Headless bool

	notes []note
}
