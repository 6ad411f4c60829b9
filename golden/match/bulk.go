package match

import (
	"cmp"
	"slices"
)

// Resolved is the partition of all records at once.
type Resolved struct {
	Clusters [][]int // indices of records, each cluster in order of key, clusters by their first record
	Edges    []Edge  // by A, then B
	Findings []Finding
	Compared int          // pairs weighed
	Pairs    int          // that share a key
	Largest  int          // records in the largest component
	Generic  []GenericKey // keys that too many records share to bring them together
}

// Resolve divides records into customers as the resolver does that takes them one by one: with the
// same keys, edges and components. Statements name records by index. It works on all cores and keeps
// everything in memory, about 200 bytes a record beside the features.
func (r *Rules) Resolve(records []Record, statements ...Statement) *Resolved {
	b := r.block(records)
	out := &Resolved{Generic: b.generic}
	edges, pairs, caches := make([][]Edge, workers()), make([]int, workers()), caches()
	b.pairs(func(worker int, x, y int32) {
		pairs[worker]++
		if w := r.weigh(records[x].Features, records[y].Features, caches[worker]); w >= r.Thresholds.Edge {
			edges[worker] = append(edges[worker], Edge{A: int(x), B: int(y), Weight: w})
		}
	})
	out.Edges = slices.Concat(edges...)
	for _, n := range pairs {
		out.Pairs += n
	}
	out.Compared = out.Pairs
	slices.SortFunc(out.Edges, func(a, b Edge) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
	r.divide(records, statements, out)
	return out
}

// divide partitions the components of the edges.
func (r *Rules) divide(records []Record, statements []Statement, out *Resolved) {
	joined := newSets(len(records))
	for _, e := range out.Edges {
		joined.union(e.A, e.B)
	}
	for _, s := range statements {
		if !s.Different {
			eachPair(s, joined.union)
		}
	}
	all := make([]int, len(records))
	for i := range all {
		all[i] = i
	}
	groups := joined.groups(all)
	place, of := make([]int, len(records)), make([]int, len(records))
	for g, group := range groups {
		slices.SortFunc(group, func(a, b int) int { return cmp.Compare(records[a].Key, records[b].Key) })
		for i, n := range group {
			place[n], of[n] = i, g
		}
		out.Largest = max(out.Largest, len(group))
	}
	within := make([][]Edge, len(groups))
	for _, e := range out.Edges {
		a, b := place[e.A], place[e.B]
		within[of[e.A]] = append(within[of[e.A]], Edge{A: min(a, b), B: max(a, b), Weight: e.Weight})
	}
	said := statementsOf(statements, len(groups), of, place)
	outcomes := make([]Outcome, len(groups))
	parallel(len(groups), 64, func(_, g int) {
		c := &Component{Edges: within[g], Statements: said[g], Nodes: make([]Node, len(groups[g]))}
		slices.SortFunc(c.Edges, func(a, b Edge) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
		for i, n := range groups[g] {
			c.Nodes[i] = Node{Key: records[n].Key, Features: records[n].Features}
		}
		outcomes[g] = r.Partition(c)
	})
	for g, o := range outcomes {
		back := func(nodes []int) []int {
			list := make([]int, len(nodes))
			for i, n := range nodes {
				list[i] = groups[g][n]
			}
			return list
		}
		for _, cluster := range o.Clusters {
			out.Clusters = append(out.Clusters, back(cluster))
		}
		for _, f := range o.Findings {
			f.Nodes = back(f.Nodes)
			out.Findings = append(out.Findings, f)
		}
		out.Compared += o.Compared
	}
}

// statementsOf gives every group the statements of which it has records on both sides, by their places
// in it.
func statementsOf(statements []Statement, groups int, of, place []int) [][]Statement {
	said := make([][]Statement, groups)
	for _, s := range statements {
		sides := map[int]*[2][]int{}
		for side, nodes := range [][]int{s.Left, s.Right} {
			for _, n := range nodes {
				if sides[of[n]] == nil {
					sides[of[n]] = &[2][]int{}
				}
				sides[of[n]][side] = append(sides[of[n]][side], place[n])
			}
		}
		for g, both := range sides {
			if len(both[0]) > 0 && len(both[1]) > 0 {
				one := s
				one.Left, one.Right = both[0], both[1]
				slices.Sort(one.Left)
				slices.Sort(one.Right)
				said[g] = append(said[g], one)
			}
		}
	}
	return said
}
