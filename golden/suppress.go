package golden

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/canonical/standard"
)

// SuppressionKind says what a suppression keeps away.
type SuppressionKind string

// The kinds of suppression.
const (
	SuppressRecord     SuppressionKind = "record"     // a source record, system/stream/id
	SuppressEmail      SuppressionKind = "email"      // whoever has the mail address
	SuppressPhone      SuppressionKind = "phone"      // whoever has the number
	SuppressIdentifier SuppressionKind = "identifier" // whoever has the unique identifier, scheme:value
	SuppressDocument   SuppressionKind = "document"   // an order, interaction or product: ENTITY system/stream/id
	SuppressParties    SuppressionKind = "parties"    // who stands in a document that itself is kept
)

// Suppressor makes keyed hashes of what was erased. Who has the store, but not the key, cannot find
// out by trying values whether somebody was erased. The zero value has the empty key.
type Suppressor struct{ key []byte }

// NewSuppressor returns a suppressor with a key.
func NewSuppressor(key []byte) Suppressor { return Suppressor{key: key} }

// Hash is 64 bits of HMAC-SHA256 (RFC 2104) over kind and value.
func (s Suppressor) Hash(kind SuppressionKind, value string) uint64 {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return binary.BigEndian.Uint64(mac.Sum(nil))
}

// Record is the suppression of a source record by its key.
func (s Suppressor) Record(key string) Suppression {
	return Suppression{SuppressRecord, s.Hash(SuppressRecord, key)}
}

// Document is the suppression of a document, or of who stands in it.
func (s Suppressor) Document(kind SuppressionKind, entity canonical.Entity, key string) Suppression {
	return Suppression{kind, s.Hash(kind, string(entity)+" "+key)}
}

// Remote is the keyed hash by which receipts name a record in a target.
func (s Suppressor) Remote(target, id string) uint64 { return s.Hash("remote", target+"\x00"+id) }

var identityKinds = map[LookupKind]SuppressionKind{
	LookupEmail: SuppressEmail, LookupPhone: SuppressPhone, LookupIdentifier: SuppressIdentifier,
}

// Way is the suppression of one way in which a person is found; ok is false for names, which
// others have too.
func (s Suppressor) Way(w Lookup) (found Suppression, ok bool) {
	if w.Kind == LookupRecord {
		return s.Record(w.Value), true
	}
	kind, ok := identityKinds[w.Kind]
	return Suppression{kind, s.Hash(kind, w.Value)}, ok
}

// identities are the values that point at one person: mail addresses, phones with their extension
// left out, and unique identifiers.
func (r *Ruleset) identities(forms *standard.Standard) []Lookup {
	var all []Lookup
	for _, e := range forms.Emails {
		all = append(all, Lookup{Kind: LookupEmail, Value: e.Value})
	}
	for _, p := range forms.Phones {
		all = append(all, Lookup{Kind: LookupPhone, Value: p.E164})
	}
	for _, id := range forms.Identifiers {
		if id.Value != "" && (id.Unique || slices.Contains(r.match.Unique, id.Scheme)) {
			all = append(all, Lookup{Kind: LookupIdentifier, Value: id.Scheme + ":" + id.Value})
		}
	}
	return all
}

// unsuppressed leaves out of a batch the records of erased people. It asks the store, in the
// transaction that takes the batch in: no record can slip past an erasure.
func (s *settling) unsuppressed(ctx context.Context, batch []prepared) ([]prepared, error) {
	if any, err := s.tx.AnySuppression(ctx); err != nil || !any {
		return batch, err
	}
	of := make([][]uint64, len(batch))
	var all []uint64
	for i, in := range batch {
		of[i] = append(of[i], s.r.suppress.Record(in.Key()).Hash)
		if in.forms != nil {
			for _, w := range s.r.rules.identities(in.forms) {
				found, _ := s.r.suppress.Way(w)
				of[i] = append(of[i], found.Hash)
			}
		}
		all = append(all, of[i]...)
	}
	found, err := s.tx.Suppressed(ctx, all)
	if err != nil || len(found) == 0 {
		return batch, err
	}
	slices.Sort(found)
	kept := make([]prepared, 0, len(batch))
	for i, in := range batch {
		if !slices.ContainsFunc(of[i], func(h uint64) bool { _, hit := slices.BinarySearch(found, h); return hit }) {
			kept = append(kept, in)
			continue
		}
		if s.result.Suppressed == nil {
			s.result.Suppressed = map[string]int{}
		}
		s.result.Suppressed[in.Record.System]++
	}
	return kept, nil
}

// sortWays orders ways and takes out repetitions.
func sortWays(ways []Lookup) []Lookup {
	slices.SortFunc(ways, func(a, b Lookup) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Entity, b.Entity))
	})
	return slices.Compact(ways)
}

// suppressible reads what a suppression is of: a source record's key, or email:…, phone:…,
// identifier:SCHEME:VALUE.
func (r *Ruleset) suppressible(what string) Lookup {
	kind, value, _ := strings.Cut(what, ":")
	switch LookupKind(kind) {
	case LookupEmail:
		value, _ = r.standard.Email(value)
	case LookupPhone:
		value, _ = r.standard.Phone(value)
	case LookupIdentifier:
		scheme, of, _ := strings.Cut(value, ":")
		scheme, of, _ = r.standard.Identifier(canonical.Identifier{Scheme: scheme, Value: of})
		value = scheme + ":" + of
	default:
		return Lookup{Kind: LookupRecord, Value: what}
	}
	return Lookup{Kind: LookupKind(kind), Value: value}
}

// systemOf is the system of a record's or document's key.
func systemOf(key string) string {
	system, _, _ := strings.Cut(key, "/")
	return system
}
