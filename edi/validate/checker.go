package validate

import (
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// checker checks the segments of one set, against its plan.
type checker struct {
	syntax  *edi.Syntax
	plan    *guide.Plan
	matcher guide.Matcher
	set     *Set
	limit   int
	chars   *repertoire

	// the segment at hand
	seg     *edi.Segment
	inSet   int
	place   *guide.Place
	odd     bool // it has bytes that are no plain characters
	release bool // it has released characters
	scratch []byte

	// the segment before, whose place the next one may still change
	before struct {
		offset     int64
		index      int
		inSet      int
		place      int
		from, upTo int // its structural faults in set.Faults
	}
}

func (c *checker) begin(syntax *edi.Syntax, plan *guide.Plan, set *Set, limit int) {
	c.syntax, c.plan, c.set, c.limit = syntax, plan, set, limit
	c.before.place = -1
	c.chars = repertoireOf(syntax)
	if plan != nil {
		c.matcher.Begin(plan)
	}
}

// add notes a fault, or counts it where there are too many.
func (c *checker) add(f edi.Fault) {
	if len(c.set.Faults) >= c.limit {
		if !f.Warning {
			c.set.More++
		}
		return
	}
	c.set.Faults = append(c.set.Faults, f)
}

// segment checks the next segment of the set.
func (c *checker) segment(seg *edi.Segment, inSet int) {
	c.seg, c.inSet = seg, inSet
	step := c.matcher.Match(seg)
	if step.Instead != nil {
		c.instead(step.Instead)
	}
	from := len(c.set.Faults)
	if step.Fault != edi.NoFault || len(step.Missing) > 0 {
		c.structure(&step, seg.Offset, seg.Index, inSet, string(seg.Tag()))
	}
	b := &c.before
	b.offset, b.index, b.inSet, b.place, b.from, b.upTo = seg.Offset, seg.Index, inSet, step.Place, from, len(c.set.Faults)
	if step.Place >= 0 {
		c.place = &c.plan.Places[step.Place]
		c.elements(c.place.Layout)
	}
}

// end checks what the trailer tells: that nothing mandatory is missing before it.
// trailer is nil where it is missing itself, which the envelope says.
func (c *checker) end(trailer *edi.Segment, inSet int) {
	var step guide.Step
	offset, index, tag := c.before.offset, c.before.index, "the end of the set"
	if trailer != nil {
		step = c.matcher.Match(trailer)
		offset, index, tag = trailer.Offset, trailer.Index, string(trailer.Tag())
	} else {
		step = c.matcher.End()
		inSet++
	}
	if step.Instead != nil {
		c.instead(step.Instead)
	}
	if len(step.Missing) > 0 {
		c.structure(&step, offset, index, inSet, tag)
	}
}

// instead puts other structural faults in the place of those of the segment
// before, which turned out to be something else.
func (c *checker) instead(step *guide.Step) {
	b := &c.before
	if b.upTo > len(c.set.Faults) || b.place < 0 {
		return
	}
	after := slices.Clone(c.set.Faults[b.upTo:])
	c.set.Faults = c.set.Faults[:b.from]
	c.structure(step, b.offset, b.index, b.inSet, c.plan.Places[b.place].ID)
	for _, f := range after {
		c.add(f)
	}
}

// structure tells what is wrong with the place of a segment.
func (c *checker) structure(step *guide.Step, offset int64, index, inSet int, tag string) {
	at := edi.Position{Offset: offset, Segment: index, InSet: inSet}
	for _, missing := range step.Missing {
		p := &c.plan.Places[missing]
		at.Tag = p.Node.Trigger().ID
		c.add(edi.Fault{Level: edi.InSegment, Kind: edi.MissingSegment, Position: at, Found: tag, Expected: c.named(p), Loop: c.loop(int(missing))})
	}
	if step.Fault == edi.NoFault {
		return
	}
	at.Tag = tag
	f := edi.Fault{Level: edi.InSegment, Kind: step.Fault, Position: at, Found: tag}
	if step.Place >= 0 {
		p := &c.plan.Places[step.Place]
		f.Loop = c.loop(step.Place)
		f.Expected = c.wanted(step, p)
	} else {
		f.Expected = "a segment of " + c.plan.Message.ID
	}
	c.add(f)
}

func (c *checker) wanted(step *guide.Step, p *guide.Place) string {
	switch step.Fault {
	case edi.TooManyLoops:
		g := &c.plan.Places[step.Group]
		return fmt.Sprintf("%s at most %d times", c.named(g), g.Max)
	case edi.TooManySegments:
		return fmt.Sprintf("%s at most %d times", c.named(p), p.Max)
	case edi.UnexpectedSegment:
		if p.Parent >= 0 {
			return c.named(&c.plan.Places[p.Parent]) + " before it"
		}
	case edi.OutOfSequence:
		return c.named(p) + " earlier"
	}
	return ""
}

// named calls a place by its path and its title.
func (c *checker) named(p *guide.Place) string {
	kind := "segment "
	if p.IsGroup() {
		kind = "group "
		if c.syntax.Standard == edi.X12 {
			kind = "loop "
		}
	}
	if s := c.plan.Guide.Segments[p.ID]; s != nil && s.Title != "" {
		return kind + p.Path + " (" + s.Title + ")"
	}
	return kind + p.Path
}

// loop gives the name of the group that a place stands in, or that it is.
func (c *checker) loop(place int) string {
	p := &c.plan.Places[place]
	if p.IsGroup() {
		return p.ID
	}
	if p.Parent < 0 {
		return ""
	}
	return c.plan.Places[p.Parent].ID
}
