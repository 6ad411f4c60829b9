package golden

import (
	"context"
	"slices"
)

// release makes what the hub wrote into a record the record's own where the customer falls apart and
// the value's origin goes another way. Of the part that the record is in, nobody states the value any
// more, as if its origin had dropped it; but the origin has not, and what the record stated before
// the hub wrote over it is gone. Taken for dropped, the value would be deleted in the system, and
// the record left empty. It is as old there as what it replaced.
func (p *publication) release(ctx context.Context, clusters []*cluster) error {
	part := map[string]int{}
	for i, c := range clusters {
		for _, rec := range c.records {
			part[rec.Key] = i
		}
	}
	released := map[string][]WrittenValue{}
	for i, c := range clusters {
		for _, rec := range c.records {
			before := p.ids.entities[rec.Entity]
			if before == nil || !slices.ContainsFunc(rec.Written, WrittenValue.value) ||
				!slices.ContainsFunc(before.Sources, func(key string) bool { at, live := part[key]; return live && at != i }) {
				continue
			}
			lineage, err := ReadLineage(*before)
			if err != nil {
				return err
			}
			own := slices.DeleteFunc(slices.Clone(rec.Written), func(w WrittenValue) bool { return elsewhere(w, lineage, part, i) })
			if len(own) < len(rec.Written) {
				rec.Written, released[rec.Key] = own, own
			}
		}
	}
	if len(released) == 0 {
		return nil
	}
	return p.tx.PutWritten(ctx, released)
}

// elsewhere says whether a written value stood in the golden record, and whoever stated it is now in
// another part than here.
func elsewhere(w WrittenValue, lineage Lineage, part map[string]int, here int) bool {
	if !w.value() || w.Dropped || w.Hash == 0 {
		return false
	}
	at := slices.IndexFunc(lineage[w.Attribute], func(v ValueLineage) bool { return v.Hash == w.Hash || v.Hash == w.Of })
	if at < 0 {
		return false
	}
	v := lineage[w.Attribute][at]
	states := func(key string) bool { in, live := part[key]; return live && in == here }
	in, live := part[v.Source]
	return live && in != here && !slices.ContainsFunc(v.Also, states)
}
