package validate

import (
	"errors"
	"slices"
	"strconv"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// front makes items of events: it checks sets. It knows nothing of what stands
// before a set, so that sets may be checked apart from each other.
type front struct {
	options *Options
	reuse   bool // the set may be used again for the next one
	set     *Set
	outer   []edi.Fault // those of the set's events that are not its own
	checker checker
	plans   planCache
	spare   Set
}

// event takes a step of the walk, and gives an item where one is whole.
func (f *front) event(e *edi.Event) (item, bool) {
	switch e.Kind {
	case edi.SegmentRead:
		if e.Set != nil {
			f.segment(e)
			return item{}, false
		}
	case edi.SetStart:
		f.openSet(e)
		return item{}, false
	case edi.SetEnd:
		return f.closeSet(e), true
	}
	it := item{kind: e.Kind, faults: e.Faults, interchange: e.Interchange, group: e.Group}
	if e.Segment != nil {
		it.end = end(e.Segment)
		it.ta1 = e.Kind == edi.SegmentRead && e.Segment.Is("TA1")
	}
	if e.Kind == edi.GroupEnd {
		it.included = included(e.Segment, e.Group.Sets)
	}
	return it, true
}

// included gives what a group's trailer says of how many sets it has.
func included(trailer *edi.Segment, counted int) string {
	if trailer == nil {
		return strconv.Itoa(counted)
	}
	return string(trailer.Value(1))
}

// end is the offset behind a segment.
func end(s *edi.Segment) int64 { return s.Offset + int64(len(s.Bytes())) }

func (f *front) segment(e *edi.Event) {
	if len(e.Faults) > 0 {
		f.faults(e.Faults)
	}
	if f.checker.plan != nil && (len(e.Faults) == 0 || !nameless(e.Faults)) {
		f.checker.segment(e.Segment, e.InSet)
	}
}

// nameless says that the segment has no tag, so that nothing more can be said of it.
func nameless(faults []edi.Fault) bool {
	return slices.ContainsFunc(faults, func(f edi.Fault) bool { return f.Kind == edi.EmptySegment || f.Kind == edi.BadTag })
}

// faults keeps the set's own faults apart from others that its events bring.
func (f *front) faults(faults []edi.Fault) {
	for _, fault := range faults {
		switch fault.Level {
		case edi.InStream, edi.InInterchange, edi.InGroup:
			f.outer = append(f.outer, fault)
		default:
			f.checker.add(fault)
		}
	}
}

func (f *front) openSet(e *edi.Event) {
	f.set, f.outer = &Set{}, nil
	if f.reuse {
		f.spare = Set{Faults: f.spare.Faults[:0]}
		f.set = &f.spare
	}
	f.set.header(e.Set)
	plan, err := f.plans.find(f.options.Guides, e)
	f.checker.begin(e.Interchange.Syntax, plan, f.set, f.options.Limit)
	f.faults(e.Faults)
	if err != nil {
		f.unguided(e, err)
	}
	f.wrongGroup(e)
	if plan != nil {
		f.set.Guide = plan.Guide.Name
	}
}

// unguided notes that there is no guide, or that it cannot be had.
func (f *front) unguided(e *edi.Event, err error) {
	fault := edi.Fault{Level: edi.InSet, Kind: edi.UnknownSet, Position: e.Set.Position, Found: e.Set.ID, Warning: f.options.Unguided}
	fault.Expected = "a guide: there is " + err.Error()
	if !errors.Is(err, guides.ErrNone) {
		fault.Warning, fault.Expected = false, "a guide: "+err.Error()
	}
	f.checker.add(fault)
}

// wrongGroup warns of a set in a group that is for others: it is clear what it is
// all the same.
func (f *front) wrongGroup(e *edi.Event) {
	if e.Group == nil || e.Interchange.Syntax.Standard != edi.X12 {
		return
	}
	if want := guides.Functional(e.Set.ID); want != "" && e.Group.ID != "" && e.Group.ID != want {
		f.checker.add(edi.Fault{
			Level: edi.InSet, Kind: edi.WrongGroup, Position: e.Set.Position, Warning: true,
			Found: "set " + e.Set.ID + " in group " + e.Group.ID, Expected: "group " + want,
		})
	}
}

func (f *front) closeSet(e *edi.Event) item {
	if f.checker.plan != nil {
		f.checker.end(e.Segment, e.Set.Segments)
	}
	f.faults(e.Faults)
	f.set.Segments = e.Set.Segments
	if e.Segment != nil {
		f.set.End = end(e.Segment)
	}
	it := item{kind: edi.SetEnd, set: f.set, faults: f.outer}
	f.set, f.outer, f.checker.plan = nil, nil, nil
	return it
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
