package match

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// encodedRules compare by everything that there is, or by keys alone.
func encodedRules(compared bool) Rules {
	r := Default()
	r.AddKey(NewKeyRuleOf(0, nil, Token), NewKeyRuleOf(0, nil, Local), NewKeyRuleOf(0, []string{"gender"}, Area))
	if compared {
		var list []Comparison
		for _, name := range []string{"given", "family", "organisation", "birthDate", "email", "phone", "place", "address", "identifiers.ssn", "gender"} {
			list = append(list, UsualComparison(name))
		}
		r.CompareBy(list)
	}
	return r
}

func encodedCustomers() []canonical.Customer {
	return []canonical.Customer{
		{},
		{
			Kind: canonical.Person, BirthDate: "1984-02-29", Gender: "female",
			Names:       []canonical.Name{{Full: "王小明"}, {Given: "Zoë Ann", Family: "O'Brien"}},
			Emails:      []canonical.Email{{Value: "zoe@example.com"}, {Value: "z.obrien@example.com"}},
			Phones:      []canonical.Phone{{Value: "+44 20 7946 0123 ext 4"}},
			Identifiers: []canonical.Identifier{{Scheme: "vat", Value: "DE136695976"}, {Scheme: "ssn", Value: "123456789"}},
			Addresses:   []canonical.Address{{Lines: []string{"1 High St"}, Postcode: "SW1A 1AA", Locality: "London", Country: "GB"}},
		},
		{Kind: canonical.Organisation, Names: []canonical.Name{{Full: "Ringel & Söhne GmbH"}}, Identifiers: []canonical.Identifier{{Scheme: "gln", Value: "4012345000009"}}},
	}
}

func TestFeatures_readAsWritten(t *testing.T) {
	t.Parallel()
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	for _, compared := range []bool{false, true} {
		rules := encodedRules(compared)
		for _, c := range encodedCustomers() {
			forms := (&standard.Standardiser{Region: "GB"}).Customer(&c)
			want := rules.Features(&c, &forms)
			got, err := rules.ReadFeatures(rules.AppendFeatures(nil, want))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, all); diff != "" {
				t.Errorf("features (-written +read):\n%s", diff)
			}
		}
	}
}

// FuzzReadFeatures: whatever stands in the store, reading ends with features or an error.
func FuzzReadFeatures(f *testing.F) {
	for _, compared := range []bool{false, true} {
		rules := encodedRules(compared)
		for _, c := range encodedCustomers() {
			forms := (&standard.Standardiser{Region: "GB"}).Customer(&c)
			f.Add(rules.AppendFeatures(nil, rules.Features(&c, &forms)), compared)
		}
	}
	f.Fuzz(func(t *testing.T, encoded []byte, compared bool) {
		rules := encodedRules(compared)
		read, err := rules.ReadFeatures(encoded)
		if err != nil {
			return
		}
		if again, err := rules.ReadFeatures(rules.AppendFeatures(nil, read)); err != nil || !reflect.DeepEqual(read, again) {
			t.Errorf("read %+v, and written again %+v: %v", read, again, err)
		}
	})
}

func TestLayout_tellsOtherFeatures(t *testing.T) {
	t.Parallel()
	exact, person := encodedRules(false), encodedRules(true)
	fewer := encodedRules(true)
	fewer.CompareBy(fewer.Comparisons[1:])
	layouts := map[string]string{}
	for name, rules := range map[string]*Rules{"exact": &exact, "person": &person, "fewer": &fewer} {
		if other, taken := layouts[rules.Layout()]; taken {
			t.Errorf("%s and %s have one layout", name, other)
		}
		layouts[rules.Layout()] = name
	}
}
