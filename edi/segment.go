package edi

import "bytes"

// Segment is one segment as it stands in a stream. It refers to the buffer that it was read into and
// holds until the next one is read; Batch keeps segments longer.
//
// Elements are numbered from 1 as the standards do; element 0 is the tag.
type Segment struct {
	Syntax     *Syntax
	Offset     int64  // of the tag's first byte in the stream
	Index      int    // the segment's number in the stream, from 1; UNA has that of the segment after it
	Before     []byte // what stands between the end of the segment before and the tag: line breaks, junk
	Terminated bool   // whether its terminator is there

	buf   []byte
	start int      // of the tag in buf
	end   int      // of the terminator in buf, or of the stream
	ends  []uint32 // where each element ends in buf, the tag being the first
	subs  []uint32 // where component and repetition separators stand in buf
}

// Bytes are the segment's own bytes, its terminator with them.
func (s *Segment) Bytes() []byte {
	if s.Terminated {
		return s.buf[s.start : s.end+1]
	}
	return s.buf[s.start:s.end]
}

// Tag is the segment's tag, such as N1, as it is written.
func (s *Segment) Tag() []byte { return s.cutTag(s.buf[s.start:s.ends[0]]) }

// cutTag leaves off what EDIFACT allows after a tag: the explicit nesting of ISO 9735 (1988), section 8.6.
func (s *Segment) cutTag(tag []byte) []byte {
	if len(s.subs) > 0 && s.subs[0] < s.ends[0] && int(s.subs[0]) >= s.start {
		return s.buf[s.start:s.subs[0]]
	}
	return tag
}

// Is says whether the segment has the tag.
func (s *Segment) Is(tag string) bool { return string(s.Tag()) == tag }

// Code is the tag's first eight bytes as a number, the first byte lowest: for switches and tables.
func (s *Segment) Code() uint64 { return Code(s.Tag()) }

// Code is the first eight bytes of a tag as a number, the first byte lowest.
func Code[T ~string | ~[]byte](tag T) (code uint64) {
	for i := min(len(tag), 8) - 1; i >= 0; i-- {
		code = code<<8 | uint64(tag[i])
	}
	return code
}

// Len is the number of elements, without the tag.
func (s *Segment) Len() int { return len(s.ends) - 1 }

// Plain says that no element has components or repeats.
func (s *Segment) Plain() bool { return len(s.subs) == 0 }

// Element is the i-th element as it is written, from 1, whole and not unescaped; nil where the segment is shorter.
func (s *Segment) Element(i int) []byte {
	if i <= 0 || i >= len(s.ends) {
		return nil
	}
	return s.buf[s.ends[i-1]+1 : s.ends[i]]
}

// ElementOffset is where the i-th element begins in the stream.
func (s *Segment) ElementOffset(i int) int64 {
	if i <= 0 {
		return s.Offset
	}
	i = min(i, len(s.ends)-1)
	if i == 0 {
		return s.Offset + int64(s.end-s.start)
	}
	return s.Offset + int64(int(s.ends[i-1])+1-s.start)
}

// within gives the separators that stand in buf[from:to].
func (s *Segment) within(from, to uint32) []uint32 {
	subs := s.subs
	for len(subs) > 0 && subs[0] < from {
		subs = subs[1:]
	}
	n := 0
	for n < len(subs) && subs[n] < to {
		n++
	}
	return subs[:n]
}

// Simple says whether the i-th element has neither components nor repetitions.
func (s *Segment) Simple(i int) bool {
	if len(s.subs) == 0 || i <= 0 || i >= len(s.ends) {
		return true
	}
	return len(s.within(s.ends[i-1]+1, s.ends[i])) == 0
}

// Repetitions is how often the i-th element stands there: 0 where it is absent or empty.
func (s *Segment) Repetitions(i int) int {
	if len(s.Element(i)) == 0 {
		return 0
	}
	n := 1
	for _, at := range s.within(s.ends[i-1]+1, s.ends[i]) {
		if s.buf[at] == s.Syntax.Repetition {
			n++
		}
	}
	return n
}

// Repetition is the r-th repetition of the i-th element, from 1, as it is written; nil where there is none.
func (s *Segment) Repetition(i, r int) []byte {
	from, to, ok := s.repetition(i, r)
	if !ok {
		return nil
	}
	return s.buf[from:to]
}

func (s *Segment) repetition(i, r int) (from, to uint32, ok bool) {
	if i <= 0 || i >= len(s.ends) || r <= 0 {
		return 0, 0, false
	}
	from, to = s.ends[i-1]+1, s.ends[i]
	if len(s.subs) == 0 {
		return from, to, r == 1
	}
	for _, at := range s.within(from, to) {
		if s.buf[at] != s.Syntax.Repetition {
			continue
		}
		if r--; r == 0 {
			return from, at, true
		}
		from = at + 1
	}
	return from, to, r == 1
}

// Component is the c-th component of the r-th repetition of the i-th element, all from 1, as it is
// written; nil where there is none. A simple element is its own first component.
func (s *Segment) Component(i, r, c int) []byte {
	from, to, ok := s.component(i, r, c)
	if !ok {
		return nil
	}
	return s.buf[from:to]
}

func (s *Segment) component(i, r, c int) (from, to uint32, ok bool) {
	from, to, ok = s.repetition(i, r)
	if !ok || c <= 0 {
		return 0, 0, false
	}
	if len(s.subs) == 0 {
		return from, to, c == 1
	}
	for _, at := range s.within(from, to) {
		if c--; c == 0 {
			return from, at, true
		}
		from = at + 1
	}
	return from, to, c == 1
}

// Components is the number of components in the r-th repetition of the i-th element; 0 where there is none.
func (s *Segment) Components(i, r int) int {
	from, to, ok := s.repetition(i, r)
	if !ok {
		return 0
	}
	return 1 + len(s.within(from, to))
}

// Marks gives what the segment is made of, for walks that cannot afford a call for each element: the
// buffer, where the tag begins in it, where each element ends (the tag being the first), and where
// component and repetition separators stand. An element begins behind the end of the one before.
func (s *Segment) Marks() (buf []byte, start uint32, ends, subs []uint32) {
	return s.buf, uint32(s.start), s.ends, s.subs
}

// Clone gives a copy that holds for good.
func (s *Segment) Clone() *Segment {
	from := s.start - len(s.Before)
	to := min(s.end+1, len(s.buf))
	n := len(s.ends) + len(s.subs)
	c := &struct { // in one piece where it is small, as headers are
		Segment
		bytes [72]byte
		marks [16]uint32
	}{Segment: *s}
	if c.buf = c.bytes[:]; to-from > len(c.bytes) {
		c.buf = make([]byte, to-from)
	}
	c.buf = c.buf[:copy(c.buf, s.buf[from:to])]
	c.Before = c.buf[:len(s.Before):len(s.Before)]
	c.start, c.end = s.start-from, s.end-from
	marks := c.marks[:0]
	if n > len(c.marks) {
		marks = make([]uint32, 0, n)
	}
	for _, at := range s.ends {
		marks = append(marks, at-uint32(from))
	}
	for _, at := range s.subs {
		marks = append(marks, at-uint32(from))
	}
	c.ends, c.subs = marks[:len(s.ends):len(s.ends)], marks[len(s.ends):]
	return &c.Segment
}

// At is the place of an element, a component or a repetition; zeros stand for the whole.
func (s *Segment) At(element, repetition, component int) Position {
	p := Position{
		Offset: s.Offset, Segment: s.Index, Tag: Found(s.Tag()),
		Element: element, Component: component, Repetition: repetition,
	}
	if element > 0 {
		p.Offset = s.ElementOffset(element)
		if from, _, ok := s.component(element, max(repetition, 1), max(component, 1)); ok {
			p.Offset = s.Offset + int64(int(from)-s.start)
		}
	}
	return p
}

// Value is the i-th element's first component as plain bytes: released characters without their
// release, line breaks of a wrapped stream left out. It is a slice of the segment where nothing had
// to be changed, which is nearly always.
func (s *Segment) Value(i int) []byte { return s.Syntax.Plain(s.Component(i, 1, 1)) }

// Plain takes release characters, and the line breaks of a wrapped stream, out of what was written.
func (y *Syntax) Plain(raw []byte) []byte {
	if y.Release != 0 && bytes.IndexByte(raw, y.Release) >= 0 {
		raw = unrelease(raw, y.Release)
	}
	if y.Wrapped && bytes.ContainsAny(raw, "\r\n") {
		raw = unwrap(raw)
	}
	return raw
}

func unwrap(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for _, b := range raw {
		if b != '\r' && b != '\n' {
			out = append(out, b)
		}
	}
	return out
}

func unrelease(raw []byte, release byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == release && i+1 < len(raw) {
			i++
		}
		out = append(out, raw[i])
	}
	return out
}

// Token is one value of a segment, and its place.
type Token struct {
	Raw        []byte // as it is written
	Offset     int64  // in the stream
	Element    int    // from 1; 0 is the tag
	Repetition int    // from 1
	Component  int    // from 1
}

// Tokens gives every value of the segment in order, the tag first.
func (s *Segment) Tokens(yield func(Token) bool) {
	t := Token{Repetition: 1, Component: 1}
	from, subs := uint32(s.start), s.subs
	for i, end := range s.ends {
		t.Element, t.Repetition, t.Component = i, 1, 1
		for len(subs) > 0 && subs[0] < end {
			at := subs[0]
			subs = subs[1:]
			if at < from {
				continue
			}
			t.Raw, t.Offset = s.buf[from:at], s.Offset+int64(int(from)-s.start)
			if !yield(t) {
				return
			}
			from = at + 1
			if s.buf[at] == s.Syntax.Repetition {
				t.Repetition++
				t.Component = 1
			} else {
				t.Component++
			}
		}
		t.Raw, t.Offset = s.buf[from:end], s.Offset+int64(int(from)-s.start)
		if !yield(t) {
			return
		}
		from = end + 1
	}
}
