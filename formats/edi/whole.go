package edi

import (
	"slices"

	"github.com/touchstone-hub/touchstone/formats"
)

// Whole trees hold everything by the names that Encode reads: elements and components by their
// number, segments and loops as lists by their tag. A message without a guide is the list of its
// segments.

// wholeRecord gives the whole message.
func (d *decoder) wholeRecord() formats.Node {
	n := formats.Node{Kind: formats.Object, Names: []string{}}
	if d.layout != nil {
		d.wholeBelow(&n, 0)
		return n
	}
	var segments formats.Node
	segments.Kind, segments.Offset = formats.List, -1
	for kid := d.items[0].child; kid >= 0; kid = d.items[kid].next {
		l := &d.segments[d.items[kid].line]
		switch {
		case string(l.tag) == "UNA":
		case d.items[kid].line <= d.body:
			d.wholeMember(&n, string(l.tag), d.wholeItem(kid))
		case !trailer(l.tag):
			one := d.wholeItem(kid)
			one.Names = append([]string{"tag"}, one.Names...)
			one.Kids = append([]formats.Node{{Kind: formats.Text, Text: l.tag, Offset: l.offset}}, one.Kids...)
			segments.Kids = append(segments.Kids, one)
		}
	}
	n.Names, n.Kids = append(n.Names, allSegments), append(n.Kids, segments)
	return n
}

// trailer says that a segment is one that is written by itself, from what else there is.
func trailer(tag []byte) bool {
	return string(tag) == "SE" || string(tag) == "UNT" || string(tag) == "UNA"
}

// wholeItem gives a segment or loop.
func (d *decoder) wholeItem(at int) formats.Node {
	it := &d.items[at]
	l := &d.segments[it.line]
	n := formats.Node{Kind: formats.Object, Offset: l.offset, Names: []string{}}
	known := d.known(l, it.place)
	for i := l.from; i < l.to; {
		element := d.tokens[i].element
		value := d.wholeElement(l, element, known)
		if value.Kind != formats.Absent {
			n.Names, n.Kids = append(n.Names, placeName(element)), append(n.Kids, value)
		}
		for i < l.to && d.tokens[i].element == element {
			i++
		}
	}
	d.wholeBelow(&n, at)
	return n
}

func (d *decoder) wholeBelow(n *formats.Node, at int) {
	for kid := d.items[at].child; kid >= 0; kid = d.items[kid].next {
		l := &d.segments[d.items[kid].line]
		if trailer(l.tag) {
			continue
		}
		d.wholeMember(n, d.wholeName(kid), d.wholeItem(kid))
	}
}

// wholeName is the tag, or the group's name where the loop around it has several groups that begin so.
func (d *decoder) wholeName(kid int) string {
	it := &d.items[kid]
	tag := string(d.segments[it.line].tag)
	if it.place == nil || it.place.loop == nil || it.place.loop.name == tag {
		return tag
	}
	if d.layout.groups[it.place.loop] > 1 {
		return it.place.loop.name
	}
	return tag
}

// wholeMember appends to the list of that name.
func (d *decoder) wholeMember(n *formats.Node, name string, value formats.Node) {
	at := slices.Index(n.Names, name)
	if at < 0 {
		at = len(n.Names)
		n.Names, n.Kids = append(n.Names, name), append(n.Kids, formats.Node{Kind: formats.List, Offset: -1})
	}
	n.Kids[at].Kids = append(n.Kids[at].Kids, value)
}

func (d *decoder) wholeElement(l *line, element int, known *segment) formats.Node {
	e := known.at(spot{element, 0})
	if e != nil && e.components == nil && e.repeat <= 1 {
		return d.scalar(l, spot{element, 0}, 1, known)
	}
	var list []formats.Node
	for repetition := 1; d.there(l, spot{element, 0}, repetition); repetition++ {
		list = append(list, d.wholeComposite(l, element, repetition, known))
	}
	for len(list) > 0 && list[len(list)-1].Kind == formats.Absent {
		list = list[:len(list)-1]
	}
	switch len(list) {
	case 0:
		return formats.Node{}
	case 1:
		return list[0]
	}
	for i := range list {
		if list[i].Kind == formats.Absent {
			list[i].Kind = formats.Null // a repetition that is empty has a place all the same
		}
	}
	return formats.Node{Kind: formats.List, Kids: list, Offset: list[0].Offset}
}

func (d *decoder) wholeComposite(l *line, element, repetition int, known *segment) formats.Node {
	last := 0
	for _, t := range d.tokens[l.from:l.to] {
		if t.element == element && t.repetition == repetition && len(t.raw) > 0 {
			last = t.component
		}
	}
	e := known.at(spot{element, 0})
	if last <= 1 && (e == nil || e.components == nil) {
		return d.scalar(l, spot{element, 1}, repetition, known)
	}
	n := formats.Node{Kind: formats.Object, Names: []string{}, Offset: -1}
	for component := 1; component <= last; component++ {
		value := d.scalar(l, spot{element, component}, repetition, known)
		if value.Kind == formats.Absent {
			continue
		}
		if n.Offset < 0 {
			n.Offset = value.Offset
		}
		n.Names, n.Kids = append(n.Names, placeName(component)), append(n.Kids, value)
	}
	if len(n.Kids) == 0 {
		return formats.Node{}
	}
	return n
}
