package match

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// nodes makes n nodes a, b, c, … that nothing joins or contradicts by itself.
func nodes(n int) []Node {
	list := make([]Node, n)
	for i := range list {
		list[i] = Node{Key: fmt.Sprintf("s/c/%03d", i), Features: &Features{}}
	}
	return list
}

// shares gives nodes a key under rule number rule.
func shares(list []Node, rule int, hash uint64, members ...int) {
	for _, i := range members {
		list[i].Features.Keys = append(list[i].Features.Keys, Key{Hash: hash, Rule: rule})
		slices.SortFunc(list[i].Features.Keys, func(a, b Key) int { return int(int64(a.Hash) - int64(b.Hash)) })
	}
}

// edges are what the keys say, as the resolver finds them.
func edges(r *Rules, list []Node) (found []Edge) {
	for a := range list {
		for b := a + 1; b < len(list); b++ {
			if w := r.Weight(list[a].Features, list[b].Features); w >= r.Thresholds.Edge && len(r.sharedKeys(list[a].Features, list[b].Features)) > 0 {
				found = append(found, Edge{a, b, w})
			}
		}
	}
	return found
}

const email, phoneName = 1, 2 // places in Default().Keys

func TestPartition_followsChainsOfEvidence(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(3)
	shares(list, email, 1, 0, 1)
	shares(list, phoneName, 2, 1, 2)
	out := r.Partition(&Component{Nodes: list, Edges: edges(&r, list)})
	if diff := cmp.Diff([][]int{{0, 1, 2}}, out.Clusters); diff != "" {
		t.Error(diff)
	}
}

// One record in the middle must not chain two groups together whose members contradict each other.
func TestPartition_weighsAllCrossPairs(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(5)
	for i, given := range map[int]string{0: "anna", 1: "anna", 3: "bernd", 4: "bernd"} {
		list[i].Features.People = []PersonName{newPersonName("schmidt", given, true)}
	}
	shares(list, email, 1, 0, 1, 2)
	shares(list, phoneName, 2, 2, 3, 4)
	out := r.Partition(&Component{Nodes: list, Edges: edges(&r, list)})
	if diff := cmp.Diff([][]int{{0, 1}, {2, 3, 4}}, out.Clusters); diff != "" {
		t.Error(diff)
	}
	if len(out.Findings) != 1 || out.Findings[0].Kind != Doubtful {
		t.Errorf("findings %+v", out.Findings)
	}
}

func TestPartition_neverBridgesConflictingIdentifiers(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(3)
	list[0].Features.Unique = uniques{{"vat", []uint64{1}}}
	list[2].Features.Unique = uniques{{"vat", []uint64{2}}}
	shares(list, email, 1, 0, 1, 2)
	out := r.Partition(&Component{Nodes: list, Edges: edges(&r, list)})
	if diff := cmp.Diff([][]int{{0, 1}, {2}}, out.Clusters); diff != "" {
		t.Error(diff)
	}
	if len(out.Findings) != 1 || out.Findings[0].Kind != Conflict || out.Findings[0].Detail != "vat" {
		t.Errorf("findings %+v", out.Findings)
	}
}

func TestPartition_statements(t *testing.T) {
	t.Parallel()
	older, newer := time.Unix(1, 0), time.Unix(2, 0)
	say := func(id string, different bool, strength Strength, at time.Time, left, right int) Statement {
		return Statement{ID: id, Different: different, Strength: strength, At: at, Left: []int{left}, Right: []int{right}}
	}
	for name, c := range map[string]struct {
		joined     bool // a key joins the two
		statements []Statement
		want       [][]int
		findings   int
	}{
		"same joins":                      {false, []Statement{say("1", false, Suggest, older, 0, 1)}, [][]int{{0, 1}}, 0},
		"different splits":                {true, []Statement{say("1", true, Suggest, older, 0, 1)}, [][]int{{0}, {1}}, 0},
		"lock beats newer suggest":        {true, []Statement{say("1", true, Lock, older, 0, 1), say("2", false, Suggest, newer, 0, 1)}, [][]int{{0}, {1}}, 1},
		"newer beats older":               {true, []Statement{say("1", true, Lock, older, 0, 1), say("2", false, Lock, newer, 0, 1)}, [][]int{{0, 1}}, 1},
		"different beats same":            {true, []Statement{say("1", false, Lock, older, 0, 1), say("2", true, Lock, older, 0, 1)}, [][]int{{0}, {1}}, 1},
		"auto adds a bonus":               {false, []Statement{say("1", false, Auto, older, 0, 1)}, [][]int{{0, 1}}, 0},
		"auto takes a bonus":              {true, []Statement{say("1", true, Auto, older, 0, 1)}, [][]int{{0}, {1}}, 0},
		"creation joins":                  {false, []Statement{say("1", false, Creation, older, 0, 1)}, [][]int{{0, 1}}, 0},
		"any different beats creation":    {false, []Statement{say("1", false, Creation, newer, 0, 1), say("2", true, Auto, older, 0, 1)}, [][]int{{0}, {1}}, 0},
		"a chain of same meets different": {false, []Statement{say("1", false, Lock, newer, 0, 2), say("2", false, Lock, newer, 1, 2), say("3", true, Lock, older, 0, 1)}, [][]int{{0, 1, 2}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, list := Default(), nodes(2)
			if slices.ContainsFunc(c.statements, func(s Statement) bool { return s.Right[0] == 2 }) {
				list = nodes(3)
			}
			if c.joined {
				shares(list, email, 1, 0, 1)
			}
			for range 2 {
				out := r.Partition(&Component{Nodes: list, Edges: edges(&r, list), Statements: c.statements})
				if diff := cmp.Diff(c.want, out.Clusters); diff != "" {
					t.Error(diff)
				}
				if len(out.Findings) != c.findings {
					t.Errorf("findings %+v", out.Findings)
				}
				slices.Reverse(c.statements)
			}
		})
	}
}

func TestPartition_sameBeatsConflictingIdentifiers(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(2)
	list[0].Features.Unique = uniques{{"vat", []uint64{1}}}
	list[1].Features.Unique = uniques{{"vat", []uint64{2}}}
	out := r.Partition(&Component{Nodes: list, Statements: []Statement{{ID: "1", Left: []int{0}, Right: []int{1}}}})
	if diff := cmp.Diff([][]int{{0, 1}}, out.Clusters); diff != "" {
		t.Error(diff)
	}
}

// The ladder drops the weak edges of an oversize component; strong duplicates inside stay merged.
func TestPartition_ladderKeepsStrongPairs(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(40)
	r.Limits.Component = 10
	for i := range 39 { // a chain of mailboxes …
		shares(list, email, uint64(100+i), i, i+1)
	}
	for i := 0; i < 40; i += 2 { // … through pairs that share phone and name
		shares(list, phoneName, uint64(200+i), i, i+1)
	}
	out := r.Partition(&Component{Nodes: list, Edges: edges(&r, list)})
	var want [][]int
	for i := 0; i < 40; i += 2 {
		want = append(want, []int{i, i + 1})
	}
	if diff := cmp.Diff(want, out.Clusters); diff != "" {
		t.Error(diff)
	}
	if len(out.Findings) != 1 || out.Findings[0].Kind != Oversize || out.Findings[0].Size != 40 {
		t.Errorf("findings %+v", out.Findings)
	}
}

func TestPartition_hugeComponentTakesLinearTime(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(20_000)
	var chain []Edge
	for i := range len(list) - 1 {
		shares(list, email, uint64(i), i, i+1)
		chain = append(chain, Edge{i, i + 1, r.Keys[email].Weight})
	}
	start := time.Now()
	out := r.Partition(&Component{Nodes: list, Edges: chain})
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	if len(out.Clusters) != len(list) || len(out.Findings) != 1 || len(out.Findings[0].Nodes) > oversizeNodes {
		t.Errorf("%d clusters, findings %+v", len(out.Clusters), out.Findings)
	}
}

func TestUnlike(t *testing.T) {
	t.Parallel()
	told := func(family, given string) []PersonName { return []PersonName{newPersonName(family, given, true)} }
	either := func(first, second string) []PersonName {
		return []PersonName{newPersonName(second, first, true), newPersonName(first, second, false)}
	}
	for _, c := range []struct {
		a, b []PersonName
		want bool
	}{
		{told("schmidt", "anna"), told("schmidt", "bernd"), true},
		{told("schmidt", "anna"), told("meier", "anna"), false},
		{told("schmidt", "anna"), told("schmidt", "a"), false},
		{told("schmidt", "anna"), told("schmidt", "annamaria"), false},
		{told("schmidt", "jonathan"), told("schmidt", "jonahtan"), false},
		{told("schmidt", "anna"), told("schmidt", ""), false},
		{told("schmidt", "anna"), either("schmidt", "anna"), false},
		{either("anna", "schmidt"), either("bernd", "schmidt"), true},
		{either("anna", "schmidt"), either("schmidt", "anna"), false},
		{either("wang", "xiaoming"), told("wang", "xiaoming"), false},
		{nil, told("schmidt", "anna"), false},
	} {
		if got := unlike(c.a, c.b); got != c.want || unlike(c.b, c.a) != got {
			t.Errorf("%v and %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestWeight_isSymmetricAndContradicted(t *testing.T) {
	t.Parallel()
	r, list := Default(), nodes(2)
	shares(list, email, 1, 0, 1)
	list[0].Features.Kind, list[1].Features.Kind = "person", "organisation"
	list[0].Features.BirthDate, list[1].Features.BirthDate = "1990-01-01", "1991-01-01"
	a, b := list[0].Features, list[1].Features
	if want := int32(-10) * Bit; r.Weight(a, b) != want || r.Weight(b, a) != want {
		t.Errorf("%d and %d, want %d", r.Weight(a, b), r.Weight(b, a), want)
	}
}
