package golden

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// rulePinned is the rule by which a pinned value survives, as the lineage names it.
const rulePinned = "pinned"

// applyPins gives each pinned value to its record, the newest first, and has the customers of all
// records that it names looked at again. One that names a record which is being erased goes with it.
func (s *settling) applyPins(context.Context) error {
	slices.SortFunc(s.graph.pins, func(a, b Decision) int {
		if order := b.At.Compare(a.At); order != 0 {
			return order
		}
		return strings.Compare(b.ID, a.ID)
	})
	for _, p := range s.graph.pins {
		given := slices.ContainsFunc(p.Left, func(key string) bool { return s.erased[key] })
		for _, key := range p.Left {
			rec := s.byKey[key]
			if rec == nil || !rec.live() {
				continue
			}
			rec.repinned = true
			if !given {
				rec.pins, given = append(rec.pins, p), true
			}
		}
	}
	return nil
}

// pinned lists what people pinned of a cluster, by attribute in order of name; of several values of
// one attribute the newest.
func (c *cluster) pinned() (pins []Decision) {
	for _, rec := range c.records {
		for _, p := range rec.pins {
			at, found := slices.BinarySearchFunc(pins, p.Attribute, func(q Decision, name string) int { return strings.Compare(q.Attribute, name) })
			switch {
			case !found:
				pins = slices.Insert(pins, at, p)
			case p.At.After(pins[at].At) || p.At.Equal(pins[at].At) && p.ID > pins[at].ID:
				pins[at] = p
			}
		}
	}
	return pins
}

// pin puts the pinned values in place of what survived by the rules, which is kept as what lost.
func (s *settling) pin(c *cluster, pins []Decision, result *survive.Result) error {
	if len(pins) == 0 {
		return nil
	}
	before := result.Customer
	text, err := before.AppendJSON(nil)
	if err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("read what survived: %w", err)
	}
	for _, p := range pins {
		members[p.Attribute] = p.Value
	}
	if text, err = json.Marshal(members); err != nil {
		return fmt.Errorf("pin values: %w", err)
	}
	result.Customer = canonical.Customer{}
	if err := result.Customer.UnmarshalJSON(text); err != nil {
		return fmt.Errorf("pin values: %w", err)
	}
	hashes, lost := survive.Hashes(&result.Customer, forms{s.r.rules.standard}), survive.Hashes(&before, forms{s.r.rules.standard})
	var old map[string]json.RawMessage
	if text, err = before.AppendJSON(nil); err == nil {
		err = json.Unmarshal(text, &old)
	}
	if err != nil {
		return fmt.Errorf("read what survived: %w", err)
	}
	for _, p := range pins {
		a := survive.Attribute{Name: p.Attribute}
		own := hashes[p.Attribute]
		if len(own) == 0 {
			own = []uint64{0} // known to be empty
		}
		for _, h := range own {
			also, err := s.stating(c, p.Attribute, h)
			if err != nil {
				return err
			}
			a.Values = append(a.Values, survive.Value{Source: s.anchor(p), Rule: rulePinned, Time: p.At, Hash: h, Also: also})
		}
		at := slices.IndexFunc(result.Lineage, func(have survive.Attribute) bool { return have.Name == p.Attribute })
		if at >= 0 {
			a.Values[0].Lost = overruled(result.Lineage[at].Values, itemsOf(old[p.Attribute], len(lost[p.Attribute])), own)
			result.Lineage[at] = a
			continue
		}
		result.Lineage = append(result.Lineage, a)
	}
	order := survive.AttributeNames()
	slices.SortStableFunc(result.Lineage, func(a, b survive.Attribute) int { return place(order, a.Name) - place(order, b.Name) })
	return nil
}

// place is where a name stands among names, behind all where it does not.
func place(names []string, name string) int {
	if at := slices.Index(names, name); at >= 0 {
		return at
	}
	return len(names)
}

// anchor is the key of the record that a pinned value goes with.
func (s *settling) anchor(p Decision) string {
	for _, key := range p.Left {
		if rec := s.byKey[key]; rec != nil && rec.live() {
			return key
		}
	}
	return p.Left[0]
}

// stating lists the records of a cluster that state a value of their own accord.
func (s *settling) stating(c *cluster, attribute string, hash uint64) (keys []string, err error) {
	for _, rec := range c.records {
		customer, err := s.customerOf(rec)
		if err != nil {
			return nil, err
		}
		if hash != 0 && slices.Contains(survive.Hashes(customer, forms{s.r.rules.standard})[attribute], hash) && !holds(rec.Written, attribute, hash) {
			keys = append(keys, rec.Key)
		}
	}
	return keys, nil
}

// itemsOf takes the value of an attribute apart as its lineage does: a list into items, and one with
// entries by name into those.
func itemsOf(value json.RawMessage, n int) []json.RawMessage {
	var items []json.RawMessage
	switch {
	case value == nil:
		return nil
	case isList(value) && json.Unmarshal(value, &items) == nil:
		return items
	case n > 1 || value[0] == '{':
		var entries map[string]string
		if json.Unmarshal(value, &entries) != nil || len(entries) != n {
			break
		}
		for _, name := range sortedNames(entries) {
			text, _ := json.Marshal(map[string]string{name: entries[name]}) // text always marshals
			items = append(items, text)
		}
		return items
	}
	return []json.RawMessage{value}
}

// pinLost bounds what the lineage of a pinned value keeps of what it stands in place of.
const pinLost = 8

// overruled are the values that would have survived without a pinned one.
func overruled(values []survive.Value, items []json.RawMessage, pinned []uint64) (lost []survive.Lost) {
	for i, v := range values {
		if i < len(items) && len(lost) < pinLost && !(v.Hash != 0 && slices.Contains(pinned, v.Hash)) {
			lost = append(lost, survive.Lost{Source: v.Source, Value: items[i], Why: "a person pinned the other value"})
		}
	}
	return lost
}

// unwrite makes a pinned value that is let go the own of the records into which the hub has written
// it. Nobody states it any more, but what they stated before the hub wrote over it is gone: taken for
// dropped, the value would be deleted in the systems, and they be left empty. It is as old there as
// what it replaced. Where another record of the customer states it, it stays that one's.
func (a *acting) unwrite(ctx context.Context, p Decision) error {
	if err := a.loadByKey(ctx, p.Left); err != nil {
		return err
	}
	anchor := a.byKey[a.anchor(p)]
	if anchor == nil || anchor.Entity == 0 {
		return nil
	}
	members, err := a.tx.MembersOf(ctx, []EntityNo{anchor.Entity})
	if err != nil {
		return err
	}
	c := &cluster{}
	nos := make([]RecordNo, len(members))
	for i, m := range members {
		nos[i] = m.Record
	}
	if err := a.loadByNo(ctx, nos); err != nil {
		return err
	}
	for _, no := range nos {
		if rec := a.records[no]; rec != nil && rec.live() {
			c.records = append(c.records, rec)
		}
	}
	var value canonical.Customer
	if err := value.UnmarshalJSON(pinDocument(p)); err != nil {
		return fmt.Errorf("read the pinned value %s: %w", p.ID, err)
	}
	released := map[string][]WrittenValue{}
	for _, hash := range survive.Hashes(&value, forms{a.r.rules.standard})[p.Attribute] {
		stating, err := a.stating(c, p.Attribute, hash)
		if err != nil {
			return err
		}
		if len(stating) > 0 {
			continue
		}
		for _, rec := range c.records {
			if err := a.disown(rec, p.Attribute, hash, released); err != nil {
				return err
			}
		}
	}
	if len(released) == 0 {
		return nil
	}
	return a.tx.PutWritten(ctx, released)
}

// disown takes a value that a record states out of what the hub wrote there.
func (a *acting) disown(rec *record, attribute string, hash uint64, released map[string][]WrittenValue) error {
	customer, err := a.customerOf(rec)
	if err != nil {
		return err
	}
	states := survive.Hashes(customer, forms{a.r.rules.standard})[attribute]
	own := slices.DeleteFunc(slices.Clone(rec.Written), func(w WrittenValue) bool {
		return w.value() && w.Attribute == attribute && (w.Hash == hash || w.Of == hash) && slices.Contains(states, w.Hash)
	})
	if len(own) < len(rec.Written) {
		rec.Written, released[rec.Key] = own, own
	}
	return nil
}

// pinDocument is a customer of which nothing is known but the pinned value.
func pinDocument(p Decision) []byte {
	text, _ := json.Marshal(map[string]json.RawMessage{p.Attribute: p.Value}) // the value is JSON
	return text
}
