package expression

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/formats"
)

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
