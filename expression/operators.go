package expression

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/formats"
)

func (c *compiler) unary(n *ast.UnaryNode) (op, *Type) {
	o, t := c.compile(n.Node)
	switch n.Operator {
	case "not", "!":
		if t.Kind != Any && t.Kind != Bool {
			return c.wrong(n.Location(), "true or false", "not is applied to %s", t.Kind)
		}
		return &not{o}, BoolType
	case "-":
		if t.Kind != Any && !t.numeric() {
			return c.wrong(n.Location(), "a number", "- is applied to %s", t.Kind)
		}
		return &arithmetic{operator: '-', left: zero, right: o}, NumberType
	}
	return c.wrong(n.Location(), "- or not", "unknown operator %s", n.Operator)
}

var zero = &constant{value: &formats.Node{Kind: formats.Number, Text: []byte("0"), Offset: -1}}

func (c *compiler) binary(n *ast.BinaryNode) (op, *Type) {
	left, lt := c.compile(n.Left)
	if n.Operator == "matches" {
		return c.matches(n, left, lt)
	}
	right, rt := c.compile(n.Right)
	if c.failed {
		return left, lt
	}
	switch n.Operator {
	case "and", "&&", "or", "||":
		for _, t := range []*Type{lt, rt} {
			if t.Kind != Any && t.Kind != Bool {
				return c.wrong(n.Location(), "true or false on both sides", "%s is applied to %s", n.Operator, t.Kind)
			}
		}
		return &logic{or: n.Operator == "or" || n.Operator == "||", left: left, right: right}, BoolType
	case "==", "!=":
		return c.equality(n, left, right, lt, rt)
	case "<", ">", "<=", ">=":
		if !comparable(lt) || !comparable(rt) || lt.Kind != Any && rt.Kind != Any && lt.Kind != rt.Kind && (!lt.numeric() || !rt.numeric()) {
			return c.wrong(n.Location(), "two numbers or two texts", "%s compares %s with %s", n.Operator, lt.Kind, rt.Kind)
		}
		return &order{operator: n.Operator, left: left, right: right, numeric: lt.numeric() || rt.numeric()}, BoolType
	case "+":
		return c.plus(n, left, right, lt, rt)
	case "-", "*", "/", "%", "**", "^":
		for _, t := range []*Type{lt, rt} {
			if t.Kind != Any && t.Kind != Text && t.Kind != Number || t == TextType {
				return c.wrong(n.Location(), "two numbers", "%s is applied to %s", n.Operator, t.Kind)
			}
		}
		return &arithmetic{operator: n.Operator[len(n.Operator)-1], power: n.Operator == "**" || n.Operator == "^", left: left, right: right}, NumberType
	case "??":
		lt.whole()
		rt.whole()
		return &coalesce{args: []op{left, right}}, common(lt, rt)
	case "in":
		return c.in(n, left, right, lt, rt)
	case "contains", "startsWith", "endsWith":
		if lt.Kind != Any && lt.Kind != Text || rt.Kind != Any && rt.Kind != Text {
			return c.wrong(n.Location(), "two texts", "%s is applied to %s and %s", n.Operator, lt.Kind, rt.Kind)
		}
		return &textTest{operator: n.Operator, left: left, right: right}, BoolType
	}
	return c.wrong(n.Location(), "an operator such as +, ==, and, ??", "operator %s cannot be used here", n.Operator)
}

func comparable(t *Type) bool { return t.Kind == Any || t.Kind == Text || t.Kind == Number }

func (c *compiler) equality(n *ast.BinaryNode, left, right op, lt, rt *Type) (op, *Type) {
	for _, side := range []op{left, right} {
		if k, ok := side.(*constant); ok && k.value == &null {
			other := left
			if side == left {
				other = right
			}
			return &isNull{of: other, negate: n.Operator == "!="}, BoolType
		}
	}
	if lt.Kind != Any && rt.Kind != Any && lt.Kind != rt.Kind && (!lt.numeric() || !rt.numeric()) {
		return c.wrong(n.Location(), "two values of one kind", "%s compares %s with %s, which are never equal", n.Operator, lt.Kind, rt.Kind)
	}
	if e := c.enum(lt, right, rt, left); e != nil {
		p := c.problem(n.Right.Location(), "%q is never the value of this field", e.value)
		p.Expected, p.Hint = oneOf(e.known), nearest(e.value, e.known)
		c.ps.Add(p)
	}
	lt.whole()
	rt.whole()
	return &equal{left: left, right: right, numeric: lt.numeric() || rt.numeric(), negate: n.Operator == "!="}, BoolType
}

func (c *compiler) plus(n *ast.BinaryNode, left, right op, lt, rt *Type) (op, *Type) {
	switch {
	case lt.numeric() && rt.numeric():
		return &arithmetic{operator: '+', left: left, right: right}, NumberType
	case lt.Kind == Number && rt.Kind == Text || lt.Kind == Text && rt.Kind == Number:
		return c.wrong(n.Location(), "two numbers or two texts; string(x) makes a text of a number, number(x) a number of a text", "+ joins %s and %s", lt.Kind, rt.Kind)
	case !comparable(lt) || !comparable(rt):
		return c.wrong(n.Location(), "two numbers or two texts", "+ joins %s and %s", lt.Kind, rt.Kind)
	case lt.Kind == Text || rt.Kind == Text:
		return &plus{left: left, right: right}, TextType
	case lt.Kind == Number || rt.Kind == Number:
		return &plus{left: left, right: right}, NumberType
	}
	return &plus{left: left, right: right}, AnyType
}

func (c *compiler) in(n *ast.BinaryNode, left, right op, lt, rt *Type) (op, *Type) {
	if rt.Kind != Any && rt.Kind != List && rt.Kind != Object {
		return c.wrong(n.Location(), "a list; contains searches in text", "in searches in %s", rt.Kind)
	}
	lt.whole()
	rt.whole()
	return &in{left: left, right: right}, BoolType
}

func (c *compiler) matches(n *ast.BinaryNode, left op, lt *Type) (op, *Type) {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.wrong(n.Right.Location(), `a pattern in quotes`, "the pattern after matches is not fixed")
	}
	re, err := regexp.Compile(pattern.Value)
	if err != nil {
		return c.wrong(pattern.Location(), "a regular expression (RE2)", "%s", badPattern(err))
	}
	if lt.Kind != Any && lt.Kind != Text {
		return c.wrong(n.Location(), "a text", "matches is applied to %s", lt.Kind)
	}
	return &match{re: re, of: left}, BoolType
}

func badPattern(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

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

// plus joins texts or adds numbers, by what the values are.
type plus struct{ left, right op }

func (o *plus) eval(m *Machine) *formats.Node {
	a := o.left.eval(m)
	if missing(a) {
		return a
	}
	b := o.right.eval(m)
	switch {
	case missing(b):
		return b
	case a.Kind == formats.Text && b.Kind == formats.Text:
		return m.text(append(append(m.buf[:0], a.Text...), b.Text...))
	case a.Kind == formats.Number && b.Kind == formats.Number:
		return m.calculate('+', false, a, b)
	}
	return m.fail(fmt.Errorf("found %s and %s on the sides of +; expected two texts or two numbers (string(x), number(x))", Show(a), Show(b)))
}

// arithmetic is exact; only / rounds, to 16 decimal places.
type arithmetic struct {
	operator    byte
	power       bool
	left, right op
}

func (o *arithmetic) eval(m *Machine) *formats.Node {
	a, b := o.left.eval(m), o.right.eval(m)
	switch {
	case missing(a):
		return a
	case missing(b):
		return b
	}
	return m.calculate(o.operator, o.power, a, b)
}

func (m *Machine) calculate(operator byte, power bool, a, b *formats.Node) *formats.Node {
	x, okx := m.decimalOf(a)
	y, oky := m.decimalOf(b)
	if !okx || !oky || !m.spend(1) {
		return &absent
	}
	switch {
	case power:
		return m.power(x, y)
	case operator == '+':
		return m.exact(x.Add(y))
	case operator == '-':
		return m.exact(x.Sub(y))
	case operator == '*':
		return m.exact(x.Mul(y))
	case y.IsZero():
		return m.fail(fmt.Errorf("division by zero"))
	case operator == '%':
		return m.exact(x.Mod(y))
	}
	return m.number(x.DivRound(y, 16))
}

func (m *Machine) power(x, y decimal.Decimal) *formats.Node {
	if !y.IsInteger() || y.IsNegative() || y.GreaterThan(decimal.NewFromInt(100)) {
		return m.fail(fmt.Errorf("found exponent %s; expected a whole number from 0 to 100", y))
	}
	result := decimal.NewFromInt(1)
	for range y.IntPart() {
		if result = result.Mul(x); result.NumDigits() > maxDigits {
			break
		}
	}
	return m.exact(result)
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
