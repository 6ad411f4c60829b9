package mappings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// appendChecked writes a value that has to be as the model says.
func appendChecked(dst []byte, n *formats.Node, s *canonical.Schema) ([]byte, outcome, error) {
	if missing(n) {
		return dst, nothing, nil
	}
	switch s.Type {
	case canonical.Text:
		return appendText(dst, n, s)
	case canonical.Bool:
		if n.Kind != formats.Bool {
			return dst, nothing, mismatch(n, "true or false", "bool(x) reads yes, no, 1, 0")
		}
		return append(dst, n.Text...), value, nil
	case canonical.Integer:
		i, err := strconv.ParseInt(string(n.Text), 10, 64)
		if n.Kind != formats.Number || err != nil {
			return dst, nothing, mismatch(n, "a whole number", "number(x)")
		}
		return strconv.AppendInt(dst, i, 10), value, nil
	case canonical.List:
		return appendList(dst, n, s)
	}
	return appendObject(dst, n, s)
}

func mismatch(n *formats.Node, expected, hint string) error {
	err := fmt.Sprintf("found %s; expected %s", expression.Show(n), expected)
	if hint != "" {
		err += " (" + hint + ")"
	}
	return errors.New(err)
}

func appendText(dst []byte, n *formats.Node, s *canonical.Schema) ([]byte, outcome, error) {
	text := n.Text
	switch n.Kind {
	case formats.Text:
		if len(text) == 0 {
			return dst, nothing, nil
		}
	case formats.Number:
		if s.Format != "decimal" {
			return dst, nothing, mismatch(n, "a text", "string(x) makes one")
		}
		var err error
		if text, err = expression.Plain(text); err != nil {
			return dst, nothing, err
		}
	default:
		return dst, nothing, mismatch(n, "a text", "")
	}
	if s.Format == "date-time" || s.Format == "date-or-time" {
		text = inUTC(text)
	}
	if err := s.CheckBytes(text); err != nil {
		return dst, nothing, advise(err, s)
	}
	return json.AppendString(dst, text), value, nil
}

// advise adds which function would help.
func advise(err error, s *canonical.Schema) error {
	hint := map[string]string{
		"date":         "date(x, layout) reads others",
		"date-time":    "datetime(x, layout, zone) reads others",
		"date-or-time": "date(x, layout) and datetime(x, layout, zone) read others",
		"decimal":      "number(x) reads others",
		"country":      "lookup(table, x) translates codes",
		"currency":     "lookup(table, x) translates codes",
		"email":        "email(x) leaves out what is none",
	}[s.Format]
	if hint == "" && len(s.Enum) > 0 {
		hint = "lookup(table, x) translates codes"
	}
	if hint == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, hint)
}

func appendList(dst []byte, n *formats.Node, s *canonical.Schema) ([]byte, outcome, error) {
	if n.Kind != formats.List {
		return dst, nothing, mismatch(n, "a list", "[x] makes one")
	}
	dst = append(dst, '[')
	first := true
	for i := range n.Kids {
		mark := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		longer, out, err := appendChecked(dst, &n.Kids[i], s.Items)
		if err != nil {
			return dst, nothing, fmt.Errorf("element %d: %w", i, err)
		}
		if dst = longer; out == nothing {
			dst = dst[:mark]
			continue
		}
		first = false
	}
	if first {
		return dst, nothing, nil
	}
	return append(dst, ']'), value, nil
}

func appendObject(dst []byte, n *formats.Node, s *canonical.Schema) ([]byte, outcome, error) {
	if n.Kind != formats.Object || len(n.Names) != len(n.Kids) {
		return dst, nothing, mismatch(n, "an object", "")
	}
	written, lacking := 0, len(s.AnyOf) > 0
	dst = append(dst, '{')
	for i := range n.Kids {
		field := s.Field(n.Names[i])
		if field == nil {
			return dst, nothing, fmt.Errorf("found the member %q; expected %s", n.Names[i], members(s))
		}
		mark := len(dst)
		if written > 0 {
			dst = append(dst, ',')
		}
		dst = append(json.AppendString(dst, n.Names[i]), ':')
		longer, out, err := appendChecked(dst, &n.Kids[i], field)
		if err != nil {
			return dst, nothing, fmt.Errorf("%s: %w", n.Names[i], err)
		}
		if dst = longer; out == nothing {
			if dst = dst[:mark]; field.Required {
				return dst, nothing, nil
			}
			continue
		}
		written++
		lacking = lacking && !slices.Contains(s.AnyOf, n.Names[i])
	}
	for _, f := range s.Fields {
		if f.Required && !has(n, f.Name) {
			return dst, nothing, nil
		}
	}
	if written == 0 || lacking {
		return dst, nothing, nil
	}
	return append(dst, '}'), value, nil
}

func has(n *formats.Node, name string) bool {
	for i := range n.Names {
		if n.Names[i] == name {
			return true
		}
	}
	return false
}

// appendAny writes a value as it is. Absent members are left out; absent elements cannot be.
func appendAny(dst []byte, n *formats.Node) ([]byte, outcome, error) {
	switch n.Kind {
	case formats.Absent:
		return dst, nothing, nil
	case formats.Null:
		return append(dst, "null"...), value, nil
	case formats.Bool, formats.Number:
		return append(dst, n.Text...), value, nil
	case formats.Text:
		return json.AppendString(dst, n.Text), value, nil
	}
	start, open, closing := len(dst), byte('['), byte(']')
	if n.Kind == formats.Object {
		if len(n.Names) != len(n.Kids) {
			return dst, nothing, mismatch(n, "a value that was read as a whole", "")
		}
		open, closing = '{', '}'
	}
	for i := range n.Kids {
		kid := &n.Kids[i]
		if kid.Kind == formats.Absent {
			continue
		}
		dst = append(dst, ',')
		if n.Kind == formats.Object {
			dst = append(json.AppendString(dst, n.Names[i]), ':')
		}
		var err error
		if dst, _, err = appendAny(dst, kid); err != nil {
			return dst, nothing, err
		}
	}
	if len(dst) == start {
		return append(dst, open, closing), value, nil
	}
	dst[start] = open
	return append(dst, closing), value, nil
}
