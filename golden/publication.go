package golden

import (
	"bytes"
	"context"
	"slices"
)

// publication writes what the partition means for customers: entities, members, golden records,
// lookups and changes.
type publication struct {
	*settling
	ids      *identities
	rows     []*row            // entities to write
	of       map[EntityNo]*row // those that were there before
	clusters []*cluster
	homes    []*row // by cluster; nil where nothing can have changed
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
	if err := p.release(ctx, clusters); err != nil {
		return err
	}
	p.of = map[EntityNo]*row{}
	homes, err := p.customers(clusters)
	if err != nil {
		return err
	}
	p.merge(clusters)
	p.empty()
	if err := p.putEntities(ctx); err != nil {
		return err
	}
	p.clusters, p.homes = clusters, homes
	if err := p.putMembers(ctx, clusters, homes); err != nil {
		return err
	}
	if err := p.putLookups(ctx); err != nil {
		return err
	}
	return p.putChanges(ctx)
}

// home gives for every record of the clusters the customer that it belongs to now, by key.
func (p *publication) home() map[string]*GoldenRecord {
	homes := map[string]*GoldenRecord{}
	for i, c := range p.clusters {
		home := p.ids.entities[p.ids.primary(i)]
		if p.homes[i] != nil {
			home = &p.homes[i].GoldenRecord
		}
		for _, rec := range c.records {
			homes[rec.Key] = home
		}
	}
	return homes
}

func (p *publication) add(r *row) {
	p.rows = append(p.rows, r)
	if r.No != 0 {
		p.of[r.No] = r
	}
}

// draft is the golden record of one cluster, before and after.
type draft struct {
	cluster *cluster
	before  *GoldenRecord
	after   GoldenRecord
	settled bool // in use, with the same records
	surviving
	sameLookups bool
	paths       []PathChange // of one that is in use
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
		homes[i] = p.row(d)
	}
	return homes, nil
}

func (p *publication) draft(i int, c *cluster) *draft {
	before := p.ids.entities[p.ids.primary(i)]
	if before == nil {
		before = &GoldenRecord{Entity: Entity{ID: p.newID()}}
	}
	keys := make([]string, len(c.records))
	content := false
	for n, rec := range c.records {
		keys[n] = rec.Key
		content = content || rec.changed || rec.repinned
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
	onAllCores(len(drafts), func(i int) {
		if d := drafts[i]; d != nil {
			d.err = p.survivor(d)
		}
	})
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
		d.paths, err = diff(d.before.Doc, d.after.Doc, d.attributes)
		return err
	}
	return nil
}

// row says what is to be written for a draft, and which change that is.
func (p *publication) row(d *draft) *row {
	r := &row{GoldenRecord: d.after, lookups: d.lookups}
	if d.settled && bytes.Equal(d.before.Doc, r.Doc) {
		if !bytes.Equal(d.before.Lineage, r.Lineage) {
			p.add(r)
		}
		return r
	}
	r.Version, r.UpdatedAt, r.index = d.before.Version+1, p.now, !d.sameLookups
	r.change = p.newChange(r, d.cluster)
	p.describe(r.change, d.before, d.cluster)
	r.change.Paths = d.paths
	p.add(r)
	return r
}
