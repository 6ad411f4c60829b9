package faults

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/touchstone-hub/touchstone/hub"
)

// compiled are the schemas of all kinds of files.
func compiled(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	all := map[string]*jsonschema.Schema{}
	for _, kind := range hub.FileKinds {
		text, err := hub.FileSchema(kind)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(kind+".json", doc); err != nil {
			t.Fatal(err)
		}
		if all[kind], err = c.Compile(kind + ".json"); err != nil {
			t.Fatalf("the schema of %s files is none: %v", kind, err)
		}
	}
	return all
}

// kindOf is the kind of a file of a hub folder, "" for others.
func kindOf(path string) string {
	switch filepath.Base(path) {
	case "hub.yaml":
		return "hub"
	case "golden.yaml":
		return "golden"
	}
	return map[string]string{"connectors": "connector", "mappings": "mapping", "routes": "route"}[filepath.Base(filepath.Dir(path))]
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func filesOf(t *testing.T, folders ...string) []string {
	t.Helper()
	var files []string
	for _, folder := range folders {
		for _, pattern := range []string{"*.yaml", "connectors/*.yaml", "mappings/*.yaml", "routes/*.yaml"} {
			found, err := filepath.Glob(filepath.Join(folder, pattern))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, found...)
		}
	}
	return files
}

// Editors see no mistake in files in which the hub sees none.
func TestSchemas_takeWhatTheHubTakes(t *testing.T) {
	schemas := compiled(t)
	files := filesOf(t, "../../examples/acme", "../../examples/starter", "../northwind/testdata/hub", "../shopify/testdata/hub")
	if len(files) < 20 {
		t.Fatalf("found only %d files", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schemas[kindOf(file)], text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Editors see unknown keys, wrong types and words that are none, as the hub does.
func TestSchemas_refuseWhatTheHubRefuses(t *testing.T) {
	schemas := compiled(t)
	for name, text := range map[string]string{
		"hub.yaml":          "regoin: DE",
		"hub.yaml 2":        "bus: {partitions: many}",
		"hub.yaml 3":        "bus: {sasl: {mechanism: SCRAM}}",
		"hub.yaml 4":        "telemetry: {traces: {sample: 2}}",
		"hub.yaml 5":        "telemetry: {traces: {protocol: zipkin}}",
		"golden.yaml":       "match: {keys: [[emial]]}",
		"golden.yaml 2":     "survive: {attributes: {birthdate: longest}}",
		"golden.yaml 3":     "survive: {attributes: {birthDate: longst}}",
		"golden.yaml 5":     "survive: {trust: {erp: 101}}",
		"golden.yaml 6":     "survive: {trust: {erp: {score: 90, halflife: 365d}}}",
		"golden.yaml 7":     "survive: {kinds: {organization: {attributes: {names: longest}}}}",
		"golden.yaml 8":     "survive: {kinds: {person: {attributes: {kind: longest}}}}",
		"golden.yaml 9":     "survive: {attributes: {language: verified_first}}",
		"golden.yaml 10":    "survive: {attributes: {language: {rule: longest, when: [a]}}}",
		"golden.yaml 4":     "match: {limits: {block: 1}}",
		"connectors/a.yaml": "kind: imapp\nstreams: {a: {}}",
		"connectors/b.yaml": "kind: sql\nsettings: {driver: postgre}\nstreams: {a: {table: t, key: id}}",
		"connectors/c.yaml": "kind: sql\nsettings: {driver: sqlite}\nstreams: {a: {tabel: t, key: id}}",
		"connectors/d.yaml": "kind: file\nstreams: {a: {pattern: x}}",
		"connectors/e.yaml": "kind: file\nstreams: {a: {folder: in, format: {name: csv, delimeter: x}}}",
		"connectors/f.yaml": "preset: shopify\nsettings: {shpo: acme}\nstreams: {orders: }",
		"connectors/g.yaml": "kind: http\npreset: shopify\nstreams: {orders: }",
		"connectors/h.yaml": "kind: http\nrate: fast\ntarget: {a: {create: {path: /}}}",
		"connectors/i.yaml": "kind: http\nsettings: {auth: {baerer: x}}\ntarget: {a: {create: {path: /}}}",
		"mappings/a.yaml":   "mapping: a\nto: Custmer\nid: id\nfields: {}",
		"mappings/b.yaml":   "mapping: a\nto: Customer\nid: id\nverson: {time: x}\nfields: {}",
		"mappings/c.yaml":   "mapping: a\nto: Customer\nid: id\nfields: {names: [{famly: x}]}",
		"mappings/d.yaml":   "mapping: a\nto: Customer\nid: id\nfields: {language: [a]}",
		"mappings/e.yaml":   "mapping: a\nto: Customer\nfields: {language: a}",
		"mappings/f.yaml":   "mapping: a\nfrom: Customer\nid: id\nfields: {language: a}",
		"mappings/g.yaml":   "mapping: a\nto: Customer\nid: id\nfields: {addresses: {each: x, fields: {contry: c}}}",
		"routes/a.yaml":     "route: r\nfrom: golden.custmer\nto: a.b\nmapping: m",
		"routes/b.yaml":     "route: r\nfrom: golden.customer\nto: [a.b, c]\nmapping: m",
		"routes/c.yaml":     "route: r\nfrom: golden.customer\nto: a.b\nmapping: m\non: {merged: remove}",
		"routes/d.yaml":     "route: r\nfrom: golden.customer\nto: a.b\nmapping: m\nwen: true",
	} {
		file, _, _ := strings.Cut(name, " ")
		if err := validate(t, schemas[kindOf(file)], []byte(text)); err == nil {
			t.Errorf("%s is valid:\n%s", name, text)
		}
	}
	for file, part := range map[string]string{"hub.yaml": "partitions", "golden.yaml": "attributes", "connectors/erp.yaml": "driver", "connectors/mail.yaml": "kind", "connectors/market.yaml": "settings", "connectors/plain.yaml": "format", "mappings/broken.yaml": "names", "mappings/lost.yaml": "to", "routes/names.yaml": "update"} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		if file == "hub.yaml" {
			text = bytes.Replace(text, []byte("  free_disk: 1GB "), []byte(" # "), 1) // JSON has no such mistake
		}
		if err := validate(t, schemas[kindOf(filepath.Join(folder, file))], text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v; expected something on %s", file, err, part)
		}
	}
}
