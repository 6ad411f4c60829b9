package edi

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/charset"
	"github.com/touchstone-hub/touchstone/formats"
)

// SetOptions say how a set is written.
type SetOptions struct {
	Delimiters edilib.Delimiters // zero: the customary ones of the standard
	Control    string            // control number of the set; "": 0001, of a message 1
	Charset    string            // of the bytes, such as windows-1252; "": that of the format, or UTF-8
}

// ValueError says which part of a payload cannot be written.
type ValueError struct {
	Path     string // in the payload, such as N1[1].N3[0].1; elements of lists count from 0
	Found    string
	Expected string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("%s: found %s; expected %s", e.Path, e.Found, e.Expected)
}

// Encode appends a set or message: its header, what the payload holds in the order of the guide, and
// its trailer with the right count, with the customary delimiters and the control number 0001 or 1.
// The payload is an object of segments and loops by tag, one as an object and several as a list; a
// loop is its first segment with what stands below it. Elements and components are called by their
// number, in EDIFACT also by their name (C082, 3039). Where it holds ISA and GS, or UNB, these are
// written around the set with their trailers. The error is a *ValueError where the payload has what
// the guide does not, lacks what it needs, or holds a value that is too long or in no code list.
func (f *Format) Encode(dst []byte, n *formats.Node) ([]byte, error) {
	return f.AppendSet(dst, n, SetOptions{})
}

// AppendSet is Encode with what a partner asks for.
func (f *Format) AppendSet(dst []byte, n *formats.Node, o SetOptions) ([]byte, error) {
	if n.Kind != formats.Object || len(n.Names) != len(n.Kids) {
		return dst, errors.New("a set is made of an object with names")
	}
	c := &composer{format: f, options: o, d: o.Delimiters, out: dst}
	if err := c.prepare(n); err != nil {
		return dst, err
	}
	c.header(n)
	switch {
	case c.layout != nil:
		c.loop(n, c.layout.root, "", false)
	default:
		c.flat(n)
	}
	c.trailer()
	c.envelopeEnd(n)
	if c.err != nil {
		return dst, c.err
	}
	return c.out, nil
}

// composer writes one set.
type composer struct {
	format  *Format
	options SetOptions
	layout  *layout
	d       edilib.Delimiters
	charset *charset.Set // nil: UTF-8
	out     []byte
	start   int // of the set in out
	count   int // segments of the set
	control string
	err     error

	fields [][]byte // of the segment under construction
}

func (c *composer) prepare(n *formats.Node) error {
	x12 := c.format.standard == edilib.X12
	if c.d == (edilib.Delimiters{}) {
		if c.d = edilib.EDIFACTDelimiters; x12 {
			c.d = edilib.X12Delimiters
			c.d.Component = '>'
		}
		c.delimitersOf(n)
	}
	if c.control = c.options.Control; c.control == "" {
		if c.control = "1"; x12 {
			c.control = "0001"
		}
		header := member(n, map[bool]string{true: "ST", false: "UNH"}[x12])
		if given := member(header, map[bool]string{true: "2", false: "1"}[x12]); given != nil {
			c.control = string(given.Text)
		}
	}
	name := c.options.Charset
	if name == "" {
		name = c.format.options.Charset
	}
	if name != "" {
		known := false
		if c.charset, known = charset.For(name); !known {
			return fmt.Errorf("unknown charset %q", name)
		}
	}
	set, version := c.kind(n)
	if set == "" {
		return &ValueError{Path: map[bool]string{true: "ST.1", false: "UNH.S009.0065"}[x12], Found: "nothing", Expected: "the set, here or as set: of the format"}
	}
	if c.layout = c.format.layout; c.layout == nil || c.layout.message != set {
		c.layout = c.format.layoutOf(set, version)
	}
	if member(n, allSegments) != nil {
		c.layout = nil
	}
	return nil
}

// delimitersOf takes the delimiters that a header of the interchange in the payload announces.
func (c *composer) delimitersOf(n *formats.Node) {
	if version := member(member(member(n, "UNB"), "1", "S001"), "2", "0002"); version != nil && string(version.Text) == "4" {
		c.d = edilib.EDIFACT4Delimiters
	}
	isa := member(n, "ISA")
	if at := member(isa, "16"); at != nil && len(at.Text) == 1 {
		c.d.Component = at.Text[0]
	}
	if at := member(isa, "11"); at != nil && len(at.Text) == 1 {
		if c.d.Repetition = at.Text[0]; c.d.Repetition == 'U' { // the standards identifier of before 00402
			c.d.Repetition = 0
		}
	}
}

// kind is the set and its version: of the payload, or as the format has it.
func (c *composer) kind(n *formats.Node) (set, version string) {
	o := &c.format.options
	set, version = o.Set, o.Version
	text := func(n *formats.Node) string {
		if n == nil {
			return ""
		}
		return string(n.Text)
	}
	if c.format.standard == edilib.X12 {
		if given := text(member(member(n, "ST"), "1")); given != "" {
			set = given
		}
		if given := text(member(member(n, "GS"), "8")); given != "" {
			version = given
		}
		return set, version
	}
	if s009 := member(member(n, "UNH"), "2", "S009"); s009 != nil {
		if given := text(member(s009, "1", "0065")); given != "" {
			set = given
		}
		if given := text(member(s009, "2", "0052")); given != "" {
			version = given + "." + text(member(s009, "3", "0054"))
		}
	}
	return set, version
}

// member finds a member of an object, or of the first of a list.
func member(n *formats.Node, names ...string) *formats.Node {
	if n == nil {
		return nil
	}
	if n.Kind == formats.List {
		if len(n.Kids) == 0 {
			return nil
		}
		n = &n.Kids[0]
	}
	for i := range n.Names {
		if slices.Contains(names, n.Names[i]) && n.Kids[i].Kind > formats.Null {
			return &n.Kids[i]
		}
	}
	return nil
}

// fail keeps the first error.
func (c *composer) fail(path, found, expected string) {
	if c.err == nil {
		c.err = &ValueError{Path: path, Found: found, Expected: expected}
	}
}

// header writes what stands before the set's content.
func (c *composer) header(n *formats.Node) {
	for _, tag := range envelopes[c.format.standard] {
		if of := member(n, tag); of != nil && tag != "UNA" {
			c.segment(of, tag, service[tag], tag)
		}
	}
	c.start, c.count = len(c.out), 0
	o := &c.format.options
	if c.format.standard == edilib.X12 {
		if given := member(n, "ST"); given != nil {
			c.override(given, "ST", 2)
			return
		}
		c.plain("ST", o.Set, c.control)
		return
	}
	if given := member(n, "UNH"); given != nil {
		c.override(given, "UNH", 1)
		return
	}
	directory, release, _ := bytes.Cut([]byte(o.Version), []byte{'.'})
	kind := [][]byte{[]byte(o.Set), directory, release, []byte("UN")}
	if o.Association != "" {
		kind = append(kind, []byte(o.Association))
	}
	c.plain("UNH", c.control, string(bytes.Join(kind, []byte{c.d.Component})))
}

// override writes a header of the payload with the control number that is asked for.
func (c *composer) override(n *formats.Node, tag string, at int) {
	c.begin(n, tag, service[tag], tag)
	c.put(at, []byte(c.control))
	c.finish(tag)
}

// plain writes a segment whose elements need no escapes.
func (c *composer) plain(tag string, elements ...string) {
	c.fields = c.fields[:0]
	for i, e := range elements {
		c.put(i+1, []byte(e))
	}
	c.finish(tag)
}

func (c *composer) trailer() {
	count := strconv.Itoa(c.count + 1)
	if c.format.standard == edilib.X12 {
		c.plain("SE", count, c.control)
		return
	}
	c.plain("UNT", count, c.control)
}

// envelopeEnd writes the trailers of the envelope that the payload has.
func (c *composer) envelopeEnd(n *formats.Node) {
	for _, level := range []struct{ header, trailer, control string }{
		{"GS", "GE", "6"}, {"ISA", "IEA", "13"}, {"UNG", "UNE", "5"}, {"UNB", "UNZ", "5"},
	} {
		if of := member(n, level.header); of != nil {
			control := ""
			if at := member(of, level.control, "0048", "0020"); at != nil {
				control = string(at.Text)
			}
			c.plain(level.trailer, "1", control)
		}
	}
}

// flat writes segments in the order of the payload.
func (c *composer) flat(n *formats.Node) {
	for i, name := range n.Names {
		if slices.Contains(envelopes[c.format.standard], name) || name == "ST" || name == "UNH" {
			continue
		}
		for j, one := range listed(&n.Kids[i]) {
			path := fmt.Sprintf("%s[%d]", name, j)
			tag := name
			if name == allSegments {
				at := member(one, "tag")
				if at == nil {
					c.fail(path, "no tag", "tag: the segment's tag")
					return
				}
				tag = string(at.Text)
			}
			c.segment(one, tag, nil, path)
		}
	}
}

// listed gives the elements of a list, or the one that stands for itself.
func listed(n *formats.Node) []*formats.Node {
	switch n.Kind {
	case formats.Absent, formats.Null:
		return nil
	case formats.List:
		list := make([]*formats.Node, 0, len(n.Kids))
		for i := range n.Kids {
			if n.Kids[i].Kind > formats.Null {
				list = append(list, &n.Kids[i])
			}
		}
		return list
	}
	return []*formats.Node{n}
}

// loop writes what stands in a loop in the order of the guide. The first place of a loop is the
// segment that was written before.
func (c *composer) loop(n *formats.Node, l *loop, path string, inner bool) {
	taken := make([]int, len(n.Names)) // of each member, how many elements were written
	for at, p := range l.places {
		if inner && at == 0 || p.tag == "SE" || p.tag == "UNT" || p.tag == "ST" || p.tag == "UNH" {
			continue
		}
		written := 0
		for i, name := range n.Names {
			if name != p.tag && (p.loop == nil || p.loop.name != name) {
				continue
			}
			list := listed(&n.Kids[i])
			for taken[i] < len(list) && (p.max == 0 || written < p.max) && c.err == nil {
				one := list[taken[i]]
				here := fmt.Sprintf("%s%s[%d]", prefix(path), name, taken[i])
				if !c.chosen(p, one) {
					break
				}
				taken[i]++
				written++
				c.segment(one, p.tag, p.segment, here)
				if p.loop != nil {
					c.loop(one, p.loop, here, true)
				}
			}
		}
		if written == 0 && p.must && c.err == nil {
			c.fail(prefix(path)+p.tag, "nothing", "the segment, which is mandatory")
		}
	}
	c.leftOver(n, l, path, inner, taken)
}

func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + "."
}

// leftOver tells of members that have no place, or more elements than there is room for.
func (c *composer) leftOver(n *formats.Node, l *loop, path string, inner bool, taken []int) {
	for i, name := range n.Names {
		list := listed(&n.Kids[i])
		switch {
		case c.err != nil || taken[i] == len(list):
		case !inner && (slices.Contains(envelopes[c.format.standard], name) || name == "ST" || name == "UNH"):
		case inner && (number(name) > 0 || isID(name) || name == pairName):
		case len(l.find(name)) == 0:
			c.fail(prefix(path)+name, "a segment that the guide does not have here", "one of "+fmt.Sprint(l.names()))
		default:
			c.fail(prefix(path)+name, strconv.Itoa(len(list))+" of it", fmt.Sprintf("at most %d", taken[i]))
		}
	}
}

// chosen tells whether a segment has the values that its place asks for.
func (c *composer) chosen(p *place, n *formats.Node) bool {
	for _, choice := range p.when {
		at := member(n, placeName(choice.Element))
		if e := p.segment.at(spot{choice.Element, 0}); e != nil && at == nil {
			at = member(n, e.id)
		}
		if at != nil && at.Kind == formats.Object {
			at = member(at, placeName(max(choice.Component, 1)))
		}
		if at == nil || !slices.Contains(choice.Codes, string(at.Text)) {
			return false
		}
	}
	return true
}
