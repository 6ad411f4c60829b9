package match

import (
	"cmp"
	"slices"
)

// settled is what the statements come down to: sets of nodes that are the same whatever their
// weight, pairs that are different whatever theirs, and bonuses.
type settled struct {
	sets      sets
	different [][2]int
	bonus     map[[2]int]int32
	findings  []Finding
}

// settle resolves contradictions by precedence: lock, suggest, auto, creation; then newer; then
// different over same; then the ID, so that there is always one order.
func settle(n int, statements []Statement) *settled {
	s := &settled{sets: newSets(n)}
	if len(statements) == 0 {
		return s
	}
	s.bonus = map[[2]int]int32{}
	ordered := slices.Clone(statements)
	slices.SortFunc(ordered, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(a.Strength, b.Strength), b.At.Compare(a.At),
			-cmp.Compare(rank(a.Different), rank(b.Different)), cmp.Compare(a.ID, b.ID))
	})
	for _, st := range ordered {
		clean := true
		eachPair(st, func(l, r int) {
			clean = s.apply(st, l, r) && clean
		})
		if !clean && st.Strength != Creation {
			s.findings = append(s.findings, Finding{Kind: Contradicted, Nodes: both(st), Detail: st.ID, Size: 0})
		}
	}
	return s
}

func rank(different bool) int {
	if different {
		return 1
	}
	return 0
}

// apply returns false where the pair contradicts a statement that goes before.
func (s *settled) apply(st Statement, l, r int) bool {
	pair := [2]int{min(l, r), max(l, r)}
	switch {
	case st.Strength == Auto:
		if _, said := s.bonus[pair]; said {
			return true
		}
		s.bonus[pair] = AutoBonus
		if st.Different {
			s.bonus[pair] = -AutoBonus
		}
	case st.Different:
		if s.sets.find(l) == s.sets.find(r) {
			return false
		}
		s.different = append(s.different, pair)
	case st.Strength == Creation && s.bonus[pair] < 0:
		// A person said different, if only as a hint: that beats what the hub concludes from
		// having made the record.
	default:
		if s.apart(l, r) {
			return false
		}
		s.sets.union(l, r)
	}
	return true
}

// apart tells whether a 'different' stands between the sets of two nodes.
func (s *settled) apart(a, b int) bool {
	a, b = s.sets.find(a), s.sets.find(b)
	for _, d := range s.different {
		x, y := s.sets.find(d[0]), s.sets.find(d[1])
		if x == a && y == b || x == b && y == a {
			return true
		}
	}
	return false
}

func eachPair(st Statement, do func(l, r int)) {
	for _, l := range st.Left {
		for _, r := range st.Right {
			if l != r {
				do(l, r)
			}
		}
	}
}

func both(st Statement) []int {
	nodes := slices.Concat(st.Left, st.Right)
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// sets is a union-find over nodes whose root is always the smallest node.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) find(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) union(a, b int) {
	a, b = s.find(a), s.find(b)
	if a < b {
		s[b] = a
	} else {
		s[a] = b
	}
}

// groups lists the sets among nodes, each in order, ordered by their first node.
func (s sets) groups(nodes []int) [][]int {
	groups := make([][]int, 0, len(nodes))
	place := s.roots(len(nodes))
	for _, n := range nodes {
		at := place(s.find(n), len(groups))
		if at == len(groups) {
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], n)
	}
	return groups
}

// roots remembers a place for each root of few or many nodes: the one that it was first given.
func (s sets) roots(nodes int) func(root, next int) int {
	if nodes < len(s)/8 {
		at := make(map[int]int, nodes)
		return func(root, next int) int {
			i, known := at[root]
			if !known {
				i, at[root] = next, next
			}
			return i
		}
	}
	at := make([]int, len(s)) // from 1
	return func(root, next int) int {
		if at[root] == 0 {
			at[root] = next + 1
		}
		return at[root] - 1
	}
}
