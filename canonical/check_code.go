package canonical

import (
	"strings"
	"sync"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
)

func isCountry(s string) bool {
	return len(s) == 2 && isUpper(s[0]) && isUpper(s[1]) && countries()[int(s[0]-'A')*26+int(s[1]-'A')]
}

// notCountries are the codes that CLDR counts as countries and ISO 3166-1 does not assign:
// exceptional reservations, user-assigned and withdrawn codes.
const notCountries = "AC AN CP CQ CS DG EA EU EZ FQ IC NT PC QO QU SU TA UK UN XA XB XK YU ZZ"

// countries holds the officially assigned codes of ISO 3166-1 by letter pair.
var countries = sync.OnceValue(func() *[26 * 26]bool {
	var table [26 * 26]bool
	for i := range table {
		code := string([]byte{'A' + byte(i/26), 'A' + byte(i%26)})
		region, err := language.ParseRegion(code)
		table[i] = err == nil && region.IsCountry() && region.String() == code &&
			region.Canonicalize() == region && !strings.Contains(notCountries, code)
	}
	return &table
})

// laterCurrencies were added to ISO 4217 (amendments 160 to 177) after the tables of x/text.
const laterCurrencies = "MRU STN UYW VED VES SLE XCG ZWG XAD"

func isCurrency(s string) bool {
	if len(s) != 3 || !isUpper(s[0]) || !isUpper(s[1]) || !isUpper(s[2]) {
		return false
	}
	return currencies()[(int(s[0]-'A')*26+int(s[1]-'A'))*26+int(s[2]-'A')]
}

// currencies holds the codes of ISO 4217 by letter triple, with the historic ones: old orders
// are in old money.
var currencies = sync.OnceValue(func() *[26 * 26 * 26]bool {
	var table [26 * 26 * 26]bool
	for i := range table {
		code := string([]byte{'A' + byte(i/676), 'A' + byte(i/26%26), 'A' + byte(i%26)})
		_, err := currency.ParseISO(code)
		table[i] = (err == nil && code != "CNH") || strings.Contains(laterCurrencies, code)
	}
	return &table
})

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// isLanguage accepts well-formed BCP 47 tags with registered subtags. The common forms, xx and
// xx-YY, are answered from tables; x/text parses the rest.
func isLanguage(s string) bool {
	if len(s) == 2 || len(s) == 5 && s[2] == '-' && isUpper(s[3]) && isUpper(s[4]) {
		if isLower(s[0]) && isLower(s[1]) && baseLanguages()[int(s[0]-'a')*26+int(s[1]-'a')] {
			return len(s) == 2 || isCountry(s[3:])
		}
	}
	if s == "" || strings.Contains(s, "_") {
		return false
	}
	_, err := language.Parse(s)
	return err == nil
}

// baseLanguages holds the two-letter codes of ISO 639-1 by letter pair.
var baseLanguages = sync.OnceValue(func() *[26 * 26]bool {
	var table [26 * 26]bool
	for i := range table {
		_, err := language.ParseBase(string([]byte{'a' + byte(i/26), 'a' + byte(i%26)}))
		table[i] = err == nil
	}
	return &table
})
