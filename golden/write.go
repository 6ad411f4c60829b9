package golden

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

func (p *publication) putEntities(ctx context.Context) error {
	if len(p.rows) == 0 {
		return nil
	}
	slices.SortFunc(p.rows, func(a, b *row) int { return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(a.ID, b.ID)) })
	records := make([]GoldenRecord, len(p.rows))
	for i, r := range p.rows {
		records[i] = r.GoldenRecord
	}
	if err := p.tx.PutEntities(ctx, records); err != nil {
		return err
	}
	for i, r := range p.rows {
		r.No = records[i].No
		if r.change != nil {
			r.change.Entity = r.No
		}
	}
	return nil
}

// putMembers moves the records to their customers, and with a merged customer the tombstones that
// it still holds.
func (p *publication) putMembers(ctx context.Context, clusters []*cluster, homes []*row) error {
	var moves []Member
	for i, c := range clusters {
		if homes[i] == nil {
			continue
		}
		for _, rec := range c.records {
			if rec.Entity != homes[i].No {
				moves = append(moves, Member{Record: rec.No, Entity: homes[i].No})
			}
		}
	}
	tombstones, err := p.tombstones(ctx)
	if err != nil {
		return err
	}
	moves = append(moves, tombstones...)
	if len(moves) == 0 {
		return nil
	}
	slices.SortFunc(moves, func(a, b Member) int { return cmp.Compare(a.Record, b.Record) })
	return p.tx.PutMembers(ctx, moves, p.now, p.memberCause(clusters))
}

// memberCause is one cause for the moves of the whole transaction: the decision, or the first
// record that changed.
func (p *publication) memberCause(clusters []*cluster) string {
	if p.cause != "" {
		return p.cause
	}
	if p.moved != "" {
		return p.moved
	}
	for _, c := range clusters {
		if c.first != nil {
			return c.first.Key
		}
	}
	return ""
}

func (p *publication) tombstones(ctx context.Context) ([]Member, error) {
	into := map[EntityNo]EntityNo{}
	for _, r := range p.rows {
		if r.State == Merged && p.ids.entities[r.No].State == Live {
			into[r.No] = r.Into
		}
	}
	if len(into) == 0 {
		return nil, nil
	}
	members, err := p.tx.MembersOf(ctx, slices.Sorted(maps.Keys(into)))
	if err != nil {
		return nil, err
	}
	nos := make([]RecordNo, len(members))
	for i, m := range members {
		nos[i] = m.Record
	}
	if err := p.loadByNo(ctx, nos); err != nil {
		return nil, err
	}
	var moves []Member
	for _, m := range members {
		if rec := p.records[m.Record]; rec != nil && !rec.live() {
			moves = append(moves, Member{Record: m.Record, Entity: into[m.Entity]})
		}
	}
	return moves, nil
}

func (p *publication) putLookups(ctx context.Context) error {
	n, all := 0, 0
	for _, r := range p.rows {
		if r.index {
			n, all = n+1, all+len(r.lookups)
		}
	}
	of, lookups := make([]EntityNo, 0, n), make([]Lookup, 0, all)
	for _, r := range p.rows {
		if !r.index {
			continue
		}
		of = append(of, r.No)
		for _, l := range r.lookups {
			l.Entity = r.No
			lookups = append(lookups, l)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return p.tx.PutLookups(ctx, of, lookups)
}

func (p *publication) putChanges(ctx context.Context) error {
	p.result.Changes = slices.Grow(p.result.Changes, len(p.rows))
	for _, r := range p.rows {
		if r.change != nil {
			p.result.Changes = append(p.result.Changes, *r.change)
		}
	}
	if len(p.result.Changes) == 0 {
		return nil
	}
	if err := p.tx.AddChanges(ctx, p.result.Changes); err != nil {
		return err
	}
	if p.r.o.OnChanged == nil {
		return nil
	}
	records := make(map[EntityNo]GoldenRecord, len(p.result.Changes))
	for _, r := range p.rows {
		if r.change != nil {
			records[r.No] = r.GoldenRecord
		}
	}
	return p.r.o.OnChanged(ctx, p.tx, p.result.Changes, records)
}
