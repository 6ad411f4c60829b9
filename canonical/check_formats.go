package canonical

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
)

// isDate accepts full-date of RFC 3339: YYYY-MM-DD, a day that the calendar has.
func isDate(s string) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	year, month, day := digits(s[:4]), digits(s[5:7]), digits(s[8:])
	return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// isDateTime accepts date-time of RFC 3339 in capitals, with any offset, without leap seconds:
// what time.Parse(time.RFC3339, s) accepts.
func isDateTime(s string) bool {
	if len(s) < 20 || !isDate(s[:10]) || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return false
	}
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return false
	}
	zone := s[19:]
	if zone[0] == '.' {
		fraction := 1
		for fraction < len(zone) && isDigit(zone[fraction]) {
			fraction++
		}
		if fraction == 1 {
			return false
		}
		zone = zone[fraction:]
	}
	return isZone(zone)
}

func isZone(zone string) bool {
	if zone == "Z" {
		return true
	}
	if len(zone) != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' {
		return false
	}
	hour, minute := digits(zone[1:3]), digits(zone[4:])
	return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59
}

func isDateOrTime(s string) bool { return isDate(s) || isDateTime(s) }

// isDecimal accepts digits with an optional minus sign and fraction: no exponent, no grouping.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, pointed := strings.Cut(s, ".")
	return isDigits(whole) && (!pointed || isDigits(fraction))
}

// digits reads a decimal number, or returns -1 where s holds anything else.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

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

// isEmail accepts what people use as mail addresses: dot-atom or quoted local part (RFC 5321
// section 4.1.2) with UTF-8 as in RFC 6531, and a domain of at least two labels. Comments,
// address literals and display names are not part of an address here.
func isEmail(s string) bool {
	if len(s) <= 64 && isPlainEmail(s) {
		return true
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > 254 || at > 64 || !utf8.ValidString(s) {
		return false
	}
	return isLocalPart(s[:at]) && isDomain(s[at+1:])
}

// isPlainEmail accepts most ASCII addresses in one pass, and may refuse good ones.
func isPlainEmail(s string) bool {
	const edge = '.' // a dot may follow neither of these, nor stand at an end
	previous, at, dot, letters := byte(edge), -1, -1, false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf || !atoms[c] && c != '.' && c != '@':
			return false
		case isUpper(c) || isLower(c):
			letters = true
		case c == '.':
			if previous == edge || at >= 0 && previous == '-' {
				return false
			}
			dot, letters = i, false
		case c == '@':
			if previous == edge || at >= 0 {
				return false
			}
			at, c = i, edge
		case at >= 0 && !isDigit(c) && (c != '-' || previous == edge):
			return false
		}
		previous = c
	}
	return at > 0 && dot > at && letters && previous != edge && previous != '-'
}

func isLocalPart(s string) bool {
	if s[0] == '"' {
		return isQuoted(s)
	}
	previous := '.'
	for _, c := range s {
		if c == '.' && previous == '.' || !isAtom(c) && c != '.' {
			return false
		}
		previous = c
	}
	return previous != '.'
}

func isQuoted(s string) bool {
	if len(s) < 2 || s[len(s)-1] != '"' {
		return false
	}
	body := s[1 : len(s)-1]
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '\\' && i+1 < len(body):
			i++
		case c == '"' || c == '\\' || c < ' ' || c == 0x7f:
			return false
		}
	}
	return true
}

func isAtom(c rune) bool {
	if c >= utf8.RuneSelf {
		return !unicode.IsSpace(c) && !unicode.IsControl(c) && c != '＠'
	}
	return atoms[c]
}

// atoms are the ASCII characters of atext (RFC 5322 section 3.2.3).
var atoms = func() (table [utf8.RuneSelf]bool) {
	for c := range table {
		table[c] = isAlphanumeric(byte(c)) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", byte(c)) >= 0
	}
	return table
}()

func isAlphanumeric(c byte) bool { return isDigit(c) || isUpper(c) || isLower(c) }

func isDomain(s string) bool {
	labels, last := 0, ""
	for s != "" {
		var more bool
		last, s, more = strings.Cut(s, ".")
		if labels++; !isLabel(last) || more && s == "" {
			return false
		}
	}
	return labels >= 2 && !isDigits(last)
}

func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range s {
		switch {
		case c < utf8.RuneSelf && !isAlphanumeric(byte(c)) && c != '-':
			return false
		case c >= utf8.RuneSelf && !unicode.IsLetter(c) && !unicode.IsMark(c) && !unicode.IsDigit(c) && c != '・' && c != '\u200c' && c != '\u200d':
			return false
		}
	}
	return true
}
