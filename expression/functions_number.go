package expression

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/formats"
)

var numberFunctions = []*function{
	{signature: "number(scalar, text?) number", doc: `the text read as a number; number("1.234,50", ",") names the decimal sign, and blanks, apostrophes and the other sign are then grouping`, eval: toNumber},
	{signature: "decimal(scalar, number?) text", doc: "the number as decimal text, rounded to so many places", eval: toDecimal},
	{signature: "round(number, number?) number", doc: "rounded to so many places, half away from zero", eval: round},
	{signature: "abs(number) number", doc: "without its sign", eval: absolute},
	{signature: "floor(number) number", doc: "the next whole number below", eval: floor},
	{signature: "ceil(number) number", doc: "the next whole number above", eval: ceil},
	{signature: "min(number...) number", doc: "the least; absent ones left out", build: buildLeast},
	{signature: "max(number...) number", doc: "the greatest; absent ones left out", build: buildGreatest},
	{signature: "sum(list, any?) number", doc: "the sum of the elements, or of an expression over each: sum(lines, .quantity * .price)", build: buildSum},
	{signature: "bool(scalar) bool", doc: "reads true, yes, y, t, on, 1 and false, no, n, f, off, 0, in any case", eval: toBool},
	{signature: "money(scalar, text?) object", doc: "{amount, currency}; nothing where the amount is absent or empty", eval: money},
}

func toNumber(m *Machine, args []*formats.Node) *formats.Node {
	n := args[0]
	if n.Kind == formats.Number {
		return n
	}
	text := bytes.TrimSpace(n.Text)
	if len(text) == 0 {
		return &absent
	}
	if !missing(args[1]) {
		var ok bool
		if text, ok = ungroup(text, string(args[1].Text)); !ok {
			return m.fail(fmt.Errorf(`found %s as decimal sign; expected "," or "."`, Show(args[1])))
		}
	}
	if isPlain(text) {
		return m.same(formats.Number, text)
	}
	d, err := parseNumber(text)
	if err != nil {
		return m.fail(fmt.Errorf(`found %s; expected a number such as 12.50 (number(x, ",") reads 1.234,50)`, Show(n)))
	}
	return m.exact(d)
}

// ungroup leaves digits, sign and a decimal point.
func ungroup(text []byte, sign string) ([]byte, bool) {
	if sign != "," && sign != "." {
		return text, false
	}
	other := map[string]string{",": ".", ".": ","}[sign]
	return []byte(strings.NewReplacer(sign, ".", other, "", " ", "", "'", "", "’", "", "\u00a0", "", "\u202f", "").Replace(string(text))), true
}

func toDecimal(m *Machine, args []*formats.Node) *formats.Node {
	if args[0].Kind == formats.Text && len(bytes.TrimSpace(args[0].Text)) == 0 {
		return &absent
	}
	d, ok := m.decimalOf(args[0])
	if !ok {
		return &absent
	}
	if missing(args[1]) {
		return m.text(append(m.buf[:0], plain(d)...))
	}
	places, ok := m.places(args[1])
	if !ok {
		return &absent
	}
	return m.text(append(m.buf[:0], d.StringFixed(places)...))
}

func (m *Machine) places(n *formats.Node) (int32, bool) {
	if missing(n) {
		return 0, true
	}
	places, ok := m.whole(n)
	if ok && (places < 0 || places > 30) {
		m.fail(fmt.Errorf("found %s; expected 0 to 30 decimal places", Show(n)))
		ok = false
	}
	return int32(places), ok
}

func round(m *Machine, args []*formats.Node) *formats.Node {
	d, ok := m.decimalOf(args[0])
	places, okp := m.places(args[1])
	if !ok || !okp {
		return &absent
	}
	return m.exact(d.Round(places))
}

func absolute(m *Machine, args []*formats.Node) *formats.Node {
	return m.unaryNumber(args[0], decimal.Decimal.Abs)
}

func floor(m *Machine, args []*formats.Node) *formats.Node {
	return m.unaryNumber(args[0], decimal.Decimal.Floor)
}

func ceil(m *Machine, args []*formats.Node) *formats.Node {
	return m.unaryNumber(args[0], decimal.Decimal.Ceil)
}

func (m *Machine) unaryNumber(n *formats.Node, f func(decimal.Decimal) decimal.Decimal) *formats.Node {
	d, ok := m.decimalOf(n)
	if !ok {
		return &absent
	}
	return m.exact(f(d))
}

func toBool(m *Machine, args []*formats.Node) *formats.Node {
	n := args[0]
	if n.Kind == formats.Bool {
		return n
	}
	switch strings.ToLower(string(bytes.TrimSpace(n.Text))) {
	case "true", "yes", "y", "t", "on", "1":
		return &isTrue
	case "false", "no", "n", "f", "off", "0":
		return &isFalse
	case "":
		return &absent
	}
	return m.fail(fmt.Errorf("found %s; expected true, yes, y, t, on, 1, false, no, n, f, off or 0", Show(n)))
}

var moneyNames = []string{"amount", "currency"}

func money(m *Machine, args []*formats.Node) *formats.Node {
	amount := toDecimal(m, []*formats.Node{args[0], &absent})
	if missing(amount) {
		return &absent
	}
	n := m.node(formats.Object)
	n.Names, n.Kids = moneyNames, m.arena.Nodes(2)
	n.Kids[0], n.Kids[1] = *amount, *args[1]
	return n
}
