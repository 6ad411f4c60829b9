package expression

import (
	"fmt"

	"github.com/touchstone-hub/touchstone/formats"
)

type not struct{ of op }

func (o *not) eval(m *Machine) *formats.Node { return truth(!m.truth(o.of.eval(m))) }

// truth reads a condition: what is unknown is false.
func (m *Machine) truth(n *formats.Node) bool {
	switch n.Kind {
	case formats.Bool:
		return n.Text[0] == 't'
	case formats.Absent, formats.Null:
		return false
	}
	m.fail(fmt.Errorf("found %s as a condition; expected true or false (bool(x) reads yes, no, 1, 0)", Show(n)))
	return false
}

type logic struct {
	or          bool
	left, right op
}

func (o *logic) eval(m *Machine) *formats.Node {
	if m.truth(o.left.eval(m)) == o.or {
		return truth(o.or)
	}
	return truth(m.truth(o.right.eval(m)))
}

// coalesce gives the first value that is neither absent nor null; filled, that is no empty text
// either.
type coalesce struct {
	args   []op
	filled bool
}

func (o *coalesce) eval(m *Machine) *formats.Node {
	n := &absent
	for _, arg := range o.args {
		n = arg.eval(m)
		if missing(n) || o.filled && (n.Kind == formats.Text && len(n.Text) == 0 || n.Kind == formats.List && len(n.Kids) == 0) {
			continue
		}
		return n
	}
	if o.filled && !missing(n) {
		return &absent
	}
	return n
}
