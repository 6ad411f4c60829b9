package config

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// ScalarPosition gives the place in the file of a byte offset in Text, so that
// an error in an expression points into it. Escapes, folded lines and block
// indentation are followed; an offset inside an expanded ${VAR} gives the
// place of the reference. For anything but a scalar it is Position.
func (n *Node) ScalarPosition(offset int) Position {
	if n.Kind() != Scalar {
		return n.Position()
	}
	offset = min(max(offset, 0), len(n.text))
	if len(n.pieces) == 0 {
		return n.rawPosition(offset)
	}
	i := sort.Search(len(n.pieces), func(i int) bool { return n.pieces[i].from > offset }) - 1
	p := n.pieces[max(i, 0)]
	if p.inserted {
		return n.rawPosition(p.raw)
	}
	return n.rawPosition(p.raw + offset - p.from)
}

// Snippet gives the source line at an offset in Text with carets under length
// bytes of it, and "" where there is no source. It shows the file, never the
// value of an environment variable.
func (n *Node) Snippet(offset, length int) string {
	if n == nil || n.source == nil {
		return ""
	}
	at := n.ScalarPosition(offset)
	width := 1
	if end := n.ScalarPosition(offset + max(length, 1)); end.Line == at.Line {
		width = end.Column - at.Column
	} else if end.Line > at.Line {
		width = utf8.RuneCountInString(n.source.line(at.Line)) - at.Column + 1
	}
	return n.source.snippet(at, width)
}

// rawPosition gives the place of a byte offset in the raw text.
func (n *Node) rawPosition(offset int) Position {
	if n.source == nil || n.kind != Scalar {
		return n.position
	}
	w := &walker{source: n.source, raw: n.raw, stop: min(max(offset, 0), len(n.raw)), line: n.position.Line, column: n.position.Column}
	switch n.style {
	case literal, folded:
		w.block(n.style)
	case singleQuoted, doubleQuoted:
		w.column++ // the quote
		w.flow(n.style)
	default:
		w.flow(plain)
	}
	if !w.arrived || !w.fits() {
		return n.position
	}
	return n.source.at(w.line, w.column)
}

// fits tells whether the walk ended at the character it looked for. It does not
// where the parser's own place for a scalar is wrong, which happens in odd
// corners of YAML; the scalar's beginning is then the best there is.
func (w *walker) fits() bool {
	if w.stop >= len(w.raw) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(w.raw[w.stop:])
	rest := w.rest()
	return r == ' ' || r == '\n' || len(rest) > 0 && (rest[0] == r || rest[0] == '\\')
}

// walker goes through a scalar in the file and through its raw text side by
// side, until the raw text has reached stop.
type walker struct {
	source       *source
	raw          string
	at, stop     int // offsets in raw
	line, column int // in the file, 1-based, column in runes
	arrived      bool
}

// take steps over size bytes of raw text that begin at the current place.
func (w *walker) take(size int) bool {
	if w.at+size > w.stop {
		w.arrived = true
		return true
	}
	w.at += size
	return false
}

// flow walks plain and quoted scalars, where white space around a line break is
// read as one space, or as the line breaks after the first.
func (w *walker) flow(s style) {
	rest := w.rest()
	for {
		if w.at >= len(w.raw) {
			w.arrived = w.at == w.stop
			return
		}
		escaped := s == doubleQuoted && len(rest) == 1 && rest[0] == '\\'
		if escaped || strings.TrimLeft(string(rest), " \t") == "" {
			if !w.nextText() || w.lineBreak(escaped) {
				return
			}
			rest = w.rest()
			continue
		}
		_, size := utf8.DecodeRuneInString(w.raw[w.at:])
		if w.take(size) {
			return
		}
		runes := min(unit(rest, s), len(rest))
		rest, w.column = rest[runes:], w.column+runes
	}
}

// rest is what stands from the current place to the end of its line.
func (w *walker) rest() []rune {
	return []rune(w.source.rest(Position{Line: w.line, Column: w.column}))
}

// nextText goes to the first character of the next line that is not blank.
func (w *walker) nextText() bool {
	for number := w.line + 1; number <= len(w.source.lines); number++ {
		line := w.source.line(number)
		if text := strings.TrimLeft(line, " \t"); text != "" {
			w.line, w.column = number, len(line)-len(text)+1
			return true
		}
	}
	return false
}

// lineBreak steps over what line breaks became in the raw text: a space or
// line feeds; an escaped one became nothing.
func (w *walker) lineBreak(escaped bool) bool {
	if !escaped && w.raw[w.at] != '\n' {
		return w.take(1)
	}
	for w.at < len(w.raw) && w.raw[w.at] == '\n' {
		if w.take(1) {
			return true
		}
	}
	return false
}

// unit is how many characters of the file make the next one of the text.
func unit(rest []rune, s style) int {
	switch {
	case s == singleQuoted && rest[0] == '\'':
		return 2
	case s == doubleQuoted && rest[0] == '\\' && len(rest) > 1:
		switch rest[1] {
		case 'x':
			return 4
		case 'u':
			return 6
		case 'U':
			return 10
		}
		return 2
	}
	return 1
}

// block walks literal and folded scalars, whose lines stand below the header.
func (w *walker) block(s style) {
	w.stop = min(w.stop, len(strings.TrimRight(w.raw, "\n")))
	indent := w.indent()
	for w.line++; w.line <= len(w.source.lines); w.line++ {
		line := w.source.line(w.line)
		line = line[min(indent, len(line)):]
		w.column = indent + 1
		for _, r := range line {
			if w.at >= len(w.raw) || w.take(utf8.RuneLen(r)) {
				w.arrived = true
				return
			}
			w.column++
		}
		if w.at >= len(w.raw) || w.at == w.stop && w.stop == len(strings.TrimRight(w.raw, "\n")) {
			w.arrived = true
			return
		}
		if w.at < len(w.raw) && (w.raw[w.at] == '\n' || s == folded && w.raw[w.at] == ' ') && w.take(1) {
			return
		}
	}
}

// indent is the number of spaces that YAML took away from a block's lines: the
// first line with text has that many more in the file than in the raw text.
func (w *walker) indent() int {
	text := strings.TrimLeft(w.raw, "\n")
	kept := len(text) - len(strings.TrimLeft(text, " "))
	for number := w.line + 1; number <= len(w.source.lines); number++ {
		line := w.source.line(number)
		if trimmed := strings.TrimLeft(line, " "); trimmed != "" {
			return max(len(line)-len(trimmed)-kept, 0)
		}
	}
	return 0
}
