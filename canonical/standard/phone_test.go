package standard

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
)

func TestPhone_waysToWriteOneNumber(t *testing.T) {
	t.Parallel()
	for region, numbers := range map[string]map[string]string{
		"DE": {
			"+49 30 901820": "+4930901820", "+49 (0)30 901820": "+4930901820", "0049 30 901820": "+4930901820",
			"030/901820": "+4930901820", "（０３０）９０１８２０": "+4930901820", "＋４９３０９０１８２０": "+4930901820",
			"tel:+49-30-901820": "+4930901820", "030 901820 ext. 12": "+4930901820", " 030 901820 x12 ": "+4930901820",
			"0171 1234567": "+491711234567", "+86 138 0013 8000": "+8613800138000", "+4930901820": "+4930901820",
		},
		"US": {
			"(613) 612-0707": "+16136120707", "1-613-612-0707": "+16136120707", "613.612.0707": "+16136120707",
			"011 49 30 901820": "+4930901820", "0049 30 901820": "+4930901820", "+16136120707": "+16136120707",
			"1-800-FLOWERS": "+18003569377",
		},
		"CN": {"13800138000": "+8613800138000", "0755-2678 8888": "+8675526788888", "008613800138000": "+8613800138000"},
		"IT": {"06 698 12345": "+390669812345", "+39 06 698 12345": "+390669812345", "3471234567": "+393471234567"},
		"":   {"+44 20 7031 3000": "+442070313000"},
	} {
		s := &Standardiser{Region: region}
		for in, want := range numbers {
			if got, ok := s.Phone(in); got != want || !ok {
				t.Errorf("%s %q: got %q; want %q", region, in, got, want)
			}
		}
		for _, in := range []string{"", "n/a", "unknown", "000000000", "+49 000 000000", "-", "110", strings.Repeat("1", 300)} {
			if got, ok := s.Phone(in); ok || got != "" {
				t.Errorf("%s %q: got %q", region, in, got)
			}
		}
	}
}

func TestPhone_readsNationalNumbersInTheCustomersCountry(t *testing.T) {
	t.Parallel()
	s := &Standardiser{Region: "DE"}
	c := canonical.Customer{
		Phones:    []canonical.Phone{{Value: "none"}, {Value: "13800138000"}, {Value: "030 901820"}, {Value: "0755-26788888 ext 7"}},
		Addresses: []canonical.Address{{Lines: []string{"x"}}, {Country: "CN"}},
	}
	got := s.Customer(&c).Phones
	want := []Phone{{"+8613800138000", "", 1}, {"+4930901820", "", 2}, {"+8675526788888", "7", 3}}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("got %v; want %v", got, want)
	}
}

func TestPhone_isIdempotent(t *testing.T) {
	t.Parallel()
	s := &Standardiser{Region: "GB"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(\+|00)?[0-9 ()/-]{6,16}( ?ext ?[0-9]{1,3})?`).Draw(t, "text")
		once, ok := s.Phone(text)
		if _, national := cutCode([]byte(strings.TrimPrefix(once, "+"))); len(national) > 0 && national[0] == '0' {
			return // of two trunk prefixes, each reading takes one off
		}
		if twice, again := s.Phone(once); ok && (!again || twice != once) {
			t.Fatalf("%q gives %q, that %q", text, once, twice)
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, seed := range []string{"+49 30 901820", "0049(0)30/901820 x12", "１３８００１３８０００", ";ext=", "tel:;phone-context=+1"} {
		f.Add(seed)
	}
	s := &Standardiser{Region: "DE"}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := s.Phone(text)
		if again, _ := s.Phone(text); again != got {
			t.Errorf("%q: %q, then %q", text, got, again)
		}
		if ok && (got[0] != '+' || !isDigits(got[1:]) || len(got) > 18) {
			t.Errorf("%q: got %q", text, got)
		}
	})
}
