package document

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// WriteText writes a stream as a tree for people: an interchange, group or set a line, and below it a
// line for each segment with its name, and for each element that has a name. Faults are told to fault
// where that is not nil. The error is why reading ended before the stream did.
func WriteText(out io.Writer, in *edi.Scanner, names Names, fault func(edi.Fault)) error {
	w := &textWriter{out: bufio.NewWriterSize(out, 64<<10), names: names}
	walker := edi.NewWalker(in)
	for walker.Next() {
		e := walker.Event()
		w.event(e)
		for _, f := range e.Faults {
			w.line("! %s", f.Error())
			if fault != nil {
				fault(f)
			}
		}
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	return walker.Err()
}

type textWriter struct {
	out   *bufio.Writer
	names Names
	depth int
}

func (w *textWriter) line(format string, args ...any) {
	_, _ = w.out.WriteString(strings.Repeat("  ", w.depth))
	_, _ = fmt.Fprintf(w.out, format, args...)
	_ = w.out.WriteByte('\n')
}

func (w *textWriter) event(e *edi.Event) {
	switch e.Kind {
	case edi.InterchangeStart:
		i := e.Interchange
		w.line("interchange %s  %s %s  %s → %s  %s", label(i.ControlNumber), i.Syntax.Standard, dialect(i), partner(i.Sender), partner(i.Receiver), sent(i))
		w.depth++
	case edi.GroupStart:
		w.line("group %s  %s %s", label(e.Group.ControlNumber), e.Group.ID, e.Group.Version)
		w.depth++
	case edi.SetStart:
		s := e.Set
		w.line("set %s  %s %s", label(s.ControlNumber), label(s.ID), strings.TrimSpace(s.Version+s.Release+" "+s.Association))
		w.depth++
	}
	if e.Segment != nil {
		w.segment(e)
	}
	switch e.Kind {
	case edi.SetEnd, edi.GroupEnd, edi.InterchangeEnd:
		w.depth--
	}
}

func label(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func partner(p edi.Party) string {
	if p.Qualifier == "" {
		return label(p.ID)
	}
	return p.Qualifier + ":" + label(p.ID)
}

func dialect(i *edi.Interchange) string {
	if r := i.Syntax.Repertoire; r != "" {
		return r + ":" + i.Version
	}
	return i.Version
}

func sent(i *edi.Interchange) string {
	out := i.Date + " " + i.Time
	if i.Test {
		out += "  test"
	}
	return strings.TrimSpace(out)
}

// segment writes a segment: on one line, and where elements have names each on one of its own.
func (w *textWriter) segment(e *edi.Event) {
	g := e.Segment
	tag := edi.Found(g.Tag())
	if w.names == nil {
		w.line("%s", oneLine(g, tag))
		return
	}
	name := w.names.Segment(e, tag)
	if name == "" {
		w.line("%s", oneLine(g, tag))
		return
	}
	w.line("%-3s %s", tag, name)
	w.depth++
	for i := 1; i <= g.Len(); i++ {
		raw := g.Element(i)
		if len(raw) == 0 {
			continue
		}
		value := visible(g.Syntax.Charset().Decode(raw))
		if title := w.names.Element(e, tag, i); title != "" {
			value = title + ": " + value
		}
		w.line("%02d %s", i, value)
	}
	w.depth--
}

// oneLine shows a segment with its own delimiters, so that it looks as it does in the file.
func oneLine(g *edi.Segment, tag string) string {
	if g.Is("UNA") && g.Len() == 0 {
		return visible(string(g.Bytes()))
	}
	var b strings.Builder
	b.WriteString(tag)
	for i := 1; i <= g.Len(); i++ {
		b.WriteByte(' ')
		if i > 1 {
			b.WriteString("| ")
		}
		b.WriteString(visible(g.Syntax.Charset().Decode(g.Element(i))))
	}
	return b.String()
}

// visible makes control characters visible.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ':
			return '␀' + r
		case r == 0x7f:
			return '␡'
		}
		return r
	}, s)
}
