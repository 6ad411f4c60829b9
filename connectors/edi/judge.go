package edi

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// verdict is what was found of one interchange that came in: its envelope, its sets, and what is wrong
// with each.
type verdict struct {
	*edi.Interchange
	start, end int64
	groups     []*groupVerdict
	sets       []*setVerdict
	outer      []edi.Fault   // of the interchange itself
	answers    []acknowledged // TA1, which stand beside groups
	refused    bool
}

// groupVerdict is a functional group.
type groupVerdict struct {
	*edi.Group
	faults []edi.Fault
}

// setVerdict is one set. It keeps no more than an answer needs: an interchange may have hundreds of
// thousands.
type setVerdict struct {
	offset  int64
	group   int // place in verdict.groups; -1 for none
	id      string
	control string
	version string
	reissue bool
	faults  []edi.Fault
}

func (v *verdict) standard() edi.Standard { return v.Syntax.Standard }

// at finds the set that begins at an offset; nil where none does.
func (v *verdict) at(offset int64) *setVerdict {
	i, found := slices.BinarySearchFunc(v.sets, offset, func(s *setVerdict, o int64) int {
		switch {
		case s.offset < o:
			return -1
		case s.offset > o:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return v.sets[i]
}

// refuse rejects the interchange as a whole.
func (v *verdict) refuse(f edi.Fault) {
	v.refused = true
	v.outer = append(v.outer, f)
}

// reissued says whether every set is marked as a duplicate or as sent again.
func (v *verdict) reissued() bool {
	return len(v.sets) > 0 && !slices.ContainsFunc(v.sets, func(s *setVerdict) bool { return !s.reissue })
}

// rejectedSets counts the sets that are not taken.
func (v *verdict) rejectedSets() (n int) {
	for _, s := range v.sets {
		if v.refused || s.rejected() {
			n++
		}
	}
	return n
}

// state is what becomes of the interchange.
func (v *verdict) state() string {
	taken := 0
	for _, s := range v.sets {
		if !acknowledgement(s.id) {
			taken++
		}
	}
	switch rejected := v.rejectedSets(); {
	case v.refused:
		return stateRejected
	case taken == 0 && (len(v.sets) > 0 || len(v.answers) > 0):
		return stateAnswers
	case rejected == 0:
		return stateAccepted
	case rejected < len(v.sets):
		return statePartly
	}
	return stateRejected
}

// faults are those of the envelope.
func (v *verdict) faults() []edi.Fault {
	all := slices.Clone(v.outer)
	for _, g := range v.groups {
		all = append(all, g.faults...)
	}
	return all
}

func (s *setVerdict) rejected() bool { return len(s.faults) > 0 }

// err is what is wrong with the set, in one line.
func (s *setVerdict) err() error {
	list := make([]string, 0, len(s.faults))
	for _, f := range s.faults[:min(len(s.faults), mostProblems)] {
		list = append(list, f.Error())
	}
	if more := len(s.faults) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%s %s is rejected: %s", s.id, s.control, strings.Join(list, "; "))
}

// unknown rejects a set that nobody here takes.
func (s *setVerdict) unknown(why string) {
	s.faults = append(s.faults, edi.Fault{Level: edi.InSet, Kind: edi.UnknownSet, Position: edi.Position{Offset: s.offset}, Found: s.id, Expected: "a set that is taken: " + why})
}

// judge goes through a delivery and gives a verdict for each interchange in it.
func judge(ctx context.Context, in io.Reader) iter.Seq2[*verdict, error] {
	return func(yield func(*verdict, error) bool) {
		src := &reader{ctx: ctx, r: in}
		w := edi.NewWalker(edi.NewScanner(src))
		j := &judging{}
		for w.Next() {
			if v := j.event(w.Event()); v != nil && !yield(v, nil) {
				return
			}
		}
		if src.err != nil {
			yield(nil, src.err)
		}
	}
}

// reader ends with its context, and keeps what it failed with.
type reader struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err = r.ctx.Err(); r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// judging is a walk over one delivery.
type judging struct {
	v *verdict
	s *setVerdict
}

// event takes one event, and gives the verdict once an interchange is through.
func (j *judging) event(e *edi.Event) *verdict {
	switch e.Kind {
	case edi.InterchangeStart:
		j.v = &verdict{Interchange: e.Interchange, start: e.Interchange.Position.Offset}
	case edi.GroupStart:
		j.v.groups = append(j.v.groups, &groupVerdict{Group: e.Group})
	case edi.SetStart:
		j.s = &setVerdict{offset: e.Set.Position.Offset, group: len(j.v.groups) - 1, id: e.Set.ID, control: e.Set.ControlNumber, version: e.Set.Version}
		j.v.sets = append(j.v.sets, j.s)
	case edi.SegmentRead:
		j.segment(e)
	}
	j.blame(e)
	switch e.Kind {
	case edi.SetEnd:
		j.s = nil
	case edi.InterchangeEnd:
		v := j.v
		v.end = v.start
		if e.Segment != nil {
			v.end = e.Segment.Offset + int64(len(e.Segment.Bytes()))
		}
		j.v = nil
		return v
	}
	return nil
}

// segment looks at what decides about a set as a whole.
func (j *judging) segment(e *edi.Event) {
	switch {
	case e.Set == nil && j.v != nil && e.Segment.Is("TA1"):
		j.v.answers = append(j.v.answers, readTA1(e.Segment))
	case j.s != nil && e.InSet == 2:
		j.s.reissue = reissue(e.Segment)
	}
}

// blame gives faults to what they are faults of.
func (j *judging) blame(e *edi.Event) {
	for _, f := range e.Faults {
		switch {
		case j.v == nil: // junk between interchanges: what it is a part of is a dead letter
		case f.Level >= edi.InSet && j.s != nil:
			j.s.faults = append(j.s.faults, f)
		case f.Level == edi.InGroup && len(j.v.groups) > 0:
			g := j.v.groups[len(j.v.groups)-1]
			g.faults = append(g.faults, f)
		default:
			j.v.outer = append(j.v.outer, f)
		}
	}
}

// reissue says whether a set's first segment marks it as a duplicate or as sent again: BEG01 and its
// like (X12 element 353), BGM 1225.
func reissue(g *edi.Segment) bool {
	switch string(g.Tag()) {
	case "BEG", "BCH", "BSN", "BGN", "BAK", "BCA", "BFR":
		return slices.Contains([]string{"07", "15", "18"}, string(g.Value(1)))
	case "BGM":
		return slices.Contains([]string{"7", "43"}, string(g.Value(3)))
	}
	return false
}

// duplicateFault says that an interchange came before.
func duplicateFault(v *verdict, before string) edi.Fault {
	return edi.Fault{
		Level: edi.InInterchange, Kind: edi.DuplicateExchange, Position: v.Position, Found: v.ControlNumber,
		Expected: "a control number that did not come before, as this one did in " + before,
	}
}
