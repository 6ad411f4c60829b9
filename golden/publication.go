package golden

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
)

// publication writes what the partition means for customers: entities, members, golden records,
// lookups and changes.
type publication struct {
	*settling
	ids  *identities
	rows []*row // entities to write
}

// row is one entity to write, with the change that it makes.
type row struct {
	GoldenRecord
	change *Change // nil where only the lineage changed
	index  bool    // its lookups changed
}

func (p *publication) publish(ctx context.Context, clusters []*cluster) error {
	var err error
	if p.ids, err = p.identify(ctx, clusters); err != nil {
		return err
	}
	homes := make([]*row, len(clusters))
	for i, c := range clusters {
		if homes[i], err = p.customer(i, c); err != nil {
			return err
		}
	}
	p.merge(clusters)
	p.empty()
	if err := p.putEntities(ctx); err != nil {
		return err
	}
	if err := p.putMembers(ctx, clusters, homes); err != nil {
		return err
	}
	if err := p.putLookups(ctx); err != nil {
		return err
	}
	return p.putChanges(ctx)
}

// customer works out the golden record of one cluster. It returns nil where nothing about it can
// have changed, and its row otherwise, which is written only if something did.
func (p *publication) customer(i int, c *cluster) (*row, error) {
	no := p.ids.primary(i)
	before := p.ids.entities[no]
	if before == nil {
		before = &GoldenRecord{Entity: Entity{ID: p.r.o.NewID()}}
	}
	keys := make([]string, len(c.records))
	content := false
	for n, rec := range c.records {
		keys[n] = rec.Key
		content = content || rec.changed
	}
	settled := before.State == Live && slices.Equal(keys, before.Sources)
	if settled && !content {
		return nil, nil
	}
	r := &row{GoldenRecord: *before}
	r.State, r.Into, r.Sources = Live, 0, keys
	lineage, err := p.survive(c, &r.GoldenRecord)
	if err != nil {
		return nil, err
	}
	if settled && bytes.Equal(before.Doc, r.Doc) {
		if !bytes.Equal(before.Lineage, r.Lineage) {
			p.rows = append(p.rows, r)
		}
		return r, nil
	}
	r.Version, r.UpdatedAt = before.Version+1, p.now
	r.index = true
	r.change = p.newChange(r, c)
	p.describe(r.change, before, c)
	if before.State == Live {
		if r.change.Paths, err = diff(before.Doc, r.Doc, lineage); err != nil {
			return nil, err
		}
		same, err := p.sameLookups(before, &r.GoldenRecord)
		if err != nil {
			return nil, err
		}
		r.index = !same
	}
	p.rows = append(p.rows, r)
	return r, nil
}

func (p *publication) newChange(r *row, c *cluster) *Change {
	change := &Change{ID: r.ID, Version: r.Version, At: p.now, Cause: p.cause}
	cause := c.first
	for _, rec := range c.records {
		if rec.changed {
			cause = rec
			break
		}
	}
	if cause != nil {
		change.Correlation = cause.correlation
		if change.Cause == "" {
			change.Cause = cause.Key
		}
	}
	return change
}

// describe says what sort of change it is, and which records moved.
func (p *publication) describe(change *Change, before *GoldenRecord, c *cluster) {
	from := map[string]bool{}
	for _, rec := range c.records {
		if _, held := slices.BinarySearch(before.Sources, rec.Key); held && before.State == Live {
			continue
		}
		change.Records = append(change.Records, rec.Key)
		if last := p.ids.entities[rec.Entity]; last != nil && last.State == Live && last.No != before.No {
			from[last.ID] = true
		}
	}
	switch {
	case before.State == Live:
		change.Type = Changed
		p.left(change, before, c)
	case len(from) > 0:
		change.Type, change.From = Split, slices.Sorted(maps.Keys(from))
	default:
		change.Type = Created
	}
}

// left adds the live records that the customer lost.
func (p *publication) left(change *Change, before *GoldenRecord, c *cluster) {
	for _, key := range before.Sources {
		if !slices.ContainsFunc(c.records, func(rec *record) bool { return rec.Key == key }) {
			change.Records = append(change.Records, key)
		}
	}
	slices.Sort(change.Records)
}

// merge lets the IDs that a cluster won beside its own forward to that.
func (p *publication) merge(clusters []*cluster) {
	for i := range clusters {
		into := p.ids.primary(i)
		for _, no := range p.ids.won[i] {
			e := p.ids.entities[no]
			if no == into || e == nil || e.State == Merged && e.Into == into {
				continue
			}
			survivor := p.ids.entities[into]
			r := &row{GoldenRecord: *e, index: e.State == Live}
			r.State, r.Into, r.Doc, r.Lineage = Merged, into, []byte("{}"), []byte("{}")
			r.Version, r.UpdatedAt = e.Version+1, p.now
			r.change = p.newChange(r, clusters[i])
			r.change.Type, r.change.Into, r.change.Records = MergedT, survivor.ID, e.Sources
			p.absorb(into, e)
			p.rows = append(p.rows, r)
		}
	}
}

// absorb tells the survivor's change which ID it took in, if that was in use.
func (p *publication) absorb(into EntityNo, e *GoldenRecord) {
	if e.State != Live {
		return
	}
	for _, r := range p.rows {
		if r.No == into && r.change != nil {
			r.change.Type = MergedT
			r.change.From = append(r.change.From, e.ID)
			slices.Sort(r.change.From)
		}
	}
}

// empty closes the customers whose last live record was deleted.
func (p *publication) empty() {
	for _, rec := range p.dirty {
		e := p.ids.entities[rec.Entity]
		if rec.live() || e == nil || e.State != Live || len(p.ids.votes[e.No]) > 0 || p.written(e.No) {
			continue
		}
		r := &row{GoldenRecord: *e, index: true}
		r.State, r.Sources, r.Version, r.UpdatedAt = Empty, nil, e.Version+1, p.now
		r.change = &Change{
			ID: r.ID, Version: r.Version, Type: Emptied, Records: e.Sources,
			At: p.now, Cause: rec.Key, Correlation: rec.correlation,
		}
		p.rows = append(p.rows, r)
	}
}

func (p *publication) written(no EntityNo) bool {
	return slices.ContainsFunc(p.rows, func(r *row) bool { return r.No == no })
}

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
	var of []EntityNo
	var lookups []Lookup
	for _, r := range p.rows {
		if !r.index {
			continue
		}
		of = append(of, r.No)
		if r.State == Live {
			own, err := p.r.rules.lookups(&r.GoldenRecord)
			if err != nil {
				return err
			}
			lookups = append(lookups, own...)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return p.tx.PutLookups(ctx, of, lookups)
}

func (p *publication) putChanges(ctx context.Context) error {
	records := map[EntityNo]GoldenRecord{}
	for _, r := range p.rows {
		if r.change != nil {
			p.result.Changes = append(p.result.Changes, *r.change)
			records[r.No] = r.GoldenRecord
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
	return p.r.o.OnChanged(ctx, p.tx, p.result.Changes, records)
}
