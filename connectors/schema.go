package connectors

import (
	"io/fs"
	"maps"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// FileSchema is the JSON Schema of connector files: the keys that all have, and those of the kind
// or preset that a file names.
func FileSchema(kinds []Kind, known []formats.Kind, presets []fs.FS) map[string]any {
	s := config.Schema(file{})
	properties := s["properties"].(map[string]any)
	for _, free := range []string{"settings", "streams", "target"} {
		properties[free] = map[string]any{"type": []string{"object", "null"}}
	}
	var names []string
	var cases []any
	byName := map[string]Kind{}
	for _, k := range kinds {
		byName[k.Name] = k
		names = append(names, k.Name)
		cases = append(cases, when("kind", k.Name, map[string]any{
			"settings": open(config.Schema(k.Keys.Settings), true),
			"streams":  named(streamSchema(k, known, true)),
			"target":   named(targetSchema(k, true)),
		}))
	}
	properties["kind"] = map[string]any{"description": "how the hub speaks to the system", "enum": names}
	list := Presets(presets, &config.Problems{})
	names = nil
	for _, p := range list {
		names = append(names, p.Name)
		k := byName[p.Kind]
		cases = append(cases, when("preset", p.Name, map[string]any{
			"settings": p.schema(),
			"streams":  named(streamSchema(k, known, false)),
			"target":   named(targetSchema(k, false)),
		}))
	}
	// a hub folder may have presets of its own
	properties["preset"] = map[string]any{
		"description": "a kind with its settings filled in for one product",
		"anyOf":       []any{map[string]any{"enum": names}, map[string]any{"type": "string"}},
	}
	s["allOf"] = cases
	s["oneOf"] = []any{map[string]any{"required": []string{"kind"}}, map[string]any{"required": []string{"preset"}}}
	return s
}

// when is the part of a schema that holds where a key has a value.
func when(key, value string, properties map[string]any) map[string]any {
	return map[string]any{
		"if":   map[string]any{"properties": map[string]any{key: map[string]any{"const": value}}, "required": []string{key}},
		"then": map[string]any{"properties": properties},
	}
}

func streamSchema(k Kind, known []formats.Kind, whole bool) map[string]any {
	s := config.Schema(k.Keys.Stream)
	properties := s["properties"].(map[string]any)
	maps.Copy(properties, config.Keys(streamKeys{}))
	for _, f := range known {
		for key, option := range options(f) {
			if _, own := properties[key]; !own {
				properties[key] = option
			}
		}
	}
	properties["format"] = formatSchema(known)
	return open(s, whole)
}

func targetSchema(k Kind, whole bool) map[string]any {
	s := config.Schema(k.Keys.Target)
	properties := s["properties"].(map[string]any)
	maps.Copy(properties, config.Keys(policyKeys{}))
	properties["format"] = map[string]any{"type": []string{"string", "object"}, "description": "the format's name, or {name: …, options}"}
	return open(s, whole)
}

// formatSchema is a format's name, or a mapping with the name and its options.
func formatSchema(known []formats.Kind) map[string]any {
	var names []string
	var cases []any
	for _, f := range known {
		names = append(names, f.Name)
		properties := maps.Clone(options(f))
		properties["name"] = map[string]any{"const": f.Name}
		cases = append(cases, map[string]any{"type": "object", "properties": properties, "required": []string{"name"}, "additionalProperties": false})
	}
	return map[string]any{
		"description": "the format's name, or {name: …, options}",
		"anyOf":       append([]any{map[string]any{"enum": names}}, cases...),
	}
}

func options(f formats.Kind) map[string]any {
	if f.Options == nil {
		return nil
	}
	all, known := config.Keys(f.Options), map[string]any{}
	for _, key := range f.Keys {
		known[key] = all[key]
	}
	return known
}

// schema is that of the settings that users of a preset give.
func (p Preset) schema() map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, s := range p.Settings {
		properties[s.Name] = map[string]any{"description": s.Doc}
		if s.Needed == "always" {
			required = append(required, s.Name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// open takes away what only a whole schema has; what a preset fills in need not stand in a file.
func open(s map[string]any, whole bool) map[string]any {
	delete(s, "$schema")
	if !whole {
		delete(s, "required")
	}
	return s
}

// named is a mapping of names; `orders:` alone has all defaults.
func named(s map[string]any) map[string]any {
	if _, required := s["required"]; required {
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": s}
	}
	return map[string]any{"type": []string{"object", "null"}, "additionalProperties": map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}}
}
