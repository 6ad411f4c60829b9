package edi

import "bytes"

// isaElements is the number of elements of ISA (X12.5).
const isaElements = 16

// detectISA counts the separators of an ISA, so that padding of any length and line breaks within do
// not matter, and takes ISA16 and the terminator from behind the sixteenth.
func detectISA(b []byte) *header {
	sep := b[3]
	if !separator(sep) {
		return nil
	}
	h := &header{syntax: &Syntax{Standard: X12, Delimiters: Delimiters{Element: sep, Decimal: '.'}}}
	h.ends = append(make([]uint32, 0, isaElements+1), 3)
	for i := 4; i < len(b) && i < lookahead && len(h.ends) < isaElements; i++ {
		if b[i] == sep {
			h.ends = append(h.ends, uint32(i))
		}
		if groupBegins(b[i:], sep) && i > 8 && !alphanumeric(b[i-1]) {
			return h.short(b, i)
		}
	}
	if len(h.ends) < isaElements {
		return nil
	}
	h.last(b)
	if x := h.syntax.Segment; x == 0 || alphanumeric(x) || x == sep {
		return nil // no terminator
	}
	h.version(b)
	return h
}

// groupBegins says whether b begins with a segment that may follow an ISA.
func groupBegins(b []byte, sep byte) bool {
	return len(b) > 3 && (b[0] == 'G' && b[1] == 'S' && b[2] == sep || string(b[:3]) == "TA1" && b[3] == sep)
}

// last reads what stands behind the sixteenth separator: ISA16 and the terminator.
func (h *header) last(b []byte) {
	y, at := h.syntax, int(h.ends[isaElements-1])+1
	h.size = len(b)
	if at >= len(b) {
		h.ends = append(h.ends, uint32(len(b)))
		y.Segment = '~'
		return
	}
	component := b[at]
	follow := b[at+1:]
	switch {
	case component == '\r' || component == '\n', len(follow) > 0 && groupBegins(follow, y.Element) && !alphanumeric(component), h.closesLine(component, follow):
		// ISA16 is left out, and what stands in its place is the terminator
		y.Segment = component
		y.notes = append(y.notes, note{BadHeader, 16, "", "a component separator"})
		h.size = at + 1
		h.ends = append(h.ends, uint32(at))
		return
	}
	end := at + 1
	for end < len(b) && b[end] == ' ' { // ISA16 padded as other elements are
		end++
	}
	if end > at+1 {
		y.notes = append(y.notes, note{BadHeader, 16, Found(b[at:end]), "one character"})
	}
	y.Component = component
	if alphanumeric(component) || component == y.Element || component == ' ' {
		y.Component = 0
		y.notes = append(y.notes, note{BadDelimiters, 16, Found(b[at : at+1]), "a component separator"})
	}
	if end >= len(b) {
		y.Segment = '~'
		h.ends, h.size = append(h.ends, uint32(end)), end
		return
	}
	y.Segment = b[end]
	if y.Segment == y.Component {
		y.Component = 0
		y.notes = append(y.notes, note{BadDelimiters, 16, Found(b[end : end+1]), "a component separator that is not the terminator"})
	}
	h.ends, h.size = append(h.ends, uint32(end)), end+1
}

// closesLine says whether the byte in the place of ISA16 ends the next line too: an ISA16 left out
// before the terminator, and line breaks after each segment. Were the byte the component separator
// and the line break the terminator, then the next segment would end with an empty component.
func (h *header) closesLine(b byte, follow []byte) bool {
	if alphanumeric(b) || len(follow) == 0 || follow[0] != '\r' && follow[0] != '\n' {
		return false
	}
	line := bytes.TrimLeft(follow, "\r\n \t")
	if !groupBegins(line, h.syntax.Element) {
		return false
	}
	if end := bytes.IndexAny(line, "\r\n"); end > 0 {
		line = line[:end]
	}
	return line[len(line)-1] == b
}

// short reads an ISA with too few elements, the segment after which begins at the place given.
func (h *header) short(b []byte, group int) *header {
	y, end := h.syntax, group-1
	for end > 4 && blank(b[end]) {
		end--
	}
	if alphanumeric(b[end]) || b[end] == y.Element { // a line break is the terminator
		end++
	}
	for len(h.ends) > 0 && int(h.ends[len(h.ends)-1]) >= end {
		h.ends = h.ends[:len(h.ends)-1]
	}
	y.Segment = b[end]
	if y.Segment == 0 || y.Segment == y.Element {
		return nil
	}
	if c := b[end-1]; separator(c) && c != y.Element && !separatorOf(b[end-2], y.Element) {
		y.Component = 0
	} else if separator(c) && c != y.Element {
		y.Component = c
	}
	y.notes = append(y.notes, note{BadHeader, 0, "", "sixteen elements"})
	h.ends, h.size = append(h.ends, uint32(end)), end+1
	return h
}

func separatorOf(b, sep byte) bool { return b == sep }

// version takes ISA11 for the repetition separator from version 00402 on, where it is one, and sees
// whether lines are broken within.
func (h *header) version(b []byte) {
	y := h.syntax
	y.Wrapped = y.Segment != '\n' && y.Segment != '\r' && bytes.ContainsAny(b[:h.ends[isaElements]], "\r\n") ||
		bytes.ContainsAny(b[:h.ends[isaElements-1]], "\r\n")
	version := bytes.TrimSpace(unwrap(b[h.ends[11]+1 : h.ends[12]]))
	repetition := bytes.TrimSpace(b[h.ends[10]+1 : h.ends[11]])
	if string(version) < "00402" || len(version) != 5 || len(repetition) != 1 {
		return
	}
	r := repetition[0]
	if !separator(r) {
		return
	}
	if r == y.Element || r == y.Component || r == y.Segment {
		y.notes = append(y.notes, note{BadDelimiters, 11, string(r), "a repetition separator that no other delimiter equals"})
		return
	}
	y.Repetition = r
}
