package systems

import "strings"

// Upper writes names and streets in capitals.
func Upper(field, value string) string {
	if field == "name" || field == "street" {
		return strings.ToUpper(value)
	}
	return value
}

// National writes German numbers as one dials them inside the country.
func National(field, value string) string {
	if digits, found := strings.CutPrefix(value, "+49"); field == "phone" && found {
		return "0" + digits[:2] + " " + digits[2:]
	}
	return value
}

// Cut keeps the first 20 letters of a value.
func Cut(_, value string) string {
	const most = 20
	letters := []rune(strings.TrimSpace(value))
	return strings.TrimSpace(string(letters[:min(most, len(letters))]))
}
