package edi

import "strings"

// text is an element of an envelope as a string without padding.
func text(g *Segment, element, component int) string {
	return strings.TrimFunc(g.Syntax.Text(g.Component(element, 1, component)), padding)
}

// again is text, without making a string of what is the same as last time.
func again(last string, g *Segment, element, component int) string {
	if last != "" && string(g.Component(element, 1, component)) == last {
		return last
	}
	return text(g, element, component)
}

// padding is what fills up elements of fixed length: blanks, and the no-break spaces that web pages
// and word processors make of them.
func padding(r rune) bool { return r <= ' ' || r == '\u00a0' }

// openInterchange takes what an interchange header says.
func (w *Walker) openInterchange(g *Segment) {
	w.count.interchanges++
	w.count.groups, w.count.setsInGroup, w.count.setsInInterchange = 0, 0, 0
	w.numbers.groups.clear()
	w.numbers.sets.clear()
	w.loose = false
	i := &Interchange{Syntax: g.Syntax, Index: w.count.interchanges, Position: g.At(0, 0, 0), Header: g.Clone()}
	switch g.Syntax.Standard {
	case X12:
		i.readISA(g)
	case TRADACOMS:
		i.readSTX(g)
	default:
		i.readUNB(g)
	}
	w.interchange = i
	w.checkInterchange(g)
	w.push(InterchangeStart, g)
}

func (i *Interchange) readISA(g *Segment) {
	i.Sender = Party{ID: text(g, 6, 1), Qualifier: text(g, 5, 1)}
	i.Receiver = Party{ID: text(g, 8, 1), Qualifier: text(g, 7, 1)}
	i.Date, i.Time = text(g, 9, 1), text(g, 10, 1)
	i.Version, i.ControlNumber = text(g, 12, 1), text(g, 13, 1)
	i.Acknowledge = text(g, 14, 1) == "1"
	i.Usage = text(g, 15, 1)
	i.Test = i.Usage == "T"
}

func (i *Interchange) readUNB(g *Segment) {
	if g.Is("UIB") {
		// ISO 9735-3: S001, S302 dialogue reference, S303, S018, S002 sender, S003 recipient, S300 date and time
		i.Version, i.ControlNumber = text(g, 1, 2), text(g, 2, 1)
		i.Sender, i.Receiver = party(g, 6), party(g, 7)
		i.Date, i.Time = text(g, 8, 1), text(g, 8, 2)
		return
	}
	i.Version = text(g, 1, 2)
	i.Sender, i.Receiver = party(g, 2), party(g, 3)
	i.Date, i.Time = text(g, 4, 1), text(g, 4, 2)
	i.ControlNumber, i.Application = text(g, 5, 1), text(g, 7, 1)
	i.Acknowledge = text(g, 9, 1) == "1"
	i.Usage = text(g, 11, 1)
	i.Test = i.Usage == "1"
}

func party(g *Segment, element int) Party {
	return Party{ID: text(g, element, 1), Qualifier: text(g, element, 2), Internal: text(g, element, 3)}
}

func (i *Interchange) readSTX(g *Segment) {
	i.Version = text(g, 1, 2)
	i.Sender = Party{ID: text(g, 2, 1), Internal: text(g, 2, 2)}
	i.Receiver = Party{ID: text(g, 3, 1), Internal: text(g, 3, 2)}
	i.Date, i.Time = text(g, 4, 1), text(g, 4, 2)
	i.ControlNumber, i.Application = text(g, 5, 1), text(g, 7, 1)
}

// needInterchange takes an interchange as begun where its header is missing.
func (w *Walker) needInterchange(g *Segment) {
	if w.interchange != nil {
		return
	}
	w.count.interchanges++
	w.count.groups, w.count.setsInGroup, w.count.setsInInterchange = 0, 0, 0
	w.numbers.groups.clear()
	w.numbers.sets.clear()
	w.interchange = &Interchange{Syntax: g.Syntax, Index: w.count.interchanges, Position: g.At(0, 0, 0)}
	w.fault(Fault{Level: InInterchange, Kind: MissingHeader, Position: g.At(0, 0, 0), Found: string(g.Tag()), Expected: g.Syntax.headerTag()})
	w.push(InterchangeStart, nil)
}

func (y *Syntax) headerTag() string {
	switch y.Standard {
	case X12:
		return "ISA"
	case TRADACOMS:
		return "STX"
	}
	return "UNB"
}

// openGroup takes what a group header says.
func (w *Walker) openGroup(g *Segment) {
	w.count.groups++
	w.count.setsInGroup = 0
	w.loose = false
	r := &Group{Index: w.count.groups, Position: g.At(0, 0, 0), Header: g.Clone()}
	switch g.Syntax.Standard {
	case X12:
		w.numbers.sets.clear()
		r.ID, r.Sender.ID, r.Receiver.ID = text(g, 1, 1), text(g, 2, 1), text(g, 3, 1)
		r.Date, r.Time = text(g, 4, 1), text(g, 5, 1)
		r.ControlNumber, r.Agency, r.Version = text(g, 6, 1), text(g, 7, 1), text(g, 8, 1)
	case EDIFACT:
		r.ID, r.Sender, r.Receiver = text(g, 1, 1), party(g, 2), party(g, 3)
		r.Date, r.Time = text(g, 4, 1), text(g, 4, 2)
		r.ControlNumber, r.Agency, r.Version = text(g, 5, 1), text(g, 6, 1), text(g, 7, 1)+text(g, 7, 2)
	}
	w.group = r
	w.checkGroup(g)
	w.push(GroupStart, g)
}

// needGroup takes an interchange, and in X12 a group, as begun where the header is missing.
func (w *Walker) needGroup(g *Segment) {
	w.needInterchange(g)
	if w.group != nil || g.Syntax.Standard != X12 {
		return
	}
	w.count.groups++
	w.count.setsInGroup = 0
	w.group = &Group{Index: w.count.groups, Position: g.At(0, 0, 0)}
	w.fault(Fault{Level: InGroup, Kind: MissingHeader, Position: g.At(0, 0, 0), Found: string(g.Tag()), Expected: "GS"})
	w.push(GroupStart, nil)
}

// openSet takes what a set header says.
func (w *Walker) openSet(g *Segment) {
	w.count.setsInGroup++
	w.count.setsInInterchange++
	w.loose = false
	w.inSet = 1
	if w.last == nil {
		w.last = &Set{}
	}
	s := &Set{Index: w.count.setsInInterchange, Header: g.Clone()}
	s.Position = Position{Offset: g.Offset, Segment: g.Index, Tag: w.last.Position.Tag}
	if !g.Is(s.Position.Tag) {
		s.Position.Tag = Found(g.Tag())
	}
	if w.group != nil {
		s.Index = w.count.setsInGroup
	}
	s.Position.InSet = 1
	switch {
	case g.Syntax.Standard == X12:
		s.ID, s.ControlNumber, s.Version = again(w.last.ID, g, 1, 1), text(g, 2, 1), again(w.last.Version, g, 3, 1)
		if s.Version == "" && w.group != nil {
			s.Version = w.group.Version
		}
	case g.Syntax.Standard == TRADACOMS:
		s.ControlNumber, s.ID, s.Version = text(g, 1, 1), text(g, 2, 1), text(g, 2, 2)
	case g.Is("UNO"): // a package, which holds an object instead of segments (ISO 9735-8)
		s.ID, s.ControlNumber = "UNO", text(g, 1, 1)
	case g.Is("UIH"):
		s.ID, s.Version, s.Release, s.Agency = text(g, 1, 1), text(g, 1, 2), text(g, 1, 3), text(g, 1, 4)
		s.ControlNumber = text(g, 2, 1)
	default:
		s.ControlNumber = text(g, 1, 1)
		s.ID, s.Version, s.Release = again(w.last.ID, g, 2, 1), again(w.last.Version, g, 2, 2), again(w.last.Release, g, 2, 3)
		s.Agency, s.Association = again(w.last.Agency, g, 2, 4), again(w.last.Association, g, 2, 5)
	}
	w.set, w.last = s, s
	w.checkSet(g)
	w.push(SetStart, g)
}
