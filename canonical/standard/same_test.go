package standard_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// digests are of the forms of many records, by version 2 as it first was: without shortcuts. Whoever
// changes what a standardiser gives raises Version and takes new ones; whoever makes it faster does not.
var digests = map[string]digest{
	"chinese ":                     {"8be1b9662d377a83", "ccafbd29bd0a9ca5"},
	"chinese DE":                   {"8be1b9662d377a83", "9b949c9e94b68dce"},
	"chinese GB":                   {"8be1b9662d377a83", "478ff4fa23c2a6e3"},
	"match/fake_1000.csv ":         {"5c06a495b6f2df25", "d9d60e555fe3e0eb"},
	"match/fake_1000.csv DE":       {"5c06a495b6f2df25", "d9d60e555fe3e0eb"},
	"match/fake_1000.csv GB":       {"5c06a495b6f2df25", "d9d60e555fe3e0eb"},
	"match/febrl3.csv ":            {"b35b741e898b1664", "b3b17150faf87cb2"},
	"match/febrl3.csv DE":          {"b35b741e898b1664", "b3b17150faf87cb2"},
	"match/febrl3.csv GB":          {"b35b741e898b1664", "b3b17150faf87cb2"},
	"match/historical_tune.csv ":   {"877af92e9aefcbfa", "95eb43f91ff2d4e2"},
	"match/historical_tune.csv DE": {"877af92e9aefcbfa", "95eb43f91ff2d4e2"},
	"match/historical_tune.csv GB": {"877af92e9aefcbfa", "95eb43f91ff2d4e2"},
	"population ":                  {"04037e92e584f710", "8e25f8b8f1d3218d"},
	"population DE":                {"04037e92e584f710", "fdd8b49eada51b4e"},
	"population GB":                {"04037e92e584f710", "8618940034fa8134"},
}

type digest struct{ records, forms string }

const digestsOf = "2"

func TestCustomer_givesTheFormsOfItsVersion(t *testing.T) {
	t.Parallel()
	if standard.Version != digestsOf {
		t.Fatalf("the digests are of version %s", digestsOf)
	}
	for name, read := range map[string]func(t *testing.T) []canonical.Customer{
		"match/febrl3.csv":          febrl,
		"match/fake_1000.csv":       fake,
		"match/historical_tune.csv": historical,
		"population":                households,
		"chinese":                   chinese,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customers := read(t)
			for _, region := range []string{"GB", "DE", ""} {
				s := &standard.Standardiser{Region: region}
				records, forms := sha256.New(), sha256.New()
				for i := range customers {
					if err := errors.Join(json.NewEncoder(records).Encode(&customers[i]), json.NewEncoder(forms).Encode(s.Customer(&customers[i]))); err != nil {
						t.Fatal(err)
					}
				}
				got := digest{hex.EncodeToString(records.Sum(nil)[:8]), hex.EncodeToString(forms.Sum(nil)[:8])}
				switch want := digests[name+" "+region]; {
				case got.records != want.records:
					t.Errorf("the records are others: take digests of them from the program as it was: %q: {%q, %q},", name+" "+region, got.records, got.forms)
				case got.forms != want.forms:
					t.Errorf("%q: {%q, %q}: %d records have other forms than before", name+" "+region, got.records, got.forms, len(customers))
				}
			}
		})
	}
}

// table reads a CSV file of the data for tests, every row by its columns' names.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(hubtest.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func febrl(t *testing.T) (list []canonical.Customer) {
	for _, row := range table(t, "match/febrl3.csv") {
		c := canonical.Customer{
			Names:       []canonical.Name{{Given: row["given_name"], Family: row["surname"]}},
			Identifiers: []canonical.Identifier{{Scheme: "SSN", Value: row["soc_sec_id"], Unique: true}},
			Addresses: []canonical.Address{{
				Lines:    []string{row["street_number"] + " " + row["address_1"], row["address_2"]},
				Locality: row["suburb"], Region: row["state"], Postcode: row["postcode"], Country: "AU",
			}},
		}
		if born := row["date_of_birth"]; len(born) == 8 {
			c.BirthDate = born[:4] + "-" + born[4:6] + "-" + born[6:]
		}
		list = append(list, c)
	}
	return list
}

func fake(t *testing.T) (list []canonical.Customer) {
	for _, row := range table(t, "match/fake_1000.csv") {
		list = append(list, canonical.Customer{
			Names: []canonical.Name{{Full: row["first_name"] + " " + row["surname"]}}, BirthDate: row["dob"],
			Emails:    []canonical.Email{{Value: row["email"]}},
			Addresses: []canonical.Address{{Locality: row["city"]}},
		})
	}
	return list
}

func historical(t *testing.T) (list []canonical.Customer) {
	for i, row := range table(t, "match/historical_tune.csv") {
		c := canonical.Customer{
			Kind: canonical.Person, Names: []canonical.Name{{Full: row["full_name"]}}, BirthDate: row["dob"], Gender: row["gender"],
			Addresses: []canonical.Address{{Locality: row["birth_place"], Postcode: row["postcode_fake"], Country: "GB"}},
		}
		if i%3 == 0 { // as a firm is written, and as people who shout
			c.Kind, c.Names[0].Full = "", strings.ToUpper(row["full_name"])+" & Sons Ltd."
		}
		list = append(list, c)
	}
	return list
}

func households(*testing.T) (list []canonical.Customer) {
	for r := range population.New(3000, 5).Records() {
		c := r.Customer()
		for i := range c.Phones {
			if len(list)%4 == 0 {
				c.Phones[i].Value += " ext. 12"
			}
		}
		if len(list)%5 == 0 && len(c.Addresses) > 0 {
			c.Addresses[0].Country = []string{"", "DE", "IE"}[len(list)%3]
		}
		list = append(list, c)
	}
	return list
}

func chinese(*testing.T) []canonical.Customer {
	var list []canonical.Customer
	for r := range population.Chinese(3000, 5).Records() {
		list = append(list, r.Customer())
	}
	return slices.Clip(list)
}
