package expression

import (
	"bytes"
	"fmt"

	"github.com/touchstone-hub/touchstone/formats"
)

type isNull struct {
	of     op
	negate bool
}

func (o *isNull) eval(m *Machine) *formats.Node {
	return truth(missing(o.of.eval(m)) != o.negate)
}

func missing(n *formats.Node) bool { return n.Kind == formats.Absent || n.Kind == formats.Null }

type equal struct {
	left, right     op
	numeric, negate bool
}

func (o *equal) eval(m *Machine) *formats.Node {
	return truth(m.equal(o.left.eval(m), o.right.eval(m), o.numeric) != o.negate)
}

// equal compares values; absent equals null. Numbers are equal by value: 1.0 is 1.
func (m *Machine) equal(a, b *formats.Node, numeric bool) bool {
	if missing(a) || missing(b) {
		return missing(a) && missing(b)
	}
	if a.Kind == formats.Number && b.Kind == formats.Number || numeric && a.Kind <= formats.Text && b.Kind <= formats.Text {
		if bytes.Equal(a.Text, b.Text) {
			return true
		}
		x, okx := m.decimalOf(a)
		y, oky := m.decimalOf(b)
		return okx && oky && x.Equal(y)
	}
	if a.Kind != b.Kind || !m.spend(1) {
		return false
	}
	if a.Kind != formats.Object && a.Kind != formats.List {
		return bytes.Equal(a.Text, b.Text)
	}
	if len(a.Kids) != len(b.Kids) || len(a.Names) != len(b.Names) {
		return false
	}
	for i := range a.Kids {
		other := &b.Kids[i]
		if a.Names != nil {
			other = memberOf(b, a.Names[i])
		}
		if !m.equal(&a.Kids[i], other, false) {
			return false
		}
	}
	return true
}

type order struct {
	operator    string
	left, right op
	numeric     bool
}

func (o *order) eval(m *Machine) *formats.Node {
	a, b := o.left.eval(m), o.right.eval(m)
	if missing(a) || missing(b) {
		return &isFalse
	}
	sign, ok := m.compare(a, b, o.numeric)
	if !ok {
		return &absent
	}
	switch o.operator {
	case "<":
		return truth(sign < 0)
	case ">":
		return truth(sign > 0)
	case "<=":
		return truth(sign <= 0)
	}
	return truth(sign >= 0)
}

// compare orders two numbers, or two texts by their bytes (which is by code point).
func (m *Machine) compare(a, b *formats.Node, numeric bool) (sign int, ok bool) {
	if numeric || a.Kind == formats.Number || b.Kind == formats.Number {
		x, okx := m.decimalOf(a)
		y, oky := m.decimalOf(b)
		return x.Cmp(y), okx && oky
	}
	if a.Kind != formats.Text || b.Kind != formats.Text {
		m.fail(fmt.Errorf("found %s and %s; expected two numbers or two texts", Show(a), Show(b)))
		return 0, false
	}
	return bytes.Compare(a.Text, b.Text), true
}
