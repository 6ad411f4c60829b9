package golden

import (
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden/survive"
)

// Found marks a remote record that was there before the hub first wrote into it. Add it to what
// was written into such a record.
var Found = WrittenValue{Hash: 1}

// Observe takes a system's report of a record into which the hub wrote and returns the written
// values as they are known after it. before is what the record reported last, nil for a record
// that the hub created and that had not been reported.
//
// It is a three-way merge, value by value, of what the record reported before the write, what was
// written, and what it reports now:
//   - A value that was written, and has come back as it was, is the hub's.
//   - A value that the record stated before the write is its own. A report that has only such
//     values may be of the state before the write, and settles nothing.
//   - A new value is the system's normal form of one that was written and has not come back yet, if
//     it is like it (survive.Like): it is the hub's too.
//   - Any other new value is a person's, entered there with the write or after it.
//
// Each written value is awaited once: after it has come back in any form, what differs from that is a
// person's, however like it may be. What was written earlier than a value that has come back is no
// longer awaited either, and what the last write dropped is forgotten when the system has it no more;
// should a person enter it there again, it is that person's.
//
// Not decidable are two cases. A person's change that is like what was written and comes with
// the first report after the write is taken for the normal form; it costs the spelling, not the
// value. A normal form that is not like what was written is taken for a person's change: it stands
// for election with its time, which makes at most one write more, for when it comes back it is
// what the record stated before.
func (r *Ruleset) Observe(written []WrittenValue, before, now *canonical.Customer, at time.Time) []WrittenValue {
	if !slices.ContainsFunc(written, WrittenValue.Open) {
		return written
	}
	o := &observation{
		written: slices.Clone(written), now: survive.Details(now, forms{r.standard}), cleared: now.Cleared,
		found: slices.Contains(written, Found), at: at.UnixMicro(),
	}
	if before != nil {
		o.before = survive.Hashes(before, forms{r.standard})
		for _, attribute := range before.Cleared {
			o.before[attribute] = append(o.before[attribute], 0)
		}
	}
	o.comeBack()
	for attribute, details := range o.now {
		for _, d := range details {
			o.take(attribute, d)
		}
	}
	o.forget()
	slices.SortFunc(o.written, byValue)
	return o.written
}

// Resembles counts the values of a report, in the attributes of which something was sent, that are what was
// sent or the system's normal form of it, and those that are anything else.
func (r *Ruleset) Resembles(sent []WrittenValue, report *canonical.Customer, at time.Time) (same, other int) {
	known, attributes := map[valueKey]bool{}, map[string]bool{}
	for _, w := range r.Observe(sent, nil, report, at) {
		if w.value() {
			known[w.key()], attributes[w.Attribute] = true, true
		}
	}
	for attribute, hashes := range r.ValueHashes(report) {
		for _, h := range hashes {
			switch {
			case known[valueKey{attribute, h}]:
				same++
			case attributes[attribute]:
				other++
			}
		}
	}
	return same, other
}

// Open: a report may tell something of it: it has not come back yet, or was taken away and is there still.
func (w WrittenValue) Open() bool { return w.Awaited() || w.Dropped }

// Awaited: the system has not returned the value yet in any form.
func (w WrittenValue) Awaited() bool { return w.Sent != "" }

type observation struct {
	written []WrittenValue
	before  map[string][]uint64
	now     map[string][]survive.Detail
	cleared []string
	found   bool
	at      int64 // of the report, as the hub's clock has it
	sure    int64 // the latest write of which the report is certain to be later
	newest  int64 // version of the latest write of which a value has come back with this report
}

// comeBack notes the awaited values that the report has as they were written, if the record did not
// have them before. What a record that was there before the hub says of such a value beyond it, it
// says of its own accord.
func (o *observation) comeBack() {
	own := map[valueKey]bool{}
	for i := range o.written {
		w := &o.written[i]
		if !w.Awaited() || !o.has(*w) || slices.Contains(o.before[w.Attribute], w.Hash) {
			continue
		}
		at := slices.IndexFunc(o.now[w.Attribute], func(d survive.Detail) bool { return d.Hash == w.Hash })
		if o.found && at >= 0 && survive.States(w.Attribute, w.parts(), o.now[w.Attribute][at].Parts) {
			own[w.key()] = true
		}
		if !w.Again {
			o.sure = max(o.sure, w.At)
		}
		o.newest, w.Sent = max(o.newest, w.Version), ""
	}
	o.written = slices.DeleteFunc(o.written, func(w WrittenValue) bool { return own[w.key()] })
}

func (w WrittenValue) parts() []string { return strings.Split(w.Sent, parted) }

// take decides whether a new value is the normal form of an awaited one.
func (o *observation) take(attribute string, d survive.Detail) {
	if slices.Contains(o.before[attribute], d.Hash) ||
		slices.ContainsFunc(o.written, func(w WrittenValue) bool { return w.value() && w.Attribute == attribute && w.Hash == d.Hash }) {
		return
	}
	best, of := survive.Unlike, uint64(0)
	like := make([]survive.Likeness, len(o.written))
	for i, w := range o.written {
		if w.value() && w.Attribute == attribute && w.Awaited() && w.Hash != 0 {
			if like[i] = survive.Like(attribute, w.parts(), d.Parts); like[i] > best || like[i] == best && best > survive.Unlike && !w.Dropped {
				best, of = like[i], w.Hash
			}
		}
	}
	if best == survive.Unlike {
		return
	}
	form := WrittenValue{Attribute: attribute, Hash: d.Hash, Of: of, At: o.at}
	for i := range o.written {
		if w := &o.written[i]; w.Attribute == attribute && like[i] == best { // they all have this form
			form.Version = max(form.Version, w.Version)
			if !w.Again {
				o.sure = max(o.sure, w.At)
			}
			w.Sent = ""
		}
	}
	o.newest = max(o.newest, form.Version)
	o.written = append(o.written, form)
}

// forget stops waiting for what was written earlier than what has come back, and drops what the
// system has no more.
func (o *observation) forget() {
	for i := range o.written {
		if w := &o.written[i]; w.Version < o.newest {
			w.Sent = ""
		}
	}
	awaiting := slices.ContainsFunc(o.written, WrittenValue.Awaited)
	o.written = slices.DeleteFunc(o.written, func(w WrittenValue) bool {
		return w.Dropped && !w.Awaited() && (w.At < o.sure || o.at-w.At >= lateness.Microseconds()) && !o.has(w) || w == Found && !awaiting
	})
}

func (o *observation) has(w WrittenValue) bool {
	if w.Hash == 0 {
		return slices.Contains(o.cleared, w.Attribute)
	}
	return slices.ContainsFunc(o.now[w.Attribute], func(d survive.Detail) bool { return d.Hash == w.Hash })
}
