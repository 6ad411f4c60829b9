package golden

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// Written returns what a write of the golden record into a remote record writes there that
// originates elsewhere, as far as reads names its attributes (nil: all); record is the key under
// which the target reports the remote record.
//
// A value counts as written where the remote record is neither its source nor among those that
// state it too. So a target that had the same value of its own accord before the first write keeps
// it as its own: it lives on there when the other system drops it. A value that the target has
// only because the hub put it there does not, however often the target returns it.
//
// before are the record's written values so far. What this write no longer has is kept as dropped,
// because the target may still report the state before it; Observe takes it out once the target
// has it no more. An attribute that the hub wrote before and that the golden record has no more
// counts as cleared by the hub. Store the result with PutWritten before the write leaves.
func (r *Ruleset) Written(g GoldenRecord, record string, before []WrittenValue, reads []string, now time.Time) ([]WrittenValue, error) {
	lineage, err := ReadLineage(g)
	if err != nil {
		return nil, err
	}
	var c canonical.Customer
	if err := c.UnmarshalJSON(g.Doc); err != nil {
		return nil, fmt.Errorf("read customer %s: %w", g.ID, err)
	}
	w := writing{version: g.Version, at: now.UnixMicro(), before: map[valueKey]WrittenValue{}, now: map[valueKey]WrittenValue{}}
	for _, b := range before {
		if b.value() {
			w.before[b.key()] = b
		}
	}
	details := survive.Details(&c, forms{r.standard})
	for attribute, values := range lineage {
		if reads != nil && !slices.Contains(reads, attribute) {
			continue
		}
		for i, v := range values {
			if v.Source == record && v.Rule != rulePinned || slices.Contains(v.Also, record) {
				w.own(record, attribute, v)
				continue
			}
			sent := parted // known to be empty
			if at := details[attribute]; i < len(at) && at[i].Hash == v.Hash {
				sent = strings.Join(at[i].Parts, parted)
			}
			w.write(attribute, v.Hash, sent)
		}
	}
	others := w.owned
	for _, b := range before {
		if b.value() {
			w.keep(b, len(lineage[b.Attribute]) == 0)
		} else if b.Own == 0 || w.late(b) && !slices.ContainsFunc(w.owned, func(o WrittenValue) bool { return o.key() == b.key() }) {
			others = append(others, b)
		}
	}
	return w.result(others), nil
}

// parted stands between the parts of a value that was sent.
const parted = "\x00"

// writing is one write into a remote record.
type writing struct {
	at          int64
	version     int64
	before, now map[valueKey]WrittenValue
	owned       []WrittenValue
}

// lateness is how long after a write a report of the state that it made may still come, behind
// reports of later ones.
const lateness = time.Minute

func (w *writing) late(b WrittenValue) bool { return w.at-b.At < lateness.Microseconds() }

// own notes that the hub writes a value into the record that is its own.
func (w *writing) own(record, attribute string, v ValueLineage) {
	t, err := time.Parse(time.RFC3339, v.Time)
	if v.Source == record && v.Rule != rulePinned && err == nil {
		w.owned = append(w.owned, WrittenValue{Attribute: attribute, Hash: v.Hash, Own: t.UnixMicro(), At: w.at})
	}
}

// valueKey tells written values apart.
type valueKey struct {
	attribute string
	hash      uint64
}

func (w WrittenValue) key() valueKey { return valueKey{w.Attribute, w.Hash} }

// value: the entry is of a value, not of a record or of an attribute's time.
func (w WrittenValue) value() bool { return w.Attribute != "" && w.Since == 0 && w.Own == 0 }

// write adds a value. One that was written before, and is not dropped, keeps what is known of it.
func (w *writing) write(attribute string, hash uint64, sent string) {
	k := valueKey{attribute, hash}
	if b, known := w.before[k]; known && !b.Dropped {
		if b.Of = 0; !b.Awaited() {
			b.At = w.at
		}
		w.now[k] = b
		return
	}
	w.now[k] = WrittenValue{Attribute: attribute, Hash: hash, Version: w.version, Sent: sent, At: w.at, Again: w.before[k].Dropped}
}

// keep goes on with what was written before. emptied: the golden record has no value of the
// attribute any more.
func (w *writing) keep(b WrittenValue, emptied bool) {
	if emptied {
		w.write(b.Attribute, 0, parted)
	}
	if _, again := w.now[b.key()]; again {
		return
	}
	_, origin := w.now[valueKey{b.Attribute, b.Of}]
	b.Dropped = b.Of == 0 || !origin
	w.now[b.key()] = b
}

func (w *writing) result(all []WrittenValue) []WrittenValue {
	for _, v := range w.now {
		all = append(all, v)
	}
	slices.SortFunc(all, byValue)
	return all
}

func byValue(a, b WrittenValue) int {
	return cmp.Or(cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Since, b.Since), cmp.Compare(a.Own, b.Own))
}

// ValueHashes returns the hashes of a customer's standardised values by the JSON name of the
// attribute; of a list one for each item, in order. A value whose hash stands among a record's
// written values is one that the hub wrote, or the form in which the system returned it.
func (r *Ruleset) ValueHashes(c *canonical.Customer) map[string][]uint64 {
	return survive.Hashes(c, forms{r.standard})
}
