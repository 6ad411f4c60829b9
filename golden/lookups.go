package golden

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// lookups are the ways in which a golden record is found: what its document holds, standardised,
// and the keys of its records.
func (r *Ruleset) lookups(g *GoldenRecord) ([]Lookup, error) {
	var c canonical.Customer
	if err := c.UnmarshalJSON(g.Doc); err != nil {
		return nil, fmt.Errorf("read golden record %s: %w", g.ID, err)
	}
	all := r.Lookups(&c)
	for _, key := range g.Sources {
		all = append(all, Lookup{Kind: LookupRecord, Value: key})
	}
	for i := range all {
		all[i].Entity = g.No
	}
	return all, nil
}

// Lookups lists the standardised values by which a customer can be found, sorted, without
// repetition: phones as E.164 and as national number, mail addresses, identifiers as
// "scheme:value", and every word of the names, those in Chinese characters also in each reading.
// What someone searches for is brought into the same form by it. Entity is not set.
func (r *Ruleset) Lookups(c *canonical.Customer) []Lookup {
	l := lookupList{}
	forms := r.standard.Customer(c)
	for _, phone := range slices.Concat(forms.Phones, forms.Faxes) {
		l.add(LookupPhone, phone.E164)
		l.add(LookupPhone, nationalNumber(phone.E164))
	}
	for _, e := range forms.Emails {
		l.add(LookupEmail, e.Value)
	}
	for _, id := range forms.Identifiers {
		l.add(LookupIdentifier, id.Scheme+":"+id.Value)
	}
	for i := range forms.Names {
		l.name(&forms.Names[i])
	}
	slices.SortFunc(l.all, compareLookups)
	return slices.Compact(l.all)
}

// SearchName returns the lookups of a name that someone searches for: all of them must be found.
func (r *Ruleset) SearchName(name string) []Lookup {
	l := lookupList{}
	for _, word := range r.standard.Name(canonical.Name{Full: name}).Tokens {
		l.add(LookupName, word)
	}
	return l.all
}

type lookupList struct{ all []Lookup }

func (l *lookupList) add(kind LookupKind, value string) {
	if value != "" {
		l.all = append(l.all, Lookup{Kind: kind, Value: value})
	}
}

func (l *lookupList) name(n *standard.NameForms) {
	for _, token := range n.Tokens {
		l.add(LookupName, token)
	}
	for _, reading := range n.Readings {
		for _, part := range []string{reading.Family, reading.Given} {
			for word := range strings.FieldsSeq(part) {
				l.add(LookupName, word)
			}
		}
	}
}

// nationalNumber is an E.164 number as dialled within its country, without prefix.
func nationalNumber(e164 string) string {
	number, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetNationalSignificantNumber(number)
}

func compareLookups(a, b Lookup) int {
	if order := strings.Compare(string(a.Kind), string(b.Kind)); order != 0 {
		return order
	}
	return strings.Compare(a.Value, b.Value)
}

// sameLookups tells whether two versions of a golden record are found in the same ways.
func (s *settling) sameLookups(before, after *GoldenRecord) (bool, error) {
	old, err := s.r.rules.lookups(before)
	if err != nil {
		return false, err
	}
	now, err := s.r.rules.lookups(after)
	return slices.Equal(old, now), err
}
