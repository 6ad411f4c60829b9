// Package document shows a stream of interchanges as a tree, in JSON or for people, and turns the
// JSON back into the same bytes. A stream comes in and a document of the same content goes out, one
// segment at a time, in constant memory. It never mends anything: what is broken stays so in the
// document, with its faults beside it.
package document

import (
	"bufio"
	"encoding/hex"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/charset"
)

// Names gives what segments and elements are called. An empty name stands for none.
type Names interface {
	Segment(e *edi.Event, tag string) string
	Element(e *edi.Event, tag string, element int) string
}

// WriteJSON writes the document of a stream. The faults of envelopes are in it, and told to fault
// too where that is not nil. The error is why reading ended before the stream did; what was read up
// to there is a whole document.
func WriteJSON(out io.Writer, in *edi.Scanner, names Names, fault func(edi.Fault)) error {
	w := &jsonWriter{out: bufio.NewWriterSize(out, 64<<10), names: names}
	w.text(`{"edi":1,"parts":[`)
	walker := edi.NewWalker(in)
	for walker.Next() {
		e := walker.Event()
		w.event(e)
		for _, f := range e.Faults {
			w.fault(f)
			if fault != nil {
				fault(f)
			}
		}
	}
	w.release("")
	w.close()
	if err := walker.Err(); err != nil {
		w.text("\n]}\n")
		if failed := w.out.Flush(); failed != nil {
			return failed
		}
		return err
	}
	w.stray(walker.Trailing())
	w.text("\n]}\n")
	return w.out.Flush()
}

// jsonWriter writes events as they come. An interchange's header waits for the segment after it,
// which tells how the sender breaks lines.
type jsonWriter struct {
	out     *bufio.Writer
	names   Names
	scratch []byte

	depth   int // of open parts
	comma   bool
	syntax  *edi.Syntax // of the open interchange or fragment, nil outside
	chars   *charset.Set
	breaks  string // what stands before each segment of the interchange but the first
	first   bool   // the next segment is the first of its interchange
	free    bool   // the segment declares delimiters, and so holds them
	held    []*edi.Segment
	heldFor *edi.Interchange
	faults  []edi.Fault // of the held header
}

func (w *jsonWriter) text(s string) { _, _ = w.out.WriteString(s) }

// part begins a part of the tree on a line of its own.
func (w *jsonWriter) part() {
	if w.comma {
		_ = w.out.WriteByte(',')
	}
	_ = w.out.WriteByte('\n')
	w.comma = true
}

func (w *jsonWriter) event(e *edi.Event) {
	switch e.Kind {
	case edi.Advice:
		w.release("")
		w.close()
		w.held = append(w.held, e.Segment.Clone())
		return
	case edi.InterchangeStart:
		if len(w.held) == 0 || w.heldFor != nil {
			w.release("")
			w.close()
		}
		w.heldFor = e.Interchange
		if e.Segment != nil {
			w.held = append(w.held, e.Segment.Clone())
		}
		return
	}
	if e.Segment != nil {
		w.release(string(e.Segment.Before))
	} else {
		w.release("")
	}
	switch e.Kind {
	case edi.GroupStart:
		w.open("group", e.Group.ControlNumber, "id", e.Group.ID, "version", e.Group.Version)
	case edi.SetStart:
		w.open("set", e.Set.ID, "control", e.Set.ControlNumber, "version", e.Set.Version+e.Set.Release)
	case edi.StreamEnd:
		return
	}
	if e.Segment != nil {
		if w.syntax == nil {
			w.fragment(e.Segment.Syntax)
		}
		w.segment(e, e.Segment)
	}
	switch e.Kind {
	case edi.SetEnd, edi.GroupEnd:
		w.shut()
	case edi.InterchangeEnd:
		w.release("")
		w.close()
	}
}

// release writes the header that waits, next being what stands before the segment after it.
func (w *jsonWriter) release(next string) {
	if w.heldFor == nil && len(w.held) == 0 {
		return
	}
	if !lineBreak(next) {
		next = ""
	}
	i := w.heldFor
	if i == nil {
		i = &edi.Interchange{Syntax: w.held[0].Syntax}
	}
	w.begin(i.Syntax, next, "interchange", i.ControlNumber, "standard", i.Syntax.Standard.String(), "version", i.Version,
		"sender", i.Sender.ID, "receiver", i.Receiver.ID)
	held, faults := w.held, w.faults
	w.held, w.heldFor, w.faults = nil, nil, nil
	for _, g := range held {
		w.segment(&edi.Event{Kind: edi.InterchangeStart, Segment: g, Interchange: i}, g)
	}
	for _, f := range faults {
		w.fault(f)
	}
}

// lineBreak says whether s is how a sender breaks lines, and indents them.
func lineBreak(s string) bool {
	for _, r := range s {
		if r != '\r' && r != '\n' && r != ' ' && r != '\t' {
			return false
		}
	}
	return len(s) <= 8
}

// fragment begins a part for segments outside of any interchange.
func (w *jsonWriter) fragment(y *edi.Syntax) {
	w.begin(y, "", "fragment", y.Standard.String())
}

// begin opens a part that has delimiters.
func (w *jsonWriter) begin(y *edi.Syntax, breaks string, labels ...string) {
	w.syntax, w.breaks, w.first = y, breaks, true
	w.chars = y.Charset()
	w.part()
	w.labels(labels)
	w.text(`,"charset":`)
	w.quote(w.chars.Name())
	w.text(`,"delimiters":{`)
	d := y.Delimiters
	for i, x := range delimiterFields(&d) {
		if *x.b == 0 {
			continue
		}
		if i > 0 {
			_ = w.out.WriteByte(',')
		}
		w.quote(x.name)
		_ = w.out.WriteByte(':')
		w.quote(string(rune(*x.b)))
	}
	_ = w.out.WriteByte('}')
	if breaks != "" {
		w.text(`,"break":`)
		w.quote(breaks)
	}
	w.text(`,"parts":[`)
	w.depth++
	w.comma = false
}

type delimiterField struct {
	name string
	b    *byte
}

// delimiterFields are the delimiters by the names that they have in a document. A delimiter is one
// character, whose number in Unicode is the byte.
func delimiterFields(d *edi.Delimiters) []delimiterField {
	return []delimiterField{
		{"element", &d.Element},
		{"segment", &d.Segment},
		{"component", &d.Component},
		{"repetition", &d.Repetition},
		{"release", &d.Release},
		{"decimal", &d.Decimal},
		{"tag", &d.Tag},
	}
}

// labels writes the beginning of an object: pairs of key and value, of which empty ones but the first are left out.
func (w *jsonWriter) labels(labels []string) {
	_ = w.out.WriteByte('{')
	for i := 0; i+1 < len(labels); i += 2 {
		if i > 0 && labels[i+1] == "" {
			continue
		}
		if i > 0 {
			_ = w.out.WriteByte(',')
		}
		w.quote(labels[i])
		_ = w.out.WriteByte(':')
		w.quote(labels[i+1])
	}
}

func (w *jsonWriter) open(labels ...string) {
	w.part()
	w.labels(labels)
	w.text(`,"parts":[`)
	w.depth++
	w.comma = false
}

func (w *jsonWriter) shut() {
	if w.depth > 0 {
		w.text("\n]}")
		w.depth--
		w.comma = true
	}
}

// close ends the interchange or fragment that is open, and all in it.
func (w *jsonWriter) close() {
	for w.depth > 0 {
		w.shut()
	}
	w.syntax = nil
}

// stray writes bytes that are no segment.
func (w *jsonWriter) stray(b []byte) {
	if len(b) == 0 {
		return
	}
	w.part()
	w.text(`{"text":`)
	w.bytes(b)
	_ = w.out.WriteByte('}')
}

func (w *jsonWriter) fault(f edi.Fault) {
	if w.heldFor != nil {
		w.faults = append(w.faults, f)
		return
	}
	w.part()
	w.text(`{"fault":`)
	w.quote(f.Error())
	w.text(`,"offset":` + strconv.FormatInt(f.Position.Offset, 10))
	if f.Warning {
		w.text(`,"warning":true`)
	}
	_ = w.out.WriteByte('}')
}

func (w *jsonWriter) segment(e *edi.Event, g *edi.Segment) {
	w.part()
	w.text(`{"segment":`)
	tag := edi.Found(g.Tag())
	w.quote(tag)
	if w.names != nil {
		if name := w.names.Segment(e, tag); name != "" {
			w.text(`,"name":`)
			w.quote(name)
		}
	}
	expected := w.breaks
	if w.first {
		expected = ""
	}
	w.first = false
	if string(g.Before) != expected {
		w.text(`,"before":`)
		w.bytes(g.Before)
	}
	if g.Is("UNA") && g.Len() == 0 {
		w.text(`,"text":`)
		w.bytes(g.Bytes()[3:])
		_ = w.out.WriteByte('}')
		return
	}
	w.free = g.Is("ISA")
	if !g.Terminated {
		w.text(`,"unterminated":true`)
	}
	w.elements(g)
	_ = w.out.WriteByte('}')
}

// elements writes the tag where it is not a plain one, and the elements.
func (w *jsonWriter) elements(g *edi.Segment) {
	var element []edi.Token
	number, open := 0, false
	flush := func() {
		if number == 0 {
			if raw := element[0].Raw; len(element) > 1 || w.form(raw) != formText || !plainASCII(raw, w.syntax.Release) || len(raw) > 8 {
				w.text(`,"tag":`)
				w.element(element)
			}
			return
		}
		if !open {
			w.text(`,"elements":[`)
			open = true
		} else {
			_ = w.out.WriteByte(',')
		}
		w.element(element)
	}
	for t := range g.Tokens {
		if t.Element != number {
			flush()
			number, element = t.Element, element[:0]
		}
		element = append(element, t)
	}
	flush()
	if open {
		_ = w.out.WriteByte(']')
	}
}

// element writes a value, an array of components, or an object with repetitions of either.
func (w *jsonWriter) element(tokens []edi.Token) {
	if last := tokens[len(tokens)-1]; last.Repetition == 1 {
		w.composite(tokens)
		return
	}
	w.text(`{"repeat":[`)
	for from, to := 0, 0; from < len(tokens); from = to {
		for to = from; to < len(tokens) && tokens[to].Repetition == tokens[from].Repetition; {
			to++
		}
		if from > 0 {
			_ = w.out.WriteByte(',')
		}
		w.composite(tokens[from:to])
	}
	w.text("]}")
}

func (w *jsonWriter) composite(tokens []edi.Token) {
	if len(tokens) == 1 {
		w.value(tokens[0].Raw)
		return
	}
	for i, t := range tokens {
		if i == 0 {
			_ = w.out.WriteByte('[')
		} else {
			_ = w.out.WriteByte(',')
		}
		w.value(t.Raw)
	}
	_ = w.out.WriteByte(']')
}

// form is how a value is written, the plainest that gives its bytes again.
type form int

const (
	formText    form = iota // a string: the value without release characters
	formRaw                 // the text with its release characters, which are not where they have to be
	formUTF8                // as formRaw, in UTF-8 whatever the interchange declares
	formWindows             // as formRaw, in Windows-1252
	formHex
)

var formKeys = [...]string{formRaw: "raw", formUTF8: "utf-8", formWindows: "windows-1252", formHex: "hex"}

func (w *jsonWriter) form(raw []byte) form {
	if w.syntax.Release == 0 && !w.free && w.syntax.Fits(raw) >= 0 { // bytes of BIN
		if _, ok := same(w.chars, raw); ok {
			return formRaw
		}
		return formHex
	}
	if plainASCII(raw, w.syntax.Release) {
		return formText
	}
	if text, ok := same(w.chars, raw); ok {
		if w.syntax.Release == 0 {
			return formText
		}
		plain, err := w.chars.Spell(nil, w.chars.Decode(w.syntax.Unescape(raw)))
		if err == nil && string(w.syntax.Escape(nil, plain)) == string(raw) {
			return formText
		}
		_ = text
		return formRaw
	}
	if utf8.Valid(raw) {
		return formUTF8
	}
	if _, ok := same(windows, raw); ok {
		return formWindows
	}
	return formHex
}

var windows, _ = charset.For("windows-1252")

// plainASCII says whether a value is its own text.
func plainASCII(raw []byte, release byte) bool {
	for _, b := range raw {
		if b >= 0x7f || b == release && b != 0 || b < ' ' {
			return false
		}
	}
	return true
}

// same gives the text of bytes, if the set makes the same bytes of it.
func same(set *charset.Set, raw []byte) (string, bool) {
	text := set.Decode(raw)
	again, err := set.Spell(nil, text)
	return text, err == nil && string(again) == string(raw)
}

func (w *jsonWriter) value(raw []byte) {
	f := w.form(raw)
	if f == formText {
		if w.syntax.Release != 0 {
			raw = w.syntax.Unescape(raw)
		}
		w.quote(w.chars.Decode(raw))
		return
	}
	_ = w.out.WriteByte('{')
	w.quote(formKeys[f])
	_ = w.out.WriteByte(':')
	switch f {
	case formRaw:
		w.quote(w.chars.Decode(raw))
	case formUTF8:
		w.quote(string(raw))
	case formWindows:
		w.quote(windows.Decode(raw))
	default:
		w.quote(hex.EncodeToString(raw))
	}
	_ = w.out.WriteByte('}')
}

// bytes writes what is no value: text where it is UTF-8, else its digits.
func (w *jsonWriter) bytes(b []byte) {
	if utf8.Valid(b) {
		w.quote(string(b))
		return
	}
	w.text(`{"hex":`)
	w.quote(hex.EncodeToString(b))
	_ = w.out.WriteByte('}')
}

const hexDigits = "0123456789abcdef"

// quote writes a JSON string.
func (w *jsonWriter) quote(s string) {
	b := append(w.scratch[:0], '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	w.scratch = append(b, '"')
	_, _ = w.out.Write(w.scratch)
}
