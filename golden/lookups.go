package golden

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// lookupsOf are the ways in which a golden record is found: what its document holds, standardised,
// and the keys of its records. Entity is not set.
func (r *Ruleset) lookupsOf(g *GoldenRecord) ([]Lookup, error) {
	var c canonical.Customer
	if err := c.UnmarshalJSON(g.Doc); err != nil {
		return nil, fmt.Errorf("read golden record %s: %w", g.ID, err)
	}
	return withRecords(r.Lookups(&c), g.Sources), nil
}

func withRecords(all []Lookup, keys []string) []Lookup {
	for _, key := range keys {
		all = append(all, Lookup{Kind: LookupRecord, Value: key})
	}
	return all
}

// Lookups lists the standardised values by which a customer can be found, sorted, without
// repetition: phones as E.164 and as national number, mail addresses, identifiers as
// "scheme:value", and every word of the names, those in Chinese characters also by their parts and in each reading;
// the words of towns, postcodes and the birth date.
// What someone searches for is brought into the same form by it. Entity is not set.
func (r *Ruleset) Lookups(c *canonical.Customer) []Lookup {
	forms := r.standard.Customer(c)
	return lookups(&forms)
}

func lookups(forms *standard.Standard) []Lookup {
	l := lookupList{all: make([]Lookup, 0, 24)}
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
	for i := range forms.Addresses {
		for town := range strings.FieldsSeq(forms.Addresses[i].Locality) {
			l.add(LookupPlace, cutWord(town))
		}
		l.add(LookupPlace, cutWord(strings.ToLower(forms.Addresses[i].Postcode)))
	}
	l.add(LookupBorn, forms.BirthDate)
	slices.SortFunc(l.all, compareLookups)
	return slices.Compact(l.all)
}

type lookupList struct{ all []Lookup }

func (l *lookupList) add(kind LookupKind, value string) {
	if value != "" {
		l.all = append(l.all, Lookup{Kind: kind, Value: value})
	}
}

func (l *lookupList) name(n *standard.NameForms) {
	for _, token := range n.Tokens {
		l.add(LookupName, cutWord(token))
	}
	if strings.HasPrefix(n.Script, "Han") && n.Family != "" && n.Given != "" {
		// written with and without a space between, as one field or as two
		l.add(LookupName, cutWord(n.Family))
		l.add(LookupName, cutWord(n.Given))
		l.add(LookupName, cutWord(n.Family+n.Given))
	}
	for _, reading := range n.Readings {
		for _, part := range []string{reading.Family, reading.Given} {
			for word := range strings.FieldsSeq(part) {
				l.add(LookupName, cutWord(word))
			}
		}
	}
}

// nationalNumber is an E.164 number without its country calling code (ITU-T E.164 section 6.2.1:
// one to three digits, none the beginning of another).
func nationalNumber(e164 string) string {
	for digits := 2; digits <= 4 && digits < len(e164); digits++ {
		code, err := strconv.Atoi(e164[1:digits])
		if err == nil && phonenumbers.GetRegionCodeForCountryCode(code) != phonenumbers.UNKNOWN_REGION {
			return e164[digits:]
		}
	}
	return ""
}

func compareLookups(a, b Lookup) int {
	if order := strings.Compare(string(a.Kind), string(b.Kind)); order != 0 {
		return order
	}
	return strings.Compare(a.Value, b.Value)
}

// packedLookups are lookups in one piece of memory: of each the place of the kind in packedKinds, the length of
// the value as a varint, and the value.
type packedLookups string

var packedKinds = []LookupKind{LookupPhone, LookupEmail, LookupIdentifier, LookupName, LookupPlace, LookupBorn}

func packLookups(all []Lookup) packedLookups {
	n := 0
	for _, l := range all {
		n += 3 + len(l.Value)
	}
	packed := make([]byte, 0, n)
	for _, l := range all {
		packed = append(packed, byte(slices.Index(packedKinds, l.Kind)))
		packed = append(binary.AppendUvarint(packed, uint64(len(l.Value))), l.Value...)
	}
	return packedLookups(packed)
}

func (p packedLookups) unpack() []Lookup {
	if p == "" {
		return nil
	}
	all := make([]Lookup, 0, 24)
	for rest := string(p); rest != ""; {
		n, size := binary.Uvarint([]byte(rest[1:min(len(rest), 1+binary.MaxVarintLen64)]))
		value := rest[1+size : 1+size+int(n)]
		all = append(all, Lookup{Kind: packedKinds[rest[0]], Value: value})
		rest = rest[1+size+int(n):]
	}
	return all
}
