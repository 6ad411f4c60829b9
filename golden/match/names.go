package match

import (
	"strings"
	"unicode/utf8"
)

// unlike tells whether names cannot be the same person's by their given names: there is no way to
// read both in which family and given name are alike, and the usual ways do not have a given name
// that is alike (with another family name: people marry).
func unlike(a, b []PersonName) bool {
	known := false
	for i := range a {
		for j := range b {
			x, y := &a[i], &b[j]
			if !x.Given.known() || !y.Given.known() {
				continue
			}
			known = true
			if alike(x.Given.Text, y.Given.Text) && (x.Usual && y.Usual || alike(x.Family.Text, y.Family.Text)) {
				return false
			}
		}
	}
	return known
}

// alike tells whether two names, each written as one word, may be one: equal, the beginning or end
// of the other (an initial, one of several given names), or a slip of the pen apart.
func alike(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	switch {
	case a == "" || a == b:
		return true
	case utf8.RuneCountInString(a) == 1:
		return strings.HasPrefix(b, a)
	case utf8.RuneCountInString(a) > 2 && (strings.HasPrefix(b, a) || strings.HasSuffix(b, a)):
		return true
	}
	return slip(a, b)
}

// slip tells whether two words are at most a third of the longer one apart, in letters.
func slip(a, b string) bool {
	allowed := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b)) / 3
	return allowed > 0 && distance(a, b, allowed) <= allowed
}
