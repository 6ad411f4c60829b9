package mappings_test

import (
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// record has 386 bytes, as the job that mapping tools are compared by.
const record = `{"id":12345678,"customer_no":"C-0012345","first_name":"Anna","last_name":"Schmidt","email":"Anna.Schmidt@example.com","lang":"de","city":"Köln","zip":"50667","country":"DE","street":"Domkloster 4","contacts":[{"type":"phone","value":"+492211234567"},{"type":"mobile","value":"+491701234567"},{"type":"fax","value":"+492211234568"}],"updated_at":"2026-01-31T12:00:00Z","active":true,"x":"y"}`

const benchmarked = `
mapping: bench
to: Customer
id: string(id)
version: {time: updated_at}
fields:
  kind: '"person"'
  names: [{given: first_name, family: last_name}]
  identifiers: [{scheme: '"customer-number"', value: customer_no}]
  emails: [{value: lower(email)}]
  language: lang
  phones:
    each: contacts
    fields: {value: value, use: type}
  addresses: [{lines: "[street]", locality: city, postcode: zip, country: country}]
`

// functional reads the same record with functions on almost every value.
const functional = `
mapping: functional
to: Customer
id: string(id)
version: {time: datetime(updated_at)}
let: {home: '{street: squeeze(street), city: trim(city)}'}
fields:
  kind: 'active ? "person" : nil'
  names: [{full: 'join([first_name, last_name], " ")', given: title(first_name), family: upper(last_name)}]
  identifiers: [{scheme: '"customer-number"', value: 'replace(customer_no, "C-", "")'}]
  emails: [{value: email(email)}]
  language: 'lang in ["de", "en"] ? lang : nil'
  phones:
    each: filter(contacts, .type != "fax")
    fields: {value: phone(value), use: 'first(type, "other")'}
  faxes:
    each: contacts
    when: type == "fax"
    fields: {value: phone(value)}
  addresses: [{lines: "[home.street]", locality: home.city, postcode: zip, country: upper(country)}]
`

func BenchmarkApply(b *testing.B) {
	m := load(b, benchmarked)
	format := json.JSON.Open(nil, &config.Problems{})
	source := canonical.Source{System: "shop", Stream: "customers"}
	frame := formats.Frame{Bytes: []byte(record)}
	b.Run("decode+map+write", func(b *testing.B) {
		var doc formats.Doc
		var dst []byte
		b.ReportAllocs()
		b.SetBytes(int64(len(record)))
		for b.Loop() {
			if err := format.Decode(&doc, frame, m.Shape()); err != nil {
				b.Fatal(err)
			}
			out, err := m.Apply(dst[:0], mappings.Input{Root: &doc.Root, Source: source})
			if err != nil {
				b.Fatal(err)
			}
			dst = out.Bytes
		}
	})
	b.Run("map+write", func(b *testing.B) {
		var doc formats.Doc
		var dst []byte
		if err := format.Decode(&doc, frame, m.Shape()); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			out, err := m.Apply(dst[:0], mappings.Input{Root: &doc.Root, Source: source})
			if err != nil {
				b.Fatal(err)
			}
			dst = out.Bytes
		}
	})
	b.Run("decode+map+write with functions", func(b *testing.B) {
		m := load(b, functional)
		var doc formats.Doc
		var dst []byte
		b.ReportAllocs()
		for b.Loop() {
			if err := format.Decode(&doc, frame, m.Shape()); err != nil {
				b.Fatal(err)
			}
			out, err := m.Apply(dst[:0], mappings.Input{Root: &doc.Root, Source: source})
			if err != nil {
				b.Fatal(err)
			}
			dst = out.Bytes
		}
	})
}
