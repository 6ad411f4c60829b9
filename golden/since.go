package golden

import (
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// restated gives the times of a record's attributes after a report with other content. written is
// what is known of the record after the report, old what was before it; was and is are the business
// times of the two reports.
//
// A system dates its records, not their attributes. If the whole record were as recent as its last
// change, an echo of what the hub wrote into one attribute, or a person's change of one, would make
// all others look fresh, and they would win over what was changed in other systems meanwhile. So
// an attribute is as recent as the report with which the record itself changed it: stated a value
// of its own that it did not state before, or took one away that was its own.
func (r *Ruleset) restated(written, old []WrittenValue, before, now *canonical.Customer, was, is time.Time) []WrittenValue {
	since := map[string]time.Time{}
	kept := slices.DeleteFunc(slices.Clone(written), func(w WrittenValue) bool {
		if w.Since != 0 {
			since[w.Attribute] = time.UnixMicro(w.Since).UTC()
		}
		return w.Since != 0
	})
	c := content{then: r.statements(before), now: r.statements(now), written: written, old: old}
	for attribute := range c.now {
		at, earlier := since[attribute]
		if !earlier {
			at = was
		}
		switch changed, own := c.changed(attribute); {
		case !changed:
		case own != 0:
			at = time.UnixMicro(own).UTC()
		default:
			continue
		}
		if !at.IsZero() && !at.Equal(is) {
			kept = append(kept, WrittenValue{Attribute: attribute, Since: at.UnixMicro()})
		}
	}
	slices.SortFunc(kept, byValue)
	return kept
}

// statements are the hashes of a customer's values by attribute, 0 for one stated to be empty.
func (r *Ruleset) statements(c *canonical.Customer) map[string][]uint64 {
	all := survive.Hashes(c, forms{r.standard})
	for _, attribute := range c.Cleared {
		all[attribute] = append(all[attribute], 0)
	}
	return all
}

// content is what a record stated before and states now.
type content struct {
	then, now    map[string][]uint64
	written, old []WrittenValue
}

// changed says whether the record itself changed an attribute, not the hub. own is set where it
// came back to what was its own and the hub wrote: the time of that.
func (c *content) changed(attribute string) (changed bool, own int64) {
	then, now := c.then[attribute], c.now[attribute]
	came := false
	for _, h := range now {
		if slices.Contains(then, h) {
			continue
		}
		if !holds(c.written, attribute, h) {
			at := slices.IndexFunc(c.written, func(w WrittenValue) bool { return w.Own != 0 && w.Attribute == attribute && w.Hash == h })
			if at < 0 {
				return true, 0
			}
			own = max(own, c.written[at].Own)
		}
		came = true
	}
	if came {
		return own != 0, own // what went, went for what the hub wrote
	}
	for _, h := range then {
		if !slices.Contains(now, h) && !holds(c.written, attribute, h) && !holds(c.old, attribute, h) {
			return true, 0
		}
	}
	return false, 0
}

func holds(written []WrittenValue, attribute string, hash uint64) bool {
	return slices.ContainsFunc(written, func(w WrittenValue) bool {
		return w.value() && w.Attribute == attribute && w.Hash == hash
	})
}
