package standard

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns text without what people write differently from one time to the next: case,
// full and half width and other compatibility forms (NFKC, Unicode Standard Annex 15), accents
// on Latin, Greek and Cyrillic letters, vowel points of Arabic and Hebrew, letters such as ß, æ
// and ø, and traditional against simplified characters. Vowel signs of other scripts stay.
// Folding twice changes nothing.
func Fold(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(text)
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// isPlain tells whether text is ASCII without capitals.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

func foldUnicode(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if isAccent(r) {
			continue
		}
		r = unicode.ToLower(r)
		if letters, ok := letterFolds[r]; ok {
			b.WriteString(letters)
			continue
		}
		if r >= firstHan {
			r = simplified(r)
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// isAccent tells whether r is a mark that may be left out without changing the word.
func isAccent(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r <= 0x36f: // Latin, Greek, Cyrillic
		return true
	case r >= 0x591 && r <= 0x5c7: // Hebrew points
		return unicode.Is(unicode.Mn, r)
	}
	return r >= 0x64b && r <= 0x652 || r == 0x670 || r == 0x640 || // Arabic vowels, elongation
		r == 0x200c || r == 0x200d || r == 0xfe0f // joiners, variation selector
}

// letterFolds are letters that have no decomposition in Unicode, in lower case.
var letterFolds = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th",
	'ı': "i", 'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ĸ': "k", 'ə': "a", 'ς': "σ", 'ґ': "г",
	'‘': "'", '’': "'", 'ʼ': "'", 'ʻ': "'", '`': "'", '´': "'",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-",
}

// tokens splits folded text into words: runs of letters and digits, with a break between Han and
// other characters. Apostrophes inside a word vanish: O'Neil is oneil.
func tokens(folded string) []string {
	if folded == "" {
		return nil
	}
	if evenWords(folded) {
		return strings.Split(folded, " ")
	}
	list := make([]string, 0, 4)
	start, han := -1, false
	for i, r := range folded {
		switch {
		case r == '\'' && start >= 0:
			continue
		case !isWord(r):
			list, start = appendWord(list, folded, start, i), -1
		case start < 0:
			start, han = i, isHan(r)
		case isHan(r) != han:
			list = appendWord(list, folded, start, i)
			start, han = i, isHan(r)
		}
	}
	return appendWord(list, folded, start, len(folded))
}

// evenWords tells whether folded text is its own words with one blank between them, of ASCII
// letters and digits alone, as most is.
func evenWords(folded string) bool {
	word := false
	for i := range len(folded) {
		c := folded[i]
		if c == ' ' && !word || c != ' ' && (c < '0' || c > 'z' || c > '9' && c < 'a') {
			return false
		}
		word = c != ' '
	}
	return word || folded == ""
}

func appendWord(list []string, folded string, start, end int) []string {
	if start < 0 {
		return list
	}
	return append(list, strings.ReplaceAll(folded[start:end], "'", ""))
}

func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
