package edi

import (
	"slices"

	"github.com/touchstone-hub/touchstone/edi/guide"
)

// layout is a message as its guide has it, arranged for reading and writing by names. It never
// changes once it is built.
type layout struct {
	name     string // of the guide and the message: x12/004010 850
	version  string
	message  string
	root     *loop
	segments map[string]*segment // by tag, also those that the message does not have
	groups   map[*loop]int       // how many groups begin with the same segment in the loop around each
}

// loop is a group of segments, or the whole message.
type loop struct {
	name   string // the group's name: N1, SG2
	places []*place
}

// place is where a segment or a loop may stand within a loop.
type place struct {
	tag     string   // of the segment, or of the loop's first one
	loop    *loop    // nil for a segment
	segment *segment // of the segment, or of the loop's first one
	max     int      // how often in a row; 0 is without limit
	must    bool
	when    []guide.Choice
}

// segment is what is known of a segment's elements.
type segment struct {
	tag      string
	elements []element
}

// element is an element, a composite or a component.
type element struct {
	id         string
	must       bool
	form       guide.Form
	codes      *guide.CodeList
	repeat     int // how often; at least 1
	components []element
}

// spot is the place of a value in a segment: element and component from 1, component 0 for the
// element as a whole.
type spot struct{ element, component int }

// newLayout arranges a message of a guide.
func newLayout(g *guide.Guide, m *guide.Message) *layout {
	b := &builder{guide: g, known: map[*guide.Segment]*segment{}}
	l := &layout{
		name: g.Name + " " + m.ID, version: g.Version, message: m.ID,
		segments: map[string]*segment{}, groups: map[*loop]int{},
	}
	for tag, s := range g.Segments {
		l.segments[tag] = b.segment(tag, s)
	}
	l.root = &loop{places: b.places(m.Body)}
	l.count(l.root)
	return l
}

// count finds the groups that begin with the same segment.
func (l *layout) count(of *loop) {
	for _, p := range of.places {
		if p.loop == nil {
			continue
		}
		for _, other := range of.places {
			if other.loop != nil && other.tag == p.tag {
				l.groups[p.loop]++
			}
		}
		l.count(p.loop)
	}
}

type builder struct {
	guide *guide.Guide
	known map[*guide.Segment]*segment
}

func (b *builder) places(body []*guide.Node) []*place {
	var list []*place
	for _, n := range body {
		if n.Need == guide.Unused {
			continue
		}
		first := n.Trigger()
		p := &place{tag: first.ID, max: n.Max, must: n.Need == guide.Mandatory, when: first.When}
		if len(n.When) > 0 {
			p.when = n.When
		}
		if p.segment = b.segment(first.ID, b.guide.Segments[first.ID]); first.Segment != nil {
			p.segment = b.segment(first.ID, first.Segment)
		}
		if p.segment == nil {
			p.segment = service[first.ID]
		}
		if n.IsGroup() {
			p.loop = &loop{name: n.ID, places: b.places(n.Body)}
		}
		list = append(list, p)
	}
	return list
}

func (b *builder) segment(tag string, s *guide.Segment) *segment {
	if s == nil {
		return nil
	}
	if known := b.known[s]; known != nil {
		return known
	}
	built := &segment{tag: tag, elements: b.uses(s.Elements)}
	b.known[s] = built
	return built
}

func (b *builder) uses(uses []guide.Use) []element {
	list := make([]element, len(uses))
	for i, u := range uses {
		e := element{id: u.Ref, must: u.Need == guide.Mandatory, form: u.Form, codes: u.Codes, repeat: max(u.Repeat, 1)}
		components := u.Components
		if known := b.guide.Composites[u.Ref]; known != nil && components == nil {
			components = known.Components
		}
		if components != nil {
			e.components = b.uses(components)
		} else if known := b.guide.Elements[u.Ref]; known != nil && !e.form.IsSet() {
			e.form = known.Form
		}
		if e.codes == nil {
			e.codes = b.guide.Codes[u.Ref]
		}
		list[i] = e
	}
	return list
}

// numeric says that the value is a number, whose decimal mark may be a comma.
func (e *element) numeric() bool {
	return e.form.Type == guide.Number || e.form.Type == guide.Real || numbers[e.id]
}

// numbers are elements that hold numbers although later directories let them have letters: quantity,
// price, amount, measurement, control value, rate, percentage.
var numbers = map[string]bool{"6060": true, "5118": true, "5004": true, "6314": true, "6066": true, "5420": true, "5482": true}

// named lists the places of the element, composite or component with that ID, in order. A component
// is found where no element is called so.
func (s *segment) named(id string) []spot {
	if s == nil {
		return nil
	}
	var whole, parts []spot
	for i := range s.elements {
		if s.elements[i].id == id {
			whole = append(whole, spot{i + 1, 0})
		}
		for j := range s.elements[i].components {
			if s.elements[i].components[j].id == id {
				parts = append(parts, spot{i + 1, j + 1})
			}
		}
	}
	if whole != nil {
		return whole
	}
	return parts
}

// at is what is known of a place; nil where nothing is.
func (s *segment) at(p spot) *element {
	if s == nil || p.element > len(s.elements) {
		return nil
	}
	e := &s.elements[p.element-1]
	switch {
	case p.component == 0:
		return e
	case e.components == nil && p.component == 1:
		return e
	case p.component > len(e.components):
		return nil
	}
	return &e.components[p.component-1]
}

// find lists the places of a loop that a name means: those of a tag, or a group by its own name.
func (l *loop) find(name string) []*place {
	var list []*place
	for _, p := range l.places {
		if p.tag == name || p.loop != nil && p.loop.name == name {
			list = append(list, p)
		}
	}
	return list
}

// names lists what stands below a loop.
func (l *loop) names() []string {
	var list []string
	for _, p := range l.places {
		if !slices.Contains(list, p.tag) {
			list = append(list, p.tag)
		}
	}
	return list
}

// repeated finds the loop of which each can be a record, by the group's name or the tag of its first
// segment, with the loops around it from the outermost on: of several the outermost, and of these the
// last one, which is that of the detail section. nil where there is none.
func (l *loop) repeated(name string) []*loop {
	for _, p := range slices.Backward(l.find(name)) {
		if p.loop != nil && p.max != 1 {
			return []*loop{p.loop}
		}
	}
	for _, p := range slices.Backward(l.places) {
		if p.loop == nil {
			continue
		}
		if below := p.loop.repeated(name); below != nil {
			return append([]*loop{p.loop}, below...)
		}
	}
	return nil
}

// loops lists the loops that repeat.
func (l *loop) loops() []string {
	var list []string
	for _, p := range l.places {
		if p.loop != nil && p.max != 1 {
			list = append(list, p.loop.name)
		}
	}
	return list
}
