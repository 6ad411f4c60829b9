package golden

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/canonical"
)

// PartyWays are the ways in which a party names a customer, in standardised form.
func (r *Ruleset) PartyWays(p canonical.Party) []Lookup {
	var ways []Lookup
	add := func(kind LookupKind, value string) {
		if value != "" {
			ways = append(ways, Lookup{Kind: kind, Value: value})
		}
	}
	add(LookupRecord, p.Record)
	if v, ok := r.standard.Email(p.Email); ok {
		add(LookupEmail, v)
	}
	if v, ok := r.standard.Phone(p.Phone); ok {
		add(LookupPhone, v)
	}
	for _, id := range p.Identifiers {
		scheme, value, _ := r.standard.Identifier(id)
		add(LookupIdentifier, scheme+":"+value)
	}
	return ways
}

// DocumentHash hashes a document without its source block, which differs between two sendings of
// the same content.
func DocumentHash(doc []byte) (uint64, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return 0, err
	}
	delete(members, "source")
	text, err := json.Marshal(members) // sorted by name
	if err != nil {
		return 0, err
	}
	return xxhash.Sum64(text), nil
}

// fate is what erasing a person means for a document.
type fate int

const (
	untouched fate = iota // it names others only, or nobody can tell whom
	stripped              // it stays without the person
	removed
)

// ourSide are the roles of those who are not the customer.
var ourSide = []string{"seller", "supplier", "carrier", "agent", "payee"}

// partyJudge knows which ways name who is erased, and which name other live customers.
type partyJudge struct {
	rules  *Ruleset
	erased func(Lookup) bool
	others map[Lookup]bool // Entity is not set
}

// belongs says whether a party is the person, or another customer. Whoever is named by a source
// record is that record's customer. What both have, such as the phone of a household, is left to
// the other.
func (j *partyJudge) belongs(p canonical.Party) (person, other bool) {
	if p.Record != "" {
		w := Lookup{Kind: LookupRecord, Value: p.Record}
		if person, other = j.erased(w), j.others[w]; person || other {
			return person, other && !person
		}
	}
	for _, w := range j.rules.PartyWays(p) {
		person, other = person || j.erased(w), other || j.others[w]
	}
	return person && !other, other
}

// judge decides on a document. named: it is known already that it names the person.
func (j *partyJudge) judge(d *Document, orders OrderPolicy, named bool) (fate, error) {
	if d.Entity == canonical.EntityProduct {
		return untouched, nil
	}
	parties, err := partiesIn(d)
	if err != nil {
		return untouched, err
	}
	others := false
	for _, p := range parties {
		person, other := j.belongs(p)
		named, others = named || person, others || other && !slices.Contains(ourSide, p.Role)
	}
	switch {
	case !named:
		return untouched, nil
	case others, d.Entity == canonical.EntityOrder && orders != DeleteOrders:
		return stripped, nil
	}
	return removed, nil
}

func partiesIn(d *Document) ([]canonical.Party, error) {
	var head struct {
		Parties []canonical.Party `json:"parties"`
	}
	if err := json.Unmarshal(d.Doc, &head); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", d.Entity, d.Key, err)
	}
	return head.Parties, nil
}

// keptMembers are the members of a stripped document: none of them says who took part, or what was said.
var keptMembers = map[canonical.Entity][]string{
	canonical.EntityOrder:       {"type", "number", "status", "currency", "dates", "references", "lines", "totals", "source"},
	canonical.EntityInteraction: {"channel", "direction", "time", "duration", "agent", "source"},
}

// strip takes the person, and all free text, out of a document.
func (j *partyJudge) strip(d *Document) error {
	parties, err := partiesIn(d)
	if err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(d.Doc, &all); err != nil {
		return fmt.Errorf("read %s %s: %w", d.Entity, d.Key, err)
	}
	members := map[string]any{}
	for _, name := range keptMembers[d.Entity] {
		if text, there := all[name]; there {
			members[name] = text
		}
	}
	if members["source"], err = bareSource(all["source"]); err != nil {
		return fmt.Errorf("read %s %s: %w", d.Entity, d.Key, err)
	}
	d.Parties = nil
	for i, p := range parties {
		person, other := j.belongs(p)
		if !other && (person || !slices.Contains(ourSide, p.Role)) {
			parties[i] = canonical.Party{Role: p.Role}
			continue
		}
		for _, w := range j.rules.PartyWays(p) {
			d.Parties = append(d.Parties, DocumentParty{Role: p.Role, Kind: w.Kind, Value: w.Value})
		}
	}
	if len(parties) > 0 {
		members["parties"] = parties
	}
	if d.Doc, err = json.Marshal(members); err != nil {
		return fmt.Errorf("write %s %s: %w", d.Entity, d.Key, err)
	}
	d.Hash, err = DocumentHash(d.Doc)
	return err
}

// bareSource is a source block without where the bytes stood: a file or a mailbox may bear a name.
func bareSource(text json.RawMessage) (*canonical.Source, error) {
	if text == nil {
		return nil, nil
	}
	var s canonical.Source
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	if p := s.Provenance; p != nil {
		s.Provenance = &canonical.Provenance{Ingest: p.Ingest, Mapping: p.Mapping, Revision: p.Revision}
	}
	return &s, nil
}

// others finds which of the ways name live customers other than the erased entities.
func others(ctx context.Context, tx Tx, ways []Lookup, erased func(EntityNo) bool) (map[Lookup]bool, error) {
	found := map[Lookup]bool{}
	var values []Lookup
	var keys []string
	for _, w := range ways {
		if w.Kind == LookupRecord {
			keys = append(keys, w.Value)
		} else {
			values = append(values, w)
		}
	}
	owners, err := tx.OwnersOf(ctx, sortWays(values))
	if err != nil {
		return nil, err
	}
	for _, o := range owners {
		if !erased(o.Entity) {
			o.Entity = 0
			found[o] = true
		}
	}
	records, err := tx.RecordsByKey(ctx, keys)
	for _, rec := range records {
		if !rec.Deleted && rec.Entity != 0 && !erased(rec.Entity) {
			found[Lookup{Kind: LookupRecord, Value: rec.Key}] = true
		}
	}
	return found, err
}

// Unsuppressed leaves out of incoming documents those of erased people, and strips those that are
// kept without them. It is called in the transaction that stores them. dropped counts by system.
func (r *Resolver) Unsuppressed(ctx context.Context, tx Tx, documents []Document) (kept []Document, dropped map[string]int, err error) {
	if any, err := tx.AnySuppression(ctx); err != nil || !any {
		return documents, nil, err
	}
	var hashes []uint64
	var ways []Lookup
	for i := range documents {
		d := &documents[i]
		for _, kind := range []SuppressionKind{SuppressDocument, SuppressParties} {
			hashes = append(hashes, r.suppress.Document(kind, d.Entity, d.Key).Hash)
		}
		for _, p := range d.Parties {
			w := Lookup{Kind: p.Kind, Value: p.Value}
			ways = append(ways, w)
			if s, ok := r.suppress.Way(w); ok {
				hashes = append(hashes, s.Hash)
			}
		}
	}
	found, err := tx.Suppressed(ctx, hashes)
	if err != nil || len(found) == 0 {
		return documents, nil, err
	}
	suppressed := map[uint64]bool{}
	for _, h := range found {
		suppressed[h] = true
	}
	j := &partyJudge{rules: r.rules, erased: func(w Lookup) bool {
		s, ok := r.suppress.Way(w)
		return ok && suppressed[s.Hash]
	}}
	if j.others, err = others(ctx, tx, ways, func(EntityNo) bool { return false }); err != nil {
		return nil, nil, err
	}
	dropped = map[string]int{}
	for i := range documents {
		d := documents[i]
		what := removed
		if !suppressed[r.suppress.Document(SuppressDocument, d.Entity, d.Key).Hash] {
			known := suppressed[r.suppress.Document(SuppressParties, d.Entity, d.Key).Hash]
			if what, err = j.judge(&d, StripOrders, known); err != nil {
				return nil, nil, err
			}
		}
		switch what {
		case removed:
			dropped[systemOf(d.Key)]++
			continue
		case stripped:
			if err := j.strip(&d); err != nil {
				return nil, nil, err
			}
		}
		kept = append(kept, d)
	}
	return kept, dropped, nil
}
