package match

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestShortJaro_isJaro(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abcde 19@.")), 0, 64, -1)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if short, long := shortJaro(a, b), jaro([]byte(a), []byte(b)); short != long {
			t.Fatalf("%q, %q: %d, want %d", a, b, short, long)
		}
	})
}

func TestWords_areFields(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("ab 1  é上"))).Draw(t, "text")
		if got, want := words(text, nil), strings.Fields(text); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	})
}
