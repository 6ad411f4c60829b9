package document

import (
	"bufio"
	"encoding/hex"
	"io"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/charset"
)

// WriteEDI writes the stream of a document: the bytes that WriteJSON read, where nobody changed the
// document. Counts and control numbers are written as they stand in it. Errors in the document are
// a *JSONError.
func WriteEDI(out io.Writer, in io.Reader) error {
	w := &ediWriter{out: bufio.NewWriterSize(out, 64<<10), in: newJSONReader(in)}
	known := false
	err := w.in.object(func(key string) error {
		switch key {
		case "edi":
			v, err := w.in.value(0)
			if err == nil && v.text != "1" {
				err = w.in.fail("the document is of version %q, expected 1", v.text)
			}
			known = true
			return err
		case "parts":
			return w.parts(nil, 0)
		}
		return w.in.fail("%q is not known here; expected edi and parts", key)
	})
	if err == nil && !known {
		err = w.in.fail("this is no document of interchanges: expected {\"edi\":1,\"parts\":[…]}")
	}
	if err == nil && w.in.peek() != 0 {
		err = w.in.fail("something follows the document")
	}
	if failed := w.out.Flush(); err == nil {
		err = failed
	}
	return err
}

type ediWriter struct {
	out *bufio.Writer
	in  *jsonReader
	buf []byte
}

// writing is how the segments of a part are written.
type writing struct {
	syntax *edi.Syntax
	chars  *charset.Set
	breaks string
	first  bool
}

// parts writes an array of parts.
func (w *ediWriter) parts(how *writing, depth int) error {
	if depth > depthLimit {
		return w.in.fail("parts are nested deeper than %d", depthLimit)
	}
	return w.in.sequence('[', ']', func() error { return w.part(how, depth) })
}

// part writes one part: a segment, or what holds segments, or text.
func (w *ediWriter) part(how *writing, depth int) error {
	var own node
	nested := false
	err := w.in.object(func(key string) error {
		if key == "parts" {
			nested = true
			inner, err := w.inner(how, &own)
			if err != nil {
				return err
			}
			return w.parts(inner, depth+1)
		}
		v, err := w.in.value(0)
		own.keys, own.list = append(own.keys, key), append(own.list, v)
		return err
	})
	if err != nil || nested {
		return err
	}
	own.line, own.column = w.in.line, max(w.in.column, 1)
	switch {
	case own.get("segment") != nil:
		if how == nil {
			return w.bad(&own, "a segment stands outside of what has delimiters")
		}
		return w.segment(how, &own)
	case own.get("text") != nil:
		b, err := w.raw(own.get("text"))
		if err == nil {
			_, err = w.out.Write(b)
		}
		return err
	case own.get("fault") != nil:
		return nil
	}
	return w.bad(&own, "a part is none of segment, text, fault and what has parts")
}

func (w *ediWriter) bad(n *node, text string) error { return &JSONError{n.line, n.column, text} }

// inner gives how the parts of a part are written: as those around it, or with delimiters of its own.
func (w *ediWriter) inner(how *writing, own *node) (*writing, error) {
	given := own.get("delimiters")
	if given == nil {
		if how == nil {
			return nil, w.in.fail("delimiters have to stand before parts")
		}
		return how, nil
	}
	inner := &writing{syntax: &edi.Syntax{}, first: true, chars: charset.X12}
	fields := delimiterFields(&inner.syntax.Delimiters)
	for i, key := range given.keys {
		known := false
		for _, f := range fields {
			if f.name != key {
				continue
			}
			runes := []rune(given.list[i].text)
			if len(runes) != 1 || runes[0] > 0xff || runes[0] == 0 {
				return nil, w.bad(&given.list[i], "a delimiter is one character up to U+00FF")
			}
			*f.b, known = byte(runes[0]), true
		}
		if !known {
			return nil, w.bad(&given.list[i], "delimiter "+key+" is not known")
		}
	}
	if d := inner.syntax.Delimiters; d.Element == 0 || d.Segment == 0 {
		return nil, w.bad(given, "element and segment are needed among the delimiters")
	}
	if name := own.get("charset"); name != nil {
		set, ok := charset.For(name.text)
		if !ok {
			return nil, w.bad(name, "charset "+name.text+" is not known")
		}
		inner.chars = set
	}
	if b := own.get("break"); b != nil {
		inner.breaks = b.text
	}
	return inner, nil
}

// raw gives the bytes of text that is no value.
func (w *ediWriter) raw(n *node) ([]byte, error) {
	if n.kind == '"' {
		return []byte(n.text), nil
	}
	if h := n.get("hex"); h != nil {
		b, err := hex.DecodeString(h.text)
		if err != nil {
			return nil, w.bad(h, "hex digits are wrong: "+err.Error())
		}
		return b, nil
	}
	return nil, w.bad(n, "expected text, or hex digits")
}

func (w *ediWriter) segment(how *writing, n *node) error {
	b := w.buf[:0]
	switch before := n.get("before"); {
	case before != nil:
		gap, err := w.raw(before)
		if err != nil {
			return err
		}
		b = append(b, gap...)
	case !how.first:
		b = append(b, how.breaks...)
	}
	how.first = false
	tag := n.get("segment")
	if text := n.get("text"); text != nil { // UNA
		rest, err := w.raw(text)
		if err != nil {
			return err
		}
		_, err = w.out.Write(append(append(b, tag.text...), rest...))
		return err
	}
	free := tag.text == "ISA" && how.syntax.Release == 0 // it declares delimiters, and so holds them
	if composed := n.get("tag"); composed != nil {
		tag = composed
	}
	b, err := w.element(b, how, tag, free)
	if err != nil {
		return err
	}
	if elements := n.get("elements"); elements != nil {
		if elements.kind != '[' {
			return w.bad(elements, "elements are an array")
		}
		for i := range elements.list {
			divider := how.syntax.Element
			if i == 0 && how.syntax.Tag != 0 {
				divider = how.syntax.Tag
			}
			if b, err = w.element(append(b, divider), how, &elements.list[i], free); err != nil {
				return err
			}
		}
	}
	if u := n.get("unterminated"); u == nil || u.kind != 't' {
		b = append(b, how.syntax.Segment)
	}
	w.buf = b
	_, err = w.out.Write(b)
	return err
}

// element appends an element: a value, components, or repetitions of either.
func (w *ediWriter) element(b []byte, how *writing, n *node, free bool) ([]byte, error) {
	list := n.get("repeat")
	if list == nil {
		return w.composite(b, how, n, free)
	}
	if how.syntax.Repetition == 0 {
		return b, w.bad(n, "nothing repeats without a repetition separator among the delimiters")
	}
	var err error
	for i := range list.list {
		if i > 0 {
			b = append(b, how.syntax.Repetition)
		}
		if b, err = w.composite(b, how, &list.list[i], free); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (w *ediWriter) composite(b []byte, how *writing, n *node, free bool) ([]byte, error) {
	if n.kind != '[' {
		return w.value(b, how, n, free)
	}
	if how.syntax.Component == 0 && len(n.list) > 1 {
		return b, w.bad(n, "there are no components without a component separator among the delimiters")
	}
	var err error
	for i := range n.list {
		if i > 0 {
			b = append(b, how.syntax.Component)
		}
		if b, err = w.value(b, how, &n.list[i], free); err != nil {
			return b, err
		}
	}
	return b, nil
}

// value appends a value as its form asks for.
func (w *ediWriter) value(b []byte, how *writing, n *node, free bool) ([]byte, error) {
	if n.kind == 'n' {
		return b, nil
	}
	if n.kind == '{' && len(n.keys) == 1 {
		return w.written(b, how, n.keys[0], &n.list[0])
	}
	if n.kind != '"' && n.kind != '0' {
		return b, w.bad(n, "a value is a string, null, or one of raw, utf-8, windows-1252 and hex")
	}
	plain, err := how.chars.Spell(nil, n.text)
	if err != nil {
		return b, w.bad(n, err.Error())
	}
	if free {
		return append(b, plain...), nil
	}
	if at := how.syntax.Fits(plain); at >= 0 {
		return b, w.bad(n, "the value holds the delimiter "+string(rune(plain[at]))+", and there is no release character")
	}
	return how.syntax.Escape(b, plain), nil
}

// written appends a value that stands as it was written.
func (w *ediWriter) written(b []byte, how *writing, key string, n *node) ([]byte, error) {
	switch key {
	case "hex":
		raw, err := hex.DecodeString(n.text)
		if err != nil {
			return b, w.bad(n, "hex digits are wrong: "+err.Error())
		}
		return append(b, raw...), nil
	case "utf-8":
		return append(b, n.text...), nil
	case "raw", "windows-1252":
		set := how.chars
		if key != "raw" {
			set = windows
		}
		out, err := set.Spell(b, n.text)
		if err != nil {
			return b, w.bad(n, err.Error())
		}
		return out, nil
	}
	return b, w.bad(n, key+" is no form of a value; expected raw, utf-8, windows-1252 or hex")
}
