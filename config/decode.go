package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Decoder is implemented by types that read their node themselves, on a
// pointer receiver. It is not called for absent nodes.
type Decoder interface {
	DecodeConfig(n *Node, ps *Problems)
}

var (
	decoderType = reflect.TypeFor[Decoder]()
	nodeType    = reflect.TypeFor[*Node]()
)

// Decode reads the node into a pointer, strictly, and tells of everything wrong
// at once: unknown keys, wrong types, missing keys, values out of range. It
// gives true if there was no error. What could be read is set even then.
//
// Fields are read only if tagged: `yaml:"name"` or `yaml:"name,required"`, with
// `enum:"a,b"`, `default:"…"`, `min:"1"`, `max:"9"`; untagged embedded structs
// stand inline. They may be strings (which take plain numbers too), bools,
// integers, floats, time.Duration ("15s", "7d"), ByteSize ("10MB"), structs,
// pointers, slices, maps with string keys, *Node (kept as it is), any (as
// Node.Any) and Decoders. A null is read as if the key were absent.
func (n *Node) Decode(into any, ps *Problems) bool {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic(fmt.Sprintf("config: Decode into %T, which is no pointer", into))
	}
	if n != nil && n.broken {
		return false
	}
	before := ps.errors
	d := decoder{ps: ps}
	if !n.IsSet() && v.Elem().Kind() == reflect.Struct && !v.Type().Implements(decoderType) {
		empty := &Node{kind: Mapping, position: n.Position(), size: 1}
		if n != nil {
			empty.source = n.source
		}
		n = empty
	}
	d.value(n, v.Elem(), field{label: "this"})
	return ps.errors == before
}

// decoder walks a node and a Go value side by side.
type decoder struct{ ps *Problems }

// field is what a struct field's tags say of its value.
type field struct {
	label    string // what messages call the value: the key, or key[2]
	name     string // the key
	index    []int
	required bool
	enum     []string
	fallback *string
	min, max string
	doc      string
	typ      reflect.Type
}

// fieldsOf lists the tagged fields of a struct, embedded ones inline.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("yaml")
		if f.Anonymous && f.Type.Kind() == reflect.Struct && (!tagged || tag == ",inline") {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		if !tagged || tag == "-" || !f.IsExported() {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		one := field{
			label: name, name: name, index: []int{i}, typ: f.Type, required: slices.Contains(strings.Split(options, ","), "required"),
			min: f.Tag.Get("min"), max: f.Tag.Get("max"), doc: f.Tag.Get("doc"),
		}
		if list := f.Tag.Get("enum"); list != "" {
			one.enum = strings.Split(list, ",")
		}
		if fallback, ok := f.Tag.Lookup("default"); ok {
			one.fallback = &fallback
		}
		fields = append(fields, one)
	}
	return fields
}

// value reads n into v, whose type decides how.
func (d *decoder) value(n *Node, v reflect.Value, f field) {
	if v.Type() == nodeType {
		if n.IsSet() {
			v.Set(reflect.ValueOf(n))
		}
		return
	}
	if !n.IsSet() || n.broken {
		return
	}
	if n.open {
		d.unresolved(n)
		return
	}
	if v.CanAddr() {
		switch own := v.Addr().Interface().(type) {
		case positioned:
			own.keep(n)
			d.value(n, own.target(), f)
			return
		case ordered:
			d.ordered(n, own, f)
			return
		case Decoder:
			own.DecodeConfig(n, d.ps)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), f)
	case reflect.Struct:
		d.structure(n, v, f)
	case reflect.Slice:
		d.slice(n, v, f)
	case reflect.Map:
		d.stringMap(n, v, f)
	case reflect.Interface:
		v.Set(reflect.ValueOf(n.Any()))
	default:
		d.scalar(n, v, f)
	}
}

func (d *decoder) unresolved(n *Node) {
	expand(n.raw, func(ref reference) string {
		if strings.HasPrefix(ref.name, settingsPrefix) {
			d.ps.Add(Problem{Position: n.rawPosition(ref.at), What: fmt.Sprintf("%s is used outside a preset", ref.written), Expected: "an environment variable (only presets have settings)"})
		}
		return ""
	}, func(int, string, string) {})
}

func (d *decoder) structure(n *Node, v reflect.Value, f field) {
	if n.kind != Mapping {
		d.wrong(n, f, "a mapping")
		return
	}
	fields := fieldsOf(v.Type())
	names := make([]string, len(fields))
	for i, known := range fields {
		names[i] = known.name
	}
	hinted := map[string]bool{}
	for _, e := range n.entries {
		if slices.Contains(names, e.Key) {
			continue
		}
		missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return n.Get(name).Kind() != Absent })
		p := UnknownKey(e, names)
		p.Hint = Nearest(e.Key, missing)
		hinted[p.Hint] = true
		d.ps.Add(p)
	}
	for _, known := range fields {
		value, target := n.Get(known.name), v.FieldByIndex(known.index)
		switch {
		case value.IsSet():
			d.value(value, target, known)
		case value.broken:
		case known.required:
			if !hinted[known.name] {
				d.ps.Add(Problem{Position: value.Position(), What: fmt.Sprintf("%q is missing", known.name), Expected: expects(known.typ, known)})
			}
		default:
			d.fallback(value, target, known)
		}
	}
}

// fallback sets the default of a field that is not given, and those inside it.
func (d *decoder) fallback(n *Node, v reflect.Value, f field) {
	switch {
	case f.fallback != nil:
		given := &Node{kind: Scalar, position: n.Position(), text: *f.fallback, raw: *f.fallback, size: 1}
		if v.Kind() == reflect.Slice {
			list := &Node{kind: Sequence, position: n.Position(), size: 1}
			for item := range strings.SplitSeq(*f.fallback, ",") {
				list.items = append(list.items, &Node{kind: Scalar, position: n.Position(), text: item, raw: item, size: 1})
			}
			given = list
		}
		d.value(given, v, f)
	case v.Kind() == reflect.Struct:
		for _, inner := range fieldsOf(v.Type()) {
			d.fallback(n, v.FieldByIndex(inner.index), inner)
		}
	}
}

func (d *decoder) slice(n *Node, v reflect.Value, f field) {
	if n.kind != Sequence {
		d.wrong(n, f, expects(v.Type(), f))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		one := f
		one.label = fmt.Sprintf("%s[%d]", f.label, i)
		if item.broken {
			continue
		}
		if !item.IsSet() && v.Type().Elem() != nodeType {
			d.wrong(item, one, expects(v.Type().Elem(), f))
			continue
		}
		d.value(item, list.Index(i), one)
	}
	v.Set(list)
}

func (d *decoder) stringMap(n *Node, v reflect.Value, f field) {
	if n.kind != Mapping {
		d.wrong(n, f, "a mapping")
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.entries))
	for _, e := range n.entries {
		one := f
		one.label = e.Key
		target := reflect.New(v.Type().Elem()).Elem()
		if e.Value.IsSet() {
			d.value(e.Value, target, one)
		} else {
			d.fallback(e.Value, target, field{label: e.Key})
		}
		m.SetMapIndex(reflect.ValueOf(e.Key).Convert(v.Type().Key()), target)
	}
	v.Set(m)
}

// wrong tells that a value is not what the field takes.
func (d *decoder) wrong(n *Node, f field, expected string) {
	d.ps.Add(Problem{Position: n.Position(), What: f.label + " is " + n.Shown(), Expected: expected})
}

// UnknownKey is the problem of a key that nobody reads, for rooms that walk a
// mapping themselves. known are the keys that may stand there.
func UnknownKey(e Entry, known []string) Problem {
	p := Problem{Position: e.Position, What: fmt.Sprintf("unknown key %q", e.Key), Hint: Nearest(e.Key, known)}
	switch {
	case len(known) == 0:
		p.Expected = "no keys here"
	case len(known) == 1:
		p.Expected = known[0]
	default:
		p.Expected = "one of " + listed(known)
	}
	return p
}

// listed joins names for a message, cutting a long list.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// Shown describes a node for a message: `"abc"`, `a list`. Where an environment
// variable was put in, the text as written is shown and never the value.
func (n *Node) Shown() string {
	if n.Kind() != Scalar {
		return n.Kind().String()
	}
	text := n.text
	if n.secret {
		text = n.raw
	}
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	shown := fmt.Sprintf("%q", text)
	if n.Quoted() && !n.secret {
		return shown + " in quotes"
	}
	return shown
}
