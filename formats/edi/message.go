package edi

import (
	"bytes"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/charset"
	"github.com/touchstone-hub/touchstone/formats"
)

// message is one set taken apart: its segments in order, the envelope's first, and the tree of loops
// that they make. It is reused from record to record.
type message struct {
	buf    []byte // context and set, one after the other
	before int    // bytes of the context
	body   int    // the segment with which the set begins
	syntax *edilib.Syntax
	text   *charset.Set

	segments []line
	tokens   []token
	items    []item
	walk     []open
}

// line is one segment.
type line struct {
	tag      []byte
	from, to int // its tokens, without the tag
	offset   int // in the frame; negative in the context
	end      int // behind its terminator, in the frame
}

// token is one value as it is written.
type token struct {
	raw                            []byte
	offset                         int // in the frame
	element, repetition, component int
}

// item is a segment or loop in the tree. Its children follow each other from child on by next; -1
// ends them.
type item struct {
	line        int // the segment, or the loop's first one; -1 for the whole message
	place       *place
	child, last int
	next        int
	misplaced   bool // the layout has no place for it here
}

// open is a loop that segments are being put into.
type open struct {
	item  int
	loop  *loop
	place *place // the loop's own, in the loop around it
	at    int    // of the last place that was filled, in loop.places
	count int    // how often in a row
}

// read takes a frame apart. What it refers to afterwards is memory of the arena.
func (m *message) read(a *formats.Arena, context, set []byte) error {
	m.buf = append(append(a.Room(len(context) + len(set))[:0], context...), set...)
	m.before = len(context)
	m.segments, m.tokens, m.syntax, m.body = m.segments[:0], m.tokens[:0], nil, -1
	s := edilib.NewBytesScanner(m.buf)
	s.Limit = len(m.buf) + 1
	for s.Next() {
		g := s.Segment()
		m.syntax = g.Syntax
		l := line{tag: g.Tag(), from: len(m.tokens), offset: int(g.Offset) - m.before}
		for t := range g.Tokens {
			if t.Element > 0 {
				m.tokens = append(m.tokens, token{t.Raw, int(t.Offset) - m.before, t.Element, t.Repetition, t.Component})
			}
		}
		l.to, l.end = len(m.tokens), l.offset+len(g.Bytes())
		if m.body < 0 && isHeader(l.tag) {
			m.body = len(m.segments)
		}
		m.segments = append(m.segments, l)
	}
	return s.Err()
}

// isHeader says that a segment begins a set or message.
func isHeader(tag []byte) bool { return string(tag) == "ST" || string(tag) == "UNH" }

// value gives a component as it is written, all places from 1; found is false where it is not there
// or empty.
func (m *message) value(l *line, element, repetition, component int) (t token, found bool) {
	for _, t := range m.tokens[l.from:l.to] {
		switch {
		case t.element > element:
			return t, false
		case t.element == element && t.repetition == repetition && t.component == component:
			return t, len(t.raw) > 0
		}
	}
	return t, false
}

// is compares a component with a code.
func (m *message) is(l *line, at spot, code string) bool {
	t, _ := m.value(l, at.element, 1, max(at.component, 1))
	return string(t.raw) == code
}

// arrange puts the segments into the loops of the layout, each into the first place that it can take
// in order of the standard: further on in the loop that is open, the same loop once more, further on
// in the loop around it. A segment that has no place stays in the loop where it is met, and moves
// nothing. Without a layout all stand side by side.
func (m *message) arrange(l *layout) {
	m.items = append(m.items[:0], item{line: -1, child: -1, last: -1, next: -1})
	m.walk = m.walk[:0]
	for i := range m.segments {
		if l == nil || i < m.body {
			m.add(0, i, nil)
			continue
		}
		if len(m.walk) == 0 {
			m.walk = append(m.walk, open{loop: l.root, at: -1})
		}
		m.put(i)
	}
}

// add hangs a segment below an item.
func (m *message) add(below, l int, p *place) int {
	n := len(m.items)
	m.items = append(m.items, item{line: l, place: p, child: -1, last: -1, next: -1})
	of := &m.items[below]
	if of.last < 0 {
		of.child = n
	} else {
		m.items[of.last].next = n
	}
	of.last = n
	return n
}

func (m *message) put(i int) {
	for depth := len(m.walk) - 1; depth >= 0; depth-- {
		w := &m.walk[depth]
		at := m.further(w, i)
		if at < 0 {
			continue
		}
		if at != w.at {
			w.at, w.count = at, 0
		}
		w.count++
		p := w.loop.places[at]
		m.walk = m.walk[:depth+1]
		n := m.add(w.item, i, p)
		if p.loop != nil {
			m.walk = append(m.walk, open{item: n, loop: p.loop, place: p, at: 0, count: 1})
		}
		return
	}
	n := m.add(m.walk[len(m.walk)-1].item, i, nil)
	m.items[n].misplaced = true
}

// further looks for a segment's place in an open loop: the last one again, or one after it.
func (m *message) further(w *open, i int) int {
	for at := max(w.at, 0); at < len(w.loop.places); at++ {
		p := w.loop.places[at]
		if p.tag != string(m.segments[i].tag) || at == w.at && p.max > 0 && w.count >= p.max {
			continue
		}
		if w.place != nil && at == 0 {
			continue // the loop's own first segment begins the next one
		}
		if m.chosen(p, i) {
			return at
		}
	}
	return -1
}

// chosen tells places with one tag apart by the values that they ask for.
func (m *message) chosen(p *place, i int) bool {
	for _, c := range p.when {
		t, _ := m.value(&m.segments[i], c.Element, 1, max(c.Component, 1))
		ok := false
		for _, code := range c.Codes {
			ok = ok || code == string(t.raw)
		}
		if !ok {
			return false
		}
	}
	return true
}

// kind reads what set and version it is: 850 and 004010, ORDERS and D.96A.
func (m *message) kind() (set, version string) {
	for i := range m.segments {
		l := &m.segments[i]
		switch string(l.tag) {
		case "GS":
			t, _ := m.value(l, 8, 1, 1)
			version = string(t.raw)
		case "ST":
			t, _ := m.value(l, 1, 1, 1)
			if convention, ok := m.value(l, 3, 1, 1); ok {
				version = string(convention.raw)
			}
			return string(t.raw), version
		case "UNH":
			var parts [3]token
			for c := range parts {
				parts[c], _ = m.value(l, 2, 1, c+1)
			}
			return string(parts[0].raw), string(bytes.Join([][]byte{parts[1].raw, parts[2].raw}, []byte(".")))
		}
	}
	return "", version
}
