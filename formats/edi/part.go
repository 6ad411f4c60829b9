package edi

import (
	"slices"
	"strconv"
	"strings"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/formats"
)

// recordPart is a whole message with its envelope. Without a layout any segment may stand in it.
type recordPart struct {
	layout   *layout
	standard edilib.Standard
}

func (p *recordPart) Name() string  { return "" }
func (p *recordPart) Repeats() bool { return false }
func (p *recordPart) Simple() bool  { return false }

func (p *recordPart) Member(name string) formats.Part {
	base, which := cut(name)
	if slices.Contains(envelopes[p.standard], base) {
		return &occurrence{name: name, which: which, segment: service[base]}
	}
	switch name {
	case allSegments:
		return &occurrence{name: name, loose: true}
	case guideName:
		return &value{name: name, simple: true}
	}
	if p.layout == nil {
		if !isTag(base) {
			return nil
		}
		return &occurrence{name: name, which: which, segment: service[base], loose: true}
	}
	return newOccurrence(name, p.layout.root.find(base))
}

func (p *recordPart) Names() []string {
	if p.layout == nil {
		return nil
	}
	return append(slices.Clone(envelopes[p.standard]), p.layout.root.names()...)
}

// allSegments are all segments of a message in order, whatever loops they are in.
const allSegments = "segments"

// occurrence is every segment or loop of a name: a loop has the elements of its first segment, and
// what stands below it.
type occurrence struct {
	name    string
	which   string
	places  []*place
	segment *segment
	loose   bool // nothing is known of it
}

func newOccurrence(name string, places []*place) formats.Part {
	if len(places) == 0 {
		return nil
	}
	_, which := cut(name)
	o := &occurrence{name: name, which: which, places: places}
	if o.segment = places[0].segment; o.segment == nil {
		o.segment = service[places[0].tag]
	}
	return o
}

// Name leaves out the star: a segment's name already means all of them.
func (o *occurrence) Name() string {
	if base, which := cut(o.name); which == all {
		return base
	}
	return o.name
}

// all stands in brackets for everything that is there.
const all = "*"

func (o *occurrence) Repeats() bool { return true }
func (o *occurrence) Simple() bool  { return false }

func (o *occurrence) Member(name string) formats.Part {
	base, which := cut(name)
	if o.name == allSegments && base == "tag" {
		return &value{name: name, simple: true}
	}
	if base == pairName {
		switch {
		case which == all || o.segment != nil && pairs[o.segment.tag] == 0:
			return nil
		case which == "":
			return pairPart{}
		}
		return &value{name: name, simple: true}
	}
	if n := number(base); n > 0 {
		return o.element(strconv.Itoa(n), which, []spot{{n, 0}})
	}
	if isID(base) {
		if o.segment == nil {
			return nil
		}
		return o.element(base, which, o.segment.named(base))
	}
	var below []*place
	for _, p := range o.places {
		if p.loop != nil {
			below = append(below, p.loop.find(base)...)
		}
	}
	if o.loose && isTag(base) {
		return &occurrence{name: name, which: which, segment: service[base], loose: true}
	}
	if below != nil && below[0].tag == base && !slices.ContainsFunc(o.places, func(p *place) bool { return p.tag != base }) && below[0].loop == nil {
		return nil // a loop's first segment is the loop itself
	}
	return newOccurrence(name, below)
}

// element is a place in the segment; nil where it has none there.
func (o *occurrence) element(base, which string, spots []spot) formats.Part {
	if len(spots) == 0 {
		return nil
	}
	known := o.segment.at(spots[0])
	if o.segment != nil && known == nil {
		return nil
	}
	return newValue(base, which, known)
}

func (o *occurrence) Names() []string {
	var list []string
	if o.segment != nil {
		for i, e := range o.segment.elements {
			if isID(e.id) {
				list = append(list, e.id)
			} else {
				list = append(list, strconv.Itoa(i+1))
			}
		}
	}
	for _, p := range o.places {
		if p.loop != nil {
			list = append(list, p.loop.names()[1:]...)
		}
	}
	return list
}

// value is an element, a composite or a component.
type value struct {
	name       string
	components []element
	simple     bool
	list       bool // all of them
}

func newValue(base, which string, known *element) formats.Part {
	v := &value{name: base, list: which == all}
	if which != "" {
		v.name += "[" + which + "]"
	}
	if known != nil {
		v.components, v.simple = known.components, known.components == nil
	}
	return v
}

func (v *value) Name() string  { return v.name }
func (v *value) Repeats() bool { return v.list }
func (v *value) Simple() bool  { return v.simple }

func (v *value) Member(name string) formats.Part {
	base, which := cut(name)
	if n := number(base); n > 0 {
		if v.components != nil && n > len(v.components) {
			return nil
		}
		return &value{name: strconv.Itoa(n), simple: true}
	}
	if which != "" && which != all || !slices.ContainsFunc(v.components, func(e element) bool { return e.id == base }) {
		return nil
	}
	return &value{name: name, simple: true, list: which == all}
}

func (v *value) Names() []string {
	var list []string
	for i, e := range v.components {
		if isID(e.id) {
			list = append(list, e.id)
		} else {
			list = append(list, strconv.Itoa(i+1))
		}
	}
	return list
}

// pairPart are the pairs of a segment by their qualifiers: PO1.pair.VN, as payloads have them.
type pairPart struct{}

func (pairPart) Name() string    { return pairName }
func (pairPart) Repeats() bool   { return false }
func (pairPart) Simple() bool    { return false }
func (pairPart) Names() []string { return nil }

func (pairPart) Member(code string) formats.Part {
	if code == "" || len(code) > 3 || strings.ContainsFunc(code, func(r rune) bool { return r > 'Z' || r < '0' }) {
		return nil
	}
	return &value{name: code, simple: true}
}
