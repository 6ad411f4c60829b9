package mappings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inbound is a mapping with one field more than it needs.
func inbound(field string, extra ...string) string {
	return "mapping: m\nto: Customer\nid: string(id)\n" + strings.Join(append(extra, "fields:"), "\n") + "\n  " + field
}

func outbound(field string) string { return "mapping: m\nfrom: Customer\nfields:\n  " + field }

// badMappings holds every message that a person who writes a mapping can see.
var badMappings = []struct {
	name, yaml string
	want       []string
}{
	{"nothing maps", "[]", []string{
		"m.yaml:1:1: found a list; expected a mapping file: mapping, to or from, fields",
	}},
	{"no direction", "mapping: m\nfields: {}", []string{
		"m.yaml:1:1: the mapping has no direction; expected to: Customer (a record becomes an entity) or from: Customer (an entity becomes a payload)",
	}},
	{"unknown entity", "mapping: m\nto: Custmer\nid: string(id)\nfields: {}", []string{
		`m.yaml:2:5: found "Custmer"; expected one of Customer, Order, Interaction, Product; did you mean "Customer"?`,
	}},
	{"unknown key", "mapping: m\nto: Customer\nid: string(id)\nfeilds: {}", []string{
		"m.yaml:1:1: fields is missing; expected fields: {FIELD: EXPRESSION, …}",
		`m.yaml:4:1: unknown key "feilds"; expected one of mapping, extends, to, format, input, when, lookups, let, id, version, businessTime, deleted, …; did you mean "fields"?`,
	}},
	{"no name", "to: Customer\nid: string(id)\nfields: {kind: '\"person\"'}", []string{
		"m.yaml:1:1: the mapping has no name; expected mapping: NAME",
	}},
	{"no id", "mapping: m\nto: Customer\nfields: {kind: '\"person\"'}", []string{
		"m.yaml:1:1: id is missing; expected id: EXPRESSION, which gives the record's key as text, such as string(id)",
	}},
	{"no fields", "mapping: m\nto: Customer\nid: string(id)", []string{
		"m.yaml:1:1: fields is missing; expected fields: {FIELD: EXPRESSION, …}",
	}},
	{"unknown field", inbound("emial: mail"), []string{
		`m.yaml:5:3: unknown field "emial"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …; did you mean "emails"?`,
	}},
	{"unknown nested field", inbound("names: [{givn: first}]"), []string{
		`m.yaml:5:12: unknown field "names[0].givn"; expected one of full, given, family, honorific, script, reading, use; did you mean "given"?`,
	}},
	{"object for text", inbound("industry: {a: b}"), []string{
		"m.yaml:5:13: industry: found a mapping; expected a text (string(x) makes one)",
	}},
	{"list for text", inbound("industry: [a]"), []string{
		"m.yaml:5:13: industry: found a list; expected a text (string(x) makes one)",
	}},
	{"object for list", inbound("names: {given: a}"), []string{
		"m.yaml:5:10: names: found a mapping; expected a list (- item, or each: with fields:)",
	}},
	{"each for text", inbound("industry: {each: a, item: b}"), []string{
		"m.yaml:5:13: industry: found each; expected a text (string(x) makes one)",
	}},
	{"each without items", inbound("emails: {each: a}"), []string{
		"m.yaml:5:11: emails[]: each has no items; expected fields: {…} for objects, or item: EXPRESSION for values",
	}},
	{"each with both", inbound("emails: {each: a, item: b, fields: {value: c}}"), []string{
		"m.yaml:5:11: emails[]: each has both fields and item; expected one of the two",
	}},
	{"each with a wrong key", inbound("emails: {each: a, feilds: {value: c}}"), []string{
		"m.yaml:5:11: emails[]: each has no items; expected fields: {…} for objects, or item: EXPRESSION for values",
		`m.yaml:5:21: unknown key "feilds"; expected one of each, as, when, fields, item; did you mean "fields"?`,
	}},
	{"required field not mapped", inbound("emails: [{use: a}]"), []string{
		"m.yaml:5:12: emails[0].value is not mapped; expected it, since it is required: the address",
	}},
	{"none of what a name needs", inbound(`names: [{honorific: a}]`), []string{
		"m.yaml:5:11: names[0] has none of full, given, family; expected at least one of them",
	}},
	{"empty value", inbound("industry:"), []string{
		"m.yaml:5:3: industry has no value; expected an expression; nil clears the field",
	}},
	{"source is not for mapping", inbound("source: {system: a}"), []string{
		"m.yaml:5:3: source is mapped; expected id, version, businessTime and deleted beside fields, from which it is written",
	}},
	{"constant outside of the enum", inbound(`kind: '"persn"'`), []string{
		`m.yaml:5:9: kind: found "persn"; expected one of person, organisation (lookup(table, x) translates codes)`,
	}},
	{"constant of the wrong form", inbound(`birthDate: '"31.12.1999"'`), []string{
		`m.yaml:5:14: birthDate: found "31.12.1999"; expected a date YYYY-MM-DD such as "1984-02-29" (date(x, layout) reads others)`,
	}},
	{"number for text", inbound("industry: 1 + 2"), []string{
		"m.yaml:5:13: industry: the expression gives a number; expected a text (string(x) makes one)",
	}},
	{"bool for text", inbound("industry: a == b"), []string{
		"m.yaml:5:13: industry: the expression gives true or false; expected a text (string(x) makes one)",
	}},
	{"text for bool", inbound("emails: [{value: a, verified: lower(b)}]"), []string{
		"m.yaml:5:33: emails[0].verified: the expression gives text; expected true or false",
	}},
	{"syntax", inbound("industry: lower(a"), []string{
		"m.yaml:5:19: unexpected end; expected an expression (inside { } or [ ], YAML ends it at a comma unless it stands in quotes)",
	}},
	{"syntax at an operator", inbound("industry: 'a + * b'"), []string{
		`m.yaml:5:18: unexpected "*"; expected an expression`,
	}},
	{"unknown function", inbound("industry: lowr(a)"), []string{
		`m.yaml:5:13: unknown function lowr; expected a built-in function; did you mean "lower"?`,
	}},
	{"function without clock", inbound("birthDate: now()"), []string{
		"m.yaml:5:14: unknown function now; expected a built-in function",
	}},
	{"too many arguments", inbound("industry: lower(a, b)"), []string{
		"m.yaml:5:13: lower has 2 arguments; expected lower(text) text",
	}},
	{"too few arguments", inbound("industry: replace(a)"), []string{
		"m.yaml:5:13: replace has 1 argument; expected replace(text, text, text) text",
	}},
	{"argument of the wrong kind", inbound("industry: lower(1)"), []string{
		"m.yaml:5:19: argument 1 of lower is a number; expected text (string(x) makes one)",
	}},
	{"method", inbound("industry: a.lower()"), []string{
		"m.yaml:5:15: values have no methods; expected a function such as lower(x)",
	}},
	{"unknown lookup", inbound(`industry: lookup("countri", a)`, "lookups: {country: {Germany: DE}}"), []string{
		"m.yaml:6:20: unknown lookup table \"countri\"; expected a table of `lookups:`, or a file lookups/countri.csv; did you mean \"country\"?",
	}},
	{"lookup table not fixed", inbound("industry: lookup(a, b)"), []string{
		"m.yaml:5:20: argument 1 of lookup is not fixed; expected a text in quotes",
	}},
	{"golden inbound", inbound("industry: golden(a).industry"), []string{
		"m.yaml:5:13: golden(…) cannot be used here: it is for outbound mappings; expected only what the record itself says, so that a replay gives the same",
	}},
	{"bad layout", inbound(`birthDate: date(a, "yyyy-mm-dd")`), []string{
		`m.yaml:5:22: found the layout "yyyy-mm-dd"; expected YYYY, YY, MM, MMM, DD, D, M, hh, h, mm, ss, SSS, A (AM or PM), Z (offset) and signs between them, "unix" or "unixms"`,
	}},
	{"bad zone", inbound(`birthDate: date(datetime(a, "YYYY-MM-DD", "Europe/Berln"))`), []string{
		`m.yaml:5:45: unknown time zone "Europe/Berln"; expected a time zone such as "Europe/Berlin"`,
	}},
	{"bad region", inbound(`phones: [{value: 'phone(a, "Germany")'}]`), []string{
		`m.yaml:5:30: found text "Germany" as region; expected an ISO 3166-1 alpha-2 code such as "DE"`,
	}},
	{"bad regular expression", inbound(`industry: extract(a, "(")`), []string{
		"m.yaml:5:24: missing closing ): `(`; expected a regular expression (RE2)",
	}},
	{"pattern not fixed", inbound("industry: 'a matches b ? a : b'"), []string{
		"m.yaml:5:24: the pattern after matches is not fixed; expected a pattern in quotes",
	}},
	{"plus of text and number", inbound(`industry: '"a" + 1'`), []string{
		"m.yaml:5:18: + joins text and a number; expected two numbers or two texts; string(x) makes a text of a number, number(x) a number of a text",
	}},
	{"comparison of text and number", inbound("industry: 'lower(a) == 1 ? a : b'"), []string{
		"m.yaml:5:23: == compares text with a number, which are never equal; expected two values of one kind",
	}},
	{"element outside of a loop", inbound("industry: '#'"), []string{
		`m.yaml:5:14: unexpected "#"; expected an expression`,
	}},
	{"condition is no condition", inbound("industry: 'lower(a) ? a : b'"), []string{
		"m.yaml:5:14: the condition before ? is text; expected true or false",
	}},
	{"when is no condition", "mapping: m\nto: Customer\nid: string(id)\nwhen: lower(a)\nfields: {industry: a}", []string{
		"m.yaml:4:7: the expression gives text; expected true or false",
	}},
	{"declared input", "mapping: m\nto: Customer\ninput: [id, first_name, {address: [city, zip]}]\nid: string(id)\nfields: {names: [{given: frist_name}], addresses: [{locality: address.cty}]}", []string{
		`m.yaml:5:26: unknown name "frist_name"; expected one of id, first_name, address, frame, header, record; did you mean "first_name"?`,
		`m.yaml:5:71: unknown field "cty"; expected one of city, zip; did you mean "city"?`,
	}},
	{"wrong version", "mapping: m\nto: Customer\nid: string(id)\nversion: {timestamp: a}\nfields: {industry: a}", []string{
		`m.yaml:4:11: unknown key "timestamp"; expected one of time, integer`,
	}},
	{"version without type", "mapping: m\nto: Customer\nid: string(id)\nversion: updated_at\nfields: {industry: a}", []string{
		`m.yaml:4:10: found "updated_at"; expected {time: EXPRESSION} or {integer: EXPRESSION}`,
	}},
	{"wrong let name", inbound("industry: a", "let: {a-b: c}"), []string{
		`m.yaml:4:7: found the name "a-b"; expected letters, digits and _, beginning with a letter`,
	}},
	{"let name that is taken", inbound("industry: a", "let: {header: c}"), []string{
		`m.yaml:4:7: the name "header" is taken; expected another name`,
	}},
	{"element name that is taken", inbound("emails: {each: a, as: record, item: b}"), []string{
		`m.yaml:5:25: the name "record" is taken; expected another name`,
	}},
	{"declared elements", "mapping: m\nto: Customer\ninput: [id, {mails: [value]}]\nid: string(id)\nfields:\n  emails: {each: mails, fields: {value: valeu}}\n  industry: find(mails, .vaule == 1).value", []string{
		`m.yaml:6:41: unknown name "valeu"; expected one of value, item, id, mails, frame, header, record; did you mean "value"?`,
		`m.yaml:7:26: unknown field "vaule"; expected value; did you mean "value"?`,
	}},
	{"unknown format", "mapping: m\nto: Customer\nformat: jsn\nid: string(id)\nfields: {industry: a}", []string{
		`m.yaml:3:9: unknown format "jsn"; expected json; did you mean "json"?`,
	}},
	{"test without input", inbound("industry: a", "tests: [{name: x, expect: {}}]"), []string{
		"m.yaml:4:9: the test has no input; expected input: a file beside the mapping, or the record itself",
	}},
	{"test that expects nothing", inbound("industry: a", "tests: [{name: x, input: {a: b}}]"), []string{
		"m.yaml:4:9: the test expects nothing; expected expect: {FIELD: VALUE}, expect_error: TEXT or skip: true",
	}},
	{"test with a wrong key", inbound("industry: a", "tests: [{name: x, input: {a: b}, expects: {}}]"), []string{
		"m.yaml:4:9: the test expects nothing; expected expect: {FIELD: VALUE}, expect_error: TEXT or skip: true",
		`m.yaml:4:34: unknown key "expects"; expected one of name, input, format, header, key, deleted, golden, expect, exact, expect_error, skip; did you mean "expect"?`,
	}},
	{"outbound unknown path", outbound("mail: customer.emials[0].value"), []string{
		`m.yaml:4:18: unknown field "emials"; expected one of kind, identifiers, names, birthDate, gender, language, industry, emails, phones, faxes, webs, chats, …; did you mean "emails"?`,
	}},
	{"outbound unknown variable", outbound("mail: custmer.emails[0].value"), []string{
		`m.yaml:4:9: unknown name "custmer"; expected one of customer, id, remote, sources, systems, version; did you mean "customer"?`,
	}},
	{"outbound path through a list", outbound("mail: customer.emails.value"), []string{
		`m.yaml:4:25: "value" cannot be read from a list; expected an object`,
	}},
	{"outbound index of text", outbound("mail: customer.industry[0]"), []string{
		"m.yaml:4:27: [0] cannot be taken of text; expected a list",
	}},
	{"outbound never equal", outbound(`person: customer.kind == "company"`), []string{
		`m.yaml:4:28: "company" is never the value of this field; expected one of person, organisation`,
	}},
	{"outbound with id", "mapping: m\nfrom: Customer\nid: id\nfields: {a: id}", []string{
		`m.yaml:3:1: unknown key "id"; expected one of mapping, extends, from, to, format, when, lookups, let, fields, tests`,
	}},
	{"outbound to an entity", "mapping: m\nfrom: Customer\nto: Order\nfields: {a: id}", []string{
		`m.yaml:3:5: found "Order" beside from; expected "payload", or nothing`,
	}},
	{"integer for date", inbound("birthDate: 19991231"), []string{
		`m.yaml:5:14: birthDate: the expression gives a number; expected a date YYYY-MM-DD such as "1984-02-29"`,
	}},
	{"sequence", inbound("industry: 'a; b'"), []string{
		"m.yaml:5:14: a sequence with ; cannot be used here; expected one value",
	}},
	{"in a text", inbound(`industry: 'a in "abc" ? a : b'`), []string{
		"m.yaml:5:16: in searches in text; expected a list; contains searches in text",
	}},
	{"twice in an object", inbound("names: ['{given: a, given: b}']"), []string{
		`m.yaml:5:23: member "given" stands twice; expected each name once`,
	}},
	{"money for text", inbound(`industry: money(a, "EUR")`), []string{
		"m.yaml:5:13: industry: the expression gives an object; expected a text (string(x) makes one)",
	}},
	{"folded expression", inbound(`industry: >
    first(a,
      lowr(b))`), []string{
		`m.yaml:7:7: unknown function lowr; expected a built-in function; did you mean "lower"?`,
	}},
	{"chinese text before the error", inbound(`industry: '"客户" + lowr(a)'`), []string{
		`m.yaml:5:21: unknown function lowr; expected a built-in function; did you mean "lower"?`,
	}},
	{"division of texts", inbound("industry: string(lower(a) / 2)"), []string{
		"m.yaml:5:29: / is applied to text; expected two numbers",
	}},
	{"constant that fails", inbound(`industry: string(number("abc"))`), []string{
		`m.yaml:5:13: found text "abc"; expected a number such as 12.50 (number(x, ",") reads 1.234,50)`,
	}},
}

func TestLoad_namesPlaceFoundAndExpected(t *testing.T) {
	t.Parallel()
	for _, test := range badMappings {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, ps := tryLoad(test.yaml)
			if m != nil {
				t.Error("a mapping with problems was compiled")
			}
			var found []string
			for _, p := range ps.Sorted() {
				found = append(found, p.String())
			}
			if diff := cmp.Diff(test.want, found); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoad_warnsOfWhatIsNeverUsed(t *testing.T) {
	t.Parallel()
	m, ps := tryLoad(inbound("industry: a", "let: {used: b, unused: used}"))
	if m == nil || ps.Len() != 1 {
		t.Fatalf("found %v, %v; expected a mapping and a warning", m, ps.Sorted())
	}
	if found, want := ps.Sorted()[0].String(), "m.yaml:4:24: warning: let unused is never used"; found != want {
		t.Errorf("found %s; expected %s", found, want)
	}
}
