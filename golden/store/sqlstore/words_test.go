package sqlstore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWordsOf_writesEachClassBetweenItsMarks(t *testing.T) {
	t.Parallel()
	ways := []way{
		{phoneWay, "+441752764055"},
		{phoneWay, "1752764055"},
		{2, "a@x.example"},
		{nameWay, "anna"},
		{nameWay, "lee"},
		{nameWay, "two words"},
		{nameWay, strings.Repeat("y", maxWord+1)},
		{recordWay, "erp/customers/1"},
		{placeWay, "leeds"},
		{bornWay, "1980-05-17"},
	}
	words, kept := wordsOf(ways)
	if want := " anna lee |leeds|#1752764055#=1980-05-17="; words != want {
		t.Errorf("got %q, want %q", words, want)
	}
	if d := cmp.Diff([]bool{false, true, false, true, true, false, false, false, true, true}, kept); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
	if words, _ := wordsOf(nil); words != "" {
		t.Errorf("of nothing: %q", words)
	}
}

// What is written is read again, and fits into a row.
func TestEachWord_readsWhatWordsOfWrote(t *testing.T) {
	t.Parallel()
	kinds := map[int64]class{nameWay: ofName, placeWay: ofPlace, phoneWay: ofPhone, bornWay: ofBirth}
	rapid.Check(t, func(t *rapid.T) {
		ways := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) way {
			return way{rapid.SampledFrom([]int64{nameWay, placeWay, phoneWay, bornWay}).Draw(t, "kind"), rapid.StringMatching(`[a-z0-9王é]{1,20}`).Draw(t, "value")}
		}), 0, 80).Draw(t, "ways")
		words, kept := wordsOf(ways)
		if len(words) > maxWords {
			t.Fatalf("%d bytes", len(words))
		}
		want, got := map[way]int{}, map[way]int{}
		for i, w := range ways {
			if kept[i] {
				want[w]++
			}
		}
		eachWord(words, func(c class, word string) bool {
			for kind, of := range kinds {
				if of == c {
					got[way{kind, word}]++
				}
			}
			return true
		})
		if len(want) != len(got) {
			t.Fatalf("%d of %d words in %q", len(got), len(want), words)
		}
		for w, n := range want {
			if got[w] != n {
				t.Fatalf("%v %d times, want %d", w, got[w], n)
			}
		}
	})
}
