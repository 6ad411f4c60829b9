package edi

import "bytes"

// lookahead is how much of an interchange is looked at to learn its delimiters, in bytes. An ISA has
// 106, and a wrapped or over-padded one rarely twice that; UNA and UNB have at most 300.
const lookahead = 2048

// header is what was learnt from the beginning of an interchange.
type header struct {
	syntax *Syntax
	ends   []uint32 // where the elements of an ISA end; none for others
	size   int      // bytes of an ISA or UNA; 0 where the header is a segment as others are
}

// note is a fault of the header that only detection sees; the walker gives it a place.
type note struct {
	kind            Kind
	element         int
	found, expected string
}

// detect reads the beginning of an interchange at b[0]. It gives nil where there is none.
func detect(b []byte) *header {
	if len(b) < 4 {
		return nil
	}
	switch string(b[:3]) {
	case "ISA":
		return detectISA(b)
	case "UNA":
		return detectUNA(b)
	case "UNB", "UIB":
		return detectUNB(b)
	case "STX":
		if b[3] == '=' {
			return &header{syntax: &Syntax{Standard: TRADACOMS, Delimiters: TRADACOMSDelimiters}}
		}
	}
	return nil
}

// detectHeadless reads the beginning of a stream that lacks its interchange header.
func detectHeadless(b []byte) *header {
	if len(b) < 4 {
		return nil
	}
	switch {
	case bytes.HasPrefix(b, []byte("UNH+")), bytes.HasPrefix(b, []byte("UNG+")):
		y := &Syntax{Standard: EDIFACT, Delimiters: EDIFACTDelimiters, Headless: true}
		y.Segment = edifactTerminator(b, y.Delimiters)
		return &header{syntax: y}
	case bytes.HasPrefix(b, []byte("ST")) && separator(b[2]), bytes.HasPrefix(b, []byte("GS")) && separator(b[2]):
		return headlessX12(b)
	}
	return nil
}

// headlessX12 takes the element separator after the tag, and for the terminator what ends the last
// element of the header: the set's number or the group's version.
func headlessX12(b []byte) *header {
	elements := 2
	if b[0] == 'G' {
		elements = 8
	}
	at := 2
	for ; elements > 0 && at < len(b) && b[at] == b[2]; elements-- {
		at++
		for at < len(b) && (alphanumeric(b[at]) || b[at] == ' ' || b[at] == '-' || b[at] == '.') {
			at++
		}
	}
	if at < len(b) && b[at] == b[2] && b[0] == 'S' { // ST03
		at++
		for at < len(b) && alphanumeric(b[at]) {
			at++
		}
	}
	if elements > 0 || at >= len(b) || !(separator(b[at]) || b[at] < ' ') || b[at] == b[2] {
		return nil
	}
	d := Delimiters{Element: b[2], Segment: b[at], Decimal: '.'}
	return &header{syntax: &Syntax{Standard: X12, Delimiters: d, Headless: true}}
}

func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

// separator says whether a byte may separate elements: no letter, digit, blank or line break.
func separator(b byte) bool { return b > 0 && b != ' ' && b != '\r' && b != '\n' && !alphanumeric(b) }

// blank is what may stand between segments without being junk: line breaks, indentation, the
// padding of blocked files and the end mark of old ones (0x1A).
func blank(b byte) bool { return b <= ' ' }

// tagged says whether b begins with a tag and what may follow one.
func tagged(b []byte, d Delimiters) bool {
	for i, x := range b {
		switch {
		case i >= 2 && (x == d.Element || x == d.Component || x == d.Segment || d.Tag != 0 && x == d.Tag):
			return i <= 6
		case 'A' <= x && x <= 'Z', i > 0 && '0' <= x && x <= '9':
		default:
			return false
		}
	}
	return len(b) == 2 || len(b) == 3
}

// find gives the place of the next interchange header in b, or -1.
func find(b []byte) int {
	for from := 0; from < len(b); {
		at := bytes.IndexAny(b[from:], "IUS")
		if at < 0 {
			return -1
		}
		from += at
		if begins(b[from:]) {
			return from
		}
		from++
	}
	return -1
}

// begins says whether b is surely the beginning of an interchange, and not text that looks like one.
func begins(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch string(b[:3]) {
	case "ISA":
		sep := b[3]
		return separator(sep) && sep != '=' && bytes.Count(b[:min(len(b), 512)], b[3:4]) >= 16 && bytes.IndexByte(b[4:], sep) == 2
	case "UNA":
		return detectUNA(b) != nil
	case "UNB", "UIB":
		return separator(b[3]) && b[4] == 'U' && b[5] == 'N' || string(b[3:8]) == "+IATB" || string(b[3:8]) == "+IATA"
	case "STX":
		return b[3] == '=' && (string(b[4:7]) == "ANA" || string(b[4:8]) == "ANAA")
	}
	return false
}
