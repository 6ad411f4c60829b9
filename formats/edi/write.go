package edi

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/formats"
)

// segment writes one segment of the payload.
func (c *composer) segment(n *formats.Node, tag string, known *segment, path string) {
	if c.err != nil {
		return
	}
	c.begin(n, tag, known, path)
	c.finish(tag)
}

// begin gathers a segment's elements.
func (c *composer) begin(n *formats.Node, tag string, known *segment, path string) {
	c.fields = c.fields[:0]
	if n.Kind == formats.List && len(n.Kids) > 0 {
		n = &n.Kids[0]
	}
	if n.Kind != formats.Object || len(n.Names) != len(n.Kids) {
		c.fail(path, "no object", "a segment: an object of its elements")
		return
	}
	for i, name := range n.Names {
		kid := &n.Kids[i]
		here := path + "." + name
		switch {
		case kid.Kind <= formats.Null:
		case number(name) > 0:
			c.element(kid, spot{number(name), 0}, known, here)
		case name == pairName:
			c.pairs(kid, tag, known, here)
		case isID(name):
			c.identified(kid, name, known, here)
		case name == "tag" && known == nil:
		case known != nil && strings.HasPrefix(name, "["):
			c.fail(here, "a qualifier", "an element's number or name")
		}
	}
	c.complete(known, path)
}

// identified writes an element, composite or component that is called by its name. Where several are
// called so, a list fills one after the other.
func (c *composer) identified(n *formats.Node, id string, known *segment, path string) {
	spots := known.named(id)
	if len(spots) == 0 {
		c.fail(path, "an element that the guide does not have here", "one of "+strings.Join(elementNames(known), ", "))
		return
	}
	list := listed(n)
	if len(spots) == 1 {
		c.element(n, spots[0], known, path)
		return
	}
	for i, one := range list {
		if i >= len(spots) {
			c.fail(path, fmt.Sprintf("%d of it", len(list)), fmt.Sprintf("at most %d", len(spots)))
			return
		}
		c.element(one, spots[i], known, fmt.Sprintf("%s[%d]", path, i))
	}
}

func elementNames(known *segment) []string {
	return (&occurrence{segment: known}).Names()
}

// pairs writes qualifiers with their values, one after the other.
func (c *composer) pairs(n *formats.Node, tag string, known *segment, path string) {
	at := pairs[tag]
	if at == 0 || n.Kind != formats.Object {
		c.fail(path, "pairs", "a segment with pairs of qualifier and value, and an object of them")
		return
	}
	for at-1 < len(c.fields) && c.fields[at-1] != nil {
		at += 2
	}
	for i, code := range n.Names {
		if n.Kids[i].Kind <= formats.Null {
			continue
		}
		c.put(at, []byte(code))
		c.element(&n.Kids[i], spot{at + 1, 0}, known, path+"."+code)
		at += 2
	}
}

// element writes an element, a composite, or a component of one.
func (c *composer) element(n *formats.Node, at spot, known *segment, path string) {
	e := known.at(at)
	if known != nil && e == nil {
		c.fail(path, "an element that the guide does not have here", fmt.Sprintf("at most %d", len(known.elements)))
		return
	}
	if at.component > 0 {
		c.putComponent(at, c.scalar(n, e, path))
		return
	}
	if n.Kind != formats.List {
		c.put(at.element, c.composite(n, e, path))
		return
	}
	if c.d.Repetition == 0 {
		c.fail(path, "a list", "one value: the syntax has no repetitions")
		return
	}
	if e != nil && e.repeat > 0 && len(n.Kids) > e.repeat {
		c.fail(path, fmt.Sprintf("%d repetitions", len(n.Kids)), fmt.Sprintf("at most %d", e.repeat))
		return
	}
	var all [][]byte
	for i := range n.Kids {
		all = append(all, c.composite(&n.Kids[i], e, fmt.Sprintf("%s[%d]", path, i)))
	}
	c.put(at.element, bytes.Join(all, []byte{c.d.Repetition}))
}

// composite gives an element as it is written.
func (c *composer) composite(n *formats.Node, e *element, path string) []byte {
	switch n.Kind {
	case formats.Absent, formats.Null:
		return nil
	case formats.Object:
	default:
		if e != nil && e.components != nil {
			return c.scalar(n, &e.components[0], path)
		}
		return c.scalar(n, e, path)
	}
	if e != nil && e.components == nil {
		c.fail(path, "an object", "a value: the element has no components")
		return nil
	}
	var parts [][]byte
	for i, name := range n.Names {
		c.components(&n.Kids[i], name, e, path+"."+name, &parts)
	}
	if e != nil {
		for i, known := range e.components {
			if known.must && len(parts) > 0 && (i >= len(parts) || len(parts[i]) == 0) {
				c.fail(path+"."+placeName(i+1), "nothing", "a value: the component is mandatory")
			}
		}
	}
	for len(parts) > 0 && len(parts[len(parts)-1]) == 0 {
		parts = parts[:len(parts)-1]
	}
	return bytes.Join(parts, []byte{c.d.Component})
}

// components puts a member of a composite into its parts.
func (c *composer) components(n *formats.Node, name string, e *element, path string, parts *[][]byte) {
	if n.Kind <= formats.Null {
		return
	}
	places := []int{number(name)}
	if places[0] == 0 {
		places = places[:0]
		for i := range e.components0() {
			if e.components[i].id == name {
				places = append(places, i+1)
			}
		}
	}
	if len(places) == 0 || e != nil && places[0] > len(e.components) {
		c.fail(path, "a component that the guide does not have here", fmt.Sprint((&value{components: e.components0()}).Names()))
		return
	}
	list := listed(n)
	if len(list) > len(places) {
		c.fail(path, fmt.Sprintf("%d of it", len(list)), fmt.Sprintf("at most %d", len(places)))
		return
	}
	for i, one := range list {
		for len(*parts) < places[i] {
			*parts = append(*parts, nil)
		}
		var known *element
		if e != nil {
			known = &e.components[places[i]-1]
		}
		(*parts)[places[i]-1] = c.scalar(one, known, path)
	}
}

func (e *element) components0() []element {
	if e == nil {
		return nil
	}
	return e.components
}

// put sets an element of the segment under construction.
func (c *composer) put(at int, b []byte) {
	for len(c.fields) < at {
		c.fields = append(c.fields, nil)
	}
	c.fields[at-1] = b
}

// putComponent sets one component of an element.
func (c *composer) putComponent(at spot, b []byte) {
	for len(c.fields) < at.element {
		c.fields = append(c.fields, nil)
	}
	parts := c.divided(c.fields[at.element-1])
	for len(parts) < at.component {
		parts = append(parts, nil)
	}
	parts[at.component-1] = b
	for len(parts) > 0 && len(parts[len(parts)-1]) == 0 {
		parts = parts[:len(parts)-1]
	}
	c.fields[at.element-1] = bytes.Join(parts, []byte{c.d.Component})
}

// divided takes a composite that was written apart again.
func (c *composer) divided(b []byte) [][]byte {
	if b == nil {
		return nil
	}
	var parts [][]byte
	start := 0
	for i := 0; i < len(b); i++ {
		switch {
		case c.d.Release != 0 && b[i] == c.d.Release:
			i++
		case b[i] == c.d.Component:
			parts, start = append(parts, b[start:i]), i+1
		}
	}
	return append(parts, b[start:])
}

// complete tells of mandatory elements that are not there.
func (c *composer) complete(known *segment, path string) {
	if known == nil || c.err != nil {
		return
	}
	for i, e := range known.elements {
		if e.must && (i >= len(c.fields) || len(c.fields[i]) == 0) {
			name := placeName(i + 1)
			if isID(e.id) {
				name = e.id
			}
			c.fail(path+"."+name, "nothing", "a value: the element is mandatory")
			return
		}
	}
}

// finish writes the segment.
func (c *composer) finish(tag string) {
	if c.err != nil {
		return
	}
	if tag == "ISA" {
		c.padISA()
	}
	for len(c.fields) > 0 && len(c.fields[len(c.fields)-1]) == 0 {
		c.fields = c.fields[:len(c.fields)-1]
	}
	c.out = append(c.out, tag...)
	for _, f := range c.fields {
		c.out = append(append(c.out, c.d.Element), f...)
	}
	c.out = append(c.out, c.d.Segment)
	c.count++
}

// widthsISA are the fixed lengths of ISA01 to ISA16 (X12.5).
var widthsISA = [16]int{2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}

func (c *composer) padISA() {
	c.put(16, []byte{c.d.Component})
	if version := string(c.fields[11]); version >= "00402" && c.d.Repetition != 0 && len(c.fields[10]) == 0 {
		c.put(11, []byte{c.d.Repetition})
	}
	for i, width := range widthsISA {
		if short := width - len(c.fields[i]); short > 0 {
			c.fields[i] = append(bytes.Clone(c.fields[i]), bytes.Repeat([]byte{' '}, short)...)
		}
	}
}

// scalar gives a value as it is written: checked against the guide, in the character set, escaped.
func (c *composer) scalar(n *formats.Node, e *element, path string) []byte {
	switch n.Kind {
	case formats.Absent, formats.Null:
		return nil
	case formats.Object, formats.List:
		c.fail(path, "an object or a list", "one value")
		return nil
	}
	text := n.Text
	if e != nil {
		c.check(text, e, path)
		if e.numeric() && c.d.Decimal == ',' {
			text = bytes.ReplaceAll(text, []byte{'.'}, []byte{','})
		}
	}
	if c.charset != nil {
		encoded, err := c.charset.Encode(nil, string(text))
		if err != nil {
			c.fail(path, err.Error(), "characters of "+c.charset.Name())
			return nil
		}
		text = encoded
	}
	return c.escaped(text, path)
}

// escaped puts a release character before delimiters; X12 has none, so that they cannot be written.
func (c *composer) escaped(text []byte, path string) []byte {
	var out []byte
	for i, b := range text {
		if b < ' ' && b != '\t' || c.d.Has(b) && c.d.Release == 0 {
			if b == c.d.Component && strings.HasPrefix(path, "ISA.") || b == c.d.Repetition && strings.HasPrefix(path, "ISA.") {
				continue
			}
			c.fail(path, strconv.Quote(string(b)), fmt.Sprintf("text without control characters and the delimiters %q", c.delimiters()))
			return nil
		}
		if !c.d.Has(b) {
			continue
		}
		if out == nil {
			out = slices.Grow(out, len(text)+8)
			out = append(out, text[:i]...)
			for j := i; j < len(text); j++ {
				if c.d.Has(text[j]) {
					out = append(out, c.d.Release)
				}
				out = append(out, text[j])
			}
			return out
		}
	}
	return text
}

func (c *composer) delimiters() string {
	var list []byte
	for _, b := range []byte{c.d.Element, c.d.Component, c.d.Repetition, c.d.Segment} {
		if b != 0 {
			list = append(list, b)
		}
	}
	return string(list)
}

// check holds a value against its form and its codes. Lengths count characters; of numbers neither
// sign nor decimal mark nor exponent (X12.6 §3.5.1, ISO 9735-1 §10.1).
func (c *composer) check(text []byte, e *element, path string) {
	length := utf8.RuneCount(text)
	switch e.form.Type {
	case guide.NoType:
		return
	case guide.Number, guide.Real, guide.Implied:
		if !isNumber(text, e.form.Type) {
			c.fail(path, strconv.Quote(edilib.Found(text)), "a number ("+e.form.String()+")")
			return
		}
		length = 0
		for _, b := range text {
			if isDigit(b) {
				length++
			}
		}
	case guide.Date:
		if length != 6 && length != 8 || number8(text) < 0 {
			c.fail(path, strconv.Quote(edilib.Found(text)), "a date such as 20260131")
			return
		}
	}
	if length < e.form.Min || e.form.Max > 0 && length > e.form.Max {
		c.fail(path, fmt.Sprintf("%d characters (%q)", length, edilib.Found(text)), fmt.Sprintf("%d to %d", e.form.Min, e.form.Max))
		return
	}
	if e.codes != nil && !e.codes.Has(string(text)) {
		c.fail(path, strconv.Quote(edilib.Found(text)), "a code of list "+e.codes.ID)
	}
}

func number8(text []byte) int {
	n := 0
	for _, b := range text {
		if !isDigit(b) {
			return -1
		}
		n = 10*n + int(b-'0')
	}
	return n
}

func isNumber(text []byte, t guide.Type) bool {
	digits, marks := 0, 0
	for i, b := range text {
		switch {
		case isDigit(b):
			digits++
		case b == '-' && i == 0:
		case b == '.' && t != guide.Implied:
			marks++
		default:
			return false
		}
	}
	return digits > 0 && marks <= 1
}
