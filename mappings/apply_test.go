package mappings_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// load compiles a mapping that has to be right.
func load(t testing.TB, yaml string) *mappings.Mapping {
	t.Helper()
	m, ps := tryLoad(yaml)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

func tryLoad(yaml string) (*mappings.Mapping, *config.Problems) {
	ps := &config.Problems{}
	node := config.Parse("m.yaml", []byte(yaml), nil, ps)
	return mappings.Load(node, mappings.Options{Region: "DE", Formats: []formats.Kind{json.JSON}}, ps), ps
}

// apply maps one JSON record.
func apply(t testing.TB, m *mappings.Mapping, record string, in mappings.Input) (mappings.Output, error) {
	t.Helper()
	var doc formats.Doc
	ps := &config.Problems{}
	if err := json.JSON.Open(nil, ps).Decode(&doc, formats.Frame{Bytes: []byte(record)}, m.Shape()); err != nil {
		t.Fatal(err)
	}
	in.Root = &doc.Root
	return m.Apply(nil, in)
}

const shopify = `
mapping: shopify-customer
to: Customer
id: string(id)
version: {time: updated_at}
fields:
  kind: '"person"'
  names:
    - {given: first_name, family: last_name}
  emails:
    - value: email
      verified: verified_email
  addresses:
    each: addresses
    fields: {lines: "[address1, address2]", locality: city, region: province_code, postcode: zip, country: country_code}
`

func TestApply_shopifyCustomer(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("TOUCHSTONE_DATA")
	if folder == "" {
		folder = "../../shared/data"
	}
	record, err := os.ReadFile(filepath.Join(folder, "shop/shopify/customer.json"))
	if err != nil {
		t.Skip("the data folder is not here: set TOUCHSTONE_DATA")
	}
	inner := record[len(`{"customer":`)+2 : len(record)-2]
	for inner[0] != '{' {
		inner = inner[1:]
	}
	out, err := apply(t, load(t, shopify), string(inner), mappings.Input{Source: canonical.Source{System: "webshop", Stream: "customers"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"person","names":[{"given":"Bob","family":"Norman"}],"emails":[{"value":"bob.norman@hostmail.com","verified":true}],` +
		`"addresses":[{"lines":["Chestnut Street 92"],"locality":"Louisville","region":"KY","postcode":"40202","country":"US"}],` +
		`"source":{"system":"webshop","stream":"customers","id":"207119551","version":{"time":"2015-05-27T22:11:24Z"},"status":"active"}}`
	if diff := cmp.Diff(want, string(out.Bytes)); diff != "" {
		t.Error(diff)
	}
	var c canonical.Customer
	if err := c.UnmarshalJSON(out.Bytes); err != nil {
		t.Error(err)
	}
}
