package edi

import "strconv"

// trailerPlaces are the elements of a trailer that hold the count and the control number; 0 where
// the trailer has none.
func trailerPlaces(g *Segment) (count, control int) {
	switch string(g.Tag()) {
	case "MTR", "EOB", "END":
		return 1, 0
	case "UIT": // ISO 9735-3: reference first
		return 2, 1
	case "UNP": // its first element is the object's length
		return 0, 2
	case "UIZ":
		return 2, 0
	}
	return 1, 2
}

// closeSet ends the set, if one is open, g being its trailer or nil.
func (w *Walker) closeSet(g *Segment) {
	if w.set == nil {
		return
	}
	s := w.set
	if g != nil {
		w.inSet++
		w.checkTrailer(g, InSet, w.inSet, control{s.ControlNumber, true, false})
	} else {
		p := s.Position
		w.missing(InSet, p, w.interchange.Syntax)
	}
	s.Segments = w.inSet
	w.push(SetEnd, g)
	w.set, w.inSet = nil, 0
}

// closeGroup ends the group, if one is open, and the set in it.
func (w *Walker) closeGroup(g *Segment) {
	w.closeSet(nil)
	if w.group == nil {
		return
	}
	r := w.group
	if r.Sets = w.count.setsInGroup; r.Sets == 0 {
		w.fault(Fault{Level: InGroup, Kind: EmptyEnvelope, Position: r.Position, Expected: "a set"})
	}
	switch {
	case g != nil:
		w.checkTrailer(g, InGroup, r.Sets, control{r.ControlNumber, r.Header != nil, g.Syntax.Standard == X12})
	case r.Header != nil:
		w.missing(InGroup, r.Position, w.interchange.Syntax)
	}
	w.push(GroupEnd, g)
	w.group, w.loose = nil, false
}

// closeInterchange ends the interchange, if one is open, and the group and set in it.
func (w *Walker) closeInterchange(g *Segment) {
	w.closeGroup(nil)
	if w.interchange == nil {
		return
	}
	i := w.interchange
	i.Groups, i.Sets = w.count.groups, w.count.setsInInterchange
	if i.Sets == 0 && i.Groups == 0 && i.Syntax.Standard != X12 {
		w.fault(Fault{Level: InInterchange, Kind: EmptyEnvelope, Position: i.Position, Expected: "a message"})
	}
	count := i.Sets
	if i.Groups > 0 && i.Syntax.Standard != TRADACOMS || i.Syntax.Standard == X12 {
		count = i.Groups
	}
	switch {
	case g != nil:
		w.checkTrailer(g, InInterchange, count, control{i.ControlNumber, i.Header != nil, g.Syntax.Standard == X12})
	case i.Header != nil:
		w.missing(InInterchange, i.Position, i.Syntax)
	}
	w.push(InterchangeEnd, g)
	w.interchange, w.loose = nil, false
}

// missing tells of a trailer that did not come.
func (w *Walker) missing(level Level, header Position, y *Syntax) {
	tags := map[Standard][3]string{X12: {"IEA", "GE", "SE"}, EDIFACT: {"UNZ", "UNE", "UNT"}, TRADACOMS: {"END", "EOB", "MTR"}}
	p := w.place()
	if g := w.s.Segment(); w.s.Err() == nil && !w.ended {
		p = Position{Offset: g.Offset, Segment: g.Index}
	}
	p.Tag = tags[y.Standard][level-InInterchange]
	if level == InSet {
		p.InSet = w.inSet + 1
	}
	w.fault(Fault{Level: level, Kind: MissingTrailer, Position: p, Expected: p.Tag + " for the " + header.Tag + " at byte " + strconv.FormatInt(header.Offset, 10)})
}

// control is the control number that a header gave.
type control struct {
	number  string
	known   bool // there is a header
	numeric bool // leading zeros do not matter
}

// checkTrailer compares a trailer's count and control number with what was counted and what the
// header says. Numeric control numbers may differ in leading zeros, which is told as a warning.
func (w *Walker) checkTrailer(g *Segment, level Level, counted int, header control) {
	countAt, controlAt := trailerPlaces(g)
	if countAt > 0 && controlAt > 0 && header.known && counts(g.Element(countAt), counted) && header.number != "" && string(g.Element(controlAt)) == header.number {
		return // as nearly all
	}
	at := func(element int) Position {
		p := g.At(element, 0, 0)
		if level == InSet {
			p.InSet = w.inSet
		}
		return p
	}
	found := text(g, countAt, 1)
	switch n, err := strconv.Atoi(found); {
	case countAt == 0:
	case found == "":
		w.fault(Fault{Level: level, Kind: MissingElement, Position: at(countAt), Expected: strconv.Itoa(counted)})
	case err != nil || n != counted || n < 0:
		w.fault(Fault{Level: level, Kind: CountMismatch, Position: at(countAt), Found: found, Expected: strconv.Itoa(counted)})
	}
	if controlAt == 0 || !header.known {
		return
	}
	found = text(g, controlAt, 1)
	switch {
	case found == header.number && found != "":
	case found == "":
		w.fault(Fault{Level: level, Kind: MissingElement, Position: at(controlAt), Expected: header.number})
	default:
		f := Fault{Level: level, Kind: ControlMismatch, Position: at(controlAt), Found: found, Expected: header.number}
		f.Warning = header.numeric && sameNumber(found, header.number)
		w.fault(f)
	}
}

// counts says whether digits say n.
func counts(raw []byte, n int) bool {
	found := 0
	for _, b := range raw {
		if b < '0' || b > '9' || len(raw) > 9 {
			return false
		}
		found = found*10 + int(b-'0')
	}
	return len(raw) > 0 && found == n
}

func sameNumber(a, b string) bool {
	x, errX := strconv.ParseUint(a, 10, 64)
	y, errY := strconv.ParseUint(b, 10, 64)
	return errX == nil && errY == nil && x == y
}
