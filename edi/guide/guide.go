// Package guide describes what an EDI message may hold: trees of segments and
// groups, segments, composites, elements, code lists and the conditions among
// them, as data. Guides come in as YAML that people write, as structure tables,
// or from the importers; they go out compiled, so that a segment's place in a
// message and what may stand in it are found in a few steps. The package never
// reads an interchange: package validate does, with what is compiled here.
package guide

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// Guide says what messages of one standard and version hold: a directory as its
// publisher has it, or what a partner makes of one. A Guide that was read is not
// changed any more, so that it may be shared.
type Guide struct {
	// Name is what others extend, such as x12/004010 or edifact/d03b.
	Name string
	// Title is one line for people.
	Title string
	// Standard is x12 or edifact.
	Standard edi.Standard
	// Version is 004010 (GS08 and ISA12 without what a group of users appends)
	// or D.03B (UNH S009: 0052.0054).
	Version string
	// Extends names the guide this one was made from; empty where it stands alone.
	Extends string

	Messages   map[string]*Message
	Segments   map[string]*Segment
	Composites map[string]*Composite
	Elements   map[string]*Element
	Codes      map[string]*CodeList
}

// Message is a transaction set of X12 or a message of EDIFACT.
type Message struct {
	// ID is the set's identifier (ST01, such as 850) or the message's type (UNH
	// S009.0065, such as ORDERS).
	ID    string
	Title string
	// Group is the functional identifier of the groups it travels in (GS01, such
	// as PO); empty in EDIFACT, where it is the ID.
	Group string
	// Body begins with the header (ST, UNH) and ends with the trailer (SE, UNT).
	Body []*Node
}

// Node is one place in a message: a segment, or a group of segments ("loop" in
// X12) that repeats as one.
type Node struct {
	// ID is the segment's tag, or the group's name: in X12 the tag of its first
	// segment, in EDIFACT SG1, SG2 and so on. Among the groups of one body names
	// differ.
	ID string
	// Position is the number of the place in its directory's table (0120), if
	// known.
	Position string
	Need     Need
	// Max is how often it may stand here, one after the other; 0 is without limit.
	Max int
	// Body is what a group holds; its first node is a mandatory segment, once: the
	// trigger, which tells that the group is there. Nil for a segment.
	Body []*Node
	// When narrows a segment, or a group by its trigger, to those with these
	// values. Places with the same tag are told apart by it.
	When []Choice
	// Segment replaces, at this place alone, what the guide says of the segment.
	Segment *Segment
}

// IsGroup says whether the node is a group.
func (n *Node) IsGroup() bool { return n.Body != nil }

// Trigger gives the segment that tells that the node is there: its own, or the
// first of the group.
func (n *Node) Trigger() *Node {
	for n.IsGroup() {
		n = n.Body[0]
	}
	return n
}

// Choice is a value that an element has to have for its segment to be taken for
// that of a node.
type Choice struct {
	Element   int // 1 is the first after the tag
	Component int // 1 is the first; 0 where the element is not a composite
	Codes     []string
}

// Need says whether something has to be there.
type Need uint8

// The needs. X12 writes M and O, EDIFACT M and C (conditional).
const (
	Optional Need = iota
	Mandatory
	// Unused is what a partner's guide takes out of its base: it may not be there.
	Unused
)

// letter gives the need as the standard writes it.
func (n Need) letter(s edi.Standard) string {
	switch {
	case n == Mandatory:
		return "M"
	case n == Unused:
		return "X"
	case s == edi.EDIFACT:
		return "C"
	}
	return "O"
}

// ParseNeed reads M, O, C or X.
func ParseNeed(s string) (Need, error) {
	switch s {
	case "M":
		return Mandatory, nil
	case "O", "C":
		return Optional, nil
	case "X":
		return Unused, nil
	}
	return 0, fmt.Errorf("%q is no requirement: M is mandatory, O or C is not, X may not be there", s)
}

// Segment is a segment's elements in order.
type Segment struct {
	ID         string
	Title      string
	Elements   []Use
	Conditions []Condition
}

// Composite is an element made of components.
type Composite struct {
	ID         string
	Title      string
	Components []Use
	Conditions []Condition
}

// Use is an element's place in a segment, or a component's in a composite.
type Use struct {
	Need Need
	// Repeat is how often the element may be repeated; 0 is once.
	Repeat int
	// Ref is the element (1131) or composite (C507) that stands here; empty where
	// its form is given in place.
	Ref string
	// Title is what people call it here; empty where that of the element serves.
	Title string
	// Form is the type and the lengths. Unset where Ref or Components says them.
	Form Form
	// Codes are the values it may have, of an element whose form is given here, or
	// fewer than the element's own; nil is any or those of the element.
	Codes *CodeList
	// Components are those of a composite that is described in place.
	Components []Use
	Conditions []Condition
}

// Element is a data element with its form.
type Element struct {
	ID    string
	Title string
	Form  Form
}

// CodeList is the values that an element may have.
type CodeList struct {
	// ID is the element's, or a name of its own.
	ID string
	// Codes are in the order in which they were read.
	Codes []Code
}

// Code is one value, and what it means.
type Code struct{ Value, Title string }

// Has says whether the value is in the list. It is meant for a few look-ups; the
// compiled form has a quicker one.
func (l *CodeList) Has(value string) bool {
	return slices.ContainsFunc(l.Codes, func(c Code) bool { return c.Value == value })
}

// Title gives what a value means, or nothing.
func (l *CodeList) Title(value string) string {
	for _, c := range l.Codes {
		if c.Value == value {
			return c.Title
		}
	}
	return ""
}

// New gives an empty guide.
func New(name string, standard edi.Standard, version string) *Guide {
	return &Guide{
		Name: name, Standard: standard, Version: version,
		Messages: map[string]*Message{}, Segments: map[string]*Segment{}, Composites: map[string]*Composite{},
		Elements: map[string]*Element{}, Codes: map[string]*CodeList{},
	}
}

// MessageIDs gives the guide's messages in order.
func (g *Guide) MessageIDs() []string { return slices.Sorted(maps.Keys(g.Messages)) }

// Check tells of everything in the guide that cannot be: groups without a
// trigger, segments and elements that are not described, conditions about places
// that are not there.
func (g *Guide) Check() []error {
	c := checker{guide: g}
	for _, id := range g.MessageIDs() {
		c.message(g.Messages[id])
	}
	for _, id := range slices.Sorted(maps.Keys(g.Segments)) {
		c.segment(id, g.Segments[id])
	}
	for _, id := range slices.Sorted(maps.Keys(g.Composites)) {
		composite := g.Composites[id]
		c.uses(id, composite.Components, composite.Conditions, true)
	}
	return c.errors
}

type checker struct {
	guide  *Guide
	errors []error
}

func (c *checker) say(format string, args ...any) {
	c.errors = append(c.errors, fmt.Errorf(format, args...))
}

func (c *checker) message(m *Message) {
	if len(m.Body) < 2 {
		c.say("message %s: has no segments between header and trailer", m.ID)
		return
	}
	c.body(m.ID, m.Body)
}

func (c *checker) body(path string, body []*Node) {
	groups := map[string]bool{}
	for i, n := range body {
		here := path + "/" + n.ID
		if !n.IsGroup() {
			if c.guide.Segments[n.ID] == nil && n.Segment == nil {
				c.say("message %s: segment %s is not described", path, n.ID)
			} else if n.Segment != nil {
				c.segment(here, n.Segment)
			}
			continue
		}
		if groups[n.ID] {
			c.say("message %s: there are two groups %s; give one of them another name", path, n.ID)
		}
		groups[n.ID] = true
		switch first := n.Body; {
		case len(first) == 0:
			c.say("message %s: group %s is empty", path, n.ID)
			continue
		case first[0].IsGroup() || first[0].Need != Mandatory || first[0].Max != 1:
			c.say("message %s: group %s has to begin with a segment that is mandatory and stands once", path, n.ID)
		}
		_ = i
		c.body(here, n.Body)
	}
}

func (c *checker) segment(where string, s *Segment) { c.uses(where, s.Elements, s.Conditions, false) }

func (c *checker) uses(where string, uses []Use, conditions []Condition, inner bool) {
	for i, u := range uses {
		here := fmt.Sprintf("%s%02d", where, i+1)
		switch {
		case u.Ref != "" && c.guide.Elements[u.Ref] == nil && (inner || c.guide.Composites[u.Ref] == nil):
			c.say("%s: element %s is not described", here, u.Ref)
		case u.Ref == "" && u.Components == nil && !u.Form.IsSet():
			c.say("%s: has no type", here)
		case u.Components != nil && inner:
			c.say("%s: a component cannot have components", here)
		}
		if u.Components != nil {
			c.uses(here+".", u.Components, u.Conditions, true)
		}
	}
	for _, condition := range conditions {
		for _, place := range condition.Places {
			if place < 1 || place > len(uses) {
				c.say("%s: condition %s is about place %d, and there are %d", strings.TrimSuffix(where, "."), condition.Text(c.guide.Standard), place, len(uses))
			}
		}
	}
}
