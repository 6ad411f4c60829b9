package golden

import (
	"context"
	"time"
)

const (
	partClusters = 16384 // clusters that are written together
	partsAhead   = 4     // parts that are worked out before they can be written
)

// part is some clusters with their golden records, ready to be written.
type part struct {
	publication
	err error
}

// workAhead works out the golden records on all cores while others are written. It ends with ctx, or
// after the first part that failed.
func (f *filling) workAhead(ctx context.Context) <-chan *part {
	parts := make(chan *part, partsAhead)
	go func() {
		defer close(parts)
		var took time.Duration
		for from := 0; from < len(f.clusters); from += partClusters {
			began := time.Now()
			p := f.part(f.clusters[from:min(from+partClusters, len(f.clusters))])
			took += time.Since(began)
			select {
			case parts <- p:
			case <-ctx.Done():
				return
			}
			if p.err != nil {
				return
			}
		}
		f.Note("survivorship, beside the writing", took)
	}()
	return parts
}

// part chooses the values of clusters. What they were chosen from is not needed afterwards.
func (f *filling) part(clusters []*cluster) *part {
	p := &part{publication: publication{settling: f.settling, ids: noIdentities, of: map[EntityNo]*row{}, clusters: clusters}}
	p.homes, p.err = p.customers(clusters)
	for _, c := range clusters {
		for _, rec := range c.records {
			rec.customer, rec.ways, rec.Doc = nil, "", nil
		}
	}
	return p
}

// noIdentities: nobody has a golden ID yet.
var noIdentities = &identities{}

// publish writes a part.
func (f *filling) publish(ctx context.Context, p *part) error {
	if err := p.putEntities(ctx); err != nil {
		return err
	}
	if err := p.putMembers(ctx, p.clusters, p.homes); err != nil {
		return err
	}
	if err := p.putLookups(ctx); err != nil {
		return err
	}
	if err := p.putChanges(ctx); err != nil {
		return err
	}
	f.result.Changes = nil
	for i, c := range p.clusters {
		for _, rec := range c.records {
			if _, asked := f.asked[rec.Key]; asked {
				f.asked[rec.Key] = &GoldenRecord{Entity: p.homes[i].Entity, Sources: p.homes[i].Sources}
			}
		}
	}
	return nil
}
