package canonical

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documents are checked by Validate and by the published JSON Schema, which must agree.
var documents = []struct {
	name   string
	entity Entity
	doc    string
	want   []string
}{
	{"nothing is required of a customer", EntityCustomer, `{}`, nil},
	{"null clears", EntityCustomer, `{"emails":null,"kind":null,"creditLimit":null}`, nil},
	{"later members", EntityCustomer, `{"aura":{"x":[1]},"emails":[{"value":"a@b.de","score":1}]}`, nil},
	{"international mail", EntityCustomer, `{"emails":[{"value":"李雷@例子.中国"},{"value":"\"a b\"@b.example"}]}`, nil},
	{"country", EntityCustomer, `{"addresses":[{"country":"Germany"}]}`, []string{
		`/addresses/0/country: found "Germany"; expected an ISO 3166-1 alpha-2 code such as "DE"`,
	}},
	{"several at once", EntityCustomer, `{"kind":"firm","birthDate":"1984-02-31","emails":[{"value":"bob"},{}],"currency":"EURO"}`, []string{
		`/kind: found "firm"; expected one of person, organisation`,
		`/birthDate: found "1984-02-31"; expected a date YYYY-MM-DD such as "1984-02-29"`,
		`/emails/0/value: found "bob"; expected a mail address such as "li.wei@example.com"`,
		`/emails/1/value: found nothing; expected a mail address such as "li.wei@example.com"`,
		`/currency: found "EURO"; expected an ISO 4217 code such as "EUR"`,
	}},
	{"types", EntityCustomer, `{"names":{},"identifiers":[{"scheme":"gln","value":4},null],"attributes":{"a/b":true},"source":7}`, []string{
		`/names: found {}; expected a list`,
		`/identifiers/0/value: found 4; expected a text that is not empty`,
		`/identifiers/1: found null; expected an object`,
		`/attributes/a~1b: found true; expected text`,
		`/source: found 7; expected an object`,
	}},
	{"source cannot be cleared", EntityCustomer, `{"source":null}`, []string{`/source: found null; expected an object`}},
	{"empty name", EntityCustomer, `{"names":[{"use":"legal"}]}`, []string{
		`/names/0: found none of full, given, family; expected at least one of them`,
	}},
	{"two versions", EntityProduct, `{"source":{"system":"erp","stream":"products","id":"1","version":{"integer":7,"time":"2026-01-31T12:00:00Z"}}}`, []string{
		`/source/version: found 2 of integer, time; expected exactly one of them`,
	}},
	{"no version", EntityProduct, `{"source":{"system":"erp","stream":"products","id":"","version":{}}}`, []string{
		`/source/id: found ""; expected a text that is not empty`,
		`/source/version: found 0 of integer, time; expected exactly one of them`,
	}},
	{"integer", EntityProduct, `{"source":{"system":"erp","stream":"products","id":"1","version":{"integer":"7"}}}`, []string{
		`/source/version/integer: found "7"; expected an integer`,
	}},
	{"order", EntityOrder, `{"dates":[{"role":"ordered","value":"2026-01-31"},{"role":"paid","value":"31.01.2026"}],"totals":[{"role":"sum","amount":{"amount":"1,50"}}]}`, []string{
		`/dates/1/value: found "31.01.2026"; expected a date or time by RFC 3339 such as "2026-01-31" or "2026-01-31T12:00:00Z"`,
		`/totals/0/role: found "sum"; expected one of net, tax, shipping, discount, gross, paid`,
		`/totals/0/amount/amount: found "1,50"; expected a decimal number such as "-12.50"`,
	}},
	{"interaction", EntityInteraction, `{"channel":"telex","parties":[{"role":"caller"}]}`, []string{
		`/channel: found "telex"; expected one of phone, mail, fax, web, chat, mobile, sms, visit, post`,
		`/time: found nothing; expected a time by RFC 3339 such as "2026-01-31T12:00:00Z"`,
	}},
	{"not an object", EntityOrder, `[]`, []string{`found []; expected an object`}},
}

func compileSchema(t *testing.T, e Entity) *jsonschema.Schema {
	t.Helper()
	text, err := JSONSchema(e)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(SchemaID(e), parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(SchemaID(e))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestValidate_agreesWithJSONSchema(t *testing.T) {
	t.Parallel()
	schemas := map[Entity]*jsonschema.Schema{}
	for _, e := range Entities {
		schemas[e] = compileSchema(t, e)
	}
	for _, d := range documents {
		t.Run(d.name, func(t *testing.T) {
			var got []string
			for _, problem := range Validate(d.entity, []byte(d.doc)) {
				got = append(got, problem.Error())
			}
			if diff := cmp.Diff(d.want, got); diff != "" {
				t.Error(diff)
			}
			parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(d.doc))
			if err != nil {
				t.Fatal(err)
			}
			// a pattern cannot tell that February has no 31st, but the other problems remain
			if err := schemas[d.entity].Validate(parsed); (err == nil) != (len(d.want) == 0) {
				t.Errorf("JSON Schema says %v", err)
			}
		})
	}
}

func TestValidate_fullCustomer(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("testdata/customer.json")
	if err != nil {
		t.Fatal(err)
	}
	if problems := Validate(EntityCustomer, doc); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestValidate_saysWhereSyntaxBreaks(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"names":[{"full":"a"},{"full":"b}]}`: `/names/1/full: found "b}]}; expected the end of the text`,
		`{"kind":"person",}`:                   `found }; expected a member name`,
		`{} {}`:                                `found {}; expected the end of the document`,
		``:                                     `found the end; expected an object`,
	} {
		problems := Validate(EntityCustomer, []byte(doc))
		if len(problems) != 1 || problems[0].Error() != want {
			t.Errorf("%s: got %v; want %s", doc, problems, want)
		}
	}
	if problems := Validate("Client", nil); len(problems) != 1 {
		t.Errorf("unknown entity: %v", problems)
	}
}
