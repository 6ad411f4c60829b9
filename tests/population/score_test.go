package population

import "testing"

func TestScore(t *testing.T) {
	t.Parallel()
	// a a | b b b | c in truth; the partition has {a a b} and {b b} and {c}
	got := Score([]int{1, 1, 1, 2, 2, 3}, []string{"a", "a", "b", "b", "b", "c"})
	if want := (Pairs{Found: 4, Real: 4, Both: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got.Precision() != 0.5 || got.Recall() != 0.5 || got.F1() != 0.5 {
		t.Errorf("precision %v, recall %v, F1 %v", got.Precision(), got.Recall(), got.F1())
	}
	if nothing := Score([]int{1, 2}, []int{1, 2}); nothing.F1() != 1 {
		t.Errorf("nothing to find, nothing found: F1 %v", nothing.F1())
	}
}
