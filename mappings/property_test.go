package mappings_test

import (
	"bytes"
	encoding "encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// broad reads values of every kind in every way, so that records of any content meet it.
const broad = `
mapping: broad
to: Customer
id: string(a ?? b ?? "1")
let: {n: 'name(string(a ?? "x"))'}
fields:
  kind: 'when(has(a), "person", "organisation")'
  industry: first(a, b.c, string(1))
  currency: 'a matches "^[A-Z]{3}$" ? a : nil'
  names: [n, {given: b.c, honorific: a}, {full: 'concat(a, " ", b.c)'}]
  emails: [{value: email(string(a ?? ""))}, {each: l, when: 'string(item) contains "@"', fields: {value: email(string(item)), use: lower(record.a)}}]
  phones: {each: o, as: x, fields: {value: phone(string(x.v)), verified: x.ok}}
  addresses:
    each: o
    fields: {lines: "[v, a]", locality: v, country: 'ok == true ? "DE" : nil'}
  creditLimit: money(b.n, "EUR")
  problems: [{subject: string(a ?? "s"), time: 'a contains "T" ? datetime(a) : nil'}]
  competitors: unique(concat(l ?? [], map(o, .v)))
  attributes: {sum: 'string(sum(o, .n) ?? 0)', sorted: 'join(map(sortBy(o, .v), .v), ",")', hash: hash(a)}
`

// texts are those that some function of broad takes and others do not.
var texts = rapid.SampledFrom([]any{nil, "", "x", "EUR", "a@b.cc", "2026-01-31T12:00:00Z", "0221 1234567", "王小明", "1.50", "Dr. A, B", "yes"})

// records makes JSON records that meet broad at all its paths, mostly with the kinds of value
// that it can read.
func records() *rapid.Generator[map[string]any] {
	odd := rapid.OneOf(rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Just[any](true), rapid.Just[any](1.5), rapid.Just[any]([]any{1}), rapid.Just[any](map[string]any{"v": 1}))
	mostly := func(usual *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.Custom(func(t *rapid.T) any {
			if rapid.IntRange(0, 19).Draw(t, "odd") == 0 {
				return odd.Draw(t, "value")
			}
			return usual.Draw(t, "value")
		})
	}
	object := func(t *rapid.T) any {
		return map[string]any{"v": mostly(texts).Draw(t, "v"), "c": mostly(texts).Draw(t, "c"), "n": rapid.IntRange(-9, 9).Draw(t, "n"), "ok": rapid.Bool().Draw(t, "ok")}
	}
	list := func(of *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.Map(rapid.SliceOfN(of, 0, 3), func(l []any) any { return l })
	}
	return rapid.Custom(func(t *rapid.T) map[string]any {
		return map[string]any{
			"a": mostly(texts).Draw(t, "a"), "b": mostly(rapid.Custom(object)).Draw(t, "b"),
			"l": mostly(list(mostly(texts))).Draw(t, "l"), "o": mostly(list(mostly(rapid.Custom(object)))).Draw(t, "o"),
		}
	})
}

// check maps a record and holds the result against the model.
func check(t interface{ Fatalf(string, ...any) }, m *mappings.Mapping, record []byte) []byte {
	var doc formats.Doc
	if err := (&json.Format{}).Decode(&doc, formats.Frame{Bytes: record}, m.Shape()); err != nil {
		return nil
	}
	in := mappings.Input{Root: &doc.Root, Source: canonical.Source{System: "s", Stream: "t"}}
	out, err := m.Apply(nil, in)
	if err != nil {
		var mapping *mappings.Error
		if !errors.As(err, &mapping) || mapping.Field == "" || len(out.Bytes) > 0 {
			t.Fatalf("%s: found the error %#v", record, err)
		}
		return []byte(err.Error())
	}
	if problems := canonical.Validate(m.Entity(), out.Bytes); len(problems) > 0 {
		t.Fatalf("%s\ngave %s\nwhich is not valid: %v", record, out.Bytes, problems)
	}
	var c canonical.Customer
	if err := c.UnmarshalJSON(out.Bytes); err != nil {
		t.Fatalf("%s\ngave %s\nwhich cannot be read: %v", record, out.Bytes, err)
	}
	again, err := m.Apply(nil, in)
	if err != nil || !bytes.Equal(out.Bytes, again.Bytes) {
		t.Fatalf("%s\ngave %s\nand then %s, %v", record, out.Bytes, again.Bytes, err)
	}
	return out.Bytes
}

func TestApply_isDeterministicAndValid(t *testing.T) {
	t.Parallel()
	m := load(t, broad)
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		record, err := encoding.Marshal(records().Draw(t, "record"))
		if err != nil {
			t.Fatal(err)
		}
		if out := check(t, m, record); bytes.HasPrefix(out, []byte("{")) {
			good++
		}
	})
	if good < 10 {
		t.Errorf("%d records could be mapped: the test shows nothing", good)
	}
}

// checkPayload maps a document and holds that the payload is JSON.
func checkPayload(t interface{ Fatalf(string, ...any) }, m *mappings.Mapping, doc []byte) bool {
	var decoded formats.Doc
	if err := (&json.Format{}).Decode(&decoded, formats.Frame{Bytes: doc}, m.Shape()); err != nil {
		return false
	}
	out, err := m.Apply(nil, mappings.Input{Root: &decoded.Root, Golden: &mappings.GoldenInput{ID: "g", Version: 1, Systems: []string{"a"}}})
	if err == nil && !out.Skip && !encoding.Valid(out.Bytes) {
		t.Fatalf("%s\ngave %s\nwhich is no JSON", doc, out.Bytes)
	}
	return err == nil
}

// payload writes values of every kind that functions can make of those that a document has.
const payload = `
mapping: payload
from: Customer
fields:
  all: customer
  list: customer.names
  numbers: map(split(customer.industry, ","), number(#))
  sum: sum(split(customer.industry, ","))
  least: min(customer.industry, "007")
  rounded: round(customer.industry, 1)
  ratio: customer.industry / 3
  part: customer.names[0].full[1:]
  nothing: '[nil, {a: nil}, []]'
  each: {each: customer.names, fields: {full: full, upper: upper(full), n: number(given)}}
`

func TestApply_payloadsAreJSON(t *testing.T) {
	t.Parallel()
	m := load(t, payload)
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom([]string{"1", "007", "-0.50", "1e3", "+5", ".5", "1.", "00", "-0", "1E-2", "12345678901234567890.1"})
		industry := number.Draw(t, "industry")
		doc, err := encoding.Marshal(map[string]any{
			"industry": industry,
			"names":    []any{map[string]any{"full": rapid.String().Draw(t, "full"), "given": number.Draw(t, "given")}, map[string]any{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if checkPayload(t, m, doc) {
			good++
		}
	})
	if good < 50 {
		t.Errorf("%d documents could be mapped: the test shows nothing", good)
	}
}

func TestApply_isSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	m := load(t, broad)
	var want, found [50][]byte
	record := func(i int) []byte {
		return fmt.Appendf(nil, `{"a":"Name %d","b":{"c":"Given"},"l":["x%d@example.com",null],"o":[{"v":"0221 12345%02d","ok":true},{"v":"b","ok":false}]}`, i, i, i)
	}
	for i := range want {
		want[i] = check(t, m, record(i))
	}
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := worker; i < len(found); i += 4 {
				found[i] = check(t, m, record(i))
			}
		})
	}
	wait.Wait()
	for i := range want {
		if !bytes.HasPrefix(want[i], []byte("{")) || !bytes.Equal(want[i], found[i]) {
			t.Errorf("alone %s\ntogether %s", want[i], found[i])
		}
	}
}

func FuzzApply(f *testing.F) {
	m := load(f, broad)
	f.Add([]byte(`{"a":"x","b":{"c":"y","n":1.5},"l":["a",2,null],"o":[{"v":"1","ok":true},{"v":null}]}`))
	f.Add([]byte(record))
	f.Fuzz(func(t *testing.T, record []byte) { check(t, m, record) })
}

// FuzzLoad holds that no text of a mapping file makes the compiler panic, and that what compiles
// can be run.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{broad, shopify, benchmarked, functional, payload} {
		f.Add(seed)
	}
	for _, test := range badMappings {
		f.Add(test.yaml)
	}
	f.Fuzz(func(t *testing.T, yaml string) {
		ps := &config.Problems{}
		m := mappings.Load(config.Parse("m.yaml", []byte(yaml), nil, ps), mappings.Options{Formats: []formats.Kind{json.JSON}}, ps)
		if m == nil {
			if !ps.HasErrors() {
				t.Fatal("no mapping and no problem")
			}
			return
		}
		switch {
		case m.Outbound():
			checkPayload(t, m, []byte(record))
		case m.Entity() == canonical.EntityCustomer:
			check(t, m, []byte(record))
		}
	})
}
