package edi

import (
	"bytes"
	"fmt"

	"github.com/touchstone-hub/touchstone/formats"
)

// decoder fills a Doc from a message.
type decoder struct {
	*message
	arena  *formats.Arena
	layout *layout
	bad    *formats.SyntaxError // the first value that the character set does not have
}

// record gives the whole message.
func (d *decoder) record(p *plan) formats.Node {
	if p.whole {
		return d.wholeRecord()
	}
	n := formats.Node{Kind: formats.Object, Kids: d.arena.Nodes(p.slots)}
	d.below(n.Kids, p, 0)
	return n
}

// occurrence gives one segment or loop.
func (d *decoder) occurrence(p *plan, at int) formats.Node {
	if p.whole {
		return d.wholeItem(at)
	}
	l := &d.segments[d.items[at].line]
	n := formats.Node{Kind: formats.Object, Kids: d.arena.Nodes(p.slots), Offset: l.offset}
	for i := range p.values {
		r := &p.values[i]
		n.Kids[r.slot] = d.read(r, l, d.items[at].place)
	}
	d.below(n.Kids, p, at)
	return n
}

// below gives the segments and loops within an item.
func (d *decoder) below(kids []formats.Node, p *plan, at int) {
	for i := range p.below {
		w := &p.below[i]
		switch w.name {
		case allSegments:
			kids[w.slot] = d.everySegment(w)
		case guideName:
			if d.layout != nil {
				kids[w.slot] = formats.Node{Kind: formats.Text, Text: d.arena.Bytes([]byte(d.layout.name)), Offset: -1}
			}
		default:
			kids[w.slot] = d.wanted(w, at)
		}
	}
}

// guideName is the guide by which the message was arranged; absent where there is none.
const guideName = "guide"

func (d *decoder) wanted(w *want, at int) formats.Node {
	var list []formats.Node
	for kid := d.items[at].child; kid >= 0; kid = d.items[kid].next {
		if !d.takes(w, kid) {
			continue
		}
		if !w.list {
			return d.occurrence(w.plan, kid)
		}
		value := d.occurrence(w.plan, kid)
		var to *formats.Node
		list, to = d.arena.Add(list)
		*to = value
	}
	if list == nil {
		return formats.Node{}
	}
	return formats.Node{Kind: formats.List, Kids: list, Offset: -1}
}

// takes tells whether a segment or loop is one that is asked for.
func (d *decoder) takes(w *want, kid int) bool {
	it := &d.items[kid]
	l := &d.segments[it.line]
	if string(l.tag) != w.name && !(it.place != nil && it.place.loop != nil && it.place.loop.name == w.name) {
		return false
	}
	return w.which == "" || d.is(l, qualifierOf(string(l.tag)), w.which)
}

// everySegment is the flat list.
func (d *decoder) everySegment(w *want) formats.Node {
	n := formats.Node{Kind: formats.List, Offset: -1}
	for at := 1; at < len(d.items); at++ {
		if d.items[at].line < d.body {
			continue
		}
		value := d.occurrence(w.plan, at)
		var to *formats.Node
		n.Kids, to = d.arena.Add(n.Kids)
		*to = value
	}
	return n
}

// known is what is known of a segment.
func (d *decoder) known(l *line, p *place) *segment {
	if p != nil && p.segment != nil {
		return p.segment
	}
	if s := service[string(l.tag)]; s != nil {
		return s
	}
	if d.layout != nil {
		return d.layout.segments[string(l.tag)]
	}
	return nil
}

// read gives a value of a segment.
func (d *decoder) read(r *read, l *line, p *place) formats.Node {
	switch {
	case r.tag:
		return formats.Node{Kind: formats.Text, Text: l.tag, Offset: l.offset}
	case r.pair != "":
		return d.pair(l, r.pair)
	case r.pairs:
		n := formats.Node{Kind: formats.Object, Kids: d.arena.Nodes(r.size), Offset: l.offset}
		for _, p := range r.parts {
			n.Kids[p.slot] = d.pair(l, p.id)
		}
		return n
	}
	known := d.known(l, p)
	spots := []spot{{r.place, 0}}
	if r.id != "" {
		spots = known.named(r.id)
	}
	if r.which == all {
		return d.every(r, l, known, spots)
	}
	for _, at := range spots {
		for repetition := 1; d.there(l, at, repetition); repetition++ {
			if r.which != "" && !d.coded(l, at, repetition, r.which, known) {
				continue
			}
			return d.one(r, l, at, repetition, known)
		}
	}
	return formats.Node{}
}

func (d *decoder) every(r *read, l *line, known *segment, spots []spot) formats.Node {
	var list []formats.Node
	for _, at := range spots {
		for repetition := 1; d.there(l, at, repetition); repetition++ {
			value := d.one(r, l, at, repetition, known)
			if value.Kind == formats.Absent {
				continue
			}
			var to *formats.Node
			list, to = d.arena.Add(list)
			*to = value
		}
	}
	if list == nil {
		return formats.Node{}
	}
	return formats.Node{Kind: formats.List, Kids: list, Offset: -1}
}

// there tells whether the element is repeated so often.
func (d *decoder) there(l *line, at spot, repetition int) bool {
	for _, t := range d.tokens[l.from:l.to] {
		if t.element == at.element && t.repetition == repetition {
			return true
		}
	}
	return false
}

// coded tells whether a composite has the code by which it is told apart.
func (d *decoder) coded(l *line, at spot, repetition int, code string, known *segment) bool {
	component := 1
	if e := known.at(spot{at.element, 0}); e != nil && codeOf[e.id] > 0 {
		component = codeOf[e.id]
	}
	t, _ := d.value(l, at.element, repetition, component)
	return string(t.raw) == code
}

// one gives an element or component: its text, or the components that are asked for.
func (d *decoder) one(r *read, l *line, at spot, repetition int, known *segment) formats.Node {
	if r.parts == nil {
		return d.scalar(l, at, repetition, known)
	}
	n := formats.Node{Kind: formats.Object, Kids: d.arena.Nodes(r.size)}
	for _, p := range r.parts {
		n.Kids[p.slot] = d.component(&p, l, at, repetition, known)
	}
	return n
}

func (d *decoder) component(p *part, l *line, at spot, repetition int, known *segment) formats.Node {
	if p.place > 0 {
		return d.scalar(l, spot{at.element, p.place}, repetition, known)
	}
	e := known.at(spot{at.element, 0})
	if e == nil {
		return formats.Node{}
	}
	var list []formats.Node
	for i := range e.components {
		if e.components[i].id != p.id {
			continue
		}
		value := d.scalar(l, spot{at.element, i + 1}, repetition, known)
		if !p.all {
			return value
		}
		if value.Kind != formats.Absent {
			var to *formats.Node
			list, to = d.arena.Add(list)
			*to = value
		}
	}
	if list == nil {
		return formats.Node{}
	}
	return formats.Node{Kind: formats.List, Kids: list, Offset: -1}
}

// scalar gives a value as text. Where the guide says that an element has no components, what looks
// like their separators belongs to the text.
func (d *decoder) scalar(l *line, at spot, repetition int, known *segment) formats.Node {
	t, found := d.value(l, at.element, repetition, max(at.component, 1))
	e := known.at(at)
	if at.component == 0 && e != nil && e.components == nil && e.repeat <= 1 {
		if t, found = d.undivided(l, at.element); !found {
			return formats.Node{}
		}
	}
	if !found {
		return formats.Node{}
	}
	return d.text(t, l, e)
}

// undivided gives an element with whatever separators are in it.
func (d *decoder) undivided(l *line, element int) (token, bool) {
	var first, last *token
	for i := l.from; i < l.to; i++ {
		if t := &d.tokens[i]; t.element == element {
			if first == nil {
				first = t
			}
			last = t
		}
	}
	if first == nil {
		return token{}, false
	}
	from, to := first.offset+d.before, last.offset+d.before+len(last.raw)
	return token{raw: d.buf[from:to], offset: first.offset, element: element}, to > from
}

// text decodes a value: without release characters, in UTF-8, and with a point where the guide says
// that it is a number.
func (d *decoder) text(t token, l *line, e *element) formats.Node {
	raw := d.syntax.Plain(t.raw)
	if string(l.tag) == "ISA" { // whose elements are padded to a fixed length (X12.5)
		raw = bytes.TrimRight(raw, " ")
	}
	text, bad := decodeText(d.message.text, d.arena, raw)
	if bad >= 0 && d.bad == nil {
		d.bad = &formats.SyntaxError{
			Offset: int64(t.offset + bad), Found: fmt.Sprintf("byte 0x%02X in %s", raw[bad], d.name(l, t)), Expected: "a character of " + d.message.text.Name(),
		}
	}
	if e != nil && e.numeric() {
		text = d.plainNumber(text)
	}
	if len(text) == 0 {
		return formats.Node{}
	}
	return formats.Node{Kind: formats.Text, Text: text, Offset: t.offset}
}

// plainNumber writes .5, 5. and 2,5 as 0.5, 5 and 2.5; what is no number stays.
func (d *decoder) plainNumber(text []byte) []byte {
	digits, mark := 0, -1
	for i, c := range text {
		switch {
		case isDigit(c):
			digits++
		case (c == '.' || c == ',') && mark < 0:
			mark = i
		case c == '-' && i == 0:
		default:
			return text
		}
	}
	sign := len(text) > 0 && text[0] == '-'
	first := 0
	if sign {
		first = 1
	}
	if digits == 0 || mark < 0 || text[mark] == '.' && mark > first && mark < len(text)-1 {
		return text
	}
	out := d.arena.Room(len(text) + 1)[:0]
	out = append(out, text[:first]...)
	if mark == first {
		out = append(out, '0')
	}
	out = append(out, text[first:mark]...)
	if mark < len(text)-1 {
		out = append(append(out, '.'), text[mark+1:]...)
	}
	return out
}

// pair gives the value after a qualifier, among the pairs of a segment.
func (d *decoder) pair(l *line, code string) formats.Node {
	first := pairs[string(l.tag)]
	if first == 0 {
		return formats.Node{}
	}
	for _, t := range d.tokens[l.from:l.to] {
		if t.element >= first && (t.element-first)%2 == 0 && t.component == 1 && string(t.raw) == code {
			return d.scalar(l, spot{t.element + 1, 0}, 1, d.known(l, nil))
		}
	}
	return formats.Node{}
}

// name is a place as people write it.
func (d *decoder) name(l *line, t token) string {
	name := fmt.Sprintf("%s-%02d", l.tag, t.element)
	if t.component > 1 {
		name += fmt.Sprintf(".%d", t.component)
	}
	return name
}
