// Package validate checks interchanges against guides, in one pass: bytes come in
// from a reader, and a report of each interchange goes out, with every fault of
// its envelope, its segments, elements and codes, each at its place. It neither
// changes nor keeps what it reads, and it acknowledges nothing: package ack does,
// with the reports.
package validate

import (
	"errors"
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
	// for interchanges of any size. The set is used again for the next one.
	Each func(*Report, *Group, *Set)
	// Unguided makes a set without a guide a warning: its envelope alone decides.
	Unguided bool
}

const defaultLimit = 1000

// Interchanges validates what r holds and gives a report of each interchange when
// it ends. An error is the last: what was read before it stands.
func Interchanges(r io.Reader, o Options) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		v := newValidator(o)
		w := edi.NewWalker(edi.NewScanner(r))
		for w.Next() {
			if report := v.event(w.Event()); report != nil && !yield(report, nil) {
				return
			}
		}
		if rest := v.rest(); rest != nil && !yield(rest, nil) {
			return
		}
		if err := w.Err(); err != nil {
			yield(nil, fmt.Errorf("read interchange: %w", err))
		}
	}
}

// validator makes reports of events.
type validator struct {
	options Options
	report  *Report
	group   *Group
	set     *Set
	checker checker
	plans   planCache
	spare   *Set
	early   []edi.Fault // of the stream, before the first interchange
}

func newValidator(o Options) *validator {
	if o.Guides == nil {
		o.Guides = guides.Shipped.Find
	}
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
	return &validator{options: o}
}

// event takes a step of the walk, and gives the report of an interchange that ends.
func (v *validator) event(e *edi.Event) *Report {
	switch e.Kind {
	case edi.SegmentRead:
		if e.Set != nil {
			if len(e.Faults) > 0 {
				v.setFaults(e.Faults)
			}
			if v.checker.plan != nil {
				v.checker.segment(e.Segment, e.InSet)
			}
			return nil
		}
		v.outside(e)
	case edi.InterchangeStart:
		v.report = &Report{Interchange: e.Interchange, Start: e.Interchange.Position.Offset, Faults: v.early}
		v.early = nil
		v.outside(e)
	case edi.GroupStart:
		v.openGroup(e.Group)
		v.groupFaults(e.Faults)
	case edi.SetStart:
		v.openSet(e)
	case edi.SetEnd:
		v.closeSet(e)
	case edi.GroupEnd:
		v.groupFaults(e.Faults)
		v.group.Included = included(e.Segment, e.Group.Sets)
		v.group = nil
	case edi.InterchangeEnd:
		v.outside(e)
		report := v.report
		report.End = end(e.Segment, report.End)
		v.report, v.group = nil, nil
		return report
	default:
		v.outside(e)
	}
	return nil
}

// included gives what a group's trailer says of how many sets it has.
func included(trailer *edi.Segment, counted int) string {
	if trailer == nil {
		return fmt.Sprint(counted)
	}
	return string(trailer.Value(1))
}

func end(s *edi.Segment, before int64) int64 {
	if s == nil {
		return before
	}
	return s.Offset + int64(len(s.Bytes()))
}

// outside notes the faults of an event that belongs to no group and no set.
func (v *validator) outside(e *edi.Event) {
	if v.report == nil {
		v.early = append(v.early, e.Faults...)
		return
	}
	v.report.Faults = append(v.report.Faults, e.Faults...)
	if e.Kind == edi.SegmentRead && e.Segment != nil && e.Segment.Is("TA1") {
		v.report.Acknowledgements++
	}
	v.report.End = end(e.Segment, v.report.End)
}

// rest gives what was found where no interchange begins any more.
func (v *validator) rest() *Report {
	if len(v.early) == 0 {
		return nil
	}
	return &Report{Faults: v.early, Start: v.early[0].Position.Offset, End: v.early[0].Position.Offset}
}

func (v *validator) openGroup(g *edi.Group) {
	v.group = &Group{Group: g}
	v.report.Groups = append(v.report.Groups, v.group)
}

func (v *validator) groupFaults(faults []edi.Fault) {
	for _, f := range faults {
		if f.Level == edi.InStream || f.Level == edi.InInterchange {
			v.report.Faults = append(v.report.Faults, f)
		} else {
			v.group.Faults = append(v.group.Faults, f)
		}
	}
}

func (v *validator) setFaults(faults []edi.Fault) {
	for _, f := range faults {
		switch {
		case f.Level == edi.InStream || f.Level == edi.InInterchange:
			v.report.Faults = append(v.report.Faults, f)
		case f.Level == edi.InGroup:
			v.group.Faults = append(v.group.Faults, f)
		default:
			v.checker.add(f)
		}
	}
}

func (v *validator) openSet(e *edi.Event) {
	if v.group == nil { // EDIFACT without groups
		v.openGroup(nil)
	}
	v.set = &Set{}
	if v.options.Each != nil {
		if v.spare == nil {
			v.spare = &Set{}
		}
		v.set = v.spare
		*v.set = Set{Faults: v.set.Faults[:0]}
	}
	v.set.header(e.Set)
	plan, err := v.plans.find(v.options.Guides, e)
	v.checker.begin(e.Interchange.Syntax, plan, v.set, v.options.Limit)
	v.setFaults(e.Faults)
	if err != nil {
		v.unguided(e, err)
	}
	v.wrongGroup(e)
	if plan != nil {
		v.set.Guide = plan.Guide.Name
	}
}

// unguided notes that there is no guide, or that it cannot be had.
func (v *validator) unguided(e *edi.Event, err error) {
	f := edi.Fault{Level: edi.InSet, Kind: edi.UnknownSet, Position: e.Set.Position, Found: e.Set.ID, Warning: v.options.Unguided}
	f.Expected = "a guide: there is " + err.Error()
	if !errors.Is(err, guides.ErrNone) {
		f.Warning = false
	}
	v.checker.add(f)
}

// wrongGroup warns of a set in a group that is for others: it is clear what it is
// all the same.
func (v *validator) wrongGroup(e *edi.Event) {
	if e.Group == nil || e.Interchange.Syntax.Standard != edi.X12 {
		return
	}
	if want := guides.Functional(e.Set.ID); want != "" && e.Group.ID != "" && e.Group.ID != want {
		v.checker.add(edi.Fault{
			Level: edi.InSet, Kind: edi.WrongGroup, Position: e.Set.Position, Warning: true,
			Found: "set " + e.Set.ID + " in group " + e.Group.ID, Expected: "group " + want,
		})
	}
}

func (v *validator) closeSet(e *edi.Event) {
	if v.checker.plan != nil {
		v.checker.end(e.Segment, e.Set.Segments)
	}
	v.setFaults(e.Faults)
	v.set.Segments, v.set.End = e.Set.Segments, end(e.Segment, v.set.End)
	v.report.Sets++
	v.group.Sets++
	if v.set.Rejected() {
		v.report.Rejected++
		v.group.Rejected++
	}
	if v.options.Each != nil {
		v.options.Each(v.report, v.group, v.set)
	} else {
		v.group.Kept = append(v.group.Kept, v.set)
	}
	v.set = nil
	v.checker.plan = nil
}

// planCache spares looking the guide of every set up where the next one is like
// the last.
type planCache struct {
	interchange *edi.Interchange
	group       *edi.Group
	set         edi.Set
	plan        *guide.Plan
	err         error
}

func (c *planCache) find(find func(*edi.Interchange, *edi.Group, *edi.Set) (*guide.Plan, error), e *edi.Event) (*guide.Plan, error) {
	s := e.Set
	if c.interchange == e.Interchange && c.group == e.Group && c.set.ID == s.ID && c.set.Version == s.Version &&
		c.set.Release == s.Release && c.set.Agency == s.Agency && c.set.Association == s.Association {
		return c.plan, c.err
	}
	c.plan, c.err = find(e.Interchange, e.Group, s)
	c.interchange, c.group, c.set = e.Interchange, e.Group, *s
	return c.plan, c.err
}
