package match

import (
	"cmp"
	"slices"
)

const (
	// Bit is one bit of weight.
	Bit = 1024
	// Clamp bounds what one pair can say for or against joining two clusters.
	Clamp = 15 * Bit
	// AutoBonus is what a decision of strength auto adds to the weight of a pair.
	AutoBonus = 10 * Bit

	doubtsPerNode = 3  // doubtful pairs that are reported of one node, the strongest
	oversizeNodes = 20 // nodes that the finding of an oversize component names
)

// Partition divides a component into customers. It depends on nothing but the component and the
// rules, so that any history which leads to the same component leads to the same customers.
func (r *Rules) Partition(c *Component) Outcome {
	if len(c.Nodes) == 1 {
		return Outcome{Clusters: [][]int{{0}}}
	}
	p := &partition{rules: r, component: c, settled: settle(len(c.Nodes), c.Statements), atomOf: make([]int, len(c.Nodes))}
	p.out.Findings = p.settled.findings
	p.joinEdges()
	parts := p.parts()
	for i, edges := range p.inside(parts) {
		p.divide(parts[i], edges)
	}
	slices.SortFunc(p.out.Clusters, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	r.betterHomes(c, &p.out)
	return p.out
}

type partition struct {
	rules     *Rules
	component *Component
	settled   *settled
	edges     []Edge // with bonuses, by weight descending, then nodes
	decided   []bool // edges that stand on a decision: the ladder does not drop them
	weights   []Edge // without bonuses, by nodes
	atomOf    []int  // node to atom of the part in hand, from 1; 0 for one of another part
	out       Outcome
}

// joinEdges adds bonuses to the edges, and edges for the pairs that only a decision joins.
func (p *partition) joinEdges() {
	byNodes := func(a, b Edge) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) }
	p.weights = p.component.Edges
	if !slices.IsSortedFunc(p.weights, byNodes) {
		p.weights = slices.SortedFunc(slices.Values(p.weights), byNodes)
	}
	p.edges = slices.Clone(p.weights)
	seen := make(map[[2]int]bool, len(p.settled.bonus))
	for i, e := range p.edges {
		pair := [2]int{e.A, e.B}
		if bonus, said := p.settled.bonus[pair]; said {
			p.edges[i].Weight += bonus
			seen[pair] = true
		}
	}
	for pair, bonus := range p.settled.bonus {
		if !seen[pair] && bonus > 0 {
			p.edges = append(p.edges, Edge{A: pair[0], B: pair[1], Weight: p.weigh(pair[0], pair[1]) + bonus})
		}
	}
	slices.SortFunc(p.edges, func(a, b Edge) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	p.decided = make([]bool, len(p.edges))
	for i, e := range p.edges {
		p.decided[i] = p.settled.bonus[[2]int{e.A, e.B}] > 0
	}
}

// weigh gives the weight of a pair: that of its edge, or where it has none, worked out.
func (p *partition) weigh(a, b int) int32 {
	a, b = min(a, b), max(a, b)
	at, edge := slices.BinarySearchFunc(p.weights, Edge{A: a, B: b}, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	if edge {
		return p.weights[at].Weight
	}
	p.out.Compared++
	return p.rules.Weight(p.component.Nodes[a].Features, p.component.Nodes[b].Features)
}

// parts returns the component as it is, or where it is too large, cut by the ladder: edges are
// dropped bit by bit, the weakest first, until every part is within the limit.
func (p *partition) parts() [][]int {
	all := make([]int, len(p.component.Nodes))
	for i := range all {
		all[i] = i
	}
	limit := p.rules.Limits.Component
	if len(all) <= limit {
		return [][]int{all}
	}
	p.out.Findings = append(p.out.Findings, Finding{Kind: Oversize, Nodes: all[:min(len(all), oversizeNodes)], Size: len(all)})
	for floor := p.rules.Thresholds.Edge + Bit; ; floor += Bit {
		joined := slices.Clone(p.settled.sets)
		left := 0
		for i, e := range p.edges {
			if e.Weight >= floor || p.decided[i] {
				joined.union(e.A, e.B)
				left++
			}
		}
		parts := joined.groups(all)
		if left == 0 || p.within(parts, limit) {
			p.cut(floor)
			return parts
		}
		if len(p.edges) > 0 && floor > p.edges[0].Weight { // only decisions are left
			p.cut(floor)
			return parts
		}
	}
}

// within tells whether every part is small enough, or is one atom, which nothing may cut.
func (p *partition) within(parts [][]int, limit int) bool {
	for _, part := range parts {
		if len(part) > limit && len(p.settled.sets.groups(part)) > 1 {
			return false
		}
	}
	return true
}

func (p *partition) cut(floor int32) {
	kept, decided := p.edges[:0:0], p.decided[:0:0]
	for i, e := range p.edges {
		if e.Weight >= floor || p.decided[i] {
			kept, decided = append(kept, e), append(decided, p.decided[i])
		}
	}
	p.edges, p.decided = kept, decided
}

// inside sorts the edges into the parts that hold both of their ends.
func (p *partition) inside(parts [][]int) [][]Edge {
	if len(parts) == 1 {
		return [][]Edge{p.edges}
	}
	partOf := make([]int, len(p.component.Nodes))
	for i, part := range parts {
		for _, node := range part {
			partOf[node] = i
		}
	}
	inside := make([][]Edge, len(parts))
	for _, e := range p.edges {
		if i := partOf[e.A]; i == partOf[e.B] {
			inside[i] = append(inside[i], e)
		}
	}
	return inside
}

// divide clusters one part, strongest edges first, and adds its clusters and findings.
func (p *partition) divide(part []int, edges []Edge) {
	if len(part) == 1 {
		p.out.Clusters = append(p.out.Clusters, part)
		return
	}
	l := newLinkage(p, part)
	for _, e := range edges {
		if e.Weight < p.rules.Thresholds.Link {
			break
		}
		a, b := l.clusters(e)
		if a != b && l.obstacle(a, b) == none {
			l.merge(a, b)
		}
	}
	l.report(edges)
	for i, atom := range l.members {
		if l.into[i] == i {
			slices.Sort(atom)
			p.out.Clusters = append(p.out.Clusters, atom)
		}
	}
	for _, node := range part {
		p.atomOf[node] = 0
	}
}
