package match

import (
	"testing"

	"pgregory.net/rapid"
)

// The values of Winkler (1990), table 1, and of the names that papers since then compare, cut to
// thousandths.
func TestJaroWinkler_givesThePublishedValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"martha", "marhta", 961},
		{"dwayne", "duane", 840},
		{"dixon", "dicksonx", 813},
		{"jones", "johnson", 832},
		{"shackleford", "shackelford", 981},
		{"nichleson", "nichulson", 955},
		{"massey", "massie", 933},
		{"abroms", "abrams", 922},
		{"jeraldine", "geraldine", 925},
		{"michelle", "michael", 921},
		{"anna", "anna", 1000},
		{"anna", "", 0},
		{"abc", "xyz", 0},
		{"王小明", "王小民", 822},
	} {
		if got := jaroWinkler(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestDistance_countsSwappedNeighboursOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		most int
		want int
	}{
		{"schmidt", "schmidt", 3, 0},
		{"schmidt", "schmitd", 3, 1},
		{"schmidt", "smith", 9, 4},
		{"", "abc", 3, 3},
		{"schmidt", "smith", 2, 3},
		{"ca", "abc", 9, 3},
		{"王小明", "小王明", 3, 1},
		{"müller", "muller", 3, 1},
	} {
		if got := distance(c.a, c.b, c.most); got != c.want {
			t.Errorf("%s and %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestTokenSet_comparesWordsInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"12 harbour rd", "harbour rd 12", 1000},
		{"12 harbour rd", "21 harbour rd", 818}, // numbers are the same or not
		{"harbour rd", "harbor rd", 1000},
		{"harbour rd", "station st", 0},
		{"", "station st", 0},
	} {
		if got := tokenSet(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestSoundex_givesThePublishedCodes(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"robert": "r163", "rupert": "r163", "rubin": "r150", "ashcraft": "a261", "tymczak": "t522", "pfister": "p236", "lee": "l000", "王": "", "": "",
	} {
		if got := soundex(word); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

func TestLog2_isExactForPowersAndGrows(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		if got := log2(1 << n); got != int32(n)*Bit {
			t.Errorf("log2 of 2 to the power of %d is %d", n, got)
		}
	}
	if got := log2(3); got != 1623 { // 1.58496 bits
		t.Errorf("log2 of 3 is %d", got)
	}
	last := int32(0)
	for n := uint64(1); n < 5000; n++ {
		if got := log2(n); got < last {
			t.Fatalf("log2 of %d is less than of %d", n, n-1)
		} else {
			last = got
		}
	}
}

func TestSimilarities_areSymmetricAndBounded(t *testing.T) {
	t.Parallel()
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abcde王明é ")), 0, 12, -1)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := word.Draw(rt, "a"), word.Draw(rt, "b")
		if x, y := jaroWinkler(a, b), jaroWinkler(b, a); x != y || x < 0 || x > 1000 {
			rt.Errorf("Jaro-Winkler %d and %d", x, y)
		}
		if x, y := distance(a, b, 20), distance(b, a, 20); x != y || x > 12 || (x == 0) != (a == b) {
			rt.Errorf("distance %d and %d", x, y)
		}
		if x, y := tokenSet(a, b), tokenSet(b, a); x != y || x < 0 || x > 1000 {
			rt.Errorf("token set %d and %d", x, y)
		}
	})
}
