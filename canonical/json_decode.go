package canonical

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decoder fills a struct from JSON, led by the struct's schema. It exists beside encoding/json
// because that matches names without regard to case, can neither tell null from absent nor keep
// unknown members, and takes three times as long.
type decoder struct {
	scanner
	cleared []string
	extra   map[string]json.RawMessage
}

// decode fills the fields of the zero struct v from doc. Errors carry a JSON pointer.
func decode(doc []byte, e Entity, v reflect.Value) (cleared []string, extra map[string]json.RawMessage, err error) {
	schema := SchemaOf(e)
	d := decoder{scanner: scanner{doc: string(doc)}}
	at := 0
	err = d.object(func(name string) error { return d.top(schema.member(name, &at), name, v) })
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("decode %s: %w", e, err)
	}
	slices.SortFunc(d.cleared, func(a, b string) int { return schema.byName[a].index - schema.byName[b].index })
	return d.cleared, d.extra, nil
}

// top decodes one top-level member, at whose value the scanner stands.
func (d *decoder) top(field *Schema, name string, v reflect.Value) error {
	if field == nil {
		value, err := d.validValue()
		if err == nil && d.extra == nil {
			d.extra = map[string]json.RawMessage{}
		}
		if err == nil {
			d.extra[name] = json.RawMessage(value)
		}
		return within(name, err)
	}
	d.cleared = slices.DeleteFunc(d.cleared, func(n string) bool { return n == name })
	into := v.Field(field.index)
	into.SetZero() // a repeated member replaces, it does not merge
	if !d.literal("null") {
		return within(name, d.into(field, into))
	}
	if field.Nullable {
		d.cleared = append(d.cleared, field.Name)
	}
	return nil
}

func (d *decoder) into(s *Schema, v reflect.Value) error {
	if d.literal("null") {
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch s.Type {
	case Text:
		text, err := d.text()
		v.SetString(s.shared(text))
		return err
	case Bool:
		yes := d.literal("true")
		if !yes && !d.literal("false") {
			return d.found(s.Expected())
		}
		v.SetBool(yes)
		return nil
	case Integer:
		n, err := d.integer()
		v.SetInt(n)
		return err
	case Object:
		at := 0
		return d.object(func(name string) error { return d.member(s.member(name, &at), name, v) })
	case List:
		return d.list(func(i int) error { return within(strconv.Itoa(i), d.into(s.Items, appended(v, i))) })
	default:
		return d.texts(v.Addr().Interface().(*map[string]string))
	}
}

func (d *decoder) member(field *Schema, name string, v reflect.Value) error {
	if field == nil {
		_, err := d.validValue()
		return within(name, err)
	}
	into := v.Field(field.index)
	into.SetZero()
	return within(name, d.into(field, into))
}

// member finds a member by name, first among those that stand behind the last one found, as what
// this package writes has them in order. at is where to look first.
func (s *Schema) member(name string, at *int) *Schema {
	for i := *at; i < len(s.Fields); i++ {
		if s.Fields[i].Name == name {
			*at = i + 1
			return s.Fields[i]
		}
	}
	return s.byName[name]
}

// shared is text as the enumeration has it, so that it does not hold the document.
func (s *Schema) shared(text string) string {
	for _, value := range s.Enum {
		if value == text {
			return value
		}
	}
	return text
}

// appended lengthens the slice v to hold item i, and returns that item.
func appended(v reflect.Value, i int) reflect.Value {
	if i >= v.Cap() {
		v.Grow(max(1, i))
	}
	v.SetLen(i + 1)
	return v.Index(i)
}

// texts reads the one kind of map that the model has.
func (d *decoder) texts(into *map[string]string) error {
	texts := map[string]string{}
	err := d.object(func(name string) error {
		text, err := d.text()
		texts[name] = text
		return within(name, err)
	})
	if len(texts) > 0 {
		*into = texts
	}
	return err
}

// within prefixes the JSON pointer of a problem with the name of the member or item it is in.
func within(name string, err error) error {
	if problem, ok := err.(*Problem); ok {
		problem.Pointer = "/" + escapePointer(name) + problem.Pointer
	}
	return err
}

func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
