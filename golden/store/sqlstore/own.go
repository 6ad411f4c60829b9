package sqlstore

import (
	"github.com/touchstone-hub/touchstone/golden"
)

// own is what a transaction has written itself, as far as it is read again before the end. Rows of
// others need not wait for it: see Statement.others.
type own struct {
	numbers map[golden.RecordNo]bool               // of source records
	keys    map[string]bool                        // of the same
	packed  map[golden.RecordNo]*golden.RecordKeys // nil where not all of the row is known
	ways    map[golden.EntityNo][]way
}

func (o *own) record(r *golden.SourceRecord) {
	if o.numbers == nil {
		o.numbers, o.keys = map[golden.RecordNo]bool{}, map[string]bool{}
	}
	o.numbers[r.No], o.keys[r.Key] = true, true
}

// pack notes the row of a record's keys; one without keys has none.
func (o *own) pack(k golden.RecordKeys) {
	if o.packed == nil {
		o.packed = map[golden.RecordNo]*golden.RecordKeys{}
	}
	o.packed[k.Record] = &k
}

// feature notes that a row has other features now.
func (o *own) feature(no golden.RecordNo, features []byte) {
	switch k, mine := o.packed[no]; {
	case k != nil && len(k.Keys) > 0:
		k.Features = features
	case !mine:
		if o.packed == nil {
			o.packed = map[golden.RecordNo]*golden.RecordKeys{}
		}
		o.packed[no] = nil
	}
}

// rowsOf divides records into those whose rows of keys are known here and those that the store has to be
// asked for, by the statement that is returned.
func (o *own) rowsOf(nos []golden.RecordNo, all, others *Statement) (mine []golden.RecordKeys, ask []golden.RecordNo, s *Statement) {
	if len(o.packed) == 0 {
		return nil, nos, others
	}
	for _, no := range nos {
		switch k, known := o.packed[no]; {
		case !known:
			ask = append(ask, no)
		case k == nil:
			return nil, nos, all
		case len(k.Keys) > 0:
			mine = append(mine, *k)
		}
	}
	return mine, ask, others
}

// rowsBy is the statement to read rows by: others where none of them is the transaction's own.
func rowsBy[K comparable](own map[K]bool, asked []K, all, others *Statement) *Statement {
	if len(own) > 0 {
		for _, k := range asked {
			if own[k] {
				return all
			}
		}
	}
	return others
}
