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
	Compared int        // pairs weighed
	Pairs    int        // that share a key
	Largest  int        // records in the largest component
	Generic  []KeyShare // keys that too many records share to bring them together
}

// Resolve divides records into customers as the resolver does that takes them one by one: with the
// same keys, edges and components. It works on all cores and keeps everything in memory, about
// 200 bytes a record beside the features.
func (r *Rules) Resolve(records []Record) *Resolved {
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
	r.divide(records, out)
	return out
}

// divide partitions the components of the edges.
func (r *Rules) divide(records []Record, out *Resolved) {
	joined := newSets(len(records))
	for _, e := range out.Edges {
		joined.union(e.A, e.B)
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
	outcomes := make([]Outcome, len(groups))
	parallel(len(groups), 64, func(_, g int) {
		c := &Component{Edges: within[g], Nodes: make([]Node, len(groups[g]))}
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
