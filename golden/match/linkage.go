package match

import "slices"

// linkage is average linkage over the atoms of one part: two clusters join if the clamped weights
// of all their cross pairs, those that no block key brought together included, sum to no less
// than zero.
type linkage struct {
	p       *partition
	members [][]int // of every cluster, by its first atom
	into    []int   // atom to cluster
	sum     []int64 // of cross pairs, by cluster × cluster
	apart   []bool  // 'different' stands between, likewise
	unique  []uniques
}

// obstacle is what keeps two clusters apart.
type obstacle int

const (
	none obstacle = iota
	verdict
	identifier
	evidence
)

func newLinkage(p *partition, part []int) *linkage {
	atoms := p.settled.sets.groups(part)
	n := len(atoms)
	l := &linkage{
		p: p, members: atoms, into: newSets(n),
		sum: make([]int64, n*n), apart: make([]bool, n*n), unique: make([]uniques, n),
	}
	for i, atom := range atoms {
		for _, node := range atom {
			p.atomOf[node] = i + 1
			l.unique[i] = l.unique[i].with(p.component.Nodes[node].Features.Unique)
		}
		for j := range i {
			l.sum[i*n+j] = l.across(atom, atoms[j])
			l.sum[j*n+i] = l.sum[i*n+j]
		}
	}
	for _, d := range p.settled.different {
		a, b := p.atomOf[d[0]]-1, p.atomOf[d[1]]-1
		if a >= 0 && b >= 0 {
			l.apart[a*n+b], l.apart[b*n+a] = true, true
		}
	}
	return l
}

// across sums the clamped weights of all pairs between two atoms. Of a pair that speaks against
// joining, half of the prior counts: the pair was not drawn at random, others have brought the two
// together, and that little is known of a record must not weigh like a contradiction.
func (l *linkage) across(a, b []int) (sum int64) {
	prior, _ := l.p.rules.prior()
	for _, x := range a {
		for _, y := range b {
			w := l.p.weigh(x, y)
			if w < 0 {
				w = min(0, w-prior/2)
			}
			w += l.p.settled.bonus[[2]int{min(x, y), max(x, y)}]
			sum += int64(min(max(w, -Clamp), Clamp))
		}
	}
	return sum
}

// clusters returns the clusters at the ends of an edge.
func (l *linkage) clusters(e Edge) (a, b int) {
	return l.into[l.p.atomOf[e.A]-1], l.into[l.p.atomOf[e.B]-1]
}

func (l *linkage) obstacle(a, b int) obstacle {
	at := a*len(l.members) + b
	switch {
	case l.apart[at]:
		return verdict
	case l.unique[a].conflict(l.unique[b]) != "":
		return identifier
	case l.sum[at] < 0:
		return evidence
	}
	return none
}

func (l *linkage) merge(a, b int) {
	n := len(l.members)
	for i, c := range l.into {
		if c == b {
			l.into[i] = a
		}
	}
	l.members[a] = append(slices.Clip(l.members[a]), l.members[b]...)
	l.unique[a] = l.unique[a].with(l.unique[b])
	for c := range n {
		l.sum[a*n+c] += l.sum[b*n+c]
		l.sum[c*n+a] = l.sum[a*n+c]
		l.apart[a*n+c] = l.apart[a*n+c] || l.apart[b*n+c]
		l.apart[c*n+a] = l.apart[a*n+c]
	}
}

// report finds what a person should look at: edges whose ends stayed apart, one for each pair of
// clusters and few for each node, the strongest first.
func (l *linkage) report(edges []Edge) {
	told := map[[2]int]bool{}
	doubts := map[int]int{}
	for _, e := range edges {
		a, b := l.clusters(e)
		if a == b || told[[2]int{min(a, b), max(a, b)}] || l.p.settled.bonus[[2]int{e.A, e.B}] < 0 {
			continue // one customer, asked already, or a person has said different
		}
		f := Finding{Kind: Doubtful, Nodes: []int{e.A, e.B}, Weight: e.Weight}
		switch l.obstacle(a, b) {
		case verdict:
			continue
		case identifier:
			if e.Weight < l.p.rules.Thresholds.Link {
				continue
			}
			f.Kind, f.Detail = Conflict, l.unique[a].conflict(l.unique[b])
		}
		told[[2]int{min(a, b), max(a, b)}] = true
		if doubts[e.A] < doubtsPerNode && doubts[e.B] < doubtsPerNode {
			doubts[e.A]++
			doubts[e.B]++
			l.p.out.Findings = append(l.p.out.Findings, f)
		}
	}
}
