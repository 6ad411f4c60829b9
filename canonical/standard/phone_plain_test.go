package standard

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

// byLibrary reads a number as parsePhone does, by the library alone.
func byLibrary(text, region, home string) Phone {
	parse := func(text, region string) *phonenumbers.PhoneNumber {
		n, err := phonenumbers.Parse(text, region)
		if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
			return nil
		}
		return n
	}
	phone := func(n *phonenumbers.PhoneNumber) Phone {
		e164, national := phonenumbers.Format(n, phonenumbers.E164), phonenumbers.GetNationalSignificantNumber(n)
		if len(e164) < 8 || strings.HasPrefix(national, "00") || strings.Count(national, national[:1]) == len(national) {
			return Phone{}
		}
		return Phone{E164: e164, Extension: n.GetExtension()}
	}
	n := parse(text, region)
	if n != nil && (isInternational(text) || region == home || phonenumbers.IsValidNumber(n)) {
		return phone(n)
	}
	if digits, ok := strings.CutPrefix(text, "00"); ok {
		if abroad := parse("+"+digits, region); abroad != nil {
			return phone(abroad)
		}
	}
	if region != home {
		if there := parse(text, home); there != nil && (n == nil || phonenumbers.IsValidNumber(there)) {
			return phone(there)
		}
	}
	if n == nil {
		return Phone{}
	}
	return phone(n)
}

// someRegions has all regions, and texts that are none.
var someRegions = append(slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions())), "", "001", "ZZ", "de", "XX")

func TestPhone_readsAllPlainNumbersAsTheLibraryDoes(t *testing.T) {
	t.Parallel()
	kinds := []phonenumbers.PhoneNumberType{
		phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST,
		phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER, phonenumbers.UAN, phonenumbers.VOICEMAIL,
	}
	for _, region := range someRegions {
		for _, kind := range kinds {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			for _, format := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL} {
				text := phonenumbers.Format(n, format)
				for _, home := range []string{region, "DE", "US", "GB", "CN", "IT", ""} {
					agree(t, text, region, home)
					agree(t, text, home, region)
					agree(t, text[1:], region, home)
					agree(t, text+"0", home, region)
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom(someRegions).Draw(t, "region")
		home := rapid.SampledFrom(append([]string{region}, someRegions...)).Draw(t, "home")
		text := rapid.StringMatching(`[(]?(\+|00|011|0|1|8|\+?[1-9][0-9]{0,2}[ -]?)?[(]?[0-9]([ ./()-]{0,2}[0-9]){1,15}[)]?`).Draw(t, "text")
		agree(t, text, region, home)
	})
}

func agree(t interface {
	Helper()
	Errorf(string, ...any)
}, text, region, home string,
) {
	t.Helper()
	if got, want := parsePhone(text, region, home), byLibrary(text, region, home); got != want {
		t.Errorf("%q in %s, home %s: got %v; the library says %v", text, region, home, got, want)
	}
}

func FuzzPhone_plain(f *testing.F) {
	for _, text := range []string{"+49 30 901820", "0049(0)30/901820", "180020 01752 764055", "+0049 30 901820", "8 10 49 30 901820", "1-613-612-0707"} {
		f.Add(text, uint8(0), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, region, home uint8) {
		agree(t, text, someRegions[int(region)%len(someRegions)], someRegions[int(home)%len(someRegions)])
	})
}

func TestAutomaton_matchesAsTheExpressionDoes(t *testing.T) {
	t.Parallel()
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range collection.GetMetadata() {
		for _, d := range []*phonenumbers.PhoneNumberDesc{m.GetGeneralDesc(), m.GetFixedLine(), m.GetMobile(), m.GetTollFree()} {
			pattern := d.GetNationalNumberPattern()
			if pattern == "" {
				continue
			}
			a, want := newAutomaton(pattern), regexp.MustCompile("^(?:"+pattern+")$")
			if a.pattern != nil {
				t.Errorf("%s: %s makes too many states", m.GetId(), pattern)
			}
			digits := []byte(d.GetExampleNumber())
			for at := range digits {
				for digit := byte('0'); digit <= '9'; digit++ {
					other := slices.Clone(digits)
					other[at] = digit
					for _, number := range [][]byte{other, other[:len(other)-1], append(slices.Clone(other), digit)} {
						if a.matches(number) != want.Match(number) {
							t.Errorf("%s: %s and %s: got %v", m.GetId(), pattern, number, a.matches(number))
						}
					}
				}
			}
		}
	}
	if a := newAutomaton(`\b1`); a.pattern == nil || !a.matches([]byte("1")) {
		t.Error("an expression that asks for more than digits")
	}
}

func BenchmarkPhone(b *testing.B) {
	for name, text := range map[string]string{"e164": "+447474789533", "national": "01752 764055", "abroad": "+49 (0)30 901820", "extension": "030 901820 x12"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				parsePhone(text, "GB", "GB")
			}
		})
	}
}
