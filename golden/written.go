package golden

import (
	"cmp"
	"maps"
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// Written returns what a write of the golden record into a remote record writes there that
// originates elsewhere; record is the key under which the target reports the remote record.
//
// A value counts as written where the remote record is neither its source nor among those that
// state it too. So a target that had the same value of its own accord before the first write keeps
// it as its own: it lives on there when the other system drops it. A value that the target has
// only because the hub put it there does not, however often the target returns it.
//
// before are the record's written values so far. They are kept, because the target may still
// report the state before the write; call it with nil once the target has reported the state
// after it. An attribute that the hub wrote before and that the golden record has no more counts
// as cleared by the hub. Store the result with PutWritten before the write leaves.
func Written(g GoldenRecord, record string, before []WrittenValue) ([]WrittenValue, error) {
	lineage, err := ReadLineage(g)
	if err != nil {
		return nil, err
	}
	all := map[WrittenValue]bool{}
	for attribute, values := range lineage {
		for _, v := range values {
			if v.Source != record && !slices.Contains(v.Also, record) {
				all[WrittenValue{Attribute: attribute, Hash: v.Hash}] = true
			}
		}
	}
	for _, w := range before {
		all[w] = true
		if len(lineage[w.Attribute]) == 0 {
			all[WrittenValue{Attribute: w.Attribute}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b WrittenValue) int {
		return cmp.Or(cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.Hash, b.Hash))
	}), nil
}

// ValueHashes returns the hashes of a customer's standardised values by the JSON name of the
// attribute; of a list one for each item, in order. A value whose hash stands among a record's
// written values is one that the hub wrote; one that came back in another form has another hash
// and can be added to them.
func (r *Ruleset) ValueHashes(c *canonical.Customer) map[string][]uint64 {
	return survive.Hashes(c, forms{r.standard})
}
