package expression_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzEval holds that no expression makes compiler or machine panic, and that each gives the same
// value twice.
func FuzzEval(f *testing.F) {
	for _, v := range values {
		f.Add(v.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\r\x00\t") {
			return
		}
		if a, b := eval(t, text), eval(t, text); a != b {
			t.Errorf("%s: found %s, then %s", text, a, b)
		}
	})
}
