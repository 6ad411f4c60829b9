package standard

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	s := &Standardiser{Region: "DE"}
	for _, c := range []struct {
		in   canonical.Address
		want AddressForms
	}{
		{
			canonical.Address{Lines: []string{"Chestnut Street 92", "Apartment 4"}, Locality: "Louisville", Region: "KY", Postcode: "40202-1234", Country: "US"},
			AddressForms{Lines: []string{"chestnut st 92", "apt 4"}, Street: "chestnut st", House: "92", Locality: "louisville", Region: "ky", Postcode: "40202", Country: "US"},
		},
		{
			canonical.Address{Lines: []string{"Apt 4", "92 North 5th Avenue"}, Postcode: "2138", Country: "US"},
			AddressForms{Lines: []string{"apt 4", "92 n 5th ave"}, Street: "n 5th ave", House: "92", Postcode: "02138", Country: "US"},
		},
		{
			canonical.Address{Lines: []string{"Hauptstraße 12 a"}, Locality: "Köln", Postcode: "D-50667"},
			AddressForms{Lines: []string{"hauptstr 12 a"}, Street: "hauptstr", House: "12a", Locality: "koln", Postcode: "50667"},
		},
		{
			canonical.Address{Lines: []string{"c/o Meier", "Postfach 1234"}, Postcode: "1067", Country: "DE"},
			AddressForms{Lines: []string{"c o meier", "postfach 1234"}, Street: "c o meier", Postcode: "01067", Country: "DE"},
		},
		{
			canonical.Address{Lines: []string{"10 Downing St."}, Postcode: "sw1a 2aa", Country: "GB"},
			AddressForms{Lines: []string{"10 downing st"}, Street: "downing st", House: "10", Postcode: "SW1A2AA", Country: "GB"},
		},
		{
			canonical.Address{Lines: []string{"广东省深圳市南山区科技园路１号"}, Postcode: "518057", Country: "CN"},
			AddressForms{Lines: []string{"南山区科技园路 1 号"}, Street: "南山区科技园路", House: "1", Locality: "深圳", Region: "广东", Postcode: "518057", Country: "CN"},
		},
		{
			canonical.Address{Lines: []string{"南山區科技園路1號"}, Locality: "深圳市", Region: "广东省", Country: "CN"},
			AddressForms{Lines: []string{"南山区科技园路 1 号"}, Street: "南山区科技园路", House: "1", Locality: "深圳", Region: "广东", Country: "CN"},
		},
		{
			canonical.Address{Locality: "Amsterdam", Lines: []string{"Prinsengracht 263-267"}, Postcode: "1016 gv", Country: "NL"},
			AddressForms{Lines: []string{"prinsengracht 263 267"}, Street: "prinsengracht", House: "263", Locality: "amsterdam", Postcode: "1016GV", Country: "NL"},
		},
		{
			canonical.Address{Postcode: "〒100-0001", Country: "JP", Locality: "東京都"},
			AddressForms{Postcode: "1000001", Country: "JP", Locality: "东京"},
		},
	} {
		if diff := cmp.Diff(c.want, s.Address(c.in)); diff != "" {
			t.Errorf("%v: %s", c.in.Lines, diff)
		}
	}
}

func TestAddress_waysToWriteOneStreet(t *testing.T) {
	t.Parallel()
	for _, ways := range [][]string{
		{"Berliner Straße 5", "Berliner Str. 5", "BERLINER STRASSE 5", "Berliner str 5"},
		{"221B Baker Street", "221b Baker St", "221B, Baker St."},
		{"12 boulevard Saint-Michel", "12, Bd. St Michel", "12 BLVD SAINT MICHEL"},
		{"中山路88号", "中山路８８號"},
	} {
		first := (&Standardiser{}).Address(canonical.Address{Lines: ways[:1]})
		for _, way := range ways[1:] {
			got := (&Standardiser{}).Address(canonical.Address{Lines: []string{way}})
			if diff := cmp.Diff(first, got); diff != "" || got.House == "" {
				t.Errorf("%s and %s: %s", ways[0], way, diff)
			}
		}
	}
}

func TestAddress_isIdempotent(t *testing.T) {
	t.Parallel()
	s := &Standardiser{Region: "DE"}
	rapid.Check(t, func(t *rapid.T) {
		once := s.Address(canonical.Address{
			Lines:    []string{rapid.StringMatching(`([0-9]{1,3}[a-c]? )?[A-Zäöüß]{1,8}(strasse|straße| Street| Road| Saint)?( [0-9]{1,3}( [a-c])?)?`).Draw(t, "line")},
			Postcode: rapid.StringMatching(`(D-)?[0-9A-Z -]{0,9}`).Draw(t, "postcode"), Country: "DE",
		})
		twice := s.Address(canonical.Address{Lines: once.Lines, Postcode: once.Postcode, Country: "DE"})
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAddress_houseNumbers(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]string{
		"Straße des 17. Juni 135": {"str des 17 juni", "135"}, "Via Roma, 7": {"via roma", "7"}, "PO Box 12": {"po box 12", ""}, "P.O. Box 12": {"po box 12", ""},
		"5th Avenue": {"5th ave", ""}, "350 Fifth Ave Fl 21": {"fifth ave", "350"}, "Calle Mayor 4 piso 2": {"c mayor", "4"},
		"Kirchweg": {"kirchweg", ""}, "Rm 5, 88 Nathan Rd": {"rm 5 88 nathan rd", ""},
	} {
		got := (&Standardiser{}).Address(canonical.Address{Lines: []string{line}})
		if got.Street != want[0] || got.House != want[1] {
			t.Errorf("%s: got %q, %q; want %q", line, got.Street, got.House, want)
		}
	}
}
