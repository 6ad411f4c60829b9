package edi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Interchange writes the header of an interchange: ISA with its padding, or UNA and UNB, or STX. UNA
// is left out where the delimiters are those that hold without it.
func (w *Writer) Interchange(i *Interchange) error {
	switch w.syntax.Standard {
	case X12:
		return w.isa(i)
	case TRADACOMS:
		return w.Segment("STX", []string{"ANA", "1"}, []string{i.Sender.ID, i.Sender.Internal},
			[]string{i.Receiver.ID, i.Receiver.Internal}, []string{i.Date, i.Time}, i.ControlNumber, "", i.Application)
	}
	if err := w.una(); err != nil {
		return err
	}
	flag := func(set bool) string {
		if set {
			return "1"
		}
		return ""
	}
	repertoire := w.syntax.Repertoire
	if repertoire == "" {
		repertoire = "UNOC"
	}
	return w.Segment("UNB", []string{repertoire, i.Version}, named(i.Sender), named(i.Receiver), []string{i.Date, i.Time},
		i.ControlNumber, "", i.Application, "", flag(i.Acknowledge), "", flag(i.Test))
}

func named(p Party) []string { return []string{p.ID, p.Qualifier, p.Internal} }

func (w *Writer) una() error {
	y := w.syntax
	if d := y.Delimiters; w.err != nil || d == EDIFACTDelimiters || d == EDIFACT4Delimiters && y.Level >= '4' {
		return w.err
	}
	or := func(b, other byte) byte {
		if b == 0 {
			return other
		}
		return b
	}
	w.buf = append(w.buf[:0], "UNA"...)
	w.buf = append(w.buf, y.Component, y.Element, or(y.Decimal, '.'), or(y.Release, ' '), or(y.Repetition, ' '), y.Segment)
	w.buf = append(w.buf, w.Break...)
	return w.flush()
}

func (w *Writer) isa(i *Interchange) error {
	eleventh := "U"
	if w.syntax.Repetition != 0 {
		eleventh = string(rune(w.syntax.Repetition))
	}
	flag := "0"
	if i.Acknowledge {
		flag = "1"
	}
	usage := i.Usage
	if usage == "" {
		usage = "P"
		if i.Test {
			usage = "T"
		}
	}
	control := i.ControlNumber
	if n, err := strconv.ParseUint(control, 10, 32); err == nil {
		control = fmt.Sprintf("%09d", n)
	}
	values := []string{
		"00", "", "00", "", i.Sender.Qualifier, i.Sender.ID, i.Receiver.Qualifier, i.Receiver.ID,
		i.Date, i.Time, eleventh, i.Version, control, flag, usage, string(rune(w.syntax.Component)),
	}
	elements := make([]any, len(values))
	for n, v := range values {
		width := isaWidths[n+1]
		if len(v) > width {
			w.err = &WriteError{Position{Tag: "ISA", Element: n + 1}, fmt.Errorf("%q is longer than %d characters", v, width)}
			return w.err
		}
		elements[n] = v + strings.Repeat(" ", width-len(v))
	}
	return w.Segment("ISA", elements...)
}

// Group writes the header of a group: GS or UNG. TRADACOMS has batches, which are written as segments.
func (w *Writer) Group(g *Group) error {
	switch w.syntax.Standard {
	case X12:
		agency := g.Agency
		if agency == "" {
			agency = "X"
		}
		return w.Segment("GS", g.ID, g.Sender.ID, g.Receiver.ID, g.Date, g.Time, g.ControlNumber, agency, g.Version)
	case EDIFACT:
		return w.Segment("UNG", g.ID, named(g.Sender), named(g.Receiver), []string{g.Date, g.Time}, g.ControlNumber, g.Agency,
			[]string{g.Version[:min(len(g.Version), 1)], g.Version[min(len(g.Version), 1):]})
	}
	w.err = errors.New("write a group: TRADACOMS has none")
	return w.err
}

// Set writes the header of a set or message: ST, UNH or MHD.
func (w *Writer) Set(s *Set) error {
	switch w.syntax.Standard {
	case X12:
		return w.Segment("ST", s.ID, s.ControlNumber, s.Version)
	case TRADACOMS:
		return w.Segment("MHD", s.ControlNumber, []string{s.ID, s.Version})
	}
	return w.Segment("UNH", s.ControlNumber, []string{s.ID, s.Version, s.Release, s.Agency, s.Association})
}

// Avoid gives delimiters like d, but such that none of them occurs in what is to be written, used
// saying which bytes do. Where there is a release character nothing has to be avoided. The error
// says which delimiter could not be chosen.
func (d Delimiters) Avoid(used *[256]bool) (Delimiters, error) {
	if d.Release != 0 {
		return d, nil
	}
	taken := *used
	choose := func(b *byte, what, others string) error {
		if *b == 0 {
			return nil
		}
		for _, c := range append([]byte{*b}, others...) {
			if !taken[c] {
				*b, taken[c] = c, true
				return nil
			}
		}
		return fmt.Errorf("every character that could be the %s occurs in what is to be written", what)
	}
	for _, c := range []struct {
		b            *byte
		what, others string
	}{
		{&d.Segment, "segment terminator", "~'!\n\x1c\x85"},
		{&d.Element, "element separator", "*|+\t\x1d"},
		{&d.Component, "component separator", ":>\\<\x1f"},
		{&d.Repetition, "repetition separator", "^!%\x1e"},
	} {
		if err := choose(c.b, c.what, c.others); err != nil {
			return d, err
		}
	}
	return d, nil
}
