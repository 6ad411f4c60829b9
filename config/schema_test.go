package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/touchstone-hub/touchstone/config"
)

func TestSchema_describesWhatDecodeReads(t *testing.T) {
	t.Parallel()
	type tree struct {
		Name     string            `yaml:"name,required" doc:"What it is called."`
		Children []tree            `yaml:"children"`
		Kind     string            `yaml:"kind" enum:"a,b" default:"a"`
		Count    int               `yaml:"count" default:"3" min:"1" max:"9"`
		Modes    []string          `yaml:"modes" enum:"r,w" default:"r,w"`
		Map      map[string]string `yaml:"map"`
	}
	text, err := json.MarshalIndent(config.Schema(tree{}), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "additionalProperties": false,
 "properties": {
  "children": {"items": {"type": "object"}, "type": "array"},
  "count": {"anyOf": [{"maximum": 9, "minimum": 1, "type": "integer"}, {"pattern": "\\$\\{[^}]*\\}", "type": "string"}], "default": 3},
  "kind": {"default": "a", "anyOf": [{"enum": ["a", "b"]}, {"pattern": "\\$\\{[^}]*\\}", "type": "string"}]},
  "map": {"additionalProperties": {"type": ["string", "number", "boolean"]}, "type": "object"},
  "modes": {"default": ["r", "w"], "items": {"anyOf": [{"enum": ["r", "w"]}, {"pattern": "\\$\\{[^}]*\\}", "type": "string"}]}, "type": "array"},
  "name": {"description": "What it is called.", "type": ["string", "number", "boolean"]}
 },
 "required": ["name"],
 "type": "object"
}`
	var wantValue, gotValue any
	if err := json.Unmarshal([]byte(want), &wantValue); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &gotValue); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantValue, gotValue); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSchema_agreesWithDecode(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(config.Schema(&connector{}))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("connector.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("connector.json")
	if err != nil {
		t.Fatal(err)
	}
	const head = "name: n\nkind: http\n"
	for _, part := range []string{
		"", "port: 80", "port: -1", "port: \"${PORT}\"", "kin: x", "verify: yes", "retry: {wait: 15s, attempts: 100}", "retry: {wait: 15}", "retry: {attempts: 0}",
		"modes: [read]", "modes: [reed]", "streams: {a: {mapping: m}}", "streams: {a: {}}", "buffer: 10MB", "buffer: 10 megs", "when: 1", "when: [1]", "limits: {a: x}",
	} {
		var ps config.Problems
		var c connector
		n := config.Parse("f", []byte(head+part), environment, &ps)
		decoded := n.Decode(&c, &ps)
		asWritten := config.Parse("f", []byte(head+strings.ReplaceAll(part, "${", "$${")), environment, &ps)
		asJSON, err := json.Marshal(asWritten.Any())
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != decoded {
			t.Errorf("%q: schema says %v, Decode says %v", part, err, ps.Sorted())
		}
	}
}
