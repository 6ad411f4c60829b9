package expression

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/touchstone-hub/touchstone/formats"
)

type in struct{ left, right op }

func (o *in) eval(m *Machine) *formats.Node {
	a, b := o.left.eval(m), o.right.eval(m)
	switch b.Kind {
	case formats.List:
		for i := range b.Kids {
			if m.spend(1) && m.equal(a, &b.Kids[i], false) {
				return &isTrue
			}
		}
		return &isFalse
	case formats.Object:
		return truth(a.Kind == formats.Text && memberOf(b, string(a.Text)).Kind != formats.Absent)
	case formats.Absent, formats.Null:
		return &isFalse
	}
	return m.fail(fmt.Errorf("found %s after in; expected a list", Show(b)))
}

// textTest is contains, startsWith, endsWith.
type textTest struct {
	operator    string
	left, right op
}

func (o *textTest) eval(m *Machine) *formats.Node {
	a, b := o.left.eval(m), o.right.eval(m)
	if missing(a) || missing(b) {
		return &isFalse
	}
	if a.Kind != formats.Text || b.Kind != formats.Text {
		return m.fail(fmt.Errorf("found %s and %s on the sides of %s; expected two texts", Show(a), Show(b), o.operator))
	}
	switch o.operator {
	case "contains":
		m.spend(1 + len(a.Text)/64)
		return truth(bytes.Contains(a.Text, b.Text))
	case "startsWith":
		return truth(bytes.HasPrefix(a.Text, b.Text))
	}
	return truth(bytes.HasSuffix(a.Text, b.Text))
}

type match struct {
	re *regexp.Regexp
	of op
}

func (o *match) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	if missing(n) {
		return &isFalse
	}
	if n.Kind != formats.Text {
		return m.fail(fmt.Errorf("found %s before matches; expected a text", Show(n)))
	}
	m.spend(1 + len(n.Text)/64)
	return truth(o.re.Match(n.Text))
}
