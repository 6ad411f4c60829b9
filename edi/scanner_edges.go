package edi

import (
	"bytes"
	"io"
	"strconv"
)

// enter begins an interchange at buf[p]. It says whether a segment was delivered, which it is for
// ISA and UNA; other headers are segments like the rest.
func (s *Scanner) enter(p int, h *header) bool {
	s.syntax, s.open, s.closed = h.syntax, true, false
	s.step, s.many = firstStep, 7
	if s.syntax.Standard == X12 {
		s.many = isaElements + 2
	}
	s.next, s.prev = 0, cut{}
	s.blanks = p
	if h.size == 0 {
		s.sweep.reset(s.syntax.Delimiters, p)
		return false
	}
	s.deliverHeader(p, h)
	s.sweep.reset(s.syntax.Delimiters, s.from)
	return true
}

// deliverHeader delivers an ISA or a UNA.
func (s *Scanner) deliverHeader(p int, h *header) {
	end := p + h.size
	s.ends = s.ends[:0]
	for _, at := range h.ends {
		s.ends = append(s.ends, uint32(p)+at)
	}
	s.advised = len(h.ends) == 0
	terminated := true
	if s.advised {
		s.ends = append(s.ends, uint32(p+3))
		end--
	} else if terminated = int(s.ends[len(s.ends)-1]) < end; terminated {
		end--
	}
	s.deliver(p, end, s.ends, nil)
	s.seg.Terminated = terminated
	if s.advised {
		s.index--
	}
	s.from = p + h.size
	s.blanks = s.from
}

// another says whether an interchange begins where the next segment would, with delimiters that are
// not those in force, or, behind a trailer, with any.
func (s *Scanner) another(trailer bool) bool {
	p := max(s.blanks, s.from)
	for p < len(s.buf) && blank(s.buf[p]) {
		p++
	}
	if len(s.buf)-p < 4 {
		return false
	}
	if trailer {
		switch string(s.buf[p : p+3]) {
		case "ISA", "UNA", "UNB", "UIB":
			return separator(s.buf[p+3])
		case "STX":
			return s.buf[p+3] == '='
		}
		return false
	}
	h := detect(s.buf[p:])
	return h != nil && (h.size > 0 || h.syntax.Delimiters != s.syntax.Delimiters && h.syntax.Standard != s.syntax.Standard)
}

// special deals with what may be a header or trailer of an interchange, and with what follows a
// trailer. It says whether a segment was delivered, or whether to look again.
func (s *Scanner) special(p int) (done, again bool) {
	b := s.buf[p:]
	closed := s.closed
	s.closed = false
	if len(b) > 3 {
		switch string(b[:3]) {
		case "ISA", "UNA", "UNB", "UIB", "STX":
			if done, again, header := s.headed(p, closed); header {
				return done, again
			}
		case "IEA":
			s.closed = s.syntax.Standard == X12 && !alphanumeric(b[3])
			return false, false
		case "UNZ", "UIZ":
			s.closed = s.syntax.Standard == EDIFACT && !alphanumeric(b[3])
			return false, false
		case "BIN", "BDS":
			return s.binary(p, b[:3])
		case "UNO":
			return s.object(p)
		case "END":
			s.closed = s.syntax.Standard == TRADACOMS && b[3] == s.syntax.Tag
			return false, false
		}
	}
	if closed && !tagged(b[:min(len(b), 8)], s.syntax.Delimiters) {
		s.open = false
		return false, true
	}
	return false, false
}

// binary deals with the X12 segments that hold any bytes whatever and say how many (BIN01, BDS02).
// Where the terminator does not stand behind them, they are taken for segments like others.
func (s *Scanner) binary(p int, tag []byte) (done, again bool) {
	if s.syntax.Standard != X12 || s.buf[p+3] != s.syntax.Element {
		return false, false
	}
	ends := append(s.ends[:0], uint32(p+3))
	at := p + 4
	before := 1 // elements
	if string(tag) == "BDS" {
		before = 2
	}
	for range before {
		size := bytes.IndexByte(s.buf[at:min(len(s.buf), at+64)], s.syntax.Element)
		if size < 0 {
			return false, false
		}
		at += size
		ends = append(ends, uint32(at))
		at++
	}
	length, err := strconv.Atoi(string(s.buf[ends[len(ends)-2]+1 : ends[len(ends)-1]]))
	if err != nil || length < 0 || length > s.limit() {
		return false, false
	}
	end := at + length
	if end >= len(s.buf) && !s.eof {
		return false, s.read()
	}
	if end >= len(s.buf) || s.buf[end] != s.syntax.Segment {
		return false, false
	}
	s.ends = append(ends, uint32(end))
	s.deliver(p, end, s.ends, nil)
	s.seg.Terminated = true
	s.restart(end + 1)
	return true, false
}

// object deals with the header of an object in an EDIFACT package (ISO 9735-8): as many bytes as it
// says follow, and then UNP, before which they are delivered.
func (s *Scanner) object(p int) (done, again bool) {
	c := s.sweep.cuts[s.next]
	ends := s.sweep.ends[s.prev.ends:c.ends]
	if s.syntax.Standard != EDIFACT || int(ends[0]) != p+3 || len(ends) < 2 {
		return false, false
	}
	end := int(ends[len(ends)-1])
	length, err := strconv.Atoi(string(s.buf[ends[len(ends)-2]+1 : end]))
	if err != nil || length < 0 || length > s.limit() {
		return false, false
	}
	next := end + 1 + length
	if next+lookahead > len(s.buf) && !s.eof {
		return false, s.read()
	}
	if next >= len(s.buf) || !bytes.HasPrefix(s.buf[afterBlanks(s.buf, next):], []byte("UNP")) {
		return false, false
	}
	s.deliver(p, end, append(s.ends[:0], ends...), append(s.subs[:0], s.sweep.subs[s.prev.subs:c.subs]...))
	s.seg.Terminated = true
	s.restart(next)
	s.from = end + 1
	return true, false
}

// restart goes on at buf[at] with what was swept thrown away.
func (s *Scanner) restart(at int) {
	s.from, s.blanks, s.next, s.prev, s.step = at, at, 0, cut{}, firstStep
	s.sweep.reset(s.syntax.Delimiters, at)
}

// headed deals with a header at buf[p]; header is false where it is none after all.
func (s *Scanner) headed(p int, closed bool) (done, again, header bool) {
	if len(s.buf)-p < lookahead && !s.eof {
		s.closed = closed
		return false, s.read(), true
	}
	if s.advised { // UNA spoke for it
		s.advised = false
		return false, false, true
	}
	h := detect(s.buf[p:])
	if h == nil || s.syntax.Standard == TRADACOMS && h.syntax.Standard != TRADACOMS && s.buf[p+3] == '=' {
		return false, false, false
	}
	if h.size == 0 {
		s.carry(p, h)
	}
	if h.syntax.Delimiters != s.syntax.Delimiters || h.syntax.Standard != s.syntax.Standard {
		done = s.enter(p, h)
		return done, !done, true
	}
	c := s.sweep.cuts[s.next]
	end := int(s.sweep.ends[c.ends-1])
	switch {
	case h.size == 0:
		s.syntax = h.syntax
		return false, false, true
	case end+1 != p+h.size || len(h.ends) > 0 && int(c.ends-s.prev.ends) != len(h.ends):
		done = s.enter(p, h)
		return done, !done, true
	}
	s.syntax = h.syntax
	s.deliverHeader(p, h)
	s.next, s.prev = s.next+1, c
	return true, false, true
}

// carry lets a UNB without UNA keep the delimiters that were in force where they fit it better: an
// interchange that was begun twice, and senders that write UNA once for many.
func (s *Scanner) carry(p int, h *header) {
	y := s.syntax
	if y.Standard != EDIFACT || h.syntax.Standard != EDIFACT || y.Element != s.buf[p+3] {
		return
	}
	d := h.syntax.Delimiters
	end := int(s.sweep.ends[s.sweep.cuts[s.next].ends-1])
	if bytes.IndexByte(s.buf[p:end], d.Segment) >= 0 || y.Component != d.Component && bytes.IndexByte(s.buf[p:end], y.Component) < 0 {
		return
	}
	repetition := d.Repetition
	if repetition != 0 && y.Repetition != 0 {
		repetition = y.Repetition
	}
	h.syntax.Delimiters = y.Delimiters
	h.syntax.Repetition = repetition
	h.syntax.notes = nil
	h.syntax.distinct()
}

// suspicious says whether a segment is to be searched for the beginning of another interchange: it is
// very long, or an element ends as the tag of a header does.
func (s *Scanner) suspicious(ends []uint32, size int) bool {
	if size > 4096 {
		return true
	}
	for _, at := range ends[1 : len(ends)-1] {
		if at < 3 {
			continue
		}
		if b := s.buf[at-1]; b == 'B' && s.buf[at-3] == 'U' || b == 'A' && s.buf[at-3] == 'I' && len(ends) > isaElements {
			return true
		}
	}
	return false
}

// swallowed looks in a segment for the beginning of another interchange: one that was cut off before
// its terminator runs into the next. It delivers what stands before that.
func (s *Scanner) swallowed(p, end int) bool {
	raw := s.buf[p:end]
	at := -1
	for from := 3; from < len(raw); {
		next := nextHeader(raw[from:], end == len(s.buf))
		if next < 0 {
			break
		}
		from += next
		if begins(s.buf[p+from:]) {
			at = p + from
			break
		}
		from++
	}
	if at < 0 {
		return false
	}
	s.unterminated(p, at)
	s.open = false
	return true
}

// nextHeader gives a place that may be the beginning of an interchange, quickly.
func nextHeader(raw []byte, all bool) int {
	if all {
		return bytes.IndexAny(raw, "IUS")
	}
	at := bytes.Index(raw, []byte("ISA"))
	if other := bytes.Index(raw, []byte("UNB")); other >= 0 && (at < 0 || other < at) {
		at = other
	}
	return at
}

// unterminated delivers buf[p:end] without the blanks at its end.
func (s *Scanner) unterminated(p, end int) {
	for end > p && blank(s.buf[end-1]) {
		end--
	}
	ends := append(s.ends[:0], s.sweep.ends[s.prev.ends:]...)
	for len(ends) > 0 && int(ends[len(ends)-1]) >= end {
		ends = ends[:len(ends)-1]
	}
	s.ends = append(ends, uint32(end))
	subs := append(s.subs[:0], s.sweep.subs[s.prev.subs:]...)
	for len(subs) > 0 && int(subs[len(subs)-1]) >= end {
		subs = subs[:len(subs)-1]
	}
	s.subs = subs
	if s.syntax.Tag != 0 {
		ends, subs = append([]uint32(nil), s.ends...), append([]uint32(nil), s.subs...)
	} else {
		ends = s.ends
	}
	s.deliver(p, end, ends, subs)
	s.seg.Terminated = false
	s.from, s.blanks = end, end
}

// finish deals with what stands behind the last terminator of the stream.
func (s *Scanner) finish() bool {
	p, first, end := max(s.blanks, s.from), len(s.buf), len(s.buf)
	if len(s.sweep.ends) > int(s.prev.ends) { // a separator may look like a blank
		first = int(s.sweep.ends[s.prev.ends])
	}
	for p < first && blank(s.buf[p]) {
		p++
	}
	for end > p && blank(s.buf[end-1]) {
		end--
	}
	s.tail = s.buf[s.from:]
	if p == end || s.closed && !tagged(s.buf[p:min(len(s.buf), p+8)], s.syntax.Delimiters) {
		return false
	}
	if !s.swallowed(p, len(s.buf)) {
		s.unterminated(p, len(s.buf))
	}
	return true
}

// read gets more of the stream into buf, and moves what is there to its front where that makes room.
// It says that the caller may look again, which it may not after an error.
func (s *Scanner) read() bool {
	if s.src == nil {
		s.slide(s.all[s.base+int64(s.from):])
		return true
	}
	if cap(s.buf)-len(s.buf) < window/8 {
		keep := s.buf[s.from:]
		room := s.buf[:0]
		if cap(s.buf) < window || len(keep) > cap(s.buf)/2 {
			room = make([]byte, 0, max(window, 2*len(keep)+window/2))
		}
		s.base += int64(s.from)
		s.move(append(room, keep...))
	}
	for range 100 {
		n, err := s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err == io.EOF {
			s.eof = true
		} else if err != nil {
			s.err, s.tail = err, s.buf[s.from:]
			return false
		}
		if n > 0 || s.eof {
			return true
		}
	}
	s.err, s.tail = io.ErrNoProgress, s.buf[s.from:]
	return false
}

// slide lets buf show the next window of a slice.
func (s *Scanner) slide(all []byte) {
	size := max(window, 2*(len(s.buf)-s.from))
	s.base += int64(s.from)
	if s.eof = size >= len(all); s.eof {
		size = len(all)
	}
	s.move(all[:size:size])
}

// move begins anew with a buffer whose first byte is the next segment's.
func (s *Scanner) move(buf []byte) {
	s.buf, s.from, s.blanks = buf, 0, max(s.blanks-s.from, 0)
	s.next, s.prev = 0, cut{}
	s.sweep.reset(s.sweep.d, s.blanks)
}
