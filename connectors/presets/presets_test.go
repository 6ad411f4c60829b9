package presets_test

import (
	"bytes"
	gojson "encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors/presets"
	"github.com/touchstone-hub/touchstone/formats/all"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// load reads every mapping that comes with a preset, by its file's name.
func load(t *testing.T) map[string]*mappings.Mapping {
	t.Helper()
	files, err := fs.Glob(presets.FS, "*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mappings come with the presets: %v", err)
	}
	loaded := map[string]*mappings.Mapping{}
	for _, file := range files {
		text, err := presets.FS.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var ps config.Problems
		m := mappings.Load(config.Parse(file, text, nil, &ps), mappings.Options{Region: "DE", Formats: all.Kinds()}, &ps)
		if err := ps.Err(); err != nil {
			t.Fatal(err)
		}
		loaded[file] = m
	}
	return loaded
}

func TestMappings_passTheirOwnTests(t *testing.T) {
	t.Parallel()
	for file, m := range load(t) {
		report := mappings.RunTests(t.Context(), m, mappings.TestOptions{})
		if len(report.Results) == 0 {
			t.Errorf("%s has no tests", file)
		}
		for _, r := range report.Results {
			if r.Status != mappings.Passed {
				t.Errorf("%s: %+v", file, r)
			}
		}
	}
}

func TestMappings_takeTheShopsOwnSamples(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("TOUCHSTONE_DATA")
	if folder == "" {
		folder = "../../../shared/data"
	}
	loaded := load(t)
	for _, sample := range []struct{ file, from, mapping string }{
		{"customer.json", "customer", "shopify/shopify-customer.yaml"},
		{"customers_search.json", "customers", "shopify/shopify-customer.yaml"},
		{"order.json", "order", "shopify/shopify-order.yaml"},
		{"orders.json", "orders", "shopify/shopify-order.yaml"},
	} {
		text, err := os.ReadFile(folder + "/shop/shopify/" + sample.file)
		if err != nil {
			t.Skipf("the development data is not there: %v", err)
		}
		var ps config.Problems
		format := json.JSON.Open(config.Parse("format", []byte("from: "+sample.from), nil, &ps), &ps)
		if err := ps.Err(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for result, err := range loaded[sample.mapping].Translate(t.Context(), format, bytes.NewReader(text), sample.file, mappings.Input{}) {
			n++
			if err != nil || result.Err != nil {
				t.Errorf("%s: %v %v", sample.file, err, result.Err)
				continue
			}
			compare(t, sample.file, result.Frame.Bytes, result.Output.Bytes)
		}
		if n == 0 {
			t.Errorf("%s: no records", sample.file)
		}
	}
}

// compare holds what came out against what the shop wrote, read in another way.
func compare(t *testing.T, file string, record, entity []byte) {
	t.Helper()
	var in struct {
		ID        gojson.Number
		Email     string
		Given     string `json:"first_name"`
		Family    string `json:"last_name"`
		Total     string `json:"total_price"`
		Addresses []struct{ Zip string }
		Lines     []struct{ Price string } `json:"line_items"`
	}
	var out struct {
		Source    struct{ ID string }
		Names     []struct{ Given, Family string }
		Emails    []struct{ Value string }
		Addresses []struct{ Postcode string }
		Totals    []struct {
			Role   string
			Amount struct{ Amount string }
		}
		Lines []struct{ Price struct{ Amount string } }
	}
	if err := errors.Join(gojson.Unmarshal(record, &in), gojson.Unmarshal(entity, &out)); err != nil {
		t.Fatal(err)
	}
	if out.Source.ID != in.ID.String() || len(out.Addresses) != len(in.Addresses) || len(out.Lines) != len(in.Lines) {
		t.Errorf("%s: %s became %s", file, record, entity)
		return
	}
	if in.Total == "" && (out.Emails[0].Value != in.Email || out.Names[0].Given != in.Given || out.Names[0].Family != in.Family) {
		t.Errorf("%s: %s %s, %s became %s", file, in.Given, in.Family, in.Email, entity)
	}
	for i, a := range in.Addresses {
		if out.Addresses[i].Postcode != a.Zip {
			t.Errorf("%s: postcode %s became %s", file, a.Zip, out.Addresses[i].Postcode)
		}
	}
	for i, l := range in.Lines {
		if out.Lines[i].Price.Amount != l.Price {
			t.Errorf("%s: price %s became %s", file, l.Price, out.Lines[i].Price.Amount)
		}
	}
	for _, total := range out.Totals {
		if total.Role == "gross" && total.Amount.Amount != in.Total {
			t.Errorf("%s: total %s became %s", file, in.Total, total.Amount.Amount)
		}
	}
}
