package canonical

import (
	"encoding/json"
	"fmt"
	"strings"
)

// SchemaID is the $id of an entity's JSON Schema and the ce_dataschema of its messages, such as
// urn:touchstone:schema:customer:1.0.
func SchemaID(e Entity) string {
	return "urn:touchstone:schema:" + strings.ToLower(string(e)) + ":" + SchemaVersion
}

// JSONSchema returns the entity's JSON Schema (draft 2020-12), indented. It accepts what
// Validate accepts, as far as JSON Schema can say it: formats are patterns and code lists, so
// that it does not depend on a validator that asserts "format".
func JSONSchema(e Entity) ([]byte, error) {
	schema := SchemaOf(e)
	if schema == nil {
		return nil, fmt.Errorf("schema: no entity %q; expected one of %v", string(e), Entities)
	}
	w := schemaWriter{defs: map[string]any{}}
	root := w.members(schema)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = SchemaID(e)
	root["title"] = string(e)
	root["$defs"] = w.defs
	return json.MarshalIndent(root, "", "  ")
}

type schemaWriter struct{ defs map[string]any }

type keywords = map[string]any

func (w schemaWriter) value(s *Schema) keywords {
	out := w.plain(s)
	if s.Nullable {
		out = keywords{"anyOf": []any{out, keywords{"type": "null"}}}
	}
	if s.Doc != "" {
		out["description"] = s.Doc
	}
	return out
}

func (w schemaWriter) plain(s *Schema) keywords {
	switch s.Type {
	case Bool:
		return keywords{"type": "boolean"}
	case Integer:
		return keywords{"type": "integer"}
	case List:
		return keywords{"type": "array", "items": w.value(s.Items)}
	case Map:
		return keywords{"type": "object", "additionalProperties": w.value(s.Items)}
	case Object:
		if w.defs[s.def] == nil {
			w.defs[s.def] = true // holds the place against recursion
			w.defs[s.def] = w.members(s)
		}
		return keywords{"$ref": "#/$defs/" + s.def}
	}
	return w.text(s)
}

func (w schemaWriter) text(s *Schema) keywords {
	switch {
	case s.Format != "":
		if w.defs[s.Format] == nil {
			w.defs[s.Format] = formatKeywords(s.Format)
		}
		return keywords{"$ref": "#/$defs/" + s.Format}
	case len(s.Enum) > 0:
		return keywords{"type": "string", "enum": s.Enum}
	case s.Required:
		return keywords{"type": "string", "minLength": 1}
	}
	return keywords{"type": "string"}
}

func (w schemaWriter) members(s *Schema) keywords {
	properties, required := keywords{}, []string{}
	for _, field := range s.Fields {
		properties[field.Name] = w.value(field)
		if field.Required {
			required = append(required, field.Name)
		}
	}
	out := keywords{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if len(s.AnyOf) > 0 {
		out["anyOf"] = eachRequired(s.AnyOf)
	}
	if len(s.OneOf) > 0 {
		out["oneOf"] = eachRequired(s.OneOf)
	}
	return out
}

func eachRequired(names []string) []any {
	var out []any
	for _, name := range names {
		out = append(out, keywords{"required": []string{name}})
	}
	return out
}

const (
	datePattern = `[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	timePattern = `T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`
)

func formatKeywords(format string) keywords {
	out := keywords{"type": "string", "description": formats[format].wanted}
	switch format {
	case "date":
		out["pattern"], out["format"] = "^"+datePattern+"$", "date"
	case "date-time":
		out["pattern"], out["format"] = "^"+datePattern+timePattern+"$", "date-time"
	case "date-or-time":
		out["pattern"] = "^" + datePattern + "(" + timePattern + ")?$"
	case "decimal":
		out["pattern"] = `^-?[0-9]+(\.[0-9]+)?$`
	case "country":
		out["enum"] = codes(2, isCountry)
	case "currency":
		out["enum"] = codes(3, isCurrency)
	case "bcp47":
		out["pattern"] = "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"
	case "email":
		out["pattern"], out["format"] = `^.+@[^\s@]+\.[^\s@]+$`, "idn-email"
	}
	return out
}

// codes lists the codes of n capital letters that are valid.
func codes(n int, valid func(string) bool) []string {
	var list []string
	var extend func(prefix string)
	extend = func(prefix string) {
		if len(prefix) == n {
			if valid(prefix) {
				list = append(list, prefix)
			}
			return
		}
		for c := 'A'; c <= 'Z'; c++ {
			extend(prefix + string(c))
		}
	}
	extend("")
	return list
}
