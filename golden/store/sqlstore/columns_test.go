package sqlstore

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func TestLastBy_keepsTheLastOfEqualKeys(t *testing.T) {
	t.Parallel()
	type row struct{ key, value int }
	given := []row{{3, 1}, {1, 2}, {3, 3}, {2, 4}, {1, 5}}
	got := lastBy(given, func(r *row) int { return r.key }, cmp.Compare)
	if want := []row{{1, 5}, {2, 4}, {3, 3}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if given[0] != (row{3, 1}) {
		t.Errorf("the caller's rows were changed: %v", given)
	}
}

func TestDifference_turnsOneListIntoTheOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfDistinct(rapid.Uint64Range(0, 20), rapid.ID[uint64])
		before, after := unique(numbers.Draw(t, "before")), unique(numbers.Draw(t, "after"))
		minus, plus := difference(before, after)
		got := slices.DeleteFunc(slices.Clone(before), func(v uint64) bool { return slices.Contains(minus, v) })
		got = unique(append(got, plus...))
		if !slices.Equal(got, after) || len(before)-len(minus)+len(plus) != len(after) {
			t.Fatalf("%v less %v plus %v is not %v", before, minus, plus, after)
		}
	})
}

func TestPacked_comesBackAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.Uint64()).Draw(t, "keys")
		if got := unpackNumbers[uint64](packNumbers(keys)); !slices.Equal(got, keys) {
			t.Fatalf("keys %v came back as %v", keys, got)
		}
		ways := rapid.SliceOf(rapid.Custom(func(t *rapid.T) way {
			return way{rapid.Int64Range(1, 255).Draw(t, "kind"), rapid.String().Draw(t, "value")}
		})).Draw(t, "ways")
		if got := unpackWays(packWays(ways)); !slices.Equal(got, ways) {
			t.Fatalf("lookups %v came back as %v", ways, got)
		}
		n := rapid.Int64().Draw(t, "version")
		for _, v := range []*canonical.Version{nil, {Integer: &n}, {Time: "2026-01-01T00:00:00Z"}, {}} {
			if d := gocmp.Diff(v, unpackVersion(packVersion(v))); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func TestProse_isStorable(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"plain 姓名": "plain 姓名", "a\x00b": "a\uFFFDb", "\xff\xfe": "\uFFFD", "": "",
	} {
		if got := prose(given); got != want || !storable(got) {
			t.Errorf("prose(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestCheckText_namesWhatIsRefused(t *testing.T) {
	t.Parallel()
	err := checkText("record key", "fine", "erp/customers/\x00")
	if !errors.Is(err, golden.ErrText) || !strings.Contains(err.Error(), `record key "erp/customers/\x00"`) {
		t.Errorf("got %v", err)
	}
}
