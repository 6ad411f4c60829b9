package match

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSortedKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		records := make([]Record, rapid.IntRange(0, 300).Draw(t, "records"))
		var want []entry
		few := rapid.Uint64Range(0, 9)
		for i := range records {
			f := &Features{}
			for rule := range rapid.IntRange(0, 5).Draw(t, "keys") {
				k := Key{Hash: few.Draw(t, "first")<<60 | few.Draw(t, "middle")<<40 | few.Draw(t, "last"), Rule: rule}
				if rule == 4 {
					k.Of = 1
				}
				f.Keys = append(f.Keys, k)
			}
			slices.SortFunc(f.Keys, func(a, b Key) int { return cmp.Compare(a.Hash, b.Hash) })
			f.Keys = slices.CompactFunc(f.Keys, func(a, b Key) bool { return a.Hash == b.Hash })
			for _, k := range f.Keys {
				if k.Of == 0 {
					want = append(want, entry{k.Hash, int32(i), uint8(k.Rule)})
				}
			}
			records[i].Features = f
		}
		slices.SortFunc(want, func(a, b entry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.record, b.record)) })
		if got := ownKeys(records); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
