package golden

import (
	"cmp"
	"context"
	"slices"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// graph is the part of the graph that a settling touches.
type graph struct {
	counts    map[uint64]int64      // live counts of block keys
	edges     map[[2]RecordNo]int32 // between nodes
	fresh     map[RecordNo][]Edge   // those of the dirty records, by either end
	differing []Edge                // those that are not as they are stored, and those that are no more
	seeds     []RecordNo            // of components: records that changed, and the ends of edges that did
	links     []Link
	decisions []Decision
	pins      []Decision
	nodes     []*record // live records of all components that meet the dirty ones
}

// reconnect replaces the edges of the dirty records: each is weighed against the members of its
// keys that are not generic. Components are looked at where a record changed or an edge did: one with
// the records and edges that it had is divided as it was.
func (s *settling) reconnect(ctx context.Context) error {
	s.result.Dirty = len(s.dirty)
	old, err := s.oldEdges(ctx)
	if err != nil {
		return err
	}
	pairs, err := s.candidates(ctx)
	if err != nil {
		return err
	}
	fresh, err := s.weigh(ctx, pairs)
	if err != nil {
		return err
	}
	s.graph.edges, s.graph.fresh = map[[2]RecordNo]int32{}, map[RecordNo][]Edge{}
	for _, e := range fresh {
		s.graph.fresh[e.A] = append(s.graph.fresh[e.A], e)
		s.graph.fresh[e.B] = append(s.graph.fresh[e.B], e)
	}
	for _, rec := range s.dirty {
		if rec.changed {
			s.graph.seeds = append(s.graph.seeds, rec.No)
		}
	}
	s.graph.differing = differentEdges(old, fresh)
	for _, e := range s.graph.differing {
		s.graph.seeds = append(s.graph.seeds, e.A, e.B)
	}
	return nil
}

// putEdges replaces the edges of the dirty records that have others than before. What is read of the graph is
// read before that: the stored edges of the dirty records count no more, and the fresh ones are known.
func (s *settling) putEdges(ctx context.Context) error {
	if len(s.graph.differing) == 0 {
		return nil
	}
	touched := map[RecordNo]bool{}
	for _, e := range s.graph.differing {
		touched[e.A], touched[e.B] = true, true
	}
	var nos []RecordNo
	var edges []Edge
	for _, rec := range s.dirty {
		if touched[rec.No] {
			nos = append(nos, rec.No)
			edges = append(edges, s.graph.fresh[rec.No]...)
		}
	}
	slices.Sort(nos)
	slices.SortFunc(edges, compareEdges)
	return s.tx.PutEdges(ctx, nos, slices.Compact(edges))
}

// differentEdges are the edges that only one of two ordered lists has.
func differentEdges(old, fresh []Edge) (differing []Edge) {
	for len(old) > 0 && len(fresh) > 0 {
		switch order := compareEdges(old[0], fresh[0]); {
		case order < 0:
			differing, old = append(differing, old[0]), old[1:]
		case order > 0:
			differing, fresh = append(differing, fresh[0]), fresh[1:]
		default:
			if old[0] != fresh[0] {
				differing = append(differing, fresh[0])
			}
			old, fresh = old[1:], fresh[1:]
		}
	}
	return append(append(differing, old...), fresh...)
}

func (s *settling) oldEdges(ctx context.Context) ([]Edge, error) {
	var nos []RecordNo
	for _, rec := range s.dirty {
		if !rec.inserted {
			nos = append(nos, rec.No)
		}
	}
	if len(nos) == 0 {
		return nil, nil
	}
	slices.Sort(nos)
	old, err := s.tx.EdgesOf(ctx, nos)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(old, compareEdges)
	return slices.Compact(old), nil
}

// candidates lists the pairs that share an active key, the smaller number first, with at least
// one dirty record each; in order, every pair once.
func (s *settling) candidates(ctx context.Context) ([][2]RecordNo, error) {
	var active []uint64
	by := map[*record][]uint64{}
	for _, rec := range s.dirty {
		if !rec.live() {
			continue
		}
		features, err := s.featuresOf(rec)
		if err != nil {
			return nil, err
		}
		s.r.rules.match.Acting(features, s.counted, func(k match.Key) {
			active = append(active, k.Hash)
			by[rec] = append(by[rec], k.Hash)
		})
	}
	if len(active) == 0 {
		return nil, nil
	}
	slices.Sort(active)
	blocks, err := s.tx.KeyMembers(ctx, slices.Compact(active), 0)
	if err != nil {
		return nil, err
	}
	var pairs [][2]RecordNo
	for _, rec := range s.dirty {
		for _, no := range members(blocks, by[rec]) {
			if no != rec.No {
				pairs = append(pairs, [2]RecordNo{min(no, rec.No), max(no, rec.No)})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]RecordNo) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return slices.Compact(pairs), nil
}

// members lists those of several blocks, each once.
func members(blocks map[uint64][]RecordNo, keys []uint64) (nos []RecordNo) {
	for _, key := range keys {
		nos = append(nos, blocks[key]...)
	}
	slices.Sort(nos)
	return slices.Compact(nos)
}

// weigh keeps the pairs that are worth an edge, in order.
func (s *settling) weigh(ctx context.Context, pairs [][2]RecordNo) ([]Edge, error) {
	nos := make([]RecordNo, 0, 2*len(pairs))
	for _, pair := range pairs {
		nos = append(nos, pair[0], pair[1])
	}
	if err := s.learnFeatures(ctx, nos); err != nil {
		return nil, err
	}
	weights := make([]int32, len(pairs))
	onAllCores(len(pairs), func(i int) {
		weights[i] = s.r.rules.match.Thresholds.Edge - 1
		if a, b := s.features[pairs[i][0]], s.features[pairs[i][1]]; a != nil && b != nil {
			weights[i] = s.r.rules.match.Weight(a, b)
		}
	})
	s.result.Compared += len(pairs)
	var edges []Edge
	for i, w := range weights {
		if w >= s.r.rules.match.Thresholds.Edge {
			edges = append(edges, Edge{A: pairs[i][0], B: pairs[i][1], Weight: w})
		}
	}
	return edges, nil
}

// explore loads every component that meets the seeds: by edges, links and decisions of sameness,
// round by round until nothing new is found.
func (s *settling) explore(ctx context.Context) error {
	seen := map[RecordNo]bool{}
	knownLinks, knownDecisions := map[[2]string]bool{}, map[string]bool{}
	frontier := s.graph.seeds
	for len(frontier) > 0 {
		if err := s.loadByNo(ctx, frontier); err != nil {
			return err
		}
		round := s.round(frontier, seen)
		if len(round) == 0 {
			return nil
		}
		frontier = nil
		next, err := s.followEdges(ctx, round)
		if err != nil {
			return err
		}
		frontier = append(frontier, next...)
		keys := make([]string, len(round))
		for i, rec := range round {
			keys[i] = rec.Key
		}
		slices.Sort(keys)
		named, err := s.followLinks(ctx, keys, knownLinks)
		if err != nil {
			return err
		}
		more, err := s.followDecisions(ctx, keys, knownDecisions)
		if err != nil {
			return err
		}
		named = append(named, more...)
		if err := s.loadByKey(ctx, named); err != nil {
			return err
		}
		for _, key := range named {
			if rec := s.byKey[key]; rec != nil {
				frontier = append(frontier, rec.No)
			}
		}
	}
	return nil
}

// round takes the records of the frontier that were not seen before. Live ones are nodes; a
// deleted dirty one still leads to those that it joined.
func (s *settling) round(frontier []RecordNo, seen map[RecordNo]bool) (round []*record) {
	for _, no := range frontier {
		rec := s.records[no]
		if rec == nil || seen[no] {
			continue
		}
		seen[no] = true
		if rec.live() {
			s.graph.nodes = append(s.graph.nodes, rec)
		} else if !rec.dirty {
			continue
		}
		round = append(round, rec)
	}
	return round
}

// followEdges reads the stored edges of the records that are not dirty; those of the dirty ones are
// known.
func (s *settling) followEdges(ctx context.Context, round []*record) (next []RecordNo, err error) {
	var nos []RecordNo
	follow := func(e Edge) {
		s.graph.edges[[2]RecordNo{e.A, e.B}] = e.Weight
		next = append(next, e.A, e.B)
	}
	for _, rec := range round {
		if !rec.dirty {
			nos = append(nos, rec.No)
		}
		for _, e := range s.graph.fresh[rec.No] {
			follow(e)
		}
	}
	if len(nos) > 0 {
		slices.Sort(nos)
		stored, err := s.tx.EdgesOf(ctx, nos)
		if err != nil {
			return nil, err
		}
		for _, e := range stored {
			if !s.isDirty(e.A) && !s.isDirty(e.B) {
				follow(e)
			}
		}
	}
	slices.Sort(next)
	return slices.Compact(next), nil
}

func (s *settling) isDirty(no RecordNo) bool {
	rec := s.records[no]
	if rec == nil {
		rec = s.bare[no]
	}
	return rec != nil && rec.dirty
}

func (s *settling) followLinks(ctx context.Context, keys []string, known map[[2]string]bool) (named []string, err error) {
	links, err := s.tx.LinksOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	var created []*record
	for _, l := range links {
		if rec := s.byKey[l.Remote]; rec != nil && rec.inserted {
			created = append(created, rec)
		}
		if ends := [2]string{l.Remote, l.Origin}; !known[ends] {
			known[ends] = true
			s.graph.links = append(s.graph.links, l)
			named = append(named, l.Remote, l.Origin)
		}
	}
	return named, s.learnWritten(ctx, created)
}

// learnWritten reads what the hub wrote into records that it created, before they first came.
func (s *settling) learnWritten(ctx context.Context, created []*record) error {
	if len(created) == 0 {
		return nil
	}
	stored, err := s.tx.RecordsByNo(ctx, slices.Compact(numbers(created)))
	if err != nil {
		return err
	}
	learnt := map[string][]WrittenValue{}
	for i := range stored {
		rec := s.records[stored[i].No]
		rec.Written = stored[i].Written
		if rec.Deleted || !slices.ContainsFunc(rec.Written, WrittenValue.Open) {
			continue
		}
		now, err := s.customerOf(rec)
		if err != nil {
			return err
		}
		rec.Written = s.r.rules.Observe(rec.Written, nil, now, s.now)
		learnt[rec.Key] = rec.Written
	}
	if len(learnt) == 0 {
		return nil
	}
	return s.tx.PutWritten(ctx, learnt)
}

func (s *settling) followDecisions(ctx context.Context, keys []string, known map[string]bool) (named []string, err error) {
	decisions, err := s.tx.DecisionsOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		if known[d.ID] {
			continue
		}
		known[d.ID] = true
		if d.Verdict == Pinned {
			// it goes with the first of its records that is live: one that is deleted, or comes back, moves
			// it from or to a customer that nothing else touches
			s.graph.pins = append(s.graph.pins, d)
			named = append(named, d.Left...)
			continue
		}
		s.graph.decisions = append(s.graph.decisions, d)
		if d.Verdict == Same {
			named = append(append(named, d.Left...), d.Right...)
		}
	}
	return named, nil
}

func compareEdges(a, b Edge) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) }
