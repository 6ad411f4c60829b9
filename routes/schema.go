package routes

// Schema is the JSON Schema of route files.
func Schema() map[string]any {
	enum := func(words []string, doc string) map[string]any {
		return map[string]any{"enum": words, "description": doc}
	}
	text := func(doc string) map[string]any { return map[string]any{"type": "string", "description": doc} }
	name := map[string]any{"type": "string", "pattern": `^[^.]+\.[^.]+$`, "description": "SYSTEM.STREAM of a connector's target"}
	one := map[string]any{"anyOf": []any{name, map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"target"},
		"properties": map[string]any{"target": name, "mapping": text("through which mapping, where not the route's own")},
	}}}
	on := map[string]any{}
	for key, doc := range map[string]string{
		"merged":    "the golden record became part of another one; default deactivate",
		"split":     "the golden record lost the source records of this remote record; default keep",
		"unmatched": "the route's condition no longer holds; default keep",
		"deleted":   "all source records are gone; default deactivate",
		"erased":    "the customer was erased; default delete",
	} {
		on[key] = enum(policies, doc)
	}
	stance := enum(stances, "")
	on["changed"] = map[string]any{
		"description": "what becomes of values that people change in the target and that do not survive, for all attributes or for each; default accept",
		"anyOf":       []any{stance, map[string]any{"type": "object", "additionalProperties": stance}},
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type":    "object", "additionalProperties": false, "required": []string{"route", "from", "to"},
		"properties": map[string]any{
			"route":       text("the route's name"),
			"from":        enum(origins, "which entities it carries"),
			"when":        map[string]any{"type": []string{"string", "boolean"}, "description": "expression: which of them; all where left out"},
			"to":          map[string]any{"description": "where it leads", "anyOf": []any{one, map[string]any{"type": "array", "items": one, "minItems": 1}}},
			"mapping":     text("through which mapping"),
			"update":      enum(updates, "which records of one customer are kept in step; default all"),
			"create_only": map[string]any{"type": "array", "items": map[string]any{"type": "string"}, "description": "attributes of the customer that are sent when a record is created, and not after"},
			"on":          map[string]any{"type": "object", "additionalProperties": false, "properties": on, "description": "what becomes of remote records"},
		},
	}
}
