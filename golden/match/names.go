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
	for _, x := range a {
		for _, y := range b {
			if x.Given == "" || y.Given == "" {
				continue
			}
			known = true
			if alike(x.Given, y.Given) && (x.Usual && y.Usual || alike(x.Family, y.Family)) {
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

// slip tells whether two words are at most a third of the longer one apart, counting letters put
// in, left out, replaced or swapped with their neighbour (optimal string alignment).
func slip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	allowed := max(len(x), len(y)) / 3
	if allowed == 0 || len(x)-len(y) > allowed || len(y)-len(x) > allowed {
		return false
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			replace := last[j-1]
			if x[i-1] != y[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)] <= allowed
}
