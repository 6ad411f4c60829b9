package canonical

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

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
