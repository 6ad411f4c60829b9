package guide

import (
	"slices"

	"github.com/touchstone-hub/touchstone/edi"
)

// Matcher finds the place of each segment of one set, in one pass. It looks ahead
// by one segment, and does so by looking back: where a segment may be meant for
// more than one place, or would pass over something mandatory, the next segment
// decides, and the Step that it gives may take back the one before.
type Matcher struct {
	plan   *Plan
	at     int32
	counts []int32 // how often each place was filled within the group that it is in

	doubt  doubt
	before []int32 // counts before the step that is in doubt
}

// Step is where a segment stands.
type Step struct {
	// Place is the number of the place in Plan.Places. Of a segment that is out of
	// place it is where such a segment would stand, or -1 where the message has none.
	Place int
	// Group is the number of the group that begins with the segment, or -1.
	Group int
	// Fault is what is wrong with the place: UnknownSegment, UnwantedSegment,
	// UnexpectedSegment, OutOfSequence, TooManySegments, TooManyLoops; or NoFault.
	Fault edi.Kind
	// Missing are the mandatory places that were passed over. It holds until the
	// next Step.
	Missing []int32
	// Instead is what the step before has turned out to be; nil where it stands.
	Instead *Step
}

// doubt is a step that the next segment may take back.
type doubt struct {
	on    bool
	from  int32   // the place before it
	stay  bool    // that segment may be out of sequence
	other []int32 // other ways that it may have taken
	tag   uint64
}

// NewMatcher gives a matcher that stands before the first set.
func NewMatcher(p *Plan) *Matcher {
	m := &Matcher{}
	m.Begin(p)
	return m
}

// Begin starts a set of the plan's message, its header being taken for matched.
func (m *Matcher) Begin(p *Plan) {
	m.plan, m.at, m.doubt.on = p, 0, false
	m.counts = slices.Grow(m.counts[:0], len(p.Places))[:len(p.Places)]
	clear(m.counts)
	m.counts[0] = 1
}

// At gives the number of the place of the segment that was matched last.
func (m *Matcher) At() int { return int(m.at) }

// Count gives how often the place was filled within the group around it; of a
// group, the number of the repetition that is open.
func (m *Matcher) Count(place int) int { return int(m.counts[place]) }

// Match finds the place of the next segment.
func (m *Matcher) Match(seg *edi.Segment) Step {
	code := Key(seg.Tag())
	tag := m.plan.tags.index(code)
	if tag < 0 {
		return m.outOfPlace(seg, code)
	}
	if i := m.plan.next[int(m.at)*m.plan.tags.n+tag]; i != 0 && !m.doubt.on {
		if w := &m.plan.ways[i]; !w.more && !w.choice && w.skipped == 0 && m.room(w) {
			m.take(w)
			return Step{Place: int(w.place), Group: int(w.group)}
		}
	}
	return m.choose(seg, code, tag)
}

// End is the end of a set without a trailer: the step tells what is missing
// before it.
func (m *Matcher) End() Step {
	last := len(m.plan.Places) - 1
	tag := m.plan.tags.index(edi.Code(m.plan.Places[last].ID))
	m.doubt.on = false
	for i := m.plan.next[int(m.at)*m.plan.tags.n+tag]; i != 0; i++ {
		if w := &m.plan.ways[i]; int(w.place) == last {
			return m.step(w)
		} else if !w.more {
			break
		}
	}
	return Step{Place: last, Group: -1}
}

// room says whether the way's place may be filled once more.
func (m *Matcher) room(w *way) bool {
	if w.group >= 0 {
		return m.counts[w.group] < w.max
	}
	return m.counts[w.place] < w.max
}

func (m *Matcher) take(w *way) {
	if w.group >= 0 {
		m.counts[w.group]++
		clear(m.counts[w.group+1 : w.end])
	}
	m.counts[w.place]++
	m.at = w.place
}

// fit is how well a way suits a segment.
type fit int

const (
	unfit    fit = iota // its values belong elsewhere
	full                // the place is filled as often as it may be
	skipping            // something mandatory is passed over
	exact
)

func (m *Matcher) fit(w *way, seg *edi.Segment) fit {
	switch {
	case w.choice && !m.chosen(w, seg):
		return unfit
	case !m.room(w):
		return full
	case w.skipped > 0:
		return skipping
	}
	return exact
}

func (m *Matcher) chosen(w *way, seg *edi.Segment) bool {
	if w.group >= 0 && !selects(m.plan.Places[w.group].When, seg) {
		return false
	}
	return selects(m.plan.Places[w.place].When, seg)
}

// selects says whether the segment has the values that the choices ask for.
func selects(choices []Choice, seg *edi.Segment) bool {
	for _, c := range choices {
		value := seg.Syntax.Plain(seg.Component(c.Element, 1, max(c.Component, 1)))
		if !slices.Contains(c.Codes, string(value)) {
			return false
		}
	}
	return true
}

// best gives the first of the ways that fits best, and the others that fit as well.
func (m *Matcher) best(seg *edi.Segment, tag int, others []int32) (best int32, how fit, rest []int32) {
	i := m.plan.next[int(m.at)*m.plan.tags.n+tag]
	for more := i != 0; more; i++ {
		w := &m.plan.ways[i]
		more = w.more
		switch f := m.fit(w, seg); {
		case f > how:
			best, how, others = i, f, others[:0]
		case f == how && f >= skipping:
			others = append(others, i)
		}
	}
	return best, how, others
}

func (m *Matcher) choose(seg *edi.Segment, code uint64, tag int) Step {
	var instead *Step
	i, how, others := m.best(seg, tag, nil)
	if m.doubt.on {
		if how < exact {
			if instead = m.reconsider(seg, tag); instead != nil {
				i, how, others = m.best(seg, tag, nil)
			}
		}
		m.doubt.on = false
	}
	step := Step{}
	if how == unfit {
		step = m.outOfPlace(seg, code)
	} else {
		step = m.follow(i, how, others, code)
	}
	step.Instead = instead
	return step
}

// follow takes a way, and keeps what it may have to be taken back to.
func (m *Matcher) follow(i int32, how fit, others []int32, code uint64) Step {
	w := &m.plan.ways[i]
	last := int(w.place) == len(m.plan.Places)-1
	if !last && (how == skipping || how == exact && len(others) > 0) {
		m.before = append(m.before[:0], m.counts...)
		m.doubt = doubt{on: true, from: m.at, stay: how == skipping, other: others, tag: code}
	}
	step := m.step(w)
	m.take(w)
	if how == full {
		step.Fault = edi.TooManySegments
		if w.group >= 0 {
			step.Fault = edi.TooManyLoops
		}
	}
	return step
}

func (m *Matcher) step(w *way) Step {
	return Step{Place: int(w.place), Group: int(w.group), Missing: m.plan.skip[w.skip : int(w.skip)+int(w.skipped)]}
}

// reconsider tries what the step in doubt might have been otherwise, and gives
// the first after which the segment fits exactly.
func (m *Matcher) reconsider(seg *edi.Segment, tag int) *Step {
	at, counts := m.at, slices.Clone(m.counts)
	for _, i := range m.doubt.other {
		m.restore()
		w := &m.plan.ways[i]
		step := m.step(w)
		m.take(w)
		if _, how, _ := m.best(seg, tag, nil); how == exact {
			return &step
		}
	}
	if m.restore(); m.doubt.stay {
		if _, how, _ := m.best(seg, tag, nil); how == exact {
			step := m.stray(m.doubt.tag)
			return &step
		}
	}
	m.at = at
	copy(m.counts, counts)
	return nil
}

func (m *Matcher) restore() {
	m.at = m.doubt.from
	copy(m.counts, m.before)
}

// outOfPlace is a segment that nothing leads to from here.
func (m *Matcher) outOfPlace(seg *edi.Segment, code uint64) Step {
	m.doubt.on = false
	if m.plan.tags.index(code) < 0 {
		if m.plan.Guide.Segments[string(seg.Tag())] == nil {
			return Step{Place: -1, Group: -1, Fault: edi.UnknownSegment}
		}
		return Step{Place: -1, Group: -1, Fault: edi.UnwantedSegment}
	}
	return m.stray(code)
}

// stray tells a segment whose turn has passed, in one of the groups that are
// open, from one whose group is not open at all.
func (m *Matcher) stray(code uint64) Step {
	step := Step{Place: -1, Group: -1, Fault: edi.UnexpectedSegment}
	for i := range m.plan.Places {
		p := &m.plan.Places[i]
		if p.IsGroup() || edi.Code(p.ID) != code {
			continue
		}
		if step.Place < 0 {
			step.Place = i
		}
		inside := p.Parent
		if inside >= 0 && m.plan.Places[inside].Trigger == i {
			inside = m.plan.Places[inside].Parent
		}
		if inside < 0 || int32(inside) <= m.at && int(m.at) < m.plan.Places[inside].End {
			return Step{Place: i, Group: -1, Fault: edi.OutOfSequence}
		}
	}
	return step
}
