package golden

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// ContradictionError says that a lock contradicts others that are in force.
type ContradictionError struct {
	Chain []string // IDs of the decisions that say otherwise, from one record to the other
}

func (e *ContradictionError) Error() string {
	return "contradicts the decisions " + strings.Join(e.Chain, ", ")
}

// Decide records a person's verdict between two sets of source records and brings the customers in
// line with it, in one transaction. A lock that contradicts other locks is refused with a
// *ContradictionError; weaker decisions are taken, and lose where a stronger one says otherwise.
func (r *Resolver) Decide(ctx context.Context, d Decision) (Result, error) {
	if len(d.Left) == 0 || len(d.Right) == 0 {
		return Result{}, fmt.Errorf("decision %s: found %d and %d records; expected at least one on each side", d.ID, len(d.Left), len(d.Right))
	}
	for _, key := range d.Left {
		if slices.Contains(d.Right, key) {
			return Result{}, fmt.Errorf("decision %s: %s stands on both sides", d.ID, key)
		}
	}
	if d.ID == "" {
		d.ID = r.newDecisionID()
	}
	if d.At.IsZero() {
		d.At = r.o.Clock().UTC()
	}
	return r.settled(ctx, "take decision "+d.ID, func(ctx context.Context, s *settling) error {
		if err := s.take(ctx, d); err != nil {
			return err
		}
		return s.again(ctx, slices.Concat(d.Left, d.Right), causeDecision+d.ID)
	})
}

// take stores a decision, unless it is a lock that contradicts others.
func (s *settling) take(ctx context.Context, d Decision) error {
	if d.Strength == Lock && d.Verdict != Pinned {
		if err := s.refuse(ctx, d); err != nil {
			return err
		}
	}
	return s.tx.PutDecisions(ctx, []Decision{d})
}

// Undo ends a decision; of names one of its records. ErrNotFound where no decision of the ID that
// is in force names that record. See Act and UndoOf for what people undo.
func (r *Resolver) Undo(ctx context.Context, id, of string) (Result, error) {
	return r.settled(ctx, "undo decision "+id, func(ctx context.Context, s *settling) error {
		decisions, err := s.tx.DecisionsOf(ctx, []string{of})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(decisions, func(d Decision) bool { return d.ID == id })
		if at < 0 {
			return fmt.Errorf("decision %s of %s: %w", id, of, ErrNotFound)
		}
		d := decisions[at]
		d.Undone = &s.now
		if err := s.tx.PutDecisions(ctx, []Decision{d}); err != nil {
			return err
		}
		return s.again(ctx, slices.Concat(d.Left, d.Right), causeUndo+id)
	})
}

// refuse finds locks that contradict a new one: for 'different' a chain of 'same' from left to
// right; for 'same' a 'different' between what the chains from left and from right reach.
func (s *settling) refuse(ctx context.Context, d Decision) error {
	left, err := s.lockedTo(ctx, d.Left, d.ID)
	if err != nil {
		return err
	}
	if d.Verdict == Different {
		for _, key := range d.Right {
			if chain, reached := left.chains[key]; reached {
				return &ContradictionError{Chain: chain}
			}
		}
		return nil
	}
	right, err := s.lockedTo(ctx, d.Right, d.ID)
	if err != nil {
		return err
	}
	for _, apart := range append(left.different, right.different...) {
		for _, sides := range [][2][]string{{apart.Left, apart.Right}, {apart.Right, apart.Left}} {
			for _, x := range sides[0] {
				for _, y := range sides[1] {
					fromLeft, okLeft := left.chains[x]
					fromRight, okRight := right.chains[y]
					if okLeft && okRight {
						return &ContradictionError{Chain: slices.Concat(fromLeft, []string{apart.ID}, fromRight)}
					}
				}
			}
		}
	}
	return nil
}

// locked is what locks say of a set of records.
type locked struct {
	chains    map[string][]string // records that are the same, with the decisions that lead there
	different []Decision
}

func (s *settling) lockedTo(ctx context.Context, from []string, except string) (*locked, error) {
	l := &locked{chains: map[string][]string{}}
	for _, key := range from {
		l.chains[key] = nil
	}
	for frontier := from; len(frontier) > 0; {
		decisions, err := s.tx.DecisionsOf(ctx, frontier)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(decisions, func(a, b Decision) int { return strings.Compare(a.ID, b.ID) })
		frontier = nil
		for _, d := range decisions {
			switch {
			case d.Strength != Lock || d.ID == except:
			case d.Verdict == Different:
				l.different = append(l.different, d)
			default:
				frontier = append(frontier, l.follow(d)...)
			}
		}
	}
	return l, nil
}

// follow reaches every record of a 'same' that touches what is reached already.
func (l *locked) follow(d Decision) (reached []string) {
	members := slices.Concat(d.Left, d.Right)
	start := slices.IndexFunc(members, func(key string) bool { _, known := l.chains[key]; return known })
	if start < 0 {
		return nil
	}
	chain := l.chains[members[start]]
	for _, key := range members {
		if _, known := l.chains[key]; !known {
			l.chains[key] = append(slices.Clone(chain), d.ID)
			reached = append(reached, key)
		}
	}
	return reached
}
