package standard_test

import (
	"testing"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

func TestAddressForms_keyIsOneForEveryNotation(t *testing.T) {
	t.Parallel()
	s := &standard.Standardiser{Region: "DE"}
	key := func(postcode, locality, country string, lines ...string) string {
		forms := s.Address(canonical.Address{Lines: lines, Locality: locality, Postcode: postcode, Country: country})
		return forms.Key("DE")
	}
	want := key("10115", "Berlin", "", "Ringstraße 12a", "Hinterhaus")
	for _, got := range []string{
		key("D-10115", "BERLIN", "DE", "Ringstr. 12 A", "Hinterhaus"),
		key("10115", "Berlin", "", "Ringstrasse 12a, Hinterhaus"),
	} {
		if got != want {
			t.Errorf("%q is another than %q", got, want)
		}
	}
	for _, got := range []string{
		key("10115", "Berlin", "AT", "Ringstraße 12a", "Hinterhaus"), key("10115", "Berlin", "", "Ringstraße 12a"),
		key("10115", "Berlin", "", "Ringstraße 12b", "Hinterhaus"), key("10117", "Berlin", "", "Ringstraße 12a", "Hinterhaus"),
		key("10115", "Potsdam", "", "Ringstraße 12a", "Hinterhaus"),
	} {
		if got == want {
			t.Errorf("two addresses are %q", got)
		}
	}
	if key("10115", "Berlin", "", "Flat 1", "2 Main Street") == key("10115", "Berlin", "", "Flat 12", "Main Street") {
		t.Error("numbers on two lines run into one another")
	}
	if got := key("", "", "DE"); got != "" {
		t.Errorf("an address that says nothing is %q", got)
	}
}
