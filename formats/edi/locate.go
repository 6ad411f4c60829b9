package edi

import (
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/formats"
)

// Locate says where a value stands: `interchange 000000101, group 1, set 0001, N1 loop 2, N3-01, byte
// 412`. Loops and segments count among those of their kind in the loop around them; the byte is that
// of the file.
func (f *Format) Locate(fr formats.Frame, offset int) string {
	place := fr.Position.Path
	m := &message{}
	if f.prepare(m, &formats.Arena{}, fr) == nil {
		m.arrange(f.layoutOf(m.kind()))
		place = strings.Join(append(nonEmpty(place), m.located(f, offset)...), ", ")
	}
	if fr.Position.Offset >= 0 {
		place += fmt.Sprintf(", byte %d", fr.Position.Offset+int64(offset))
	}
	return place
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// located names the loops that a value stands in, and its element.
func (m *message) located(f *Format, offset int) []string {
	line := -1
	for i := range m.segments {
		if m.segments[i].offset <= offset && offset < m.segments[i].end {
			line = i
		}
	}
	if line < 0 {
		return nil
	}
	path := m.pathTo(0, line)
	var words []string
	for i, at := range path {
		it := &m.items[at]
		if it.place != nil && it.place.loop != nil && !(f.options.From != "" && m.segments[it.line].offset <= 0 && i == 0) {
			words = append(words, fmt.Sprintf("%s loop %d", m.segments[it.line].tag, m.ordinal(path, i)))
		}
	}
	l := &m.segments[line]
	name := string(l.tag)
	if at := path[len(path)-1]; m.items[at].place == nil || m.items[at].place.loop == nil {
		if n := m.ordinal(path, len(path)-1); n > 1 {
			name = fmt.Sprintf("%s %d", name, n)
		}
	}
	return append(words, m.element(l, name, offset))
}

// element names the element, the component and the repetition at an offset.
func (m *message) element(l *line, name string, offset int) string {
	for i := l.to - 1; i >= l.from; i-- {
		t := &m.tokens[i]
		if t.offset > offset {
			continue
		}
		name += fmt.Sprintf("-%02d", t.element)
		if t.component > 1 || i+1 < l.to && m.tokens[i+1].element == t.element && m.tokens[i+1].repetition == t.repetition {
			name += fmt.Sprintf(".%d", t.component)
		}
		if t.repetition > 1 {
			name += fmt.Sprintf("(%d)", t.repetition)
		}
		break
	}
	return name
}

// pathTo gives the items from below one down to that of a segment.
func (m *message) pathTo(from, line int) []int {
	for kid := m.items[from].child; kid >= 0; kid = m.items[kid].next {
		if m.items[kid].line == line {
			return []int{kid}
		}
		if below := m.pathTo(kid, line); below != nil {
			return append([]int{kid}, below...)
		}
	}
	return nil
}

// ordinal counts an item among those of its kind in the loop around it, from 1.
func (m *message) ordinal(path []int, i int) int {
	around, n := 0, 0
	if i > 0 {
		around = path[i-1]
	}
	at := &m.items[path[i]]
	for kid := m.items[around].child; kid >= 0; kid = m.items[kid].next {
		it := &m.items[kid]
		if string(m.segments[it.line].tag) == string(m.segments[at.line].tag) && loopOf(it.place) == loopOf(at.place) {
			n++
		}
		if kid == path[i] {
			break
		}
	}
	return n
}

func loopOf(p *place) *loop {
	if p == nil {
		return nil
	}
	return p.loop
}
