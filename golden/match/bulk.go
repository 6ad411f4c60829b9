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
	return r.ResolveBlocks(r.Block(records), statements...)
}

// ResolveBlocks is Resolve of records that are sorted by their keys already.
func (r *Rules) ResolveBlocks(b *Blocks, statements ...Statement) *Resolved {
	records := b.records
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
	g := newGroups(joined)
	parallel(g.len(), 64, func(_, i int) {
		slices.SortFunc(g.members(i), func(a, b int) int { return cmp.Compare(records[a].Key, records[b].Key) })
	})
	place := g.places()
	edges := g.within(out.Edges, place)
	said := statementsOf(statements, g, place)
	outcomes := make([]Outcome, g.len())
	parallel(g.len(), 64, func(_, i int) {
		members := g.members(i)
		c := &Component{Edges: edges[i], Statements: said[i], Nodes: make([]Node, len(members))}
		slices.SortFunc(c.Edges, func(a, b Edge) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
		for j, n := range members {
			c.Nodes[j] = Node{Key: records[n].Key, Features: records[n].Features}
		}
		outcomes[i] = r.Partition(c)
	})
	out.collect(g, outcomes)
}

// collect puts the outcomes of the groups together, in order of their first records.
func (out *Resolved) collect(g *groups, outcomes []Outcome) {
	alone := make([]int, len(g.of))
	next := 0
	out.Clusters = make([][]int, 0, len(g.of))
	for n, i := range g.of {
		if i < 0 {
			alone[n] = n
			out.Clusters = append(out.Clusters, alone[n:n+1:n+1])
			continue
		}
		if i != next {
			continue // told with the first of its group
		}
		next++
		members, o := g.members(i), &outcomes[i]
		out.Largest = max(out.Largest, len(members))
		back := func(nodes []int) []int {
			list := make([]int, len(nodes))
			for j, n := range nodes {
				list[j] = members[n]
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
	if len(g.of) > 0 {
		out.Largest = max(out.Largest, 1)
	}
}

// groups are the components of two or more records, by their first record.
type groups struct {
	of     []int // by record; -1 for one that is alone
	all    []int // members, one group after the other
	starts []int // of a group in all; one more at the end
}

func newGroups(joined sets) *groups {
	n := len(joined)
	g := &groups{of: make([]int, n), starts: []int{0}}
	sizes := make([]int32, n)
	for i := range joined {
		sizes[joined.find(i)]++
	}
	for i := range joined { // a root is the first of its group
		root := joined.find(i)
		switch {
		case sizes[root] == 1:
			g.of[i] = -1
		case root == i:
			g.of[i] = len(g.starts) - 1
			g.starts = append(g.starts, g.starts[len(g.starts)-1]+int(sizes[root]))
		default:
			g.of[i] = g.of[root]
		}
	}
	at := slices.Clone(g.starts)
	g.all = make([]int, g.starts[len(g.starts)-1])
	for i, group := range g.of {
		if group >= 0 {
			g.all[at[group]] = i
			at[group]++
		}
	}
	return g
}

func (g *groups) len() int { return len(g.starts) - 1 }

func (g *groups) members(i int) []int { return g.all[g.starts[i]:g.starts[i+1]] }

// places gives the place of every record in its group.
func (g *groups) places() []int32 {
	place := make([]int32, len(g.of))
	for i := range g.len() {
		for at, n := range g.members(i) {
			place[n] = int32(at)
		}
	}
	return place
}

// within sorts edges into the groups, between places.
func (g *groups) within(edges []Edge, place []int32) [][]Edge {
	ends := make([]int, g.len()+1)
	for _, e := range edges {
		ends[g.of[e.A]+1]++
	}
	for i := range g.len() {
		ends[i+1] += ends[i]
	}
	at, all := slices.Clone(ends), make([]Edge, len(edges))
	for _, e := range edges {
		group, a, b := g.of[e.A], int(place[e.A]), int(place[e.B])
		all[at[group]] = Edge{A: min(a, b), B: max(a, b), Weight: e.Weight}
		at[group]++
	}
	within := make([][]Edge, g.len())
	for i := range within {
		within[i] = all[ends[i]:ends[i+1]:ends[i+1]]
	}
	return within
}

// statementsOf gives every group the statements of which it has records on both sides, by their places
// in it.
func statementsOf(statements []Statement, groups *groups, place []int32) [][]Statement {
	said, of := make([][]Statement, groups.len()), groups.of
	for _, s := range statements {
		sides := map[int]*[2][]int{}
		for side, nodes := range [][]int{s.Left, s.Right} {
			for _, n := range nodes {
				if of[n] < 0 {
					continue
				}
				if sides[of[n]] == nil {
					sides[of[n]] = &[2][]int{}
				}
				sides[of[n]][side] = append(sides[of[n]][side], int(place[n]))
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
