package standard

import "strings"

// vatWithCountry puts the issuing country before a number that does not begin with it. Greece
// writes EL; Switzerland's number is its company number (UID), CHE.
func vatWithCountry(v, issuer string) string {
	issuer = compact(issuer)
	switch {
	case strings.HasPrefix(v, "GR"):
		return "EL" + v[2:]
	case strings.HasPrefix(v, "CHE"):
		for _, suffix := range []string{"MWST", "TVA", "IVA", "VAT"} {
			v = strings.TrimSuffix(v, suffix)
		}
		return v
	case len(issuer) != 2 || strings.HasPrefix(v, issuer):
		return v
	case issuer == "GR" && !strings.HasPrefix(v, "EL"):
		return "EL" + v
	case issuer == "GR":
		return v
	case issuer == "CH":
		return vatWithCountry("CHE"+v, "")
	}
	return issuer + v
}

// vat is a country's form of number: digits at the places marked 9, letters at A, any at *, other
// characters as they are; and the check that the tax office publishes, on the number without its
// country.
type vat struct {
	forms string // separated by spaces
	check func(n string) bool
}

// checkVAT goes by the number's first two letters.
func checkVAT(v string) Check {
	if len(v) < 4 {
		return Invalid
	}
	country, known := vats[v[:2]]
	if !known {
		return Unknown
	}
	number := v[2:]
	for form := range strings.FieldsSeq(country.forms) {
		if hasForm(number, form) {
			return check(country.check(number))
		}
	}
	if v[:2] == "BG" || v[:2] == "CZ" || v[:2] == "LT" || v[:2] == "LV" || v[:2] == "GB" || v[:2] == "FR" {
		return otherVAT(number)
	}
	return Invalid
}

// otherVAT is for forms whose check is not public: of natural persons, government bodies.
func otherVAT(number string) Check {
	if len(number) < 5 || len(number) > 13 {
		return Invalid
	}
	return Unknown
}

func hasForm(number, form string) bool {
	if len(number) != len(form) {
		return false
	}
	for i := range len(form) {
		digit := number[i] >= '0' && number[i] <= '9'
		switch form[i] {
		case '9':
			if !digit {
				return false
			}
		case 'A':
			if digit {
				return false
			}
		case '*':
		default:
			if number[i] != form[i] {
				return false
			}
		}
	}
	return true
}
