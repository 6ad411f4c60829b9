package mappings_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

const tested = `
mapping: tested
to: Customer
format: json
id: string(id)
fields:
  kind: '"person"'
  names: [{given: first, family: last}]
  emails: [{value: mail}]
  industry: trade
  gender: lookup("gender", sex)
lookups: {gender: {f: female}}
tests:
  - name: inline, a part of it
    input: {id: 1, first: Anna, sex: f}
    expect: {names: [{given: Anna}], gender: female, emails: null}
  - name: from a file with two records
    format: ndjson
    input: samples/two.ndjson
    expect:
      - {names: [{given: A}], source: {id: 1}}
      - {names: [{given: B}], source: {id: 2}}
  - name: as text
    input: '{"id": "7", "first": "李"}'
    exact: true
    expect: {kind: person, names: [{given: 李}]}
  - name: an error
    input: {id: 1, sex: x}
    expect_error: found text "x"; expected a code of lookup table gender
  - name: later
    input: {id: 1}
    skip: not yet known
  - name: wrong value
    input: {id: 1, first: Anna, last: Schmidt}
    expect: {kind: person, names: [{given: Ana, family: Schmidt}]}
  - name: more than expected
    input: {id: 1, first: Anna}
    exact: true
    expect: {names: [{given: Anna}]}
  - name: no error
    input: {id: 1}
    expect_error: anything
  - name: another error
    input: {sex: f}
    expect_error: gender
  - name: a missing file
    input: samples/none.json
    expect: {}
  - name: too few
    format: ndjson
    input: samples/two.ndjson
    expect: {kind: person}
`

func TestRunTests(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("tested.yaml", tested)
	write("samples/two.ndjson", "{\"id\":1,\"first\":\"A\"}\n{\"id\":2,\"first\":\"B\",\"mail\":\"b@example.com\"}\n")
	var ps config.Problems
	node := config.ParseFile(filepath.Join(folder, "tested.yaml"), nil, &ps)
	m := mappings.Load(node, mappings.Options{Folder: folder, Formats: []formats.Kind{json.JSON, json.NDJSON}}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	report := mappings.RunTests(context.Background(), m, mappings.TestOptions{})
	type outcome struct{ Name, Status, Message, Diff string }
	var found []outcome
	for _, r := range report.Results {
		found = append(found, outcome{r.Name, string(r.Status), strings.ReplaceAll(r.Message, folder, "."), r.Diff})
	}
	want := []outcome{
		{"inline, a part of it", "passed", "", ""},
		{"from a file with two records", "passed", "", ""},
		{"as text", "passed", "", ""},
		{"an error", "passed", "", ""},
		{"later", "skipped", "not yet known", ""},
		{"wrong value", "failed", "record 1 differs", "" +
			"    \"names\": [\n      {\n        \"family\": \"Schmidt\",\n-       \"given\": \"Ana\"\n+       \"given\": \"Anna\"\n      }\n    ]\n  }\n"},
		{"more than expected", "failed", "record 1 differs", "" +
			"  {\n+   \"kind\": \"person\",\n    \"names\": [\n      {\n        \"given\": \"Anna\"\n"},
		{"no error", "failed", `the record was mapped; expected an error with "anything"`, ""},
		{"another error", "failed", `found the error "mapping tested: id = string(id) (reads id): found nothing; expected the record's key as a text that is not empty [./tested.yaml:5:5]"; expected one with "gender"`, ""},
		{"a missing file", "failed", "read the input: open ./samples/none.json: no such file or directory", ""},
		{"too few", "failed", "the input has 2 records; expected 1", ""},
	}
	for i := range found { // the lines around a difference begin where the object does
		found[i].Diff = strings.TrimPrefix(strings.TrimPrefix(found[i].Diff, "  …\n"), "    \"kind\": \"person\",\n")
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if !report.Failed() {
		t.Error("the report has failed tests and does not say so")
	}
	covered := []mappings.Covered{
		{Name: "kind", Covered: true},
		{Name: "names[0].given", Covered: true},
		{Name: "names[0].family", Covered: true},
		{Name: "emails[0].value", Covered: true},
		{Name: "industry"},
		{Name: "gender", Covered: true},
	}
	if diff := cmp.Diff(covered, report.Fields); diff != "" {
		t.Error(diff)
	}
	if found := report.Coverage(); found < 0.83 || found > 0.84 {
		t.Errorf("found coverage %v; expected 5 of 6", found)
	}
	if diff := cmp.Diff(mappings.Covered{Name: "trade"}, report.Inputs[4]); diff != "" {
		t.Error(diff)
	}
	some := mappings.RunTests(context.Background(), m, mappings.TestOptions{Run: regexp.MustCompile("tested/(inline|as)")})
	if len(some.Results) != 2 || some.Failed() {
		t.Errorf("found %+v; expected two tests that pass", some.Results)
	}
}

func TestRunTests_outbound(t *testing.T) {
	t.Parallel()
	m := load(t, `
mapping: out
from: Customer
when: '"erp" in systems'
fields: {name: 'customer.names[0].full', no: remote, parent: golden("erp/k/1").industry}
tests:
  - name: sent
    input: {names: [{full: Anna}]}
    golden: {id: g1, version: 2, systems: [erp], remote: r9, records: {erp/k/1: {industry: x}}}
    expect: {name: Anna, no: r9, parent: x}
    exact: true
  - name: left out
    input: {}
    golden: {systems: [shop]}
    expect: [null]
`)
	report := mappings.RunTests(context.Background(), m, mappings.TestOptions{})
	if len(report.Results) != 2 || report.Failed() || report.Coverage() != 1 {
		t.Errorf("found %+v", report)
	}
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	m := load(t, "mapping: m\nto: Customer\nid: string(id)\nfields: {industry: a}")
	var ps config.Problems
	format := json.NDJSON.Open(nil, &ps)
	input := `{"id":1,"a":"x"}` + "\n" + `{"id":2,"a":3}` + "\n" + `{"id":` + "\n" + `{"id":4,"a":"y"}` + "\n"
	var found []string
	for one, err := range m.Translate(context.Background(), format, strings.NewReader(input), "in", mappings.Input{}) {
		if err != nil {
			t.Fatal(err)
		}
		text := one.Frame.Position.String() + " " + string(one.Output.Bytes)
		if one.Err != nil {
			text += "error"
		}
		found = append(found, text)
	}
	want := []string{
		`in:1 (record 1, byte 0) {"industry":"x","source":{"system":"","stream":"","id":"1","status":"active"}}`,
		`in:2 (record 2, byte 17) error`,
		`in:3 (record 3, byte 32) error`,
		`in:4 (record 4, byte 39) {"industry":"y","source":{"system":"","stream":"","id":"4","status":"active"}}`,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

func TestLoad_lookupFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "lookups"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"lookups/country.csv": "name,code,note\nGermany,DE,\n\"Korea, South\",KR,x\n",
		"lookups/twice.csv":   "name,code\nA,1\nA,2\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compile := func(expression string) (*mappings.Mapping, *config.Problems) {
		ps := &config.Problems{}
		node := config.Parse(filepath.Join(folder, "m.yaml"), []byte("mapping: m\nto: Customer\nid: string(id)\nfields: {addresses: [{country: '"+expression+"'}]}"), nil, ps)
		return mappings.Load(node, mappings.Options{}, ps), ps
	}
	m, ps := compile(`lookup("country", c)`)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	out, err := apply(t, m, `{"id":1,"c":"Korea, South"}`, mappings.Input{})
	if err != nil || !strings.HasPrefix(string(out.Bytes), `{"addresses":[{"country":"KR"}]`) {
		t.Errorf("found %s, %v", out.Bytes, err)
	}
	for expression, want := range map[string]string{
		`lookup("countri", c)`: `unknown lookup table "countri"; expected a table of ` + "`lookups:`" + `, or a file lookups/countri.csv; did you mean "country"?`,
		`lookup("twice", c)`:   `read lookup table twice: line 3: code "A" stands twice`,
	} {
		if _, ps := compile(expression); !strings.HasSuffix(ps.Sorted()[0].String(), want) {
			t.Errorf("%s: found %s; expected %s", expression, ps.Sorted()[0], want)
		}
	}
}
