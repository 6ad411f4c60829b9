package config

import (
	"strings"
)

// source is the text that nodes were read from, for positions inside scalars
// and for snippets. Byte order mark and carriage returns are already gone.
type source struct {
	name  string
	lines []string
}

func newSource(name string, text string) *source {
	return &source{name: name, lines: strings.Split(text, "\n")}
}

func (s *source) at(line, column int) Position {
	return Position{File: s.name, Line: max(line, 1), Column: max(column, 1)}
}

// line gives a line by its 1-based number, "" outside the text.
func (s *source) line(number int) string {
	if s == nil || number < 1 || number > len(s.lines) {
		return ""
	}
	return s.lines[number-1]
}

// rest gives what stands from a position to the end of its line.
func (s *source) rest(from Position) string {
	line := []rune(s.line(from.Line))
	return string(line[min(from.Column-1, len(line)):])
}

// snippet gives the line at a position, with width carets under it.
func (s *source) snippet(at Position, width int) string {
	line := s.line(at.Line)
	if line == "" {
		return ""
	}
	var under strings.Builder
	column := 1
	for _, r := range line {
		if column >= at.Column {
			break
		}
		under.WriteString(blank(r))
		column++
	}
	marked := []rune(s.rest(at))
	for _, r := range marked[:min(max(width, 1), len(marked))] {
		under.WriteString(strings.Repeat("^", len(blank(r))))
	}
	if len(marked) == 0 {
		under.WriteByte('^') // just behind the end of the line
	}
	return line + "\n" + under.String()
}

// blank is what stands under a character so that the next column lines up:
// a tab under a tab, two cells under a wide (CJK) character.
func blank(r rune) string {
	switch {
	case r == '\t':
		return "\t"
	case isWide(r):
		return "  "
	}
	return " "
}

// isWide covers the East Asian blocks that terminals draw two cells wide
// (Unicode Standard Annex 11, the ranges that occur in names and comments).
func isWide(r rune) bool {
	return r >= 0x1100 && r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 ||
		r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x1F300 && r <= 0x1F64F || r >= 0x20000 && r <= 0x3FFFD
}
