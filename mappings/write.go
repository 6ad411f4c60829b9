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

// outcome tells what a writer appended.
type outcome int

const (
	nothing outcome = iota // nothing: the value is absent
	fixed                  // only constants: by themselves no reason to write an object
	value                  // something of the record
)

// writer appends one value of the target as JSON. What it appends for nothing is taken back by
// its caller, who knows where the value began.
type writer interface {
	write(r *run, dst []byte) ([]byte, outcome)
}

// leaf is a value that an expression gives.
type leaf struct {
	program  *expression.Program
	field    string            // path in the target
	schema   *canonical.Schema // nil: a payload, where any JSON may stand
	nullable bool              // null is written, and means cleared
	constant []byte            // JSON of a program that reads nothing
}

func (l *leaf) write(r *run, dst []byte) ([]byte, outcome) {
	if l.constant != nil {
		if r.traced {
			r.wrote[l] = true
		}
		return append(dst, l.constant...), fixed
	}
	n, err := l.program.Eval(&r.machine)
	if err != nil {
		r.failLeaf(l, err)
		return dst, nothing
	}
	if r.traced && n.Kind != formats.Absent {
		r.wrote[l] = true
	}
	dst, out, err := l.append(dst, n)
	if err != nil {
		r.failLeaf(l, err)
	}
	return dst, out
}

func (l *leaf) append(dst []byte, n *formats.Node) ([]byte, outcome, error) {
	switch {
	case n.Kind == formats.Null && l.nullable:
		return append(dst, "null"...), value, nil
	case l.schema == nil:
		return appendAny(dst, n)
	}
	return appendChecked(dst, n, l.schema, true)
}

// appendChecked writes a value that has to be as the model says. top is false below a value that
// an expression built.
func appendChecked(dst []byte, n *formats.Node, s *canonical.Schema, top bool) ([]byte, outcome, error) {
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
		longer, out, err := appendChecked(dst, &n.Kids[i], s.Items, false)
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
		longer, out, err := appendChecked(dst, &n.Kids[i], field, false)
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

// object is an object with fields of its own.
type object struct {
	field  string
	when   *expression.Program
	fields []field
	anyOf  bool // holds nothing unless one of the fields marked so does
	root   bool // is written even if it holds nothing of the record
	plain  bool // has nothing but constants, and is written for them
}

type field struct {
	name     string
	key      []byte // "name":
	value    writer
	required bool
	anyOf    bool // one of those of which the object must have one
}

func (o *object) write(r *run, dst []byte) ([]byte, outcome) {
	if o.when != nil && (!r.truth(o.field+" when", o.when) || r.err != nil) {
		return dst, nothing
	}
	dst, out := o.members(r, append(dst, '{'))
	if !o.root && (out == nothing || out == fixed && !o.plain) {
		return dst, nothing
	}
	return append(dst, '}'), out
}

// members appends the fields without braces.
func (o *object) members(r *run, dst []byte) ([]byte, outcome) {
	start, most, lacking := len(dst), nothing, o.anyOf
	for i := range o.fields {
		f := &o.fields[i]
		mark := len(dst)
		if mark > start {
			dst = append(dst, ',')
		}
		longer, out := f.value.write(r, append(dst, f.key...))
		if r.err != nil {
			return dst[:start], nothing
		}
		if dst = longer; out != nothing {
			most, lacking = max(most, out), lacking && !f.anyOf
			continue
		}
		dst = dst[:mark]
		if f.required {
			if o.root {
				r.missing(f)
			}
			return dst[:start], nothing
		}
	}
	if lacking {
		return dst[:start], nothing
	}
	return dst, most
}

func (r *run) missing(f *field) {
	if l, ok := f.value.(*leaf); ok {
		r.failLeaf(l, errors.New("found nothing; the field is required"))
		return
	}
	r.fail(f.name, nil, errors.New("found nothing; the field is required"))
}

// list is a list with items of its own: single ones, and those of each.
type list struct{ items []writer }

func (l *list) write(r *run, dst []byte) ([]byte, outcome) {
	dst = append(dst, '[')
	start, most := len(dst), nothing
	for _, item := range l.items {
		var out outcome
		if e, ok := item.(*each); ok {
			dst, out = e.elements(r, dst, start)
		} else {
			dst, out = appendItem(r, dst, start, item)
		}
		if r.err != nil {
			return dst, nothing
		}
		most = max(most, out)
	}
	if most == nothing {
		return dst, nothing
	}
	return append(dst, ']'), most
}

// appendItem appends one item to a list whose items begin at start.
func appendItem(r *run, dst []byte, start int, item writer) ([]byte, outcome) {
	mark := len(dst)
	if mark > start {
		dst = append(dst, ',')
	}
	dst, out := item.write(r, dst)
	if out == nothing {
		dst = dst[:mark]
	}
	return dst, out
}

// each gives one item for each element of a list in the record.
type each struct {
	of    *leaf
	item  *expression.Variable
	when  *expression.Program
	body  writer
	clear bool // null in the record clears the attribute
}

func (e *each) write(r *run, dst []byte) ([]byte, outcome) {
	start := len(dst)
	dst, out := e.elements(r, append(dst, '['), start+1)
	if out == nothing {
		if e.clear && r.err == nil && r.eval(e.of).Kind == formats.Null {
			return append(dst[:start], "null"...), value
		}
		return dst, nothing
	}
	return append(dst, ']'), out
}

func (e *each) elements(r *run, dst []byte, start int) ([]byte, outcome) {
	of := r.eval(e.of)
	kids := of.Kids
	switch of.Kind {
	case formats.Absent, formats.Null:
		return dst, nothing
	case formats.List:
	default:
		r.failLeaf(e.of, mismatch(of, "a list", ""))
		return dst, nothing
	}
	most := nothing
	r.indices = append(r.indices, 0)
	for i := range kids {
		r.indices[len(r.indices)-1] = i
		r.machine.Set(e.item, &kids[i])
		if e.when != nil && !r.truth(e.of.field+" when", e.when) {
			continue
		}
		var out outcome
		dst, out = appendItem(r, dst, start, e.body)
		if r.err != nil {
			return dst, nothing
		}
		most = max(most, out)
	}
	r.indices = r.indices[:len(r.indices)-1]
	return dst, most
}
