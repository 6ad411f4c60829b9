package edi

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Writer writes interchanges: segments as they were read, byte for byte, or made of values, which it
// encodes in the repertoire and escapes. It counts, and closes what was opened with the right counts
// and control numbers. The first error stays; what follows is not written.
type Writer struct {
	// Break is written after each segment that is made of values, such as "\n"; "" is none.
	Break string

	out    io.Writer
	syntax *Syntax
	buf    []byte
	err    error

	interchange, group, set struct {
		open    bool
		tag     string // of the header
		control string
	}
	segments int // of the set
	sets     int // of the group, or of the interchange where it has none
	all      int // sets of the interchange
	groups   int // of the interchange
}

// NewWriter writes with a syntax to out, segment by segment: out is best buffered.
func NewWriter(out io.Writer, y *Syntax) *Writer { return &Writer{out: out, syntax: y} }

// Err is the first error.
func (w *Writer) Err() error { return w.err }

// WriteError is a value that cannot be written.
type WriteError struct {
	Position Position // without an offset
	Err      error
}

// Error names the place and the reason.
func (e *WriteError) Error() string { return fmt.Sprintf("write %s: %v", e.Position, e.Err) }

// Unwrap gives the reason.
func (e *WriteError) Unwrap() error { return e.Err }

// ErrDelimiter is why a value cannot be written where the standard has no release character, as X12
// has none: it holds a delimiter. Delimiters.Avoid chooses others.
var ErrDelimiter = errors.New("the value holds a delimiter, and there is no release character")

// Copy writes a segment as it was read, with what stood before it.
func (w *Writer) Copy(g *Segment) error {
	if w.err != nil {
		return w.err
	}
	w.count(g.Syntax.role(g.Tag()), string(g.Tag()), func(i int) string { return text(g, i, 1) })
	w.buf = append(append(w.buf[:0], g.Before...), g.Bytes()...)
	return w.flush()
}

func (w *Writer) flush() error {
	if w.err == nil {
		_, w.err = w.out.Write(w.buf)
	}
	return w.err
}

// Segment writes a segment of values. An element is a string; a []string of components; a [][]string
// of repetitions of components. Empty elements and components at the end are left off.
func (w *Writer) Segment(tag string, elements ...any) error {
	if w.err != nil {
		return w.err
	}
	for len(elements) > 0 && void(elements[len(elements)-1]) {
		elements = elements[:len(elements)-1]
	}
	w.buf = append(w.buf[:0], tag...)
	for i, e := range elements {
		divider := w.syntax.Element
		if i == 0 && w.syntax.Tag != 0 {
			divider = w.syntax.Tag
		}
		w.buf = append(w.buf, divider)
		if err := w.element(Position{Tag: tag, Element: i + 1}, e); err != nil {
			w.err = err
			return err
		}
	}
	w.count(w.syntax.role([]byte(tag)), tag, func(i int) string { return first(elements, i) })
	w.buf = append(append(w.buf, w.syntax.Segment), w.Break...)
	return w.flush()
}

// void says whether an element says nothing.
func void(e any) bool {
	switch e := e.(type) {
	case nil:
		return true
	case string:
		return e == ""
	case []string:
		return strings.Join(e, "") == ""
	case [][]string:
		for _, r := range e {
			if !void(r) {
				return false
			}
		}
		return true
	}
	return false
}

// first is the first component of the i-th element, from 1.
func first(elements []any, i int) string {
	if i > len(elements) {
		return ""
	}
	switch e := elements[i-1].(type) {
	case string:
		return e
	case []string:
		if len(e) > 0 {
			return e[0]
		}
	case [][]string:
		if len(e) > 0 && len(e[0]) > 0 {
			return e[0][0]
		}
	}
	return ""
}

func (w *Writer) element(p Position, e any) error {
	switch e := e.(type) {
	case nil:
		return nil
	case string:
		return w.value(p, e)
	case []string:
		return w.composite(p, e)
	case [][]string:
		for i, r := range e {
			if i > 0 {
				if w.syntax.Repetition == 0 {
					return &WriteError{p, errors.New("nothing repeats in this syntax version")}
				}
				w.buf = append(w.buf, w.syntax.Repetition)
			}
			p.Repetition = i + 1
			if err := w.composite(p, r); err != nil {
				return err
			}
		}
		return nil
	}
	return &WriteError{p, fmt.Errorf("a %T is no element", e)}
}

func (w *Writer) composite(p Position, components []string) error {
	for len(components) > 0 && components[len(components)-1] == "" {
		components = components[:len(components)-1]
	}
	for i, c := range components {
		if i > 0 {
			if w.syntax.Component == 0 {
				return &WriteError{p, errors.New("there is no component separator")}
			}
			w.buf = append(w.buf, w.syntax.Component)
		}
		if len(components) > 1 {
			p.Component = i + 1
		}
		if err := w.value(p, c); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) value(p Position, v string) error {
	plain, err := w.syntax.Charset().Encode(nil, v)
	if err != nil {
		return &WriteError{p, err}
	}
	if p.Tag != "ISA" && w.syntax.Fits(plain) >= 0 {
		return &WriteError{p, ErrDelimiter}
	}
	if p.Tag == "ISA" {
		w.buf = append(w.buf, plain...)
		return nil
	}
	w.buf = w.syntax.Escape(w.buf, plain)
	return nil
}

// count heeds what a segment does in the envelope.
func (w *Writer) count(r role, tag string, element func(int) string) {
	w.segments++
	switch r {
	case interchangeHeader:
		w.interchange.open, w.interchange.tag = true, tag
		w.interchange.control = element(map[string]int{"ISA": 13, "UIB": 2}[tag] + map[string]int{"UNB": 5, "STX": 5}[tag])
		w.groups, w.sets, w.all = 0, 0, 0
	case groupHeader:
		w.group.open, w.group.tag = true, tag
		w.group.control = element(map[string]int{"GS": 6, "UNG": 5, "BAT": 1}[tag])
		w.groups++
		w.sets = 0
	case setHeader:
		w.set.open, w.set.tag = true, tag
		w.set.control = element(map[string]int{"ST": 2, "UNH": 1, "UIH": 2, "UNO": 1, "MHD": 1}[tag])
		w.sets++
		w.all++
		w.segments = 1
	case setTrailer:
		w.set.open = false
	case groupTrailer:
		w.group.open = false
	case interchangeTrailer:
		w.interchange.open = false
	}
}

// CloseSet writes the trailer of the open set; nothing where none is open.
func (w *Writer) CloseSet() error {
	if !w.set.open {
		return w.err
	}
	n := strconv.Itoa(w.segments + 1)
	switch w.set.tag {
	case "ST":
		return w.Segment("SE", n, w.set.control)
	case "MHD":
		return w.Segment("MTR", n)
	case "UIH":
		return w.Segment("UIT", w.set.control, n)
	}
	return w.Segment("UNT", n, w.set.control)
}

// CloseGroup writes the trailers of the open group and of the set in it.
func (w *Writer) CloseGroup() error {
	if err := w.CloseSet(); err != nil || !w.group.open {
		return err
	}
	n := strconv.Itoa(w.sets)
	switch w.group.tag {
	case "GS":
		return w.Segment("GE", n, w.group.control)
	case "BAT":
		return w.Segment("EOB", n)
	}
	return w.Segment("UNE", n, w.group.control)
}

// CloseInterchange writes the trailers of the open interchange and of what is open in it.
func (w *Writer) CloseInterchange() error {
	if err := w.CloseGroup(); err != nil || !w.interchange.open {
		return err
	}
	n := w.all
	if w.interchange.tag == "ISA" || w.interchange.tag == "UNB" && w.groups > 0 {
		n = w.groups
	}
	switch w.interchange.tag {
	case "ISA":
		return w.Segment("IEA", strconv.Itoa(n), w.interchange.control)
	case "STX":
		return w.Segment("END", strconv.Itoa(n))
	case "UIB":
		return w.Segment("UIZ", "", strconv.Itoa(n))
	}
	return w.Segment("UNZ", strconv.Itoa(n), w.interchange.control)
}
