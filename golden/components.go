package golden

import (
	"cmp"
	"slices"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// cluster is the live records of one customer, by key.
type cluster struct {
	records []*record
	first   *record // of its component: what caused the settling
}

// component is one connected component of the graph.
type component struct {
	nodes      []*record // by key
	edges      []match.Edge
	statements []match.Statement
}

// partition divides every component into customers, and says what people should look at.
func (s *settling) partition() ([]*cluster, []Task, error) {
	var clusters []*cluster
	var tasks []Task
	for _, c := range s.components() {
		in, err := s.forMatch(c)
		if err != nil {
			return nil, nil, err
		}
		out := s.r.rules.match.Partition(in)
		s.result.Compared += out.Compared
		first := c.cause()
		for _, members := range out.Clusters {
			own := &cluster{first: first}
			for _, i := range members {
				own.records = append(own.records, c.nodes[i])
			}
			clusters = append(clusters, own)
		}
		for _, f := range out.Findings {
			tasks = append(tasks, s.task(f, c.nodes))
		}
	}
	return clusters, tasks, nil
}

// cause is the first record that changed, else the first that is dirty.
func (c *component) cause() (first *record) {
	for _, rec := range c.nodes {
		if rec.changed {
			return rec
		}
		if first == nil && rec.dirty {
			first = rec
		}
	}
	return first
}

// forMatch gives the matcher what it needs of a component.
func (s *settling) forMatch(c *component) (*match.Component, error) {
	in := &match.Component{Nodes: make([]match.Node, len(c.nodes)), Edges: c.edges, Statements: c.statements}
	for i, rec := range c.nodes {
		in.Nodes[i].Key = rec.Key
		if len(c.nodes) == 1 {
			break
		}
		features, err := s.featuresOf(rec)
		if err != nil {
			return nil, err
		}
		in.Nodes[i].Features = features
	}
	slices.SortFunc(in.Edges, func(a, b match.Edge) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
	return in, nil
}

// components joins the nodes by edges, links and decisions of sameness. They come in the order of
// their first key.
func (s *settling) components() []*component {
	nodes := s.graph.nodes
	slices.SortFunc(nodes, byRecordKey)
	f := newForest(nodes)
	for pair := range s.graph.edges { // both ends are nodes
		f.join(s.records[pair[0]], s.records[pair[1]])
	}
	for _, l := range s.graph.links {
		f.join(s.byKey[l.Remote], s.byKey[l.Origin])
	}
	for _, d := range s.graph.decisions {
		if d.Verdict == Same {
			for _, left := range d.Left {
				for _, right := range d.Right {
					f.join(s.byKey[left], s.byKey[right])
				}
			}
		}
	}
	components := f.components()
	for pair, weight := range s.graph.edges {
		a, b := f.at[s.records[pair[0]]], f.at[s.records[pair[1]]]
		c := f.componentOf(a)
		c.edges = append(c.edges, match.Edge{A: min(f.place[a], f.place[b]), B: max(f.place[a], f.place[b]), Weight: weight})
	}
	for _, l := range s.graph.links {
		s.state(f, match.Statement{ID: l.Remote + "\x00" + l.Origin, Strength: match.Creation}, []string{l.Remote}, []string{l.Origin})
	}
	for _, d := range s.graph.decisions {
		s.state(f, match.Statement{ID: d.ID, Different: d.Verdict == Different, Strength: strengths[d.Strength], At: d.At}, d.Left, d.Right)
	}
	return components
}

var strengths = map[Strength]match.Strength{Lock: match.Lock, Suggest: match.Suggest, Auto: match.Auto}

// state adds a statement to every component in which both of its sides have records.
func (s *settling) state(f *forest, st match.Statement, left, right []string) {
	type sides struct{ left, right []int }
	in := map[*component]*sides{}
	side := func(keys []string, of func(*sides) *[]int) {
		for _, key := range keys {
			i, known := f.at[s.byKey[key]]
			if !known {
				continue
			}
			c := f.componentOf(i)
			if in[c] == nil {
				in[c] = &sides{}
			}
			list := of(in[c])
			*list = append(*list, f.place[i])
		}
	}
	side(left, func(s *sides) *[]int { return &s.left })
	side(right, func(s *sides) *[]int { return &s.right })
	for c, found := range in {
		if len(found.left) > 0 && len(found.right) > 0 {
			slices.Sort(found.left)
			slices.Sort(found.right)
			st.Left, st.Right = found.left, found.right
			c.statements = append(c.statements, st)
		}
	}
}

// forest is a union-find over records.
type forest struct {
	nodes []*record
	at    map[*record]int
	into  []int
	place []int // of a node within its component
	roots map[int]*component
}

func newForest(nodes []*record) *forest {
	f := &forest{nodes: nodes, at: make(map[*record]int, len(nodes)), into: make([]int, len(nodes)), place: make([]int, len(nodes))}
	for i, rec := range nodes {
		f.at[rec], f.into[i] = i, i
	}
	return f
}

func (f *forest) find(i int) int {
	for f.into[i] != i {
		f.into[i] = f.into[f.into[i]]
		i = f.into[i]
	}
	return i
}

// join joins two records, if both are nodes.
func (f *forest) join(a, b *record) {
	x, okX := f.at[a]
	y, okY := f.at[b]
	if okX && okY {
		x, y = f.find(x), f.find(y)
		f.into[max(x, y)] = min(x, y)
	}
}

func (f *forest) components() (components []*component) {
	f.roots = map[int]*component{}
	for i, rec := range f.nodes {
		root := f.find(i)
		c := f.roots[root]
		if c == nil {
			c = &component{}
			f.roots[root] = c
			components = append(components, c)
		}
		f.place[i] = len(c.nodes)
		c.nodes = append(c.nodes, rec)
	}
	return components
}

func (f *forest) componentOf(i int) *component { return f.roots[f.find(i)] }
