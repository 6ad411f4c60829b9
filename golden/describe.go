package golden

import (
	"cmp"
	"maps"
	"slices"
)

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
		change.Correlation, change.Trace = cause.correlation, cause.trace
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
		if _, stays := slices.BinarySearchFunc(c.records, key, func(rec *record, key string) int { return cmp.Compare(rec.Key, key) }); !stays {
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
			r.State, r.Into, r.Doc, r.Lineage = Merged, into, []byte("{}"), nil
			r.Version, r.UpdatedAt = e.Version+1, p.now
			r.change = p.newChange(r, clusters[i])
			r.change.Type, r.change.Into, r.change.Records = MergedT, survivor.ID, e.Sources
			p.absorb(into, e)
			p.add(r)
		}
	}
}

// absorb tells the survivor's change which ID it took in, if that was in use.
func (p *publication) absorb(into EntityNo, e *GoldenRecord) {
	if e.State != Live {
		return
	}
	if r := p.of[into]; r != nil && r.change != nil {
		r.change.Type = MergedT
		r.change.From = append(r.change.From, e.ID)
		slices.Sort(r.change.From)
	}
}

// empty closes the customers whose last live record was deleted.
func (p *publication) empty() {
	for _, rec := range p.dirty {
		e := p.ids.entities[rec.Entity]
		if rec.live() || e == nil || e.State != Live || len(p.ids.votes[e.No]) > 0 || p.of[e.No] != nil {
			continue
		}
		r := &row{GoldenRecord: *e, index: true}
		r.State, r.Sources, r.Version, r.UpdatedAt = Empty, nil, e.Version+1, p.now
		r.Lineage = keepSources(e.Lineage, e.Sources)
		r.change = &Change{
			ID: r.ID, Version: r.Version, Type: Emptied, Records: e.Sources,
			At: p.now, Cause: rec.Key, Correlation: rec.correlation, Trace: rec.trace,
		}
		p.add(r)
	}
}
