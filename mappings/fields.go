package mappings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// rootFields compiles `fields:`.
func (l *loader) rootFields() {
	n := l.node.Get("fields")
	if n.Kind() != config.Mapping {
		l.wrong(n, "fields is missing", "fields: {FIELD: EXPRESSION, …}")
		return
	}
	var schema *canonical.Schema
	if !l.Outbound() {
		schema = canonical.SchemaOf(l.to)
	}
	l.root = l.objectFields(n.Entries(), n, schema, "")
	l.root.root = true
}

// value compiles whatever stands for one value of the target.
func (l *loader) value(n *config.Node, s *canonical.Schema, path string, nullable bool) writer {
	switch n.Kind() {
	case config.Scalar:
		return l.checkedLeaf(n, s, path, nullable)
	case config.Sequence:
		return l.list(n, s, path)
	case config.Mapping:
		if n.Get("each").Kind() != config.Absent {
			e := l.each(n, s, path+"[]")
			if e == nil {
				return nil
			}
			e.clear = nullable
			return e
		}
		return l.object(n, s, path)
	}
	l.wrong(n, path+" has no value", "an expression; nil clears the field")
	return nil
}

func (l *loader) checkedLeaf(n *config.Node, s *canonical.Schema, path string, nullable bool) writer {
	v := l.leaf(n, path)
	if v == nil {
		return nil
	}
	v.schema, v.nullable = s, nullable
	l.leaves = append(l.leaves, v)
	if s == nil || s.Type == canonical.Object || s.Type == canonical.List || s.Type == canonical.Map {
		v.program.Whole()
	}
	if s != nil && !fits(v.program.Type, s) {
		l.wrong(n, fmt.Sprintf("%s: the expression gives %s", path, v.program.Type.Kind), expectedOf(s))
		return nil
	}
	if k, ok := v.program.Constant(); ok {
		return l.constant(n, v, k)
	}
	return v
}

// constant writes a value that is known, once.
func (l *loader) constant(n *config.Node, v *leaf, k *formats.Node) writer {
	text, out, err := v.append(nil, k)
	switch {
	case err != nil:
		l.wrong(n, path(v)+err.Error(), "")
		return nil
	case out != nothing:
		v.constant = text
	}
	return v
}

func path(v *leaf) string { return v.field + ": " }

// fits tells whether what is known of an expression's value may stand at a place in the model.
func fits(t *expression.Type, s *canonical.Schema) bool {
	switch t.Kind {
	case expression.Text:
		return s.Type == canonical.Text
	case expression.Number:
		return s.Type == canonical.Integer || s.Type == canonical.Text && s.Format == "decimal"
	case expression.Bool:
		return s.Type == canonical.Bool
	case expression.List:
		return s.Type == canonical.List
	case expression.Object:
		return s.Type == canonical.Object || s.Type == canonical.Map
	}
	return true
}

func expectedOf(s *canonical.Schema) string {
	if s.Type == canonical.Text {
		if s.Expected() == "text" {
			return "a text (string(x) makes one)"
		}
		return s.Expected()
	}
	return s.Type.String()
}

func (l *loader) leaf(n *config.Node, path string) *leaf {
	p := l.scope.Compile(n, l.ps)
	if p == nil {
		return nil
	}
	return &leaf{program: p, field: path}
}

// object compiles {field: …, when: …} and {when: …, fields: {…}}.
func (l *loader) object(n *config.Node, s *canonical.Schema, path string) writer {
	if s != nil && s.Type != canonical.Object && s.Type != canonical.Map {
		l.wrong(n, path+": found a mapping", expectedOf(s)+example(s))
		return nil
	}
	when, entries, at := n.Get("when"), n.Entries(), n
	if fields := n.Get("fields"); fields.Kind() == config.Mapping {
		l.only(n, "when", "fields")
		entries, at = fields.Entries(), fields
	} else if when.Kind() != config.Absent {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e config.Entry) bool { return e.Key == "when" })
	}
	o := l.objectFields(entries, at, s, path)
	o.when = l.condition(when)
	o.asked = o.when != nil && l.Outbound()
	return o
}

func example(s *canonical.Schema) string {
	if s.Type == canonical.List {
		return " (- item, or each: with fields:)"
	}
	return ""
}

// only reports keys beside those that a block has.
func (l *loader) only(n *config.Node, keys ...string) {
	for _, e := range n.Entries() {
		if !slices.Contains(keys, e.Key) {
			l.ps.Add(config.UnknownKey(e, keys))
		}
	}
}

func (l *loader) objectFields(entries []config.Entry, at *config.Node, s *canonical.Schema, path string) *object {
	o := &object{field: path, plain: true}
	for _, e := range entries {
		if l.extends && e.Value.Kind() == config.Null {
			continue
		}
		var schema *canonical.Schema
		if s != nil {
			if schema = l.fieldSchema(e, s, path); schema == nil {
				continue
			}
		}
		nullable := path == "" && schema != nil && schema.Nullable
		v := l.value(e.Value, schema, join(path, e.Key), nullable)
		if v == nil {
			continue
		}
		if k, ok := v.(*leaf); !ok || k.constant == nil {
			o.plain = false
		}
		key := append(json.AppendString(nil, e.Key), ':')
		f := field{name: e.Key, key: key, value: v}
		if s != nil && s.Type == canonical.Object {
			f.required, f.anyOf = schema.Required, slices.Contains(s.AnyOf, e.Key)
		}
		o.fields = append(o.fields, f)
	}
	if s != nil && s.Type == canonical.Object {
		o.anyOf = len(s.AnyOf) > 0
		l.lacking(entries, at, s, path)
	}
	return o
}

// lacking reports fields that have to be mapped and are not.
func (l *loader) lacking(entries []config.Entry, at *config.Node, s *canonical.Schema, path string) {
	if slices.ContainsFunc(entries, func(e config.Entry) bool { return s.Field(e.Key) == nil }) {
		return // a mistyped name may be the one that is missing
	}
	mapped := func(name string) bool {
		return slices.ContainsFunc(entries, func(e config.Entry) bool { return e.Key == name })
	}
	for _, f := range s.Fields {
		if f.Required && !mapped(f.Name) {
			l.wrong(at, join(path, f.Name)+" is not mapped", "it, since it is required: "+f.Doc)
		}
	}
	if len(s.AnyOf) > 0 && !slices.ContainsFunc(s.AnyOf, mapped) {
		l.wrong(at, path+" has none of "+strings.Join(s.AnyOf, ", "), "at least one of them")
	}
}

func (l *loader) fieldSchema(e config.Entry, s *canonical.Schema, path string) *canonical.Schema {
	field := s.Field(e.Key)
	if field == nil {
		p := config.UnknownKey(e, fieldNames(s))
		p.What = fmt.Sprintf("unknown field %q", join(path, e.Key))
		l.ps.Add(p)
		return nil
	}
	if path == "" && e.Key == "source" {
		l.ps.Add(config.Problem{Position: e.Position, What: "source is mapped", Expected: "id, version, businessTime and deleted beside fields, from which it is written"})
		return nil
	}
	return field
}

func fieldNames(s *canonical.Schema) []string {
	var names []string
	for _, f := range s.Fields {
		if f.Name != "source" {
			names = append(names, f.Name)
		}
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func quoted(s string) string { return strconv.Quote(s) }

func oneOf(names []string) string {
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	return "one of " + strings.Join(names, ", ")
}

func members(s *canonical.Schema) string { return oneOf(fieldNames(s)) }
