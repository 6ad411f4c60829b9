package expression

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestMasked_leavesToTheParserWhatItCanRead shows which names of segments are replaced; ⓪ stands here
// for the letter of 0, and so on, and ⊛ for that of *.
func TestMasked_leavesToTheParserWhatItCanRead(t *testing.T) {
	t.Parallel()
	shown := func(text string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r == allMark:
				return '⊛'
			case r == firstDigit:
				return '⓪'
			case r > firstDigit && r < firstDigit+10:
				return '①' + r - firstDigit - 1
			}
			return r
		}, text)
	}
	for text, want := range map[string]string{
		`N1.2`:                            `N1.②`,
		`N1[ST].N3.1`:                     `N1[ST].N3.①`,
		`DTM[011].02`:                     `DTM[⓪11].⓪2`,
		`NAD[BY].C082.3039`:               `NAD[BY].C082.③039`,
		`N3[*][1].1`:                      `N3[⊛][①].①`,
		`filter(N1[*], .3 == "92")[*].N3`: `filter(N1[⊛], .③ == "92")[⊛].N3`,
		`1.5 + x.2 * 2.50`:                `1.5 + x.② * 2.50`,
		`[1, 2]`:                          `[1, 2]`,
		`a ?? [0]`:                        `a ?? [0]`,
		`"N1.2 [011]" + 'x.1' + N1.2`:     `"N1.2 [011]" + 'x.1' + N1.②`,
		`lines[-1]`:                       `lines[-1]`,
		`text[0:3]`:                       `text[0:3]`,
		`lookup("a", item.1, nil)`:        `lookup("a", item.①, nil)`,
		`名[0].1`:                          `名[⓪].①`,
		`"unclosed .1`:                    `"unclosed .1`,
		`N1[`:                             `N1[`,
		`N1.`:                             `N1.`,
	} {
		if got := shown(masked(text)); got != want {
			t.Errorf("%s is read as %s; want %s", text, got, want)
		}
	}
}

// FuzzMasked holds that replacing names keeps the number of characters, so that positions stay, and
// is undone by unmasked.
func FuzzMasked(f *testing.F) {
	for _, text := range []string{`N1[ST].N3.1`, `find(N1[*], .1 == "BY").4 + 1.5`, "`x.1` ?? [1]", `"\".1" .2`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r >= firstDigit && r <= allMark }) {
			t.Skip("the letters that stand for others are no names of records")
		}
		out := masked(text)
		if utf8.RuneCountInString(out) != utf8.RuneCountInString(text) {
			t.Fatalf("%q became %q", text, out)
		}
		if back := unmasked(out); back != text {
			t.Fatalf("%q came back as %q", text, back)
		}
	})
}
