package edi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// verdict is what was found of one interchange that came in, and what we add to it.
type verdict struct {
	*validate.Report
	head    *edi.Interchange
	sets    []*validate.Set // of all groups, in order
	refused bool
}

func newVerdict(r *validate.Report) *verdict {
	v := &verdict{Report: r, head: r.Interchange}
	for _, g := range r.Groups {
		v.sets = append(v.sets, g.Kept...)
	}
	v.refused = new(ack.Options).InterchangeStatus(r) == ack.Rejected
	return v
}

// answers says whether acknowledgements are in the interchange.
func (v *verdict) answers() bool {
	return v.Acknowledgements > 0 || slices.ContainsFunc(v.sets, func(s *validate.Set) bool { return acknowledgement(s.ID) })
}

// trust takes sets without a guide by their envelope alone.
func (v *verdict) trust() {
	for _, s := range v.sets {
		for i := range s.Faults {
			if s.Faults[i].Kind == edi.UnknownSet {
				s.Faults[i].Warning = true
			}
		}
	}
}

// at finds the set that begins at an offset; nil where none does.
func (v *verdict) at(offset int64) *validate.Set {
	i, found := slices.BinarySearchFunc(v.sets, offset, func(s *validate.Set, o int64) int { return int(s.Start - o) })
	if !found {
		return nil
	}
	return v.sets[i]
}

// refuse rejects the interchange as a whole.
func (v *verdict) refuse(f edi.Fault) {
	v.refused = true
	v.Faults = append(v.Faults, f)
}

// rejectedSets counts the sets that are not taken.
func (v *verdict) rejectedSets() (n int) {
	for _, s := range v.sets {
		if v.refused || s.Rejected() {
			n++
		}
	}
	return n
}

// state is what becomes of the interchange.
func (v *verdict) state() string {
	answers := !slices.ContainsFunc(v.sets, func(s *validate.Set) bool { return !acknowledgement(s.ID) })
	switch rejected := v.rejectedSets(); {
	case v.refused:
		return stateRejected
	case answers && (len(v.sets) > 0 || v.Acknowledgements > 0):
		return stateAnswers
	case rejected == 0:
		return stateAccepted
	case rejected < len(v.sets):
		return statePartly
	}
	return stateRejected
}

// broken says whether something is wrong with the interchange or with anything in it.
func (v *verdict) broken() bool {
	return v.refused || v.Broken() || slices.ContainsFunc(v.Groups, (*validate.Group).Broken) || v.rejectedSets() > 0
}

// faults are those of the envelope.
func (v *verdict) faults() []edi.Fault {
	all := slices.Clone(v.Faults)
	for _, g := range v.Groups {
		all = append(all, g.Faults...)
	}
	return all
}

// reason is what is wrong with a set, in one line.
func reason(s *validate.Set) error {
	return fmt.Errorf("%s %s is rejected: %s", s.ID, s.ControlNumber, listed(s.Faults))
}

// listed are the first faults that are more than warnings, in one line.
func listed(faults []edi.Fault) string {
	var list []string
	for _, f := range faults {
		if !f.Warning && len(list) < mostProblems {
			list = append(list, f.Error())
		}
	}
	return strings.Join(list, "; ")
}

// unwanted rejects a set that nobody here takes.
func unwanted(s *validate.Set, why string) {
	s.Faults = append(s.Faults, edi.Fault{Level: edi.InSet, Kind: edi.UnknownSet, Position: edi.Position{Offset: s.Start}, Found: s.ID, Expected: "a set that is taken: " + why})
}

// judge goes through a delivery and gives a verdict for each interchange in it.
func (w *worker) judge(ctx context.Context, in io.Reader) iter.Seq2[*verdict, error] {
	return func(yield func(*verdict, error) bool) {
		src := &reader{ctx: ctx, r: in}
		for report, err := range validate.Interchanges(src, validate.Options{Guides: w.plan}) {
			switch {
			case src.err != nil:
				yield(nil, src.err)
				return
			case err != nil || report.Interchange == nil:
				continue // what belongs to no interchange is a frame without one
			}
			v := newVerdict(report)
			if p := w.sender(v.head); p != nil && p.Unguided {
				v.trust()
			}
			if !yield(v, nil) {
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
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// plan finds the guide of a set: that of the partner that sent it.
func (w *worker) plan(i *edi.Interchange, g *edi.Group, s *edi.Set) (*guide.Plan, error) {
	if p := w.sender(i); p != nil {
		return p.library.Find(i, g, s)
	}
	return nil, errStranger
}

var errStranger = errors.New("the interchange is from no partner")

// sender finds the partner that an interchange is from, and to us.
func (c *connector) sender(i *edi.Interchange) *partner {
	for _, p := range c.partners {
		if p.standard == i.Syntax.Standard && p.them.is(i.Sender) && p.us.is(i.Receiver) {
			return p
		}
	}
	return nil
}

// reissued says whether every set of the interchange is marked as a duplicate or as sent again. It
// reads the delivery once more.
func (e *entry) reissued() (bool, error) {
	in, err := e.Open()
	if err != nil {
		return false, err
	}
	defer in.Close()
	sets, marked := 0, 0
	w := edi.NewWalker(edi.NewScanner(in))
	for w.Next() {
		ev := w.Event()
		if ev.Segment == nil || ev.Segment.Offset < e.verdict.Start || ev.Segment.Offset >= e.verdict.End {
			continue
		}
		switch {
		case ev.Kind == edi.SetStart:
			sets++
		case ev.Kind == edi.SegmentRead && ev.InSet == 2 && isReissue(ev.Segment):
			marked++
		}
	}
	return sets > 0 && marked == sets, nil
}

// isReissue says whether a set's first segment marks it as a duplicate or as sent again: BEG01 and its
// like (X12 element 353), BGM 1225.
func isReissue(g *edi.Segment) bool {
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
		Level: edi.InInterchange, Kind: edi.DuplicateExchange, Position: v.head.Position, Found: v.head.ControlNumber,
		Expected: "a control number that did not come before, as this one did in " + before,
	}
}

// checkSet gives what is wrong with a set of ours by the partner's guides.
func (p *partner) checkSet(o outgoing) (faults []string) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	o.control = p.setControl(1)
	whole := p.wrap(&content{sets: []outgoing{o}}, 1, func() int64 { return 1 }, at)
	for report, err := range validate.Interchanges(bytes.NewReader(whole), validate.Options{Guides: p.library.Find, Unguided: p.Unguided}) {
		if err != nil {
			return append(faults, err.Error())
		}
		for _, g := range report.Groups {
			for _, s := range g.Kept {
				for _, f := range s.Faults {
					if !f.Warning {
						faults = append(faults, f.Error())
					}
				}
			}
		}
	}
	return faults
}
