package mappings

import (
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
)

// schemas builds the JSON Schema of mapping files. Objects of the model stand once, in $defs.
type schemas struct{ defs map[string]any }

// Schema is the JSON Schema of mapping files, with the fields of each entity below `fields:`.
func Schema(known []formats.Kind) map[string]any {
	b := &schemas{defs: map[string]any{
		"expression": map[string]any{"type": []string{"string", "number", "boolean", "null"}},
		"anything":   map[string]any{},
	}}
	expression := func(doc string) map[string]any {
		return map[string]any{"allOf": []any{reference("expression")}, "description": doc}
	}
	var formatNames, entities []string
	for _, k := range known {
		formatNames = append(formatNames, k.Name)
	}
	var cases []any
	for _, e := range canonical.Entities {
		entities = append(entities, string(e))
		cases = append(cases, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"to": map[string]any{"const": e}}, "required": []string{"to"}},
			"then": map[string]any{"properties": map[string]any{"fields": b.object(canonical.SchemaOf(e), string(e))}},
		})
	}
	format := map[string]any{"description": "of test inputs, where not the hub's first", "anyOf": []any{
		map[string]any{"enum": formatNames}, map[string]any{"type": "object", "required": []string{"name"}},
	}}
	properties := map[string]any{
		"mapping":      map[string]any{"type": "string", "description": "the mapping's name"},
		"extends":      map[string]any{"type": "string", "description": "a mapping that comes with Touchstone, over which this file is laid; null leaves a field out"},
		"to":           map[string]any{"enum": append(slices.Clone(entities), "payload"), "description": "the entity that a record becomes"},
		"from":         map[string]any{"enum": entities, "description": "the entity that becomes a payload"},
		"format":       format,
		"input":        map[string]any{"description": "names that records have, so that misspelt ones are found"},
		"when":         expression("which records are mapped; the rest is left out"),
		"lookups":      map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "object", "additionalProperties": map[string]any{"type": []string{"string", "number", "boolean"}}}, "description": "tables for lookup(name, code)"},
		"let":          map[string]any{"type": "object", "additionalProperties": reference("expression"), "description": "values with a name, computed before the fields"},
		"id":           expression("the record's key within its stream, as text"),
		"version":      map[string]any{"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false, "properties": map[string]any{"time": reference("expression"), "integer": reference("expression")}, "description": "which of two versions of a record is newer"},
		"businessTime": expression("when what the record says became true"),
		"deleted":      expression("whether the record is gone"),
		"fields":       map[string]any{"type": "object", "description": "the target's fields with the expressions that give them"},
		"tests":        map[string]any{"type": "array", "items": testSchema(format)},
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type":    "object", "additionalProperties": false, "required": []string{"mapping"},
		"anyOf":      []any{map[string]any{"required": []string{"fields"}}, map[string]any{"required": []string{"extends"}}},
		"properties": properties, "allOf": cases, "$defs": b.defs,
		"if":   map[string]any{"required": []string{"from"}},
		"then": map[string]any{"propertyNames": map[string]any{"enum": outboundKeys}},
		"else": map[string]any{
			"propertyNames": map[string]any{"enum": inboundKeys},
			"anyOf":         []any{map[string]any{"required": []string{"to", "id"}}, map[string]any{"required": []string{"extends"}}},
		},
	}
}

func testSchema(format map[string]any) map[string]any {
	properties := map[string]any{}
	for _, key := range testKeys {
		properties[key] = map[string]any{}
	}
	properties["name"] = map[string]any{"type": "string", "description": "what the test shows"}
	properties["input"] = map[string]any{"description": "a file beside the mapping, or the record itself"}
	properties["format"] = format
	properties["exact"] = map[string]any{"type": "boolean", "description": "whether nothing may be there beside what is expected"}
	properties["expect_error"] = map[string]any{"type": "string"}
	return map[string]any{"type": "object", "additionalProperties": false, "required": []string{"name", "input"}, "properties": properties}
}

func reference(def string) map[string]any { return map[string]any{"$ref": "#/$defs/" + def} }

// value is whatever may stand for one value of the model; def names it.
func (b *schemas) value(s *canonical.Schema, def string) map[string]any {
	switch s.Type {
	case canonical.Object:
		if _, known := b.defs[def]; !known {
			b.defs[def] = nil // it may hold itself
			b.defs[def] = b.object(s, def)
		}
		return map[string]any{"anyOf": []any{reference("expression"), reference(def), conditional(reference(def))}}
	case canonical.Map:
		return map[string]any{"type": []string{"object", "string"}}
	case canonical.List:
		item := b.value(s.Items, def)
		each := map[string]any{
			"type": "object", "additionalProperties": false, "required": []string{"each"},
			"properties": map[string]any{
				"each": reference("expression"), "as": map[string]any{"type": "string"}, "when": reference("expression"),
				"fields": map[string]any{"type": "object"}, "item": item,
			},
		}
		if s.Items.Type == canonical.Object {
			each["properties"].(map[string]any)["fields"] = reference(def)
		}
		return map[string]any{"anyOf": []any{
			reference("expression"), each,
			map[string]any{"type": "array", "items": map[string]any{"anyOf": []any{item, each}}},
		}}
	}
	return reference("expression")
}

// conditional is {when: CONDITION, fields: {…}}.
func conditional(fields map[string]any) map[string]any {
	return map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"fields"},
		"properties": map[string]any{"when": reference("expression"), "fields": fields},
	}
}

func (b *schemas) object(s *canonical.Schema, def string) map[string]any {
	properties := map[string]any{}
	for _, f := range s.Fields {
		if f.Name == "source" && f.Type == canonical.Object {
			continue // written from id, version and the like
		}
		v := b.value(f, def+"."+f.Name)
		properties[f.Name] = map[string]any{"description": f.Doc, "allOf": []any{v}}
	}
	if s.Field("when") == nil {
		properties["when"] = reference("expression")
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}
