package golden

import (
	"cmp"
	"slices"
)

// effects are what the transaction did, read from what it has written.
func (a *acting) effects() Effects {
	e := Effects{DryRun: a.DryRun, Act: a.id, Decisions: a.decisions, Customers: []CustomerEffect{}, Targets: a.marks.effects(), Open: a.asked}
	if e.Decisions == nil {
		e.Decisions = []Decision{}
	}
	if e.Open == nil {
		e.Open = []string{}
	}
	if a.published == nil {
		return e
	}
	for _, r := range a.published.rows {
		if r.change != nil {
			e.Customers = append(e.Customers, a.published.effect(r))
		}
	}
	slices.SortFunc(e.Customers, func(x, y CustomerEffect) int { return cmp.Compare(x.ID, y.ID) })
	return e
}

func (p *publication) effect(r *row) CustomerEffect {
	e := CustomerEffect{
		ID: r.ID, Type: r.change.Type, Into: r.change.Into, From: r.change.From, Records: r.change.Records,
		Changed: r.change.Paths, After: stateOf(&r.GoldenRecord),
	}
	if before := p.ids.entities[r.No]; before != nil {
		e.Before = stateOf(before)
		e.Revived = before.State != Live && r.State == Live
	}
	return e
}

func stateOf(g *GoldenRecord) *CustomerState {
	s := &CustomerState{State: g.State, Version: g.Version, Sources: g.Sources}
	if s.Sources == nil {
		s.Sources = []string{}
	}
	if g.State == Live {
		s.Customer = g.Doc
	}
	return s
}

// effects are the marks by target.
func (m *marking) effects() []TargetEffect {
	by := map[string][]string{}
	for _, d := range m.dirty {
		by[d.Target] = append(by[d.Target], d.Subject)
	}
	effects := make([]TargetEffect, 0, len(by))
	for target, subjects := range by {
		effects = append(effects, TargetEffect{Target: target, Customers: sorted(subjects)})
	}
	slices.SortFunc(effects, func(x, y TargetEffect) int { return cmp.Compare(x.Target, y.Target) })
	return effects
}
