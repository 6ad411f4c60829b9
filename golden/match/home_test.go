package match

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// held is a component in which a suggestion holds record 0 with 3 and 4, who contradict 1 and 2, with
// whom it shares a key.
func held(r *Rules, more ...Statement) *Component {
	list := nodes(5)
	for i, given := range map[int]string{1: "anna", 2: "anna", 3: "bernd", 4: "bernd"} {
		list[i].Features.People = []PersonName{newPersonName("schmidt", given, true)}
	}
	shares(list, email, 1, 0, 1, 2)
	shares(list, phoneName, 2, 3, 4)
	suggest := Statement{ID: "d1", Strength: Suggest, At: time.Unix(1, 0), Left: []int{0}, Right: []int{3, 4}}
	return &Component{Nodes: list, Edges: edges(r, list), Statements: append(more, suggest)}
}

func TestPartition_suggestionHoldsAndTellsOfABetterHome(t *testing.T) {
	t.Parallel()
	r := Default()
	out := r.Partition(held(&r))
	if diff := cmp.Diff([][]int{{0, 3, 4}, {1, 2}}, out.Clusters); diff != "" {
		t.Error(diff)
	}
	want := []Finding{{Kind: BetterHome, Nodes: []int{0, 1}, Weight: 12 * Bit, Detail: "d1"}}
	if diff := cmp.Diff(want, out.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestPartition_noBetterHomeThanWhatPeopleSay(t *testing.T) {
	t.Parallel()
	r := Default()
	for name, st := range map[string]Statement{
		"different, as a suggestion": {ID: "d2", Different: true, Strength: Suggest, At: time.Unix(2, 0), Left: []int{0}, Right: []int{1, 2}},
		"the same, for good":         {ID: "d2", Strength: Lock, At: time.Unix(2, 0), Left: []int{0}, Right: []int{3}},
	} {
		if out := r.Partition(held(&r, st)); len(out.Findings) > 0 {
			for _, f := range out.Findings {
				if f.Kind == BetterHome {
					t.Errorf("%s: findings %+v", name, out.Findings)
				}
			}
		}
	}
}
