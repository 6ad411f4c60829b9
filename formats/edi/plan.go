package edi

import (
	"strconv"

	"github.com/touchstone-hub/touchstone/formats"
)

// plan is what a shape asks of one segment or loop.
type plan struct {
	slots  int
	whole  bool // everything, since nothing in particular is asked for
	below  []want
	values []read
}

// want asks for segments or loops below.
type want struct {
	slot  int
	name  string // of a tag or a group
	which string // the qualifier; "" for any
	list  bool   // all of them; else the first
	plan  *plan
}

// read asks for a value.
type read struct {
	slot  int
	pair  string // the qualifier of a pair; "" where id or place says it
	pairs bool   // the pairs that parts name by their qualifiers
	id    string
	place int
	which string // "" for the first, * for all, or the code of the composite
	parts []part // of a composite; nil for its text
	size  int    // slots of the composite
	tag   bool   // the segment's tag itself
}

// part asks for a component.
type part struct {
	slot  int
	id    string
	place int
	all   bool
}

// newPlan arranges what a shape asks for.
func newPlan(s *formats.Shape) *plan {
	p := &plan{slots: len(s.Fields), whole: s.Whole && len(s.Fields) == 0}
	for slot, f := range s.Fields {
		base, which := cut(f.Name)
		switch {
		case base == pairName:
			p.values = append(p.values, newPairs(slot, which, f.Shape))
		case base == "tag":
			p.values = append(p.values, read{slot: slot, tag: true})
		case number(base) > 0 || isID(base):
			p.values = append(p.values, newRead(slot, base, which, f.Shape))
		default:
			p.below = append(p.below, newWant(slot, base, which, f.Shape))
		}
	}
	return p
}

// newWant asks for segments: the elements of a list, or, where members are read of the name itself as
// `key:` does, those of the first.
func newWant(slot int, base, which string, s *formats.Shape) want {
	w := want{slot: slot, name: base, list: s.Items != nil || len(s.Fields) == 0}
	if which != all {
		w.which = which
	}
	of := s
	if w.list {
		if of = s.Items; of == nil {
			of = &formats.Shape{Whole: s.Whole}
		}
	}
	w.plan = newPlan(of)
	return w
}

func newRead(slot int, base, which string, s *formats.Shape) read {
	r := read{slot: slot, which: which}
	if isID(base) {
		r.id = base
	} else {
		r.place = number(base)
	}
	fields := s.Fields
	if which == all && s.Items != nil {
		fields = s.Items.Fields
	}
	r.size = len(fields)
	for i, f := range fields {
		name, which := cut(f.Name)
		p := part{slot: i, all: which == all, place: number(name)}
		if p.place == 0 {
			p.id = name
		}
		r.parts = append(r.parts, p)
	}
	return r
}

// newPairs asks for what follows a qualifier, or for several by their qualifiers.
func newPairs(slot int, which string, s *formats.Shape) read {
	r := read{slot: slot, pair: which, pairs: which == "", size: len(s.Fields)}
	for i, f := range s.Fields {
		r.parts = append(r.parts, part{slot: i, id: f.Name})
	}
	return r
}

// placeName is how whole trees call an element or component.
func placeName(n int) string {
	if n < len(placeNames) {
		return placeNames[n]
	}
	return strconv.Itoa(n)
}

var placeNames = func() (names [40]string) {
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}()
