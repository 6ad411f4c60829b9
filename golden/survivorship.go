package golden

import (
	"encoding/json"
	"strconv"
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
	}
	result := s.r.rules.survive.Survive(sources, forms{s.r.rules.standard})
	doc, err := result.Customer.AppendJSON(nil)
	if err != nil {
		return surviving{}, err
	}
	out := surviving{doc: doc, lineage: appendLineage(nil, result.Lineage), attributes: result.Lineage}
	if only := c.records[0]; len(c.records) == 1 && only.forms != nil && allOf(&result.Customer, only.customer) {
		out.lookups = lookups(only.forms)
	} else {
		out.lookups = s.r.rules.Lookups(&result.Customer)
	}
	return out, nil
}

// allOf tells whether a golden record has everything of its only source by which it is looked up:
// their standardised forms are then the same, and deriving them is most of the work.
func allOf(g, source *canonical.Customer) bool {
	return g.Kind == source.Kind && len(g.Names) == len(source.Names) && len(g.Emails) == len(source.Emails) &&
		len(g.Phones) == len(source.Phones) && len(g.Faxes) == len(source.Faxes) &&
		len(g.Addresses) == len(source.Addresses) && len(g.Identifiers) == len(source.Identifiers)
}

func sourceOf(rec *SourceRecord, customer *canonical.Customer) survive.Source {
	s := survive.Source{
		Key: rec.Key, System: rec.System, Stream: rec.Stream, Customer: customer,
		Time: rec.BusinessTime, Where: where(customer.Source),
	}
	for _, w := range rec.Written {
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

// appendLineage writes a Lineage as JSON: the same lineage gives the same bytes. It is written by
// hand because it is written for every record.
func appendLineage(dst []byte, attributes []survive.Attribute) []byte {
	dst = append(dst, '{')
	for i, a := range attributes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, a.Name), ":["...)
		for n := range a.Values {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, &a.Values[n])
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendValue(dst []byte, v *survive.Value) []byte {
	dst = appendText(append(dst, `{"source":`...), v.Source)
	dst = appendText(append(dst, `,"rule":`...), v.Rule)
	if !v.Time.IsZero() {
		dst = append(dst, `,"time":"`...)
		dst = append(v.Time.UTC().AppendFormat(dst, time.RFC3339Nano), '"')
	}
	if v.Hash != 0 {
		dst = strconv.AppendUint(append(dst, `,"hash":`...), v.Hash, 10)
	}
	if len(v.Also) > 0 {
		dst = append(dst, `,"also":[`...)
		for i, key := range v.Also {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(dst, key)
		}
		dst = append(dst, ']')
	}
	if len(v.Lost) > 0 {
		dst = append(dst, `,"lost":[`...)
		for i, l := range v.Lost {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendText(append(dst, `{"source":`...), l.Source)
			dst = append(append(dst, `,"value":`...), l.Value...)
			dst = append(appendText(append(dst, `,"why":`...), l.Why), '}')
		}
		dst = append(dst, ']')
	}
	if v.Where != "" {
		dst = appendText(append(dst, `,"where":`...), v.Where)
	}
	return append(dst, '}')
}

// appendText writes a JSON string.
func appendText(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(text) // a string always marshals
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}
