package config

import (
	"cmp"
	"encoding/json"
	"reflect"
	"strings"
)

// Schema gives the JSON Schema (draft 2020-12) of what Decode reads into a
// value of v's type, for editors that complete and check YAML. It uses the
// tags yaml, enum, default, min, max and doc; a type with a method
// `ConfigSchema() map[string]any` describes itself.
func Schema(v any) map[string]any {
	s := schemaOf(reflect.TypeOf(v), field{}, map[reflect.Type]bool{})
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	return s
}

// reference matches what stands for a value of any type until it is expanded.
const referencePattern = `\$\{[^}]*\}`

func schemaOf(t reflect.Type, f field, inside map[reflect.Type]bool) map[string]any {
	for t.Kind() == reflect.Pointer && t != nodeType {
		t = t.Elem()
	}
	if t == nodeType {
		return map[string]any{}
	}
	switch own := reflect.New(t).Interface().(type) {
	case interface{ ConfigSchema() map[string]any }:
		return own.ConfigSchema()
	case positioned:
		return schemaOf(own.target().Type(), f, inside)
	case ordered:
		return map[string]any{"type": "object", "additionalProperties": nullable(schemaOf(own.add(Entry{}).Type(), f, inside))}
	case *Secret:
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case Decoder:
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Struct:
		if inside[t] { // a type that holds itself is described once
			return map[string]any{"type": "object"}
		}
		inside[t] = true
		defer delete(inside, t)
		return objectSchema(t, inside)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), f, inside)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), f, inside)}
	case reflect.Interface:
		return map[string]any{}
	}
	return scalarSchema(t, f)
}

func objectSchema(t reflect.Type, inside map[reflect.Type]bool) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		p := schemaOf(f.typ, f, inside)
		if f.doc != "" {
			p["description"] = f.doc
		}
		if f.fallback != nil {
			p["default"] = defaultOf(f)
		}
		if f.required {
			required = append(required, f.name)
		}
		properties[f.name] = p
	}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func scalarSchema(t reflect.Type, f field) map[string]any {
	s := map[string]any{}
	switch {
	case len(f.enum) > 0:
		return map[string]any{"anyOf": []any{map[string]any{"enum": f.enum}, map[string]any{"type": "string", "pattern": referencePattern}}}
	case t == durationType:
		s["type"], s["pattern"] = "string", `^([0-9.]+(d|h|m|s|ms|us|µs|ns))+$|`+referencePattern
		return s
	case t == byteSizeType:
		s["type"], s["pattern"] = []string{"string", "integer"}, `^[0-9.]+ ?([KMGTkmgt][iI]?)?[bB]?$|`+referencePattern
		return s
	}
	kind := "integer"
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case reflect.Bool:
		kind = "boolean"
	case reflect.Float32, reflect.Float64:
		kind = "number"
	}
	s["type"] = kind
	low, high := f.min, f.max
	if kind == "integer" && (t.Bits() < 64 || t.Kind() >= reflect.Uint) {
		least, most := integerRange(t)
		low, high = cmp.Or(low, least), cmp.Or(high, most)
	}
	if low != "" {
		s["minimum"] = json.Number(low)
	}
	if high != "" {
		s["maximum"] = json.Number(high)
	}
	return map[string]any{"anyOf": []any{s, map[string]any{"type": "string", "pattern": referencePattern}}}
}

func defaultOf(f field) any {
	if f.typ.Kind() == reflect.Slice {
		return strings.Split(*f.fallback, ",")
	}
	switch f.typ.Kind() {
	case reflect.String:
		return *f.fallback
	}
	return (&Node{kind: Scalar, text: *f.fallback}).Any()
}

// OneOrMore is the schema of what may stand alone or in a list, for types that describe themselves.
func OneOrMore(s map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{s, map[string]any{"type": "array", "items": s, "minItems": 1}}}
}

// Plain is the schema of a value that is no list and no mapping.
func Plain() map[string]any {
	return map[string]any{"type": []string{"string", "number", "boolean"}}
}

// Keys gives the schemas of the keys of a struct that is read by Decode, by name.
func Keys(v any) map[string]any {
	properties, _ := Schema(v)["properties"].(map[string]any)
	return properties
}

// nullable lets `name:` stand alone.
func nullable(s map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
}
