package golden

import (
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// surviving is what is true of one cluster.
type surviving struct {
	doc        []byte
	lineage    []byte
	attributes []survive.Attribute
	lookups    []Lookup // without records
}

// survive chooses the values of the records of a cluster. It is safe for concurrent use on
// different clusters.
func (s *settling) survive(c *cluster) (surviving, error) {
	sources := make([]survive.Source, len(c.records))
	for i, rec := range c.records {
		customer, err := s.customerOf(rec)
		if err != nil {
			return surviving{}, err
		}
		sources[i] = sourceOf(&rec.SourceRecord, customer)
		if sources[i].Silent, err = s.r.rules.silent(&rec.SourceRecord, &sources[i], s.r.o.OnConditionError); err != nil {
			return surviving{}, err
		}
	}
	result := s.r.rules.surviving.Survive(sources, forms{s.r.rules.standard})
	pins := c.pinned()
	if err := s.pin(c, pins, &result); err != nil {
		return surviving{}, err
	}
	doc, err := result.Customer.AppendJSON(nil)
	if err != nil {
		return surviving{}, err
	}
	out := surviving{doc: doc, lineage: c.lineage(result.Lineage), attributes: result.Lineage}
	out.lookups = c.lookups(&result.Customer, len(pins) > 0)
	if out.lookups == nil {
		out.lookups = s.r.rules.Lookups(&result.Customer)
	}
	return out, nil
}

// lookups are those of a golden record that has everything of its only source by which it is looked up, where
// they are known; else nil.
func (c *cluster) lookups(g *canonical.Customer, pinned bool) []Lookup {
	only := c.records[0]
	if len(c.records) > 1 || pinned || !allOf(g, only.customer) {
		return nil
	}
	if only.forms != nil {
		return lookups(only.forms)
	}
	return only.ways.unpack()
}

// lineage packs the lineage of the cluster's customer.
func (c *cluster) lineage(attributes []survive.Attribute) []byte {
	sources, times := make([]string, len(c.records)), make([]time.Time, len(c.records))
	for i, rec := range c.records {
		sources[i], times[i] = rec.Key, rec.BusinessTime
	}
	return packLineage(sources, times, attributes)
}

// allOf tells whether a golden record has everything of its only source by which it is looked up:
// their standardised forms are then the same, and deriving them is most of the work.
func allOf(g, source *canonical.Customer) bool {
	return g.Kind == source.Kind && g.BirthDate == source.BirthDate && len(g.Names) == len(source.Names) && len(g.Emails) == len(source.Emails) &&
		len(g.Phones) == len(source.Phones) && len(g.Faxes) == len(source.Faxes) &&
		len(g.Addresses) == len(source.Addresses) && len(g.Identifiers) == len(source.Identifiers)
}

func sourceOf(rec *SourceRecord, customer *canonical.Customer) survive.Source {
	s := survive.Source{
		Key: rec.Key, System: rec.System, Stream: rec.Stream, Customer: customer,
		Time: rec.BusinessTime,
	}
	for _, w := range rec.Written {
		if w.Since != 0 {
			if s.Since == nil {
				s.Since = map[string]time.Time{}
			}
			s.Since[w.Attribute] = time.UnixMicro(w.Since).UTC()
			continue
		}
		if !w.value() {
			continue
		}
		s.Written = append(s.Written, survive.Written{Attribute: w.Attribute, Hash: w.Hash})
	}
	return s
}

// where says where a record's bytes stood, in words for people.
func where(s *canonical.Source) string {
	switch {
	case s == nil || s.Provenance == nil:
		return ""
	case s.Provenance.Origin == "" || s.Provenance.Position == "":
		return s.Provenance.Origin + s.Provenance.Position
	}
	return s.Provenance.Origin + ", " + s.Provenance.Position
}
