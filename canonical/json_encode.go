package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// encode appends an entity as encoding/json writes its struct, with null for what is cleared, and
// extra behind it. Led by the schema it takes a third of the time.
func encode(dst []byte, e Entity, v reflect.Value, cleared []string, extra map[string]json.RawMessage) ([]byte, error) {
	schema := SchemaOf(e)
	for _, name := range cleared {
		if field := schema.byName[name]; field == nil || !field.Nullable {
			return nil, fmt.Errorf("encode %s: cleared: no attribute %q", e, name)
		}
	}
	dst = append(dst, '{')
	start := len(dst)
	dst = appendMembers(dst, schema, v, cleared)
	dst, err := appendExtra(dst, start, schema, extra)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e, err)
	}
	return append(dst, '}'), nil
}

// appendMembers appends the members that hold something, and null for those that are cleared.
func appendMembers(dst []byte, s *Schema, v reflect.Value, cleared []string) []byte {
	start := len(dst)
	for _, field := range s.Fields {
		member := v.Field(field.index)
		empty := !field.Required && isEmpty(member)
		if empty && !slices.Contains(cleared, field.Name) {
			continue
		}
		dst = appendKey(dst, start, field.Name)
		if empty {
			dst = append(dst, "null"...)
		} else {
			dst = appendValue(dst, field, member)
		}
	}
	return dst
}

func appendValue(dst []byte, s *Schema, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return append(dst, "null"...)
		}
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch s.Type {
	case Text:
		return appendText(dst, v.String())
	case Bool:
		return strconv.AppendBool(dst, v.Bool())
	case Integer:
		return strconv.AppendInt(dst, v.Int(), 10)
	case Object:
		return append(appendMembers(append(dst, '{'), s, v, nil), '}')
	case List:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, s.Items, v.Index(i))
		}
		return append(dst, ']')
	default:
		texts := *v.Addr().Interface().(*map[string]string)
		dst = append(dst, '{')
		start := len(dst)
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			dst = appendText(appendKey(dst, start, name), texts[name])
		}
		return append(dst, '}')
	}
}

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// appendKey appends a member's name; start is where the first member of its object stands.
func appendKey(dst []byte, start int, name string) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	return append(appendText(dst, name), ':')
}

// appendText writes a JSON string. What encoding/json would write otherwise than it stands is its work.
func appendText(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
				return appendEscaped(dst, text)
			}
			i += size - 1
		case c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&':
			return appendEscaped(dst, text)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}

func appendEscaped(dst []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a string always marshals
	return append(dst, quoted...)
}

func appendExtra(dst []byte, start int, schema *Schema, extra map[string]json.RawMessage) ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if schema.byName[name] != nil {
			return nil, fmt.Errorf("extra member %q is an attribute of the model", name)
		}
		var compact, escaped bytes.Buffer
		if err := json.Compact(&compact, extra[name]); err != nil {
			return nil, fmt.Errorf("extra member %q: %w", name, err)
		}
		json.HTMLEscape(&escaped, compact.Bytes()) // as json.Marshal does, so that both ways give the same bytes
		dst = append(appendKey(dst, start, name), escaped.Bytes()...)
	}
	return dst, nil
}
