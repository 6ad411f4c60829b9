package mappings_test

import (
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

func TestFilter_choosesByMembersAndFrame(t *testing.T) {
	t.Parallel()
	format := json.JSON.Open(nil, &config.Problems{})
	for where, want := range map[string]bool{
		`city == "Köln"`:                  true,
		`address.zip startsWith "50"`:     true,
		`amount > 100`:                    false,
		`frame.stream == "customers"`:     true,
		`header.topic == "deleted"`:       false,
		`city == "Köln" and !empty(mail)`: false,
		`name == "O'Brien"`:               true,
	} {
		f, err := mappings.NewFilter("--where", where, mappings.Options{Region: "DE"})
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		var doc formats.Doc
		record := formats.Frame{Bytes: []byte(`{"city": "Köln", "amount": 99.5, "name": "O'Brien", "address": {"zip": "50667"}}`)}
		if err := format.Decode(&doc, record, f.Shape()); err != nil {
			t.Fatal(err)
		}
		got, err := f.Match(mappings.Input{Root: &doc.Root, Source: canonical.Source{System: "shop", Stream: "customers"}})
		if err != nil || got != want {
			t.Errorf("%s: %v %v", where, got, err)
		}
	}
}

func TestFilter_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]string{
		`city = "Köln"`:    "expected an expression",
		`lowercase(city)`:  "lowercase",
		`lower(city)`:      "expected true or false",
		`frame.sistem==""`: "sistem",
	} {
		_, err := mappings.NewFilter("--where", where, mappings.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--where:1:") {
			t.Errorf("%s: got %v, want one with %q", where, err, want)
		}
	}
}
