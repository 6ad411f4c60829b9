package standard

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// anyText draws texts as they stand in records: plain words above all, and what shortcuts must leave alone.
func anyText(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(
		rapid.StringMatching(`[a-z0-9]{1,8}`), rapid.StringMatching(`[A-Za-z' .,-]{0,6}`),
		rapid.SampledFrom([]string{" ", "  ", "\t", "'", "o'neil", "ü", "Ａ", "王小明", "上海市", "é", "ß", "@", "`", "{", "/", ":", "K", "\xff", "\x00"}),
	), 0, 6).Draw(t, "parts"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
}

func TestTokens_shortcutIsNone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		folded := Fold(anyText(t))
		var want []string
		word, han := "", false
		for _, r := range folded + "." {
			switch {
			case r == '\'' && word != "":
				continue
			case word != "" && (!isWord(r) || isHan(r) != han):
				want, word = append(want, word), ""
			}
			if isWord(r) {
				word, han = word+string(r), isHan(r)
			}
		}
		if got := tokens(folded); strings.Join(got, "|") != strings.Join(want, "|") || len(got) != len(want) {
			t.Fatalf("%q: got %q; want %q", folded, got, want)
		}
		if want := strings.Join(want, " "); !hasHan(folded) && place(folded) != want {
			t.Fatalf("place %q: got %q; want %q", folded, place(folded), want)
		}
	})
}

func TestFold_shortcutIsNone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.ReplaceAll(anyText(t), "`", "") // an apostrophe beside other than ASCII letters only
		if Fold(text) != foldUnicode(text) {
			t.Fatalf("%q: got %q; want %q", text, Fold(text), foldUnicode(text))
		}
	})
}

func TestEmail_shortcutIsNone(t *testing.T) {
	t.Parallel()
	s := &Standardiser{}
	rapid.Check(t, func(t *rapid.T) {
		text := anyText(t) + "@" + rapid.StringMatching(`[A-Za-z-]{1,6}\.[A-Za-z]{2,3}`).Draw(t, "domain")
		if got, ok := s.Email(text); ok && norm.NFKC.String(got) != got {
			t.Fatalf("%q: got %q", text, got)
		}
	})
}
