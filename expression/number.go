package expression

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/formats"
)

// Numbers beyond these are no amounts, counts or measures: they are refused, since a short text
// such as 1e999999999 would ask for gigabytes.
const (
	maxDigits   = 400
	maxExponent = 400
)

// parseNumber reads a JSON or decimal number exactly.
func parseNumber(text []byte) (decimal.Decimal, error) {
	if len(text) <= maxDigits {
		d, err := decimal.NewFromString(string(text))
		if err == nil && d.Exponent() >= -maxExponent && d.Exponent() <= maxExponent {
			return d, nil
		}
	}
	return decimal.Decimal{}, fmt.Errorf("found %q; expected a number such as 12.50", cut(text))
}

// plain writes a number without exponent and keeps its decimal places.
func plain(d decimal.Decimal) string {
	if d.Exponent() < 0 {
		return d.StringFixed(-d.Exponent())
	}
	return d.String()
}

// Plain writes a number's text without exponent, as the canonical model has decimals.
func Plain(text []byte) ([]byte, error) {
	if isPlain(text) {
		return text, nil
	}
	d, err := parseNumber(text)
	return []byte(plain(d)), err
}

// isPlain tells whether a number's text is one of JSON without exponent: no leading plus, point or
// zero.
func isPlain(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	if len(text) > 1 && text[0] == '0' && text[1] != '.' || len(text) > maxDigits {
		return false
	}
	point, digits := false, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && !point && digits > 0:
			point, digits = true, 0
		default:
			return false
		}
	}
	return digits > 0
}

// decimalOf reads a value as a number; text counts as the number that it holds.
func (m *Machine) decimalOf(n *formats.Node) (decimal.Decimal, bool) {
	if n.Kind != formats.Number && n.Kind != formats.Text {
		m.fail(fmt.Errorf("found %s; expected a number", Show(n)))
		return decimal.Decimal{}, false
	}
	d, err := parseNumber(n.Text)
	if err != nil {
		m.fail(err)
		return decimal.Decimal{}, false
	}
	return d, true
}

// exact is the node of a number that keeps its decimal places, unless it has grown too long.
func (m *Machine) exact(d decimal.Decimal) *formats.Node {
	if d.NumDigits() > maxDigits || d.Exponent() > maxExponent || d.Exponent() < -maxExponent {
		return m.fail(fmt.Errorf("the result has more than %d digits", maxDigits))
	}
	n := m.text(append(m.buf[:0], plain(d)...))
	if n.Kind == formats.Text {
		n.Kind = formats.Number
	}
	return n
}

// Show describes a value for an error: `text "abc"`, `number 12`, `a list of 3`. Long text is cut.
func Show(n *formats.Node) string {
	switch n.Kind {
	case formats.Text:
		return fmt.Sprintf("text %q", cut(n.Text))
	case formats.Number:
		return "number " + string(cut(n.Text))
	case formats.Bool:
		return string(n.Text)
	case formats.Null:
		return "null"
	case formats.Object:
		return "an object"
	case formats.List:
		return fmt.Sprintf("a list of %d", len(n.Kids))
	}
	return "nothing"
}

func cut(text []byte) []byte {
	const most = 80
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && text[end]&0xc0 == 0x80 {
		end--
	}
	return append(text[:end:end], "…"...)
}
