package ack

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// answerEDIFACT writes an interchange with one CONTRL, in the syntax version of the
// interchange that it answers.
func (s *Stream) answerEDIFACT(to io.Writer, r *validate.Report) (Count, error) {
	if !s.answerable() {
		return Count{}, nil
	}
	if nameless(r.Interchange) {
		return Count{}, ErrNowhere
	}
	c := newContrl(r.Interchange, s.o)
	c.unb()
	c.segments = 0
	set := strconv.FormatInt(number(s.o.Set), 10)
	c.segment("UNH", set, c.message("CONTRL"))
	c.interchange(r)
	if s.o.InterchangeStatus(r) != Rejected {
		for _, g := range r.Groups {
			if err := c.group(to, g, s.bodies[g]); err != nil {
				return Count{}, err
			}
		}
	}
	c.segment("UNT", c.segments+1, set)
	c.segment("UNZ", 1, number(s.o.Interchange))
	_, err := to.Write(c.b)
	return Count{Interchanges: 1, Sets: 1}, err
}

// answerable says whether there is anything but CONTRL in the interchange: CONTRL
// is never acknowledged.
func (s *Stream) answerable() bool {
	for _, b := range s.bodies {
		if b.contents {
			return true
		}
	}
	return len(s.bodies) == 0
}

// contrl is a CONTRL that is being written.
type contrl struct {
	writer
	of     *edi.Interchange
	o      Options
	syntax string // 1 to 4
}

func newContrl(i *edi.Interchange, o Options) *contrl {
	c := &contrl{of: i, o: o, syntax: "3"}
	if i.Version != "" && i.Version[0] >= '1' && i.Version[0] <= '4' {
		c.syntax = i.Version[:1]
	}
	d := i.Syntax.Delimiters
	if d.Release == 0 {
		d.Release = '?'
	}
	customary := edi.EDIFACTDelimiters
	if c.syntax == "4" {
		customary = edi.EDIFACT4Delimiters
	}
	c.writer = writer{d: usable(d, customary), newlines: o.Newlines}
	return c
}

// standard says whether the delimiters are those that need no UNA.
func (c *contrl) standard() bool {
	want := edi.EDIFACTDelimiters
	if c.syntax == "4" {
		want = edi.EDIFACT4Delimiters
	}
	return c.d.Element == want.Element && c.d.Component == want.Component && c.d.Segment == want.Segment && c.d.Release == want.Release &&
		(c.d.Repetition == want.Repetition || c.d.Repetition == 0)
}

// strange says whether what is repeated has control characters, by which readers
// would guess at delimiters if they were not told.
func (c *contrl) strange() bool {
	text := c.of.Sender.ID + c.of.Sender.Qualifier + c.of.Sender.Internal + c.of.Receiver.ID + c.of.Receiver.Qualifier + c.of.Receiver.Internal
	return strings.ContainsFunc(text+c.of.ControlNumber, func(r rune) bool { return r < ' ' })
}

// unb writes UNA, where it is needed, and the header with the partners exchanged.
func (c *contrl) unb() {
	if !c.standard() || c.strange() {
		repetition := byte(' ')
		if c.d.Repetition != 0 {
			repetition = c.d.Repetition
		}
		decimal := c.d.Decimal
		if decimal == 0 {
			decimal = '.'
		}
		c.b = append(c.b, "UNA"...)
		c.b = append(c.b, c.d.Component, c.d.Element, decimal, c.d.Release, repetition, c.d.Segment)
		if c.newlines {
			c.b = append(c.b, '\n')
		}
	}
	date, repertoire := c.o.Time.Format("060102"), c.of.Syntax.Repertoire
	if c.syntax == "4" {
		date = c.o.Time.Format("20060102")
	}
	if repertoire == "" {
		repertoire = "UNOA"
	}
	test := ""
	if c.of.Test {
		test = "1"
	}
	c.segment("UNB", composite{repertoire, c.syntax}, identity(c.of.Receiver), identity(c.of.Sender),
		composite{date, c.o.Time.Format("1504")}, number(c.o.Interchange), "", "", "", "", "", test)
}

func identity(p edi.Party) composite { return composite{p.ID, p.Qualifier, p.Internal} }

// message gives the identifier of a message for UNH: CONTRL is of the syntax
// version, D:3 until 3 and 4:1 from 4 on.
func (c *contrl) message(id string) composite {
	if c.syntax == "4" {
		return composite{id, "4", "1", "UN"}
	}
	return composite{id, "D", "3", "UN"}
}

// The actions of list 0083.
const (
	actionRejected     = "4"
	actionAcknowledged = "7"
)

// interchange writes UCI.
func (c *contrl) interchange(r *validate.Report) {
	action := actionAcknowledged
	if c.o.InterchangeStatus(r) == Rejected {
		action = actionRejected
	}
	i := r.Interchange
	elements := []any{i.ControlNumber, identity(i.Sender), identity(i.Receiver), action}
	c.segment("UCI", append(elements, c.first(r.Faults)...)...)
}

// first gives what UCI, UCF and UCM say of the first fault of their own: code,
// service segment, place.
func (c *contrl) first(faults []edi.Fault) []any {
	for _, f := range faults {
		if !ofInterchange(f) || f.Level == edi.InSegment || f.Level == edi.InElement || f.Level == edi.InComponent {
			continue
		}
		code := SyntaxError(f, c.syntax)
		tag, at := f.Position.Tag, place(f.Position)
		if f.Kind == edi.UnknownSet {
			tag, at = "UNH", composite{"3", "1"} // the message type, 0065
		}
		if !strings.HasPrefix(tag, "UN") || len(tag) != 3 {
			return []any{code}
		}
		return []any{code, tag, at}
	}
	return nil
}

// place gives S011: the tag is the segment's first element (0098).
func place(p edi.Position) composite {
	if p.Element == 0 {
		return nil
	}
	at := composite{strconv.Itoa(p.Element + 1)}
	if p.Component > 0 {
		at = append(at, strconv.Itoa(p.Component))
	}
	return at
}

// group writes UCF, in interchanges that have groups, and what is below it.
func (c *contrl) group(to io.Writer, g *validate.Group, b *body) error {
	var t tally
	if b != nil {
		t = b.tally
	}
	status, _ := c.o.groupStatus(g, t)
	all := status == Rejected && c.o.Strict && g.Broken()
	if g.Group != nil {
		action := actionAcknowledged
		if all {
			action = actionRejected
		}
		if action == actionAcknowledged && status == Accepted && c.o.List != ListAll {
			return nil
		}
		elements := []any{g.Group.ControlNumber, composite{g.Group.Sender.ID, g.Group.Sender.Qualifier}, composite{g.Group.Receiver.ID, g.Group.Receiver.Qualifier}, action}
		c.segment("UCF", append(elements, c.first(g.Faults)...)...)
	}
	if all {
		return nil
	}
	return b.join(&c.writer, to)
}

// The limits of the message: segments of a message, and elements of a segment.
const (
	segmentLimit = 999
	elementLimit = 99
)

// set writes UCM, and UCS and UCD of a message that is rejected.
func (c *contrl) set(s *validate.Set, status Status) {
	action := actionAcknowledged
	if status == Rejected {
		action = actionRejected
	}
	elements := []any{s.ControlNumber, composite{s.ID, s.Version, s.Release, s.Agency, s.Association}, action}
	if status != Rejected {
		c.segment("UCM", elements...)
		return
	}
	c.segment("UCM", append(elements, c.first(s.Faults)...)...)
	at, segments, below := -1, 0, 0
	for _, f := range s.Faults {
		if f.Warning || f.Level != edi.InSegment && f.Level != edi.InElement && f.Level != edi.InComponent {
			continue
		}
		if segments >= segmentLimit && (f.Level == edi.InSegment || f.Position.InSet != at) {
			break
		}
		if f.Level == edi.InSegment {
			position := f.Position.InSet
			if f.Kind == edi.MissingSegment {
				position-- // the last one before the place where it is missing (0096)
			}
			c.segment("UCS", position, SyntaxError(f, c.syntax))
			at, segments = -1, segments+1
			continue
		}
		if f.Position.InSet != at {
			c.segment("UCS", f.Position.InSet)
			at, segments, below = f.Position.InSet, segments+1, 0
		}
		if below++; below <= elementLimit {
			c.segment("UCD", SyntaxError(f, c.syntax), place(f.Position))
		}
	}
}

// Application is what an application found in a message that CONTRL had nothing
// against: for APERAK.
type Application struct {
	// Number is the number of the APERAK itself (BGM 1004).
	Number string
	// Document is the number of the document that it is about, and Qualifier what
	// kind of number that is (list 1153: ON order, DM document); "" is ACW, the
	// number of the previous message.
	Document, Qualifier string
	// Errors are what is wrong; none accepts the document.
	Errors []ApplicationError
}

// ApplicationError is one error of an APERAK.
type ApplicationError struct {
	Code string // 9321, of the application's own list
	Text string // in words, 350 characters at most
}

// APERAK makes an interchange with one APERAK (D.96A) to the sender of an
// interchange.
func APERAK(i *edi.Interchange, a Application, o Options) ([]byte, Count, error) {
	if i == nil || nameless(i) {
		return nil, Count{}, ErrNowhere
	}
	c := newContrl(i, o)
	c.unb()
	c.segments = 0
	set := strconv.FormatInt(number(o.Set), 10)
	c.segment("UNH", set, composite{"APERAK", "D", "96A", "UN"})
	c.segment("BGM", "", a.Number)
	c.segment("DTM", composite{"137", o.Time.Format("200601021504"), "203"})
	qualifier := a.Qualifier
	if qualifier == "" {
		qualifier = "ACW"
	}
	c.segment("RFF", composite{qualifier, a.Document})
	for _, e := range a.Errors[:min(len(a.Errors), 999)] {
		c.segment("ERC", composite{e.Code})
		if e.Text != "" {
			c.segment("FTX", "AAO", "", "", lines(e.Text))
		}
	}
	c.segment("UNT", c.segments+1, set)
	c.segment("UNZ", 1, number(o.Interchange))
	return c.b, Count{Interchanges: 1, Sets: 1}, nil
}

// lines divides a text into the five components of 70 characters that C108 has.
func lines(text string) composite {
	var parts composite
	for rest := []rune(strings.Join(strings.Fields(text), " ")); len(rest) > 0 && len(parts) < 5; {
		n := min(len(rest), 70)
		parts = append(parts, string(rest[:n]))
		rest = rest[n:]
	}
	return parts
}

// describe says a code of list 0085 in words.
func describe(code, text string) string {
	if text == "" {
		return code
	}
	return fmt.Sprintf("%s (%s)", code, text)
}
