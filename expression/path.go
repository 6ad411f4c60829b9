package expression

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/touchstone-hub/touchstone/formats"
)

// step goes from a value to a part of it.
type step struct {
	name    string
	slot    int // of the member where the object was decoded by slots; -1 unknown
	index   int // of the element, from the end where negative
	isIndex bool
	implied bool // the first element, which the expression does not write
}

// path walks from a variable to a part of its value.
type path struct {
	slot   int
	steps  []step
	at     string // the input path of the variable
	record bool
	number int // in Env.paths
}

func extend(base op, s step) op {
	if p, ok := base.(*path); ok {
		longer := *p
		longer.steps = append(slices.Clip(p.steps), s)
		return &longer
	}
	return &part{of: base, step: s}
}

// String is the path as people write it.
func (p *path) String() string {
	text := p.at
	for _, s := range p.steps {
		switch {
		case s.implied:
		case s.isIndex:
			text += "[" + strconv.Itoa(s.index) + "]"
		case text == "":
			text = s.name
		default:
			text += "." + s.name
		}
	}
	if text == "" {
		return "record"
	}
	return text
}

func (p *path) eval(m *Machine) *formats.Node {
	n := m.vars[p.slot]
	for i := range p.steps {
		if n = m.step(n, &p.steps[i]); n == &absent {
			return n
		}
	}
	if p.record && n.Kind != formats.Absent {
		if m.read != nil {
			m.read[p.number] = true
		}
		if m.place && m.quiet == 0 {
			m.keep(p.String(), n)
		}
	}
	return n
}

// keep notes where a value stands, or those of a list of values.
func (m *Machine) keep(path string, n *formats.Node) {
	switch {
	case n.Kind >= formats.Bool && n.Kind <= formats.Text && n.Offset >= 0:
		m.reads = append(m.reads, Read{path, n.Offset})
	case n.Kind == formats.List:
		for i := range n.Kids {
			if n.Kids[i].Kind != formats.Object && n.Kids[i].Kind != formats.List {
				m.keep(path, &n.Kids[i])
			}
		}
	}
}

// part takes a part of a computed value.
type part struct {
	of   op
	step step
}

func (o *part) eval(m *Machine) *formats.Node { return m.step(o.of.eval(m), &o.step) }

// step takes one part. A part of what is absent or null is absent; a part of a scalar is an error.
func (m *Machine) step(n *formats.Node, s *step) *formats.Node {
	switch n.Kind {
	case formats.Object:
		if s.isIndex {
			break
		}
		if n.Names == nil {
			if s.slot >= 0 && s.slot < len(n.Kids) {
				return &n.Kids[s.slot]
			}
			return &absent
		}
		return memberOf(n, s.name)
	case formats.List:
		if s.isIndex {
			return m.elementOf(n.Kids, s.index)
		}
		return m.fail(fmt.Errorf("found a list where %q is read; expected an object (an element is taken with [0])", s.name))
	case formats.Absent, formats.Null:
		return &absent
	}
	if s.isIndex {
		return m.fail(fmt.Errorf("found %s; expected a list", Show(n)))
	}
	return m.fail(fmt.Errorf("found %s where %q is read; expected an object", Show(n), s.name))
}

func (m *Machine) elementOf(kids []formats.Node, index int) *formats.Node {
	if index < 0 {
		index += len(kids)
	}
	if index < 0 || index >= len(kids) {
		return &absent
	}
	return &kids[index]
}

func memberOf(n *formats.Node, name string) *formats.Node {
	for i := range n.Names {
		if n.Names[i] == name {
			return &n.Kids[i]
		}
	}
	return &absent
}

// dynamic takes the part that an expression names.
type dynamic struct{ of, key op }

func (o *dynamic) eval(m *Machine) *formats.Node {
	n, key := o.of.eval(m), o.key.eval(m)
	switch key.Kind {
	case formats.Text:
		return m.step(n, &step{name: string(key.Text), slot: -1})
	case formats.Number:
		if index, err := strconv.Atoi(string(key.Text)); err == nil {
			return m.step(n, &step{index: index, isIndex: true})
		}
	case formats.Absent, formats.Null:
		return &absent
	}
	return m.fail(fmt.Errorf("found %s in brackets; expected a whole number or a text", Show(key)))
}
