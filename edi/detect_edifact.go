package edi

import "bytes"

// unaSize is the length of a service string advice in bytes (ISO 9735-1, section 8).
const unaSize = 9

// detectUNA reads a service string advice and the header after it.
func detectUNA(b []byte) *header {
	size := unaSize
	next := afterBlanks(b, size)
	if !headerTag(b[next:]) {
		// a byte too few: the place that is reserved in syntax 1 to 3 was left out
		if len(b) < unaSize || !headerTag(b[afterBlanks(b, unaSize-1):]) {
			return nil
		}
		size = unaSize - 1
		next = afterBlanks(b, size)
	}
	d := Delimiters{Component: b[3], Element: b[4], Decimal: b[5], Release: b[6], Segment: b[size-1]}
	if d.Release == ' ' {
		d.Release = 0
	}
	if d.Segment == 0 || d.Segment == d.Element {
		return nil
	}
	y := &Syntax{Standard: EDIFACT, Delimiters: d}
	if size != unaSize {
		y.notes = append(y.notes, note{BadHeader, 0, Found(b[:size]), "six characters after UNA"})
	}
	unb := b[next:]
	if unb[3] != d.Element {
		y.notes = append(y.notes, note{BadDelimiters, 0, Found(b[4:5]), "the element separator of the header after it, " + Found(unb[3:4])})
		y.Element = unb[3]
	}
	if r := b[size-2]; size == unaSize && r != ' ' && syntaxVersion(unb, y.Delimiters) >= '4' {
		y.Repetition = r
	}
	y.distinct()
	y.identify(unb)
	return &header{syntax: y, size: size}
}

// distinct drops delimiters that equal one that matters more.
func (y *Syntax) distinct() {
	clash := func(b *byte, others ...byte) {
		if *b != 0 && bytes.IndexByte(others, *b) >= 0 {
			y.notes = append(y.notes, note{BadDelimiters, 0, Found([]byte{*b}), "delimiters that differ"})
			*b = 0
		}
	}
	clash(&y.Component, y.Element, y.Segment)
	clash(&y.Release, y.Element, y.Segment, y.Component)
	clash(&y.Repetition, y.Element, y.Segment, y.Component, y.Release)
}

func afterBlanks(b []byte, from int) int {
	from = min(from, len(b))
	for from < len(b) && blank(b[from]) {
		from++
	}
	return from
}

func headerTag(b []byte) bool {
	return len(b) > 4 && b[0] == 'U' && b[2] == 'B' && (b[1] == 'N' || b[1] == 'I') && separator(b[3])
}

// detectUNB reads an interchange header without service string advice.
func detectUNB(b []byte) *header {
	d := EDIFACTDelimiters
	switch sep := b[3]; {
	case sep == d.Element:
		if syntaxVersion(b, d) >= '4' {
			d = EDIFACT4Delimiters
		}
		d.Segment = edifactTerminator(b, d)
	case sep == 0x1d: // the separators of UNOB's teletype form: IS1, IS3, IS4 (ISO 9735, section 5.2)
		d = Delimiters{Element: 0x1d, Component: 0x1f, Segment: 0x1c, Decimal: '.'}
	case separator(sep) && sep != d.Component && sep != d.Segment && sep != d.Release:
		d.Element = sep
	default:
		return nil
	}
	y := &Syntax{Standard: EDIFACT, Delimiters: d}
	if d.Segment == '\n' || d.Segment == '\r' {
		y.notes = append(y.notes, note{BadDelimiters, 0, "a line break for terminator", "' where there is no UNA"})
	}
	y.identify(b)
	return &header{syntax: y}
}

// identify takes the syntax identifier from a UNB (S001).
func (y *Syntax) identify(unb []byte) {
	y.Level = syntaxVersion(unb, y.Delimiters)
	end := 4
	for end < len(unb) && end < 12 && alphanumeric(unb[end]) {
		end++
	}
	y.Repertoire = string(unb[4:end])
}

// syntaxVersion is S001.0002, one character, 0 where there is none.
func syntaxVersion(unb []byte, d Delimiters) byte {
	for i := 4; i+1 < len(unb) && i < 16; i++ {
		switch unb[i] {
		case d.Component:
			return unb[i+1]
		case d.Element, d.Segment:
			return 0
		}
	}
	return 0
}

// edifactTerminator is the terminator, or the line break that is used for one: senders that write a
// segment a line and leave out the rest are common.
func edifactTerminator(b []byte, d Delimiters) byte {
	b = b[:min(len(b), lookahead)]
	if end := bytes.IndexByte(b, d.Segment); end >= 0 {
		b = b[:end]
	}
	for from := 0; ; {
		at := bytes.IndexAny(b[from:], "\r\n")
		if at < 0 {
			return d.Segment
		}
		from += at
		next := b[afterBlanks(b, from):]
		if len(next) > 3 && next[3] == d.Element && (next[0] == 'U' && next[2] == 'H' || string(next[:3]) == "UNG" || string(next[:3]) == "BGM") {
			return b[from]
		}
		from++
	}
}
