// Package validate checks interchanges against guides, in one pass: bytes come in
// from a reader, and a report of each interchange goes out, with every fault of
// its envelope, its segments, elements and codes, each at its place. It neither
// changes nor keeps what it reads, and it acknowledges nothing: package ack does,
// with the reports.
package validate

import (
	"fmt"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// Options say how to validate. The zero value takes the guides that come with
// the library.
type Options struct {
	// Guides finds the guide of a set; group is nil where there is none. Nil is
	// guides.Shipped.Find. An error that is guides.ErrNone makes the fault UnknownSet.
	Guides func(*edi.Interchange, *edi.Group, *edi.Set) (*guide.Plan, error)
	// Limit is how many faults of a set are told of in full; the others are counted.
	// 0 is 1,000.
	Limit int
	// Each is given every set when it ends, and sets are then not kept in the report:
	// for interchanges of any size. The set may be used again for the next one.
	Each func(*Report, *Group, *Set)
	// Workers is how many goroutines check sets beside the one that reads; 0 and 1
	// do all on the caller's. Guides, where given, is then asked by several at once.
	Workers int
	// Unguided makes a set without a guide a warning: its envelope alone decides.
	Unguided bool
}

const defaultLimit = 1000

// Interchanges validates what r holds and gives a report of each interchange when
// it ends. An error is the last: what was read before it stands.
func Interchanges(r io.Reader, o Options) iter.Seq2[*Report, error] {
	o.defaults()
	return func(yield func(*Report, error) bool) {
		if o.Workers > 1 {
			parallel(r, &o, yield)
			return
		}
		front, back := front{options: &o, reuse: o.Each != nil}, back{options: &o}
		w := edi.NewWalker(edi.NewScanner(r))
		for w.Next() {
			it, ok := front.event(w.Event())
			if !ok {
				continue
			}
			if report := back.apply(&it); report != nil && !yield(report, nil) {
				return
			}
		}
		back.finish(w.Err(), yield)
	}
}

func (o *Options) defaults() {
	if o.Guides == nil {
		o.Guides = guides.Shipped.Find
	}
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
}

// item is what one or several events came to: a set, or something around it.
type item struct {
	kind        edi.EventKind // SetEnd for a set
	faults      []edi.Fault   // of a set, those that are not its own
	interchange *edi.Interchange
	group       *edi.Group
	set         *Set
	end         int64 // the offset behind its segment; 0 where it has none
	included    string
	ta1         bool
}

// back makes reports of items.
type back struct {
	options *Options
	report  *Report
	group   *Group
	early   []edi.Fault // of the stream, before the first interchange
}

// apply takes an item, and gives the report of an interchange that ends.
func (b *back) apply(it *item) *Report {
	switch it.kind {
	case edi.InterchangeStart:
		b.report = &Report{Interchange: it.interchange, Start: it.interchange.Position.Offset, Faults: b.early}
		b.early = nil
	case edi.GroupStart:
		b.openGroup(it.group)
	case edi.SetEnd:
		b.set(it)
		return nil
	case edi.GroupEnd:
		b.note(it.faults)
		b.group.Included = it.included
		b.group = nil
		return nil
	}
	b.note(it.faults)
	if b.report == nil {
		return nil
	}
	b.report.End = max(b.report.End, it.end)
	if it.ta1 {
		b.report.Acknowledgements++
	}
	if it.kind != edi.InterchangeEnd {
		return nil
	}
	report := b.report
	b.report, b.group = nil, nil
	return report
}

// note puts faults where they belong.
func (b *back) note(faults []edi.Fault) {
	for _, f := range faults {
		switch {
		case b.report == nil:
			b.early = append(b.early, f)
		case b.group != nil && f.Level == edi.InGroup:
			b.group.Faults = append(b.group.Faults, f)
		default:
			b.report.Faults = append(b.report.Faults, f)
		}
	}
}

func (b *back) openGroup(g *edi.Group) {
	b.group = &Group{Group: g}
	b.report.Groups = append(b.report.Groups, b.group)
}

func (b *back) set(it *item) {
	if b.group == nil { // EDIFACT without groups
		b.openGroup(nil)
	}
	b.note(it.faults)
	b.report.Sets++
	b.group.Sets++
	if it.set.Rejected() {
		b.report.Rejected++
		b.group.Rejected++
	}
	if b.options.Each != nil {
		b.options.Each(b.report, b.group, it.set)
	} else {
		b.group.Kept = append(b.group.Kept, it.set)
	}
}

// finish gives what was found where no interchange begins any more, and the error
// that ended the stream.
func (b *back) finish(err error, yield func(*Report, error) bool) {
	if len(b.early) > 0 {
		at := b.early[0].Position.Offset
		if !yield(&Report{Faults: b.early, Start: at, End: at}, nil) {
			return
		}
	}
	if err != nil {
		yield(nil, fmt.Errorf("read interchange: %w", err))
	}
}
