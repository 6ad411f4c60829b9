package canonical

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSchema_isTheStruct(t *testing.T) {
	t.Parallel()
	s := SchemaOf(EntityCustomer)
	if s.Name != "Customer" || s.Type != Object || s.Fields[0].Name != "kind" || s.Fields[1].Name != "identifiers" {
		t.Errorf("%s begins with %s, %s", s.Name, s.Fields[0].Name, s.Fields[1].Name)
	}
	for path, want := range map[string]Schema{
		"kind":                       {Type: Text, Nullable: true},
		"addresses":                  {Type: List, Nullable: true},
		"addresses.postcode":         {Type: Text},
		"addresses[3].postcode":      {Type: Text},
		"addresses[0]":               {Type: Object},
		"/addresses/0":               {Type: Object},
		"/addresses/0/lines":         {Type: List},
		"/addresses/0/lines/1":       {Type: Text},
		"contacts.name.family":       {Type: Text},
		"identifiers.scheme":         {Type: Text, Required: true},
		"emails.verified":            {Type: Bool},
		"source.version.integer":     {Type: Integer},
		"attributes":                 {Type: Map, Nullable: true},
		"attributes.shop tag":        {Type: Text},
		"/attributes/a~1b":           {Type: Text},
		"source.provenance.revision": {Type: Integer},
		"":                           {Type: Object},
	} {
		got := s.Path(path)
		if got == nil || got.Type != want.Type || got.Required != want.Required || got.Nullable != want.Nullable {
			t.Errorf("%s: got %+v; want %+v", path, got, want)
		}
	}
	for _, path := range []string{"adresses", "kind.x", "addresses[x]", "kind[0]", "names.full.x", "source.x.y"} {
		if got := s.Path(path); got != nil {
			t.Errorf("%s: got %s", path, got.Name)
		}
	}
	if SchemaOf("Client") != nil {
		t.Error("an unknown entity has a schema")
	}
}

func TestSchema_everyLeafIsDocumented(t *testing.T) {
	t.Parallel()
	var visit func(at string, s *Schema)
	visit = func(at string, s *Schema) {
		for _, f := range s.Fields {
			if f.Doc == "" && s.def != "IngestSequence" {
				t.Errorf("%s.%s has no doc tag", at, f.Name)
			}
			visit(at+"."+f.Name, f)
		}
		if s.Items != nil {
			visit(at, s.Items)
		}
	}
	for _, e := range Entities {
		visit(string(e), SchemaOf(e))
	}
}

func TestCheckText(t *testing.T) {
	t.Parallel()
	for format, texts := range map[string]struct{ good, bad string }{
		"date":         {"2024-02-29 1900-01-01 0001-12-31", "2023-02-29 1900-02-29 2026-13-01 2026-1-1 20260131 2026-04-31 +026-01-01"},
		"date-time":    {"2026-01-31T12:00:00Z 2026-01-31T23:59:59.123456789+05:30 2026-01-31T00:00:00-00:00", "2026-01-31 2026-01-31T24:00:00Z 2026-01-31T12:00:00 2026-01-31T12:00:00.Z 2026-01-31t12:00:00z 2026-01-31T12:00:60Z 2026-01-31T12:00:00+24:00"},
		"date-or-time": {"2026-01-31 2026-01-31T12:00:00Z", "12:00 2026"},
		"decimal":      {"0 -1 12.50 007 123456789012345678901234567890.1", "1. .5 +1 1e3 1,5 - -. 0x1 1.2.3 ٣"},
		"country":      {"DE CN GB US TW HK AX BQ SS", "de UK EU XK ZZ AN DEU D 中国"},
		"currency":     {"EUR USD CNY JPY SLE XCG ZWG DEM CHF XAU", "eur EURO RMB CNH AAA E"},
		"bcp47":        {"de en-US zh-Hant-TW sr-Latn yue es-419 de-CH-1996 x-private", "german en_US en-Xyzw xx e 中文 de- -"},
		"email":        {"bob@example.com a.b+c@sub.example.co.uk 李雷@例子.中国 josé@xn--fiqs8s.example o'neil@x.io \"a@b\"@c.de", "bob bob@ @x.de a..b@x.de .a@x.de a.@x.de a@x a@-x.de a@x-.de a@x..de a@x.de. a@1.2.3.4 bob@@x.de bob＠x.de a@b_c.de <a@b.de>"},
	} {
		s := &Schema{Type: Text, Format: format}
		s.prepareCheck()
		for _, text := range strings.Fields(texts.good) {
			if err := s.CheckText(text); err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
		for _, text := range append(strings.Fields(texts.bad), "", " ") {
			err := s.CheckBytes([]byte(text))
			if found, ok := err.(*TextError); !ok || found.Found != text || !strings.Contains(err.Error(), "expected a") {
				t.Errorf("%s: %q was accepted: %v", format, text, err)
			}
		}
	}
}

func TestCheckText_doesNotAllocate(t *testing.T) {
	schema := SchemaOf(EntityCustomer)
	for path, text := range map[string]string{
		"emails.value": "bob.norman@mail.example.com", "addresses.country": "DE", "currency": "EUR", "kind": "person",
		"language": "de-CH", "birthDate": "1984-02-29", "consents.time": "2026-01-31T12:00:00Z", "creditLimit.amount": "12.50",
	} {
		leaf, bytes := schema.Path(path), []byte(text)
		if n := testing.AllocsPerRun(100, func() { _ = leaf.CheckBytes(bytes) }); n > 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

func TestDateTime_isWhatGoParses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-6][0-9])`).Draw(t, "text")
		_, err := time.Parse(time.RFC3339, text)
		if got := isDateTime(text); got && err != nil {
			t.Fatalf("%s was accepted, but %v", text, err)
		}
	})
}

func TestCountries_areTheAssignedOnes(t *testing.T) {
	t.Parallel()
	// ISO 3166-1 has had 249 officially assigned codes since South Sudan joined in 2011.
	if n := len(codes(2, isCountry)); n != 249 {
		t.Errorf("%d countries", n)
	}
}

func BenchmarkCheckText(b *testing.B) {
	schema := SchemaOf(EntityCustomer)
	for _, c := range []struct{ path, text string }{
		{"emails.value", "bob.norman@mail.example.com"}, {"addresses.country", "DE"}, {"consents.time", "2026-01-31T12:00:00Z"}, {"language", "en-CA"},
	} {
		leaf, text := schema.Path(c.path), []byte(c.text)
		b.Run(c.path, func(b *testing.B) {
			for b.Loop() {
				_ = leaf.CheckBytes(text)
			}
		})
	}
}

func TestPlainEmail_acceptsNothingMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab1.\-_"@]{0,6}@?[ab1.\-_]{0,4}\.[ab1.\-]{0,3}`).Draw(t, "text")
		at := strings.LastIndexByte(text, '@')
		if isPlainEmail(text) && (at < 1 || !isLocalPart(text[:at]) || !isDomain(text[at+1:])) {
			t.Fatalf("%s was accepted", text)
		}
	})
}
