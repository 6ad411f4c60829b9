package mappings_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/mappings"
)

// mapped gives what a mapping makes of a record without the source block, or the error.
func mapped(t *testing.T, yaml, record string) string {
	t.Helper()
	out, err := apply(t, load(t, yaml), record, mappings.Input{})
	if err != nil {
		return err.Error()
	}
	text := string(out.Bytes)
	for i := range text {
		if rest := text[i:]; len(rest) > 10 && (rest[:10] == `"source":{`) {
			return text[:max(1, i-1)] + "}"
		}
	}
	return text
}

func TestApply_rules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, fields, record, want string }{
		{"absent is left out", "industry: a", `{}`, `{}`},
		{"null clears an attribute", "industry: a", `{"a":null}`, `{"industry":null}`},
		{"null through a function clears as well", "industry: trim(a)", `{"a":null}`, `{"industry":null}`},
		{"null does not clear below an attribute", "names: [{given: a, family: b}]", `{"a":null,"b":"x"}`, `{"names":[{"family":"x"}]}`},
		{"null clears a list that is gone through", "emails: {each: a, fields: {value: v}}", `{"a":null}`, `{"emails":null}`},
		{"an absent list stays unknown", "emails: {each: a, fields: {value: v}}", `{}`, `{}`},
		{"an empty list stays unknown", "emails: {each: a, fields: {value: v}}", `{"a":[]}`, `{}`},
		{"empty text is left out", "industry: a", `{"a":""}`, `{}`},
		{"an item without what it requires is left out", "emails: [{value: a, use: b}, {value: c}]", `{"b":"work","c":"x@example.com"}`, `{"emails":[{"value":"x@example.com"}]}`},
		{"constants alone make no item", `names: [{given: a, use: '"legal"'}]`, `{}`, `{}`},
		{"constants beside values stay", `names: [{given: a, use: '"legal"'}]`, `{"a":"x"}`, `{"names":[{"given":"x","use":"legal"}]}`},
		{"an object of constants stays", `consents: [{channel: '"mail"', purpose: '"service"', status: '"granted"'}]`, `{}`, `{"consents":[{"channel":"mail","purpose":"service","status":"granted"}]}`},
		{"an object is left out with its required member", `creditLimit: {amount: a, currency: '"EUR"'}`, `{}`, `{}`},
		{"when keeps an item", `consents: [{when: a, channel: '"mail"', purpose: '"marketing"', status: '"granted"'}]`, `{"a":true}`, `{"consents":[{"channel":"mail","purpose":"marketing","status":"granted"}]}`},
		{"when drops an item", `consents: [{when: a, channel: '"mail"', purpose: '"marketing"', status: '"granted"'}]`, `{"a":false}`, `{}`},
		{"when of each sees the element", `emails: {each: a, when: ok, fields: {value: v}}`, `{"a":[{"v":"a@example.com","ok":true},{"v":"b@example.com"}]}`, `{"emails":[{"value":"a@example.com"}]}`},
		{"each may name its element", `emails: {each: a, as: x, fields: {value: x.v, use: u}}`, `{"u":"work","a":[{"v":"a@example.com"}]}`, `{"emails":[{"value":"a@example.com","use":"work"}]}`},
		{"each sees the record", `emails: {each: a, fields: {value: v, use: record.u}}`, `{"u":"work","a":[{"v":"a@example.com"}]}`, `{"emails":[{"value":"a@example.com","use":"work"}]}`},
		{"each of texts", `competitors: {each: a, item: upper(item)}`, `{"a":["x","","y"]}`, `{"competitors":["X","Y"]}`},
		{"each of each", `contacts: {each: a, fields: {name: {full: n}, emails: {each: m, fields: {value: item}}}}`, `{"a":[{"n":"A","m":["a@example.com","b@example.com"]}]}`, `{"contacts":[{"name":{"full":"A"},"emails":[{"value":"a@example.com"},{"value":"b@example.com"}]}]}`},
		{"items beside each", `emails: [{value: first}, {each: a, fields: {value: item}}]`, `{"first":"x@example.com","a":["y@example.com"]}`, `{"emails":[{"value":"x@example.com"},{"value":"y@example.com"}]}`},
		{"a list by an expression", "competitors: a", `{"a":["x","y"]}`, `{"competitors":["x","y"]}`},
		{"an object by an expression", `creditLimit: money(a, "EUR")`, `{"a":12.50}`, `{"creditLimit":{"amount":"12.50","currency":"EUR"}}`},
		{"objects in a list by an expression", `names: [name(a)]`, `{"a":"Anna Schmidt"}`, `{"names":[{"full":"Anna Schmidt","given":"Anna","family":"Schmidt"}]}`},
		{"a number into a decimal", `creditLimit: {amount: a}`, `{"a":1.5e3}`, `{"creditLimit":{"amount":"1500"}}`},
		{"attributes by any name", `attributes: {tier: a, "two words": string(b)}`, `{"a":"gold","b":2}`, `{"attributes":{"tier":"gold","two words":"2"}}`},
		{"times are in UTC", `problems: [{subject: '"x"', time: a}]`, `{"a":"2026-01-31T12:00:00+02:00"}`, `{"problems":[{"subject":"x","time":"2026-01-31T10:00:00Z"}]}`},
		{"text is escaped", "industry: a", `{"a":"\"\\\u0000\n客户"}`, `{"industry":"\"\\\u0000\n客户"}`},
		{"a member called when", `attributes: {fields: {when: a}}`, `{"a":"x"}`, `{"attributes":{"when":"x"}}`},

		{"a number for text", "industry: a", `{"a":1}`, `mapping m: industry = a: found number 1; expected a text (string(x) makes one) [m.yaml:5:13]`},
		{"a wrong code", "kind: a", `{"a":"firm"}`, `mapping m: kind = a: found "firm"; expected one of person, organisation (lookup(table, x) translates codes) [m.yaml:5:9]`},
		{"a wrong code in a list", "addresses: {each: a, fields: {country: c}}", `{"a":[{"c":"DE"},{"c":"Germany"}]}`, `mapping m: addresses[1].country = c (reads a[1].c): found "Germany"; expected an ISO 3166-1 alpha-2 code such as "DE" (lookup(table, x) translates codes) [m.yaml:5:42]`},
		{"a wrong value in an object", "names: ['{given: a, use: b}']", `{"a":"x","b":"y"}`, `mapping m: names[0] = {given: a, use: b} (reads a, b): use: found "y"; expected one of legal, trade, former, usual (lookup(table, x) translates codes) [m.yaml:5:12]`},
		{"an unknown member in an object", "names: [a]", `{"a":{"givn":"x"}}`, `mapping m: names[0] = a: found the member "givn"; expected one of full, given, family, honorific, script, reading, use [m.yaml:5:11]`},
		{"an object for a list", "emails: {each: a, fields: {value: v}}", `{"a":{"v":"x"}}`, `mapping m: emails = a: found an object; expected a list [m.yaml:5:18]`},
		{"text for true or false", "emails: [{value: a, verified: b}]", `{"a":"x@example.com","b":"yes"}`, `mapping m: emails[0].verified = b: found text "yes"; expected true or false (bool(x) reads yes, no, 1, 0) [m.yaml:5:33]`},
		{"required of nothing", "industry: required(a)", `{}`, `mapping m: industry = required(a) (reads a): found nothing; the value is required [m.yaml:5:13]`},
		{"an error of a function", `birthDate: date(a, "YYYYMMDD")`, `{"a":"1999"}`, `mapping m: birthDate = date(a, "YYYYMMDD") (reads a): found text "1999"; expected a time written as YYYYMMDD [m.yaml:5:14]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			yaml := "mapping: m\nto: Customer\nid: '\"1\"'\nfields:\n  " + test.fields
			if diff := cmp.Diff(test.want, mapped(t, yaml, test.record)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApply_requiredFieldOfTheEntity(t *testing.T) {
	t.Parallel()
	yaml := "mapping: m\nto: Interaction\nid: '\"1\"'\nfields:\n  channel: '\"phone\"'\n  time: at"
	if found, want := mapped(t, yaml, `{}`), `mapping m: time = at: found nothing; the field is required [m.yaml:6:9]`; found != want {
		t.Errorf("found %s\nexpected %s", found, want)
	}
}

func TestApply_source(t *testing.T) {
	t.Parallel()
	const head = "mapping: m\nto: Customer\n"
	const fields = "\nfields: {industry: a}"
	source := canonical.Source{System: "erp", Stream: "customers", Provenance: &canonical.Provenance{
		Origin: "k.csv", Position: "line 2", Ingest: &canonical.IngestSequence{Topic: "raw.erp", Epoch: 1, Partition: 2, Offset: 3}, Mapping: "m", Revision: 4, Correlation: "c",
	}}
	for _, test := range []struct {
		name, yaml, record string
		in                 mappings.Input
		want               string
	}{
		{
			"all of it", head + "id: no\nversion: {integer: v}\nbusinessTime: t" + fields, `{"no":"7","v":12,"t":"2026-01-31T12:00:00+01:00","a":"x"}`,
			mappings.Input{Source: source},
			`{"industry":"x","source":{"system":"erp","stream":"customers","id":"7","version":{"integer":12},"businessTime":"2026-01-31T11:00:00Z","status":"active","provenance":{"origin":"k.csv","position":"line 2","ingest":{"topic":"raw.erp","epoch":1,"partition":2,"offset":3},"mapping":"m","revision":4,"correlation":"c"}}}`,
		},
		{"integers as text", head + "id: no\nversion: {integer: v}" + fields, `{"no":"7","v":"12"}`, mappings.Input{}, `{"source":{"system":"","stream":"","id":"7","version":{"integer":12},"status":"active"}}`},
		{"deleted by the record", head + "id: no\ndeleted: gone" + fields, `{"no":"7","gone":true,"a":"x"}`, mappings.Input{}, `{"source":{"system":"","stream":"","id":"7","status":"deleted"}}`},
		{"deleted by the frame, with its key alone", head + "id: no\nversion: {time: t}" + fields, `{}`, mappings.Input{Deleted: true, Key: "7"}, `{"source":{"system":"","stream":"","id":"7","status":"deleted"}}`},
		{
			"the frame's facts", head + "id: frame.key\nlet: {h: header.topic}\nfields: {industry: 'concat(h, \" \", frame.system, \" \", frame.stream, \" \", frame.origin)'}", `{}`,
			mappings.Input{Key: "7", Header: map[string]string{"topic": "t", "other": "o"}, Source: canonical.Source{System: "s", Stream: "u"}, Position: formats.Position{Origin: "f"}},
			`{"industry":"t s u f","source":{"system":"s","stream":"u","id":"7","status":"active"}}`,
		},
		{"when is false", head + "id: no\nwhen: a == \"y\"" + fields, `{"no":"7","a":"x"}`, mappings.Input{}, `skipped`},
		{"an id that is a number", head + "id: no" + fields, `{"no":7}`, mappings.Input{}, `mapping m: id = no: found number 7; expected a text (string(x) makes one) [m.yaml:3:5]`},
		{"no id", head + "id: no" + fields, `{"no":""}`, mappings.Input{}, `mapping m: id = no: found text ""; expected the record's key as a text that is not empty [m.yaml:3:5]`},
		{"no version", head + "id: no\nversion: {time: t}" + fields, `{"no":"7"}`, mappings.Input{}, `mapping m: version.time = t: found nothing; expected the record's version [m.yaml:4:17]`},
		{"a version that is no time", head + "id: no\nversion: {time: t}" + fields, `{"no":"7","t":"12"}`, mappings.Input{}, `mapping m: version.time = t: found text "12"; expected a time by RFC 3339 such as 2026-01-31T12:00:00Z (datetime(x, layout, zone) reads others) [m.yaml:4:17]`},
		{"a version that is no integer", head + "id: no\nversion: {integer: v}" + fields, `{"no":"7","v":1.5}`, mappings.Input{}, `mapping m: version.integer = v: found number 1.5; expected a whole number [m.yaml:4:20]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, err := apply(t, load(t, test.yaml), test.record, test.in)
			found := string(out.Bytes)
			switch {
			case err != nil:
				found = err.Error()
			case out.Skip:
				found = "skipped"
			}
			if diff := cmp.Diff(test.want, found); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApply_outbound(t *testing.T) {
	t.Parallel()
	m := load(t, `
mapping: to-erp
from: Customer
when: '"webshop" in systems'
let:
  home: find(customer.addresses, .use == "home") ?? customer.addresses[0]
fields:
  no: remote
  golden: id
  rev: version
  person: customer.kind == "person"
  name: first(customer.names[0].full, join([customer.names[0].given, customer.names[0].family], " "))
  mails: map(customer.emails, .value)
  street: home.lines[0]
  limit: 'customer.creditLimit.amount > 1000 ? "high" : "low"'
  parent: golden("erp/customers/9").names[0].full
  phone: customer.phones[0].value ?? nil
  fixed: {a: 1, b: '"x"'}
  contacts:
    each: customer.contacts
    fields: {name: name.full, role: role, of: customer.industry}
`)
	if diff := cmp.Diff([]string{"addresses", "contacts", "creditLimit", "emails", "industry", "kind", "names", "phones"}, m.Reads()); diff != "" {
		t.Error(diff)
	}
	const doc = `{"kind":"person","names":[{"given":"Anna","family":"Schmidt"}],"emails":[{"value":"a@example.com","verified":true}],"industry":"Bäcker",
		"addresses":[{"use":"work","lines":["A 1"]},{"use":"home","lines":["B 2"]}],"creditLimit":{"amount":"2500.00","currency":"EUR"},"contacts":[{"name":{"full":"李伟"},"role":"buyer"}]}`
	in := mappings.Input{
		Golden: &mappings.GoldenInput{ID: "g1", Version: 7, Systems: []string{"erp", "webshop"}, Remote: "42"},
		Lookup: func(key string) (*formats.Node, bool) {
			name := formats.Node{Kind: formats.Object, Names: []string{"full"}, Kids: []formats.Node{{Kind: formats.Text, Text: []byte("Of " + key)}}}
			return &formats.Node{Kind: formats.Object, Names: []string{"names"}, Kids: []formats.Node{{Kind: formats.List, Kids: []formats.Node{name}}}}, true
		},
	}
	out, err := apply(t, m, doc, in)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"no":"42","golden":"g1","rev":7,"person":true,"name":"Anna Schmidt","mails":["a@example.com"],"street":"B 2","limit":"high","parent":"Of erp/customers/9","phone":null,` +
		`"fixed":{"a":1,"b":"x"},"contacts":[{"name":"李伟","role":"buyer","of":"Bäcker"}]}`
	if diff := cmp.Diff(want, string(out.Bytes)); diff != "" {
		t.Error(diff)
	}
	in.Golden.Systems = []string{"erp"}
	if out, err := apply(t, m, doc, in); err != nil || !out.Skip || len(out.Bytes) > 0 {
		t.Errorf("found %+v, %v; expected that when skips it", out, err)
	}
}

func TestApply_errorsKeepTheirCause(t *testing.T) {
	t.Parallel()
	m := load(t, "mapping: m\nto: Customer\nid: '\"1\"'\nfields: {kind: a}")
	dst := []byte("before")
	var doc formats.Doc
	doc.Root = formats.Node{Kind: formats.Object, Names: []string{"a"}, Kids: []formats.Node{{Kind: formats.Text, Text: []byte("firm")}}}
	out, err := m.Apply(dst, mappings.Input{Root: &doc.Root})
	var text *canonical.TextError
	var mapping *mappings.Error
	if !errors.As(err, &text) || !errors.As(err, &mapping) || mapping.Field != "kind" || mapping.Input != "a" {
		t.Errorf("found %#v", err)
	}
	if string(out.Bytes) != "before" {
		t.Errorf("found %q; expected what stood before", out.Bytes)
	}
	var budget *expression.BudgetError
	if errors.As(err, &budget) {
		t.Error("an error of a value was taken for one of the budget")
	}
}
