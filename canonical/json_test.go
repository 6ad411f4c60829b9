package canonical

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCustomer_keepsNullAndUnknownMembers(t *testing.T) {
	t.Parallel()
	const in = `{"tier9":{"b":1,"a":[null,"<"]},"emails":null,"kind":"person","birthDate":null,"names":[{"full":"李雷"}],"KIND":"x"}`
	var c Customer
	if err := json.Unmarshal([]byte(in), &c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"birthDate", "emails"}, c.Cleared); diff != "" {
		t.Error(diff)
	}
	if c.Kind != Person || len(c.Extra) != 2 {
		t.Errorf("kind %q, extra %v", c.Kind, c.Extra)
	}
	const want = `{"kind":"person","names":[{"full":"李雷"}],"birthDate":null,"emails":null,"KIND":"x","tier9":{"b":1,"a":[null,"\u003c"]}}`
	marshalled, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	appended, err := c.AppendJSON([]byte("> "))
	if err != nil {
		t.Fatal(err)
	}
	if string(marshalled) != want || string(appended) != "> "+want {
		t.Errorf("got\n%s\n%s\nwant\n%s", marshalled, appended, want)
	}
}

func TestCustomer_valueBeatsCleared(t *testing.T) {
	t.Parallel()
	out, err := json.Marshal(Customer{Language: "de", Cleared: []string{"language", "gender"}})
	if want := `{"gender":null,"language":"de"}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v; want %s", out, err, want)
	}
	if _, err := json.Marshal(Customer{Cleared: []string{"source"}}); err == nil {
		t.Error("source must not be clearable")
	}
}

func TestCustomer_lastOfRepeatedMembersCounts(t *testing.T) {
	t.Parallel()
	var c Customer
	in := `{"kind":"person","kind":null,"gender":null,"gender":"other","creditLimit":{"amount":"1","currency":"EUR"},"creditLimit":{"amount":"2"}}`
	if err := json.Unmarshal([]byte(in), &c); err != nil {
		t.Fatal(err)
	}
	want := Customer{Gender: "other", CreditLimit: &Money{Amount: "2"}, Cleared: []string{"kind"}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestUnmarshal_namesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`[]`:                        "decode Customer: found []; expected an object",
		`{"kind":1}`:                "/kind: found 1; expected text",
		`{"kind":"person"`:          "found the end; expected a comma or the end of the object",
		`{"kind" "person"}`:         `found "person"; expected a colon`,
		`{"x":nul}`:                 "/x: found nul; expected a JSON value",
		`{"x":{"y":[1,}}`:           "/x: found {\"y\":[1,}}; expected a JSON value",
		`{"names":[{},{"full":1}]}`: "/names/1/full: found 1; expected text",
		`{"emails":{}}`:             "/emails: found {}; expected a list",
		`{"kind":}`:                 "/kind: found }; expected text",
		`{"kind":"`:                 "/kind: found \"; expected the end of the text",
		`{"attributes":{"a/b":7}}`:  "/attributes/a~1b: found 7; expected text",
		`{"source":{"provenance":{"revision":1.5}}}`: "/source/provenance/revision: found 1.5; expected an integer",
		`{"emails":[{"value":"a","verified":1}]}`:    "/emails/0/verified: found 1; expected true or false",
		"{\"kind\":\"a\nb\"}":                        "/kind: found the control character U+000A",
		`{}x`:                                        "found x; expected the end of the document",
	} {
		var c Customer
		err := c.UnmarshalJSON([]byte(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", in, err, want)
		}
	}
}

// TestDecode_isWhatTheStandardLibraryReads compares with encoding/json where the two agree on
// what a document means: names in the right case, no member twice.
func TestDecode_isWhatTheStandardLibraryReads(t *testing.T) {
	t.Parallel()
	type plain Customer
	full, err := os.ReadFile("testdata/customer.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []string{
		string(full),
		"{ \"names\" : [ { \"full\" : \"\\u5f20\\t\\\"\" } , null ] ,\r\n\"contacts\":[{\"name\":{\"given\":\"A\",\"new\":{}},\"phones\":[{\"value\":\"1\",\"verified\":false}]}] }",
		`{"source":{"system":"a","stream":"b","id":"c","version":{"integer":-9223372036854775808},"provenance":{"revision":0,"ingest":{"topic":"t","epoch":1,"partition":2,"offset":9223372036854775807}}}}`,
		`{"attributes":{"":"x","a":"\ud83d\ude00 \ud83d"},"competitors":["a","b","c","d","e"],"creditLimit":{"amount":"1"}}`,
	} {
		var got Customer
		var want plain
		if err := got.UnmarshalJSON([]byte(doc)); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(doc), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Customer(want), got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOtherEntities_keepUnknownMembers(t *testing.T) {
	t.Parallel()
	for in, into := range map[string]any{
		`{"number":"A-1","totals":[{"role":"net","amount":{"amount":"10"}}],"later":1}`: &Order{},
		`{"channel":"phone","time":"2026-01-31T12:00:00Z","later":true}`:                &Interaction{},
		`{"codes":[{"scheme":"gtin","value":"4006381333931"}],"later":"x"}`:             &Product{},
	} {
		if err := json.Unmarshal([]byte(in), into); err != nil {
			t.Fatal(err)
		}
		if out, err := json.Marshal(into); err != nil || string(out) != in {
			t.Errorf("got %s, %v; want %s", out, err, in)
		}
	}
}

func FuzzCustomer_roundTrip(f *testing.F) {
	full, err := os.ReadFile("testdata/customer.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(`{"kind":null,"x":[1,{"y":"\u0000"}],"na\u006des":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var c Customer
		if err := json.Unmarshal(doc, &c); err != nil {
			if len(Validate(EntityCustomer, doc)) == 0 {
				t.Errorf("%s validates, but %v", doc, err)
			}
			return
		}
		once, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var again Customer
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		twice, err := again.AppendJSON(nil)
		if err != nil || string(twice) != string(once) {
			t.Errorf("%v\n%s\n%s", err, once, twice)
		}
	})
}

func BenchmarkCustomer_unmarshal(b *testing.B) {
	doc, err := os.ReadFile("testdata/customer.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		var c Customer
		if err := c.UnmarshalJSON(doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCustomer_marshal(b *testing.B) {
	doc, err := os.ReadFile("testdata/customer.json")
	if err != nil {
		b.Fatal(err)
	}
	var c Customer
	if err := c.UnmarshalJSON(doc); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	buf := make([]byte, 0, 4096)
	for b.Loop() {
		if buf, err = c.AppendJSON(buf[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
