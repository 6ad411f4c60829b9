package edi

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// isaWidths are the lengths of the elements of ISA, which are all fixed (X12.5).
var isaWidths = [isaElements + 1]int{0, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1}

// checkInterchange finds what is wrong with an interchange header.
func (w *Walker) checkInterchange(g *Segment) {
	for _, n := range g.Syntax.notes {
		w.fault(Fault{
			Level: InInterchange, Kind: n.kind, Position: g.At(n.element, 0, 0), Found: n.found, Expected: n.expected,
			Warning: n.kind == BadHeader,
		})
	}
	switch {
	case g.Syntax.Standard == X12:
		w.checkISA(g)
	case g.Is("UNB"):
		w.checkUNB(g)
	}
}

func (w *Walker) checkISA(g *Segment) {
	for i := 1; i <= min(g.Len(), isaElements-1); i++ {
		w.checkWidth(g, i)
	}
	i := w.interchange
	at := func(kind Kind, element int, found, expected string) {
		w.fault(Fault{Level: InInterchange, Kind: kind, Position: g.At(element, 0, 0), Found: found, Expected: expected})
	}
	if g.Len() < isaElements {
		at(MissingElement, 0, strconv.Itoa(g.Len())+" elements", "16 elements")
	}
	for _, element := range []int{5, 6, 7, 8} {
		if text(g, element, 1) == "" {
			at(MissingElement, element, "", "sender and receiver with their qualifiers")
		}
	}
	if !date(i.Date, 6) {
		at(BadDate, 9, i.Date, "YYMMDD")
	}
	if !clock(i.Time, 4) {
		at(BadTime, 10, i.Time, "HHMM")
	}
	if len(i.Version) != 5 || !digits(i.Version) {
		at(BadVersion, 12, i.Version, "five digits such as 00401")
	}
	if !digits(i.ControlNumber) {
		at(BadControlNumber, 13, i.ControlNumber, "nine digits")
	}
	if v := text(g, 14, 1); v != "0" && v != "1" {
		at(BadCode, 14, v, "0 or 1")
	}
	if i.Usage != "P" && i.Usage != "T" && i.Usage != "I" {
		at(BadCode, 15, i.Usage, "P, T or I")
	}
}

// checkWidth tells of padding that is too short or too long. What the value is stays clear, so that
// it is a warning, unless the value itself does not fit.
func (w *Walker) checkWidth(g *Segment, element int) {
	raw := g.Element(element)
	width := utf8.RuneCount(raw)
	if width == isaWidths[element] && len(raw) == width {
		return
	}
	f := Fault{Level: InInterchange, Kind: TooShort, Position: g.At(element, 0, 0), Found: Found(raw), Warning: true}
	f.Expected = fmt.Sprintf("%d characters", isaWidths[element])
	if width > isaWidths[element] || len(raw) > isaWidths[element] {
		f.Kind = TooLong
		f.Warning = len(text(g, element, 1)) <= isaWidths[element]
	}
	w.fault(f)
}

func (w *Walker) checkUNB(g *Segment) {
	i := w.interchange
	at := func(kind Kind, element, component int, found, expected string) {
		w.fault(Fault{Level: InInterchange, Kind: kind, Position: g.At(element, 1, component), Found: found, Expected: expected})
	}
	if !repertoires[g.Syntax.Repertoire] {
		at(BadSyntax, 1, 1, text(g, 1, 1), "UNOA to UNOK, UNOW, UNOX or UNOY")
	}
	if len(i.Version) == 0 || i.Version[0] < '1' || i.Version[0] > '4' {
		at(BadSyntax, 1, 2, i.Version, "1 to 4")
	}
	if i.Sender.ID == "" {
		at(MissingElement, 2, 1, "", "the sender")
	}
	if i.Receiver.ID == "" {
		at(MissingElement, 3, 1, "", "the recipient")
	}
	if !date(i.Date, 6) && !date(i.Date, 8) {
		at(BadDate, 4, 1, i.Date, "YYMMDD, or YYYYMMDD in syntax 4")
	}
	if !clock(i.Time, 4) {
		at(BadTime, 4, 2, i.Time, "HHMM")
	}
	switch n := len(i.ControlNumber); {
	case n == 0:
		at(MissingElement, 5, 0, "", "the interchange control reference")
	case n > 14:
		at(TooLong, 5, 0, i.ControlNumber, "14 characters at most")
	}
}

// repertoires are the syntax identifiers of ISO 9735, and those of two communities that keep their own.
var repertoires = map[string]bool{
	"UNOA": true, "UNOB": true, "UNOC": true, "UNOD": true, "UNOE": true, "UNOF": true, "UNOG": true, "UNOH": true,
	"UNOI": true, "UNOJ": true, "UNOK": true, "UNOL": true, "UNOW": true, "UNOX": true, "UNOY": true,
	"IATA": true, "IATB": true, "KECA": true, "KECB": true,
}

// checkGroup finds what is wrong with a group header.
func (w *Walker) checkGroup(g *Segment) {
	r := w.group
	at := func(kind Kind, element int, found, expected string) {
		w.fault(Fault{Level: InGroup, Kind: kind, Position: g.At(element, 0, 0), Found: found, Expected: expected})
	}
	control := 6
	switch g.Syntax.Standard {
	case TRADACOMS:
		return
	case EDIFACT:
		control = 5
		if w.count.setsInInterchange > 0 && w.count.groups == 1 {
			at(MixedEnvelope, 0, "UNG", "messages without groups, as those before")
		}
	case X12:
		w.checkGS(g, at)
	}
	if r.ID == "" {
		at(MissingElement, 1, "", "what the group holds")
	}
	switch {
	case r.ControlNumber == "":
		at(MissingElement, control, "", "the group's control number")
	case g.Syntax.Standard == X12 && !digits(r.ControlNumber):
		at(BadControlNumber, control, r.ControlNumber, "one to nine digits")
	case w.numbers.groups.seen(r.ControlNumber):
		at(DuplicateControl, control, r.ControlNumber, "a number that no other group of the interchange has")
	}
}

func (w *Walker) checkGS(g *Segment, at func(Kind, int, string, string)) {
	r := w.group
	if r.Sender.ID == "" {
		at(MissingElement, 2, "", "the sender")
	}
	if r.Receiver.ID == "" {
		at(MissingElement, 3, "", "the receiver")
	}
	if !date(r.Date, 6) && !date(r.Date, 8) {
		at(BadDate, 4, r.Date, "YYYYMMDD, or YYMMDD before 004010")
	}
	if n := len(r.Time); !clock(r.Time, n) || n != 4 && (n < 6 || n > 8) {
		at(BadTime, 5, r.Time, "HHMM, HHMMSS or HHMMSSDD")
	}
	if r.Version == "" {
		at(MissingElement, 8, "", "the version")
	}
}

// checkSet finds what is wrong with the header of a set.
func (w *Walker) checkSet(g *Segment) {
	s := w.set
	at := func(kind Kind, element, component int, found, expected string) {
		p := g.At(element, 0, component)
		p.InSet = 1
		w.fault(Fault{Level: InSet, Kind: kind, Position: p, Found: found, Expected: expected})
	}
	id, control, expected := 1, 2, "a number that no other set of the group has"
	if g.Syntax.Standard != X12 {
		id, control, expected = 2, 1, "a number that no other message of the interchange has"
		if g.Is("UIH") {
			id, control = 1, 2
		}
		if w.group == nil && w.count.groups > 0 {
			at(MixedEnvelope, 0, 0, string(g.Tag()), "a group around it, as before")
		}
	}
	if s.ID == "" {
		at(MissingElement, id, 0, "", "what the set is")
	}
	switch {
	case s.ControlNumber == "":
		at(MissingElement, control, 0, "", "the set's control number")
	case w.numbers.sets.seen(s.ControlNumber):
		at(DuplicateControl, control, 0, s.ControlNumber, expected)
	case g.Syntax.Standard == X12 && len(s.ControlNumber) > 9:
		at(TooLong, control, 0, s.ControlNumber, "nine characters at most")
	case g.Syntax.Standard == EDIFACT && len(s.ControlNumber) > 14:
		at(TooLong, control, 0, s.ControlNumber, "14 characters at most")
	}
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// date says whether s is a date of six or eight digits, with a century in the latter case.
func date(s string, length int) bool {
	if len(s) != length || !digits(s) {
		return false
	}
	year, _ := strconv.Atoi(s[:length-4])
	month, _ := strconv.Atoi(s[length-4 : length-2])
	day, _ := strconv.Atoi(s[length-2:])
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0 || length == 6) {
		days++
	}
	return day <= days
}

// clock says whether s is a time of the day: HHMM and what follows.
func clock(s string, length int) bool {
	if len(s) != length || length < 4 || !digits(s) {
		return false
	}
	return s[:2] < "24" && s[2:4] < "60" && (length < 6 || s[4:6] < "60")
}
