package standard

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// postcode returns capitals and digits of a postcode as country writes it (UPU addressing
// sheets): without a country prefix such as D- or L-, with the leading zeros that spreadsheets
// lose, and in the United States without the four digits behind ZIP.
func postcode(text, country string) string {
	if !isASCII(text) {
		text = norm.NFKC.String(text)
	}
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, text)
	if digits := numericPostcodes[country]; digits > 0 {
		if bare := strings.TrimLeft(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); isDigits(bare) {
			code = bare
		}
		if isDigits(code) && len(code) == digits-1 {
			code = "0" + code
		}
	}
	if country == "US" && len(code) == 9 {
		code = code[:5]
	}
	return code
}

// numericPostcodes are countries whose postcodes are all digits, with their number.
var numericPostcodes = map[string]int{
	"AT": 4, "AU": 4, "BE": 4, "BG": 4, "BR": 8, "CH": 4, "CN": 6, "CZ": 5, "DE": 5, "DK": 4, "EE": 5, "ES": 5,
	"FI": 5, "FR": 5, "GR": 5, "HR": 5, "HU": 4, "ID": 5, "IN": 6, "IT": 5, "JP": 7, "KR": 5, "LU": 4, "MX": 5,
	"MY": 5, "NO": 4, "NZ": 4, "PL": 5, "PT": 7, "RO": 6, "RU": 6, "SE": 5, "SG": 6, "SI": 4, "SK": 5, "TH": 5,
	"TR": 5, "US": 5, "VN": 6, "ZA": 4,
}
