package golden

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
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
	change  *Change // nil where only the lineage changed
	index   bool    // its lookups changed
	lookups []Lookup
}

func (p *publication) publish(ctx context.Context, clusters []*cluster) error {
	var err error
	if p.ids, err = p.identify(ctx, clusters); err != nil {
		return err
	}
	homes, err := p.customers(clusters)
	if err != nil {
		return err
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

// draft is the golden record of one cluster, before and after.
type draft struct {
	cluster *cluster
	before  *GoldenRecord
	after   GoldenRecord
	settled bool // in use, with the same records
	surviving
	sameLookups bool
	err         error
}

// customers works out the golden records of the clusters. A cluster about which nothing can have
// changed has no row; the others' rows are written only if something did.
func (p *publication) customers(clusters []*cluster) ([]*row, error) {
	drafts := make([]*draft, len(clusters))
	for i, c := range clusters {
		drafts[i] = p.draft(i, c)
	}
	p.survivors(drafts)
	homes := make([]*row, len(clusters))
	for i, d := range drafts {
		if d == nil {
			continue
		}
		if d.err != nil {
			return nil, d.err
		}
		var err error
		if homes[i], err = p.row(d); err != nil {
			return nil, err
		}
	}
	return homes, nil
}

func (p *publication) draft(i int, c *cluster) *draft {
	before := p.ids.entities[p.ids.primary(i)]
	if before == nil {
		before = &GoldenRecord{Entity: Entity{ID: p.r.o.NewID()}}
	}
	keys := make([]string, len(c.records))
	content := false
	for n, rec := range c.records {
		keys[n] = rec.Key
		content = content || rec.changed
	}
	d := &draft{cluster: c, before: before, after: *before}
	d.settled = before.State == Live && slices.Equal(keys, before.Sources)
	if d.settled && !content {
		return nil
	}
	d.after.State, d.after.Into, d.after.Sources = Live, 0, keys
	return d
}

// survivors chooses the values of all drafts, on all cores: nothing here reads the store.
func (p *publication) survivors(drafts []*draft) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(drafts)/16+1) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(drafts)); i = next.Add(1) - 1 {
				if d := drafts[i]; d != nil {
					d.err = p.survivor(d)
				}
			}
		})
	}
	wait.Wait()
}

func (p *publication) survivor(d *draft) error {
	var err error
	if d.surviving, err = p.survive(d.cluster); err != nil {
		return err
	}
	d.after.Doc, d.after.Lineage = d.doc, d.lineage
	if d.settled && bytes.Equal(d.before.Doc, d.after.Doc) {
		return nil
	}
	d.lookups = withRecords(d.lookups, d.after.Sources)
	if d.before.State == Live {
		old, err := p.r.rules.lookupsOf(d.before)
		if err != nil {
			return err
		}
		d.sameLookups = slices.Equal(old, d.lookups)
	}
	return nil
}

// row says what is to be written for a draft, and which change that is.
func (p *publication) row(d *draft) (*row, error) {
	r := &row{GoldenRecord: d.after, lookups: d.lookups}
	if d.settled && bytes.Equal(d.before.Doc, r.Doc) {
		if !bytes.Equal(d.before.Lineage, r.Lineage) {
			p.rows = append(p.rows, r)
		}
		return r, nil
	}
	r.Version, r.UpdatedAt, r.index = d.before.Version+1, p.now, !d.sameLookups
	r.change = p.newChange(r, d.cluster)
	p.describe(r.change, d.before, d.cluster)
	if d.before.State == Live {
		var err error
		if r.change.Paths, err = diff(d.before.Doc, r.Doc, d.attributes); err != nil {
			return nil, err
		}
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
