// Package ack answers interchanges as their standards demand. Reports of package
// validate come in, and interchanges with TA1, 997, 999, CONTRL or APERAK go out;
// acknowledgements that partners sent come in as bytes, and go out as what they
// say of which document. It decides nothing that the report does not say, numbers
// nothing by itself, and never acknowledges an acknowledgement.
package ack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// Options say how to acknowledge. The zero value does what the interchange's
// standard and version demand, as the interchange itself asks.
type Options struct {
	// Time is when the acknowledgement is made, as it is written: in its own zone.
	Time time.Time
	// Interchange, Group and Set are the control numbers of the first interchange,
	// group and set of the acknowledgement; further groups and sets count on from
	// there. Count tells how many it takes. 0 is 1.
	Interchange, Group, Set int64
	// Functional is which acknowledgement of groups and sets is made in X12.
	Functional Functional
	// TA1 is when X12's interchange acknowledgement is made.
	TA1 When
	// List is which sets are listed.
	List List
	// Strict rejects a group with its sets where its own header or trailer has faults;
	// else what is sound in it is accepted, with the faults noted.
	Strict bool
	// Tolerate says which faults do not reject a set, but are noted; nil is none.
	Tolerate func(edi.Fault) bool
	// Newlines puts a line break after each segment, for people.
	Newlines bool
}

// Functional is a functional acknowledgement of X12.
type Functional uint8

// The functional acknowledgements.
const (
	// ByVersion is 999 for the health care guides of 005010 on, and 997 otherwise.
	ByVersion Functional = iota
	Use997
	Use999
	NoFunctional
)

// When is when something is done.
type When uint8

// When TA1 is made.
const (
	// AsAsked is where ISA14 asks for it, and where the interchange itself has faults.
	AsAsked When = iota
	Always
	Never
)

// List is which sets an acknowledgement lists.
type List uint8

// The lists. X12's custom is to list all sets, EDIFACT's those that are rejected:
// what CONTRL does not list is acknowledged with the interchange.
const (
	Customary List = iota
	ListAll
	ListRejected
)

// Count is how many control numbers an acknowledgement takes. All are 0 where
// there is nothing to acknowledge.
type Count struct{ Interchanges, Groups, Sets int }

// ErrNowhere is that the interchange does not say where it comes from, or whom it
// is for.
var ErrNowhere = errors.New("the interchange has no header that says whom to answer")

// nameless says that a header does not name both partners.
func nameless(i *edi.Interchange) bool {
	return i.Header == nil || i.Sender.ID == "" || i.Receiver.ID == ""
}

// Acknowledge makes the interchange that answers a report, and says how many
// control numbers it took. Both are nothing where nothing is to be answered: an
// interchange of acknowledgements, or none that is asked for.
func Acknowledge(r *validate.Report, o Options) ([]byte, Count, error) {
	s := NewStream(o)
	for _, g := range r.Groups {
		for _, set := range g.Kept {
			status := o.SetStatus(set)
			if o.Strict && g.Broken() {
				status = Rejected
			}
			s.add(r, g, set, status)
		}
	}
	var b bytes.Buffer
	count, err := s.Answer(&b, r)
	if count == (Count{}) || err != nil {
		return nil, Count{}, err
	}
	return b.Bytes(), count, nil
}

// Stream answers interchanges of any size, whose sets are not kept: it takes every
// set when it ends (validate.Options.Each), and keeps of it what the answer says.
// Under Options.Strict a set is listed as it is, also in a group that is rejected.
type Stream struct {
	o      Options
	bodies map[*validate.Group]*body
}

// NewStream gives a stream for one interchange after the other.
func NewStream(o Options) *Stream {
	return &Stream{o: o, bodies: map[*validate.Group]*body{}}
}

// Number sets the control numbers of the next answer.
func (s *Stream) Number(interchange, group, set int64) {
	s.o.Interchange, s.o.Group, s.o.Set = interchange, group, set
}

// Add takes a set that ended.
func (s *Stream) Add(r *validate.Report, g *validate.Group, set *validate.Set) {
	s.add(r, g, set, s.o.SetStatus(set))
}

func (s *Stream) add(r *validate.Report, g *validate.Group, set *validate.Set, status Status) {
	b := s.bodies[g]
	if b == nil {
		b = &body{}
		s.bodies[g] = b
		b.writer.newlines = s.o.Newlines
		switch r.Interchange.Syntax.Standard {
		case edi.X12:
			b.d = usable(r.Interchange.Syntax.Delimiters, edi.X12Delimiters)
			if g.Group != nil {
				b.id, b.version = answer(g.Group.Version, s.o)
			}
		case edi.EDIFACT:
			b.contrl = newContrl(r.Interchange, s.o)
			b.d = b.contrl.d
		}
	}
	b.add(&s.o, set, status)
}

// Answer writes the answer to an interchange whose sets were added, and forgets
// them. See Acknowledge.
func (s *Stream) Answer(w io.Writer, r *validate.Report) (Count, error) {
	defer clear(s.bodies)
	if r.Interchange == nil {
		return Count{}, nil
	}
	switch r.Interchange.Syntax.Standard {
	case edi.X12:
		return s.answerX12(w, r)
	case edi.EDIFACT:
		return s.answerEDIFACT(w, r)
	}
	return Count{}, nil
}

// number gives a control number, or 1.
func number(n int64) int64 { return max(n, 1) }

// Status is what becomes of a set, a group or an interchange.
type Status uint8

// The statuses.
const (
	Accepted Status = iota + 1
	AcceptedWithErrors
	PartlyAccepted
	Rejected
	// Received is that it arrived; more is not said (0083: 8).
	Received
)

// String is the status in words.
func (s Status) String() string {
	return [...]string{"unknown", "accepted", "accepted with errors", "partly accepted", "rejected", "received"}[s]
}

// SetStatus is what becomes of a set under the options.
func (o *Options) SetStatus(s *validate.Set) Status {
	switch {
	case !s.Rejected():
		return Accepted
	case s.More > 0 || o.Tolerate == nil:
		return Rejected
	}
	if slices.ContainsFunc(s.Faults, func(f edi.Fault) bool { return !f.Warning && !o.Tolerate(f) }) {
		return Rejected
	}
	return AcceptedWithErrors
}

// total are the kinds of fault that leave nothing of an interchange to accept.
var total = map[edi.Kind]bool{
	edi.DuplicateExchange: true, edi.BadPartner: true, edi.BadVersion: true, edi.BadDelimiters: true,
	edi.BadSyntax: true, edi.MissingHeader: true,
}

// InterchangeStatus is what becomes of an interchange under the options. One that
// is Rejected takes all that is in it with it.
func (o *Options) InterchangeStatus(r *validate.Report) Status {
	if slices.ContainsFunc(r.Faults, func(f edi.Fault) bool { return !f.Warning && f.Level != edi.InSet && total[f.Kind] }) {
		return Rejected
	}
	if slices.ContainsFunc(r.Faults, ofInterchange) {
		return AcceptedWithErrors
	}
	return Accepted
}

// ofInterchange says whether a fault counts against the interchange itself: what
// stands between interchanges is not its own.
func ofInterchange(f edi.Fault) bool { return !f.Warning && f.Level != edi.InStream }

// GroupStatus is what becomes of a group under the options, and how many of its
// sets are accepted.
func (o *Options) GroupStatus(g *validate.Group) (Status, int) {
	var t tally
	for _, s := range g.Kept {
		t.add(o.SetStatus(s))
	}
	return o.groupStatus(g, t)
}

// tally counts what becomes of a group's sets.
type tally struct{ sets, accepted, noted int }

func (t *tally) add(s Status) {
	t.sets++
	if s != Rejected {
		t.accepted++
	}
	if s == AcceptedWithErrors {
		t.noted++
	}
}

func (o *Options) groupStatus(g *validate.Group, t tally) (Status, int) {
	switch broken := g.Broken(); {
	case broken && o.Strict || t.accepted == 0:
		return Rejected, 0
	case t.accepted < t.sets:
		return PartlyAccepted, t.accepted
	case broken || t.noted > 0:
		return AcceptedWithErrors, t.accepted
	}
	return Accepted, t.accepted
}

// writer puts segments together.
type writer struct {
	b        []byte
	d        edi.Delimiters
	newlines bool
	segments int // since the set header
}

// usable gives delimiters that an answer can be divided by: those of the
// interchange where each is a mark of its own, and customary ones for those that
// are not.
func usable(d, customary edi.Delimiters) edi.Delimiters {
	mark := func(b byte) bool {
		return b != 0 && b != ' ' && (b < '0' || b > '9') && (b < 'A' || b > 'Z') && (b < 'a' || b > 'z')
	}
	if !mark(d.Element) || !mark(d.Segment) || d.Element == d.Segment || d.Release != 0 && (!mark(d.Release) || d.Release == d.Element || d.Release == d.Segment) {
		return customary
	}
	taken := func(b byte) bool { return b == d.Element || b == d.Segment || b == d.Release }
	choose := func(b byte, others string, not byte) byte {
		if mark(b) && !taken(b) && b != not {
			return b
		}
		for i := range len(others) {
			if !taken(others[i]) && others[i] != not {
				return others[i]
			}
		}
		return b
	}
	d.Component = choose(d.Component, ":>|\\^", 0)
	if d.Repetition != 0 {
		d.Repetition = choose(d.Repetition, "^*!|", d.Component)
	}
	return d
}

// segment writes a tag and its elements; components of an element are given as
// composite. Empty elements at the end are left out.
func (w *writer) segment(tag string, elements ...any) {
	w.segments++
	w.b = append(w.b, tag...)
	for len(elements) > 0 && empty(elements[len(elements)-1]) {
		elements = elements[:len(elements)-1]
	}
	for _, e := range elements {
		w.b = append(w.b, w.d.Element)
		parts, ok := e.(composite)
		if !ok {
			parts = composite{fmt.Sprint(e)}
		}
		for len(parts) > 0 && parts[len(parts)-1] == "" {
			parts = parts[:len(parts)-1]
		}
		for i, part := range parts {
			if i > 0 {
				w.b = append(w.b, w.d.Component)
			}
			w.value(part)
		}
	}
	w.b = append(w.b, w.d.Segment)
	if w.newlines && w.d.Segment != '\n' {
		w.b = append(w.b, '\n')
	}
}

// composite is an element with components.
type composite []string

func empty(e any) bool {
	switch e := e.(type) {
	case string:
		return e == ""
	case composite:
		return strings.Join(e, "") == ""
	}
	return false
}

// value writes a value; what would divide is released, where there is a release
// character.
func (w *writer) value(s string) {
	for i := range len(s) {
		if w.d.Release != 0 && w.d.Has(s[i]) {
			w.b = append(w.b, w.d.Release)
		}
		w.b = append(w.b, s[i])
	}
}

// copyOf gives what was found as an acknowledgement may repeat it: at most limit
// characters, and nothing where it has delimiters or control characters.
func (w *writer) copyOf(found string, limit int) string {
	found = strings.TrimSuffix(found, "…")
	for i := range len(found) {
		if found[i] < ' ' || w.d.Release == 0 && w.d.Has(found[i]) {
			return ""
		}
	}
	if runes := []rune(found); len(runes) > limit {
		found = string(runes[:limit])
	}
	return strings.TrimRight(found, " ")
}
