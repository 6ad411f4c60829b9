package standard

import (
	"encoding/json"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
)

func readCustomer(tb testing.TB) *canonical.Customer {
	tb.Helper()
	doc, err := os.ReadFile("../testdata/customer.json")
	if err != nil {
		tb.Fatal(err)
	}
	var c canonical.Customer
	if err := json.Unmarshal(doc, &c); err != nil {
		tb.Fatal(err)
	}
	return &c
}

func TestCustomer(t *testing.T) {
	t.Parallel()
	c := readCustomer(t)
	c.BankAccounts = []canonical.BankAccount{{Number: "1"}, {IBAN: "DE89 3704 0044 0532 0130 00"}}
	c.Emails = append([]canonical.Email{{Value: "unknown"}}, c.Emails...)
	got := (&Standardiser{Region: "US"}).Customer(c)
	want := Standard{
		Kind: canonical.Person,
		Names: []NameForms{
			{
				Tokens: []string{"bob", "norman"}, Full: "bob norman", Family: "norman", Given: "bob", Script: "Latn",
				Readings: []Reading{{"norman", "bob"}},
			},
			{Tokens: []string{"罗伯特"}, Full: "罗伯特", Family: "罗", Given: "伯特", Script: "Hans", Of: 1},
		},
		BirthDate: "1984-02-29",
		Emails:    []Email{{"bob.norman@mail.example.com", 1}},
		Phones:    []Phone{{E164: "+16136120707"}},
		Addresses: []AddressForms{{
			Lines: []string{"chestnut st 92", "apt 4"}, Street: "chestnut st", House: "92",
			Locality: "louisville", Region: "ky", Postcode: "40202", Country: "US",
		}},
		Identifiers: []Identifier{
			{Scheme: "customer-number", Value: "10042", Unique: true},
			{Scheme: "loyalty-card", Value: "9912-4471", Of: 1},
		},
		Accounts: []Identifier{{Scheme: "iban", Value: "DE89370400440532013000", Check: Valid, Of: 1}},
	}
	if first := got.Names[1].Readings[0]; first != (Reading{"luo", "bote"}) {
		t.Errorf("罗伯特 is read %v first", first)
	}
	got.Names[1].Readings = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCustomer_kindFollowsFromTheLegalForm(t *testing.T) {
	t.Parallel()
	s := &Standardiser{}
	for name, want := range map[string]canonical.Kind{"Acme GmbH": canonical.Organisation, "Bob Norman": "", "华为技术有限公司": canonical.Organisation} {
		if got := s.Customer(&canonical.Customer{Names: []canonical.Name{{Full: name}}}).Kind; got != want {
			t.Errorf("%s: got %q; want %q", name, got, want)
		}
	}
}

func TestBirthDate(t *testing.T) {
	t.Parallel()
	s := &Standardiser{}
	for in, want := range map[string]string{
		"1984-02-29": "1984-02-29", "1900-01-01": "", "0001-01-01": "", "9999-12-31": "", "29.02.1984": "", "": "", "1900-01-02": "1900-01-02",
	} {
		if got, ok := s.BirthDate(in); got != want || ok != (want != "") {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

func TestStandardiser_isSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := &Standardiser{Region: "US"}
	c := readCustomer(t)
	c.Phones = append(c.Phones, canonical.Phone{Value: "(613) 612-0707"})
	want := s.Customer(c)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if diff := cmp.Diff(want, s.Customer(c)); diff != "" {
					t.Error(diff)
					return
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkCustomer(b *testing.B) {
	s := &Standardiser{Region: "US"}
	full := readCustomer(b)
	latin := &canonical.Customer{
		Names:  []canonical.Name{{Given: "Bob", Family: "Norman"}},
		Emails: full.Emails, Phones: full.Phones,
	}
	for name, c := range map[string]*canonical.Customer{"latin": latin, "full": full} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Customer(c)
			}
		})
	}
}
