package standard

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Check is what the check digits of an identifier say.
type Check int

// The results of a check. A wrong digit does not make a document invalid: it is a fact about it.
const (
	Unknown Check = iota // the scheme has no check digit, or one that is not public
	Valid
	Invalid // wrong length, characters or check digit, or zeros only
)

// String returns unknown, valid or invalid.
func (c Check) String() string { return [...]string{"unknown", "valid", "invalid"}[c] }

// Identifier is an identifier as matching compares it.
type Identifier struct {
	Scheme string // one name for each scheme: gln, gtin, sscc, duns, vat, lei, iban, uscc; else as given, folded
	Value  string // of known schemes letters and digits only, VAT with its country; else folded to capitals
	Unique bool   // as the source states it
	Check  Check
	Of     int // index of the original
}

// Identifier returns the scheme by its one name, the value as matching compares it, and what its
// check digits say.
func (s *Standardiser) Identifier(id canonical.Identifier) (scheme, value string, check Check) {
	form := identify(id)
	return form.Scheme, form.Value, form.Check
}

func identify(id canonical.Identifier) Identifier {
	form := Identifier{Scheme: schemeName(id.Scheme), Unique: id.Unique}
	check, known := checks[form.Scheme]
	if !known {
		form.Value = strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(id.Value)), " "))
		switch {
		case !strings.ContainsFunc(form.Value, isLetterOrDigit):
			form.Value = "" // "-", "./.": what people type where a system insists
		case isZero(form.Value):
			form.Check = Invalid
		}
		return form
	}
	form.Value = compact(id.Value)
	if form.Value == "" {
		return form
	}
	if form.Scheme == "vat" {
		form.Value = vatWithCountry(form.Value, id.Issuer)
	}
	if form.Scheme == "gtin" && isDigits(form.Value) && len(form.Value) < 14 {
		form.Value = strings.Repeat("0", 14-len(form.Value)) + form.Value
	}
	if form.Scheme == "sscc" && len(form.Value) == 20 {
		form.Value = strings.TrimPrefix(form.Value, "00") // the GS1 application identifier
	}
	form.Check = check(form.Value)
	if isZero(strings.TrimLeft(form.Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
		form.Check = Invalid // GS1's check digit of zeros is zero
	}
	return form
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isZero tells whether a value is zeros only: a stand-in for none.
func isZero(value string) bool { return value != "" && strings.Trim(value, "0") == "" }

// compact keeps letters, as capitals, and digits.
func compact(text string) string {
	if !isASCII(text) {
		text = norm.NFKC.String(text)
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, text)
}

func schemeName(scheme string) string {
	name := strings.ReplaceAll(strings.Join(strings.Fields(Fold(scheme)), "-"), "_", "-")
	if known, ok := schemes[name]; ok {
		return known
	}
	return name
}

// schemes are other names of the schemes in checks.
var schemes = map[string]string{
	"iln": "gln", "ean-location-code": "gln", "ean": "gtin", "ean13": "gtin", "ean-13": "gtin", "gtin-13": "gtin",
	"gtin-14": "gtin", "gtin-8": "gtin", "upc": "gtin", "nve": "sscc", "d-u-n-s": "duns", "duns-number": "duns",
	"vat-id": "vat", "vat-number": "vat", "vatin": "vat", "ust-id": "vat", "ustid": "vat", "ust-idnr": "vat", "tva": "vat",
	"uid": "vat", "btw": "vat", "nif-iva": "vat", "partita-iva": "vat", "unified-social-credit-code": "uscc",
	"unified-social-credit-identifier": "uscc", "统一社会信用代码": "uscc",
}

// Schemes are the names of the schemes with a known form.
func Schemes() []string { return slices.Sorted(maps.Keys(checks)) }

// checks are the schemes with a known form. GLN, GTIN and SSCC: GS1 General Specifications
// section 7.9; LEI: ISO 17442; IBAN: ISO 13616; USCC: GB 32100-2015. A D-U-N-S number has had no
// check digit since 2006.
var checks = map[string]func(string) Check{
	"gln":  func(v string) Check { return check(len(v) == 13 && isGS1(v)) },
	"gtin": func(v string) Check { return check(len(v) == 14 && isGS1(v)) },
	"sscc": func(v string) Check { return check(len(v) == 18 && isGS1(v)) },
	"lei":  func(v string) Check { return check(len(v) == 20 && mod97(v) == 1) },
	"iban": func(v string) Check { return check(isIBAN(v)) },
	"uscc": func(v string) Check { return check(isUSCC(v)) },
	"vat":  checkVAT,
	"duns": func(v string) Check {
		if len(v) == 9 && isDigits(v) {
			return Unknown
		}
		return Invalid
	},
}

func check(valid bool) Check {
	if valid {
		return Valid
	}
	return Invalid
}
