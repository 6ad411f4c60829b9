package edi

// EventKind says what a Walker came upon.
type EventKind uint8

// The kinds of event. Starts and ends are always paired and nested: where a header or trailer is
// missing, the event comes without a segment and with the fault.
const (
	Advice           EventKind = iota + 1 // UNA
	InterchangeStart                      // ISA, UNB, UIB, STX
	GroupStart                            // GS, UNG, BAT
	SetStart                              // ST, UNH, UIH, MHD
	SegmentRead                           // any other segment; outside of a set Event.Set is nil
	SetEnd                                // SE, UNT, UIT, MTR
	GroupEnd                              // GE, UNE, EOB
	InterchangeEnd                        // IEA, UNZ, UIZ, END
	StreamEnd                             // once, the last event, also after an error
)

var eventNames = [...]string{"", "advice", "interchange start", "group start", "set start", "segment", "set end", "group end", "interchange end", "stream end"}

// String is the kind in words.
func (k EventKind) String() string { return eventNames[k] }

// Event is one step of a walk. The segment holds until the next step; what the pointers to
// interchange, group and set refer to holds for good.
type Event struct {
	Kind        EventKind
	Segment     *Segment // nil where an envelope's header or trailer is missing, and at the end of the stream
	InSet       int      // the segment's number in its set, the header being 1; 0 outside of sets
	Interchange *Interchange
	Group       *Group // nil outside of groups
	Set         *Set   // nil outside of sets
	Faults      []Fault
}

// Walker goes through a stream of interchanges and checks their envelopes. It never stops at a fault:
// what is missing is taken as being there, with the fault in the event. A set's content is not looked at.
type Walker struct {
	s     *Scanner
	event Event
	queue []Event // what the segment at hand leads to, after event
	room  []Event // where the queue is kept
	ended bool

	interchange *Interchange
	group       *Group
	set         *Set
	last        *Set // the set before
	inSet       int  // segments of the set so far
	count       struct{ interchanges, groups, setsInGroup, setsInInterchange int }
	loose       bool // the segment before stood outside of a set, and that was said
	numbers     struct{ groups, sets uniques }
	faults      []Fault
}

// NewWalker walks what a scanner reads.
func NewWalker(s *Scanner) *Walker { return &Walker{s: s} }

// Event is what Next came upon. It holds until Next is called again.
func (w *Walker) Event() *Event { return &w.event }

// Err is why the stream ended: nil at its proper end, as with Scanner.
func (w *Walker) Err() error { return w.s.Err() }

// Trailing is what stands behind the last segment; see Scanner.
func (w *Walker) Trailing() []byte { return w.s.Trailing() }

// Next goes a step further. It gives false behind the end of the stream.
func (w *Walker) Next() bool {
	if len(w.queue) > 0 {
		w.event, w.queue = w.queue[0], w.queue[1:]
		return true
	}
	if w.ended {
		return false
	}
	w.faults = nil
	if !w.s.Next() {
		w.ended = true
		w.end()
		return w.Next()
	}
	g := w.s.Segment()
	r := g.Syntax.role(g.Tag())
	if r == plain && w.set != nil && g.Terminated && len(g.Before) <= 2 && g.end > g.start {
		w.inSet++
		e := &w.event
		e.Kind, e.Segment, e.InSet, e.Set, e.Faults = SegmentRead, g, w.inSet, w.set, nil
		return true
	}
	w.step(g, r)
	return w.Next()
}

// step queues what a segment leads to.
func (w *Walker) step(g *Segment, r role) {
	w.room = w.room[:0]
	w.outer(g)
	switch r {
	case advice:
		w.closeInterchange(nil)
		w.push(Advice, g)
	case interchangeHeader:
		w.closeInterchange(nil)
		w.openInterchange(g)
	case interchangeTrailer:
		w.trailer(w.interchange != nil, g, InInterchange, w.closeInterchange)
	case groupHeader:
		w.closeGroup(nil)
		w.needInterchange(g)
		w.openGroup(g)
	case groupTrailer:
		w.trailer(w.group != nil, g, InGroup, w.closeGroup)
	case setHeader:
		w.closeSet(nil)
		w.needGroup(g)
		w.openSet(g)
	case setTrailer:
		w.trailer(w.set != nil, g, InSet, w.closeSet)
	default:
		w.other(g)
	}
}

// push queues an event with the faults that were found since the last one.
func (w *Walker) push(kind EventKind, g *Segment) {
	w.room = append(w.room, Event{
		Kind: kind, Segment: g, InSet: w.inSet, Interchange: w.interchange, Group: w.group, Set: w.set, Faults: w.faults,
	})
	w.queue = w.room
	w.faults = nil
}

// trailer closes what is open, or tells of a trailer without a header.
func (w *Walker) trailer(open bool, g *Segment, level Level, closing func(*Segment)) {
	if open {
		closing(g)
		return
	}
	w.fault(Fault{Level: level, Kind: MissingHeader, Position: g.At(0, 0, 0), Found: string(g.Tag()), Expected: "its header before it"})
	w.push(SegmentRead, g)
}

// other takes a segment of no envelope.
func (w *Walker) other(g *Segment) {
	if w.set != nil {
		w.inSet++
		w.push(SegmentRead, g)
		return
	}
	if !w.loose && !(w.interchange != nil && g.Syntax.Standard == X12 && (g.Is("TA1") || g.Is("ISB") || g.Is("TA3"))) {
		w.loose = true
		w.fault(Fault{Level: InSet, Kind: MissingHeader, Position: g.At(0, 0, 0), Found: Found(g.Tag()), Expected: "a set around it"})
	}
	w.push(SegmentRead, g)
}

// outer finds what is wrong with any segment, whatever it is.
func (w *Walker) outer(g *Segment) {
	if len(g.Before) > 0 && junk(g.Before, g.Offset == int64(len(g.Before))) && !g.Is("UNP") {
		p := Position{Offset: g.Offset - int64(len(g.Before))}
		w.fault(Fault{Level: InStream, Kind: Junk, Position: p, Found: Found(g.Before), Expected: "nothing between segments"})
	}
	tag := g.Tag()
	if g.Terminated && len(tag) > 0 && tagged(tag, Delimiters{}) {
		return
	}
	p := g.At(0, 0, 0)
	if w.set != nil {
		p.InSet = w.inSet + 1
	}
	if !g.Terminated {
		w.fault(Fault{Level: InSegment, Kind: Unterminated, Position: p, Found: Found(g.Bytes()), Expected: "the terminator " + Found([]byte{g.Syntax.Segment})})
	}
	switch {
	case len(tag) == 0 && g.Len() == 0:
		w.fault(Fault{Level: InSegment, Kind: EmptySegment, Position: p, Expected: "a segment"})
	case !tagged(tag, Delimiters{}):
		w.fault(Fault{Level: InSegment, Kind: BadTag, Position: p, Found: Found(tag), Expected: "two or three capital letters and digits"})
	}
}

// junk says whether bytes between segments are more than blanks. A byte-order mark may begin a stream.
func junk(b []byte, first bool) bool {
	if first && len(b) >= 3 && string(b[:3]) == "\xef\xbb\xbf" {
		b = b[3:]
	}
	return afterBlanks(b, 0) < len(b)
}

// end closes what is open when the stream ends.
func (w *Walker) end() {
	w.room = w.room[:0]
	w.closeInterchange(nil)
	if tail := w.s.Trailing(); w.s.Err() == nil && junk(tail, w.s.index == 0) {
		w.fault(Fault{Level: InStream, Kind: Junk, Position: w.place(), Found: Found(tail), Expected: "the end of the stream"})
	}
	w.push(StreamEnd, nil)
}

// place is where the stream was read to.
func (w *Walker) place() Position { return Position{Offset: w.s.base + int64(w.s.from)} }

func (w *Walker) fault(f Fault) { w.faults = append(w.faults, f) }
