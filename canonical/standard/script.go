package standard

import "unicode"

// scriptOf names the script of text by ISO 15924: Latn where all letters are ASCII or Latin; for
// Han, Hans or Hant where a character tells and Hani otherwise; Jpan with kana, Kore with Hangul;
// empty without letters. Mixed text goes by the first script of this order that it has.
func scriptOf(text string) string {
	if text != "" && isASCII(text) {
		return "Latn"
	}
	found := ""
	traditional, simple := false, false
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return "Jpan"
		case unicode.Is(unicode.Hangul, r):
			return "Kore"
		case isHan(r):
			found = "Hani"
			traditional = traditional || simplified(r) != r
			simple = simple || isSimplifiedOnly(r)
		case found == "":
			found = alphabet(r)
		}
	}
	switch {
	case found == "Hani" && traditional && !simple:
		return "Hant"
	case found == "Hani" && simple && !traditional:
		return "Hans"
	}
	return found
}

func alphabet(r rune) string {
	for _, script := range alphabets {
		if unicode.Is(script.table, r) {
			return script.code
		}
	}
	return ""
}

var alphabets = []struct {
	code  string
	table *unicode.RangeTable
}{
	{"Latn", unicode.Latin},
	{"Cyrl", unicode.Cyrillic},
	{"Grek", unicode.Greek},
	{"Arab", unicode.Arabic},
	{"Hebr", unicode.Hebrew},
	{"Deva", unicode.Devanagari},
	{"Thai", unicode.Thai},
}
