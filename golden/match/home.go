package match

import (
	"cmp"
	"slices"
)

// betterHomes reports the records that a 'same' of strength suggest holds in a cluster, and that the
// evidence alone would put with others, who are not in it. What people said in any other way counts as
// evidence: a 'different' keeps a record from going back where a person took it from.
//
// It partitions the component once more, so its cost is that of the partition, and only where there
// is such a statement.
func (r *Rules) betterHomes(c *Component, out *Outcome) {
	held := map[int]string{} // node to the newest statement that holds it
	var others []Statement
	for _, st := range byTime(c.Statements) {
		if st.Strength != Suggest || st.Different {
			others = append(others, st)
			continue
		}
		for _, n := range both(st) {
			held[n] = st.ID
		}
	}
	if len(held) == 0 {
		return
	}
	freed := *c
	freed.Statements = others
	again := r.Partition(&freed)
	out.Compared += again.Compared
	now, alone := clusterOf(len(c.Nodes), out.Clusters), clusterOf(len(c.Nodes), again.Clusters)
	weights := make(map[[2]int]int32, len(c.Edges))
	for _, e := range c.Edges {
		weights[[2]int{e.A, e.B}] = e.Weight
	}
	told := map[[2]int]bool{} // by cluster now and alone
	for n := range c.Nodes {
		if held[n] == "" || told[[2]int{now[n], alone[n]}] {
			continue
		}
		f := Finding{Kind: BetterHome, Detail: held[n]}
		for _, other := range again.Clusters[alone[n]] {
			pair := [2]int{min(n, other), max(n, other)}
			w, edge := weights[pair]
			if now[other] != now[n] && edge && (f.Nodes == nil || w > f.Weight) {
				f.Nodes, f.Weight = pair[:], w
			}
		}
		if f.Nodes != nil {
			told[[2]int{now[n], alone[n]}] = true
			out.Findings = slices.DeleteFunc(out.Findings, func(have Finding) bool { return have.Kind == Doubtful && slices.Equal(have.Nodes, f.Nodes) })
			out.Findings = append(out.Findings, f)
		}
	}
}

// byTime is the statements, the oldest first.
func byTime(statements []Statement) []Statement {
	ordered := slices.Clone(statements)
	slices.SortFunc(ordered, func(a, b Statement) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return ordered
}

// clusterOf gives for each node the place of its cluster.
func clusterOf(n int, clusters [][]int) []int {
	of := make([]int, n)
	for i, members := range clusters {
		for _, node := range members {
			of[node] = i
		}
	}
	return of
}
