package csv

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/formats"
)

var errNoColumns = errors.New("csv cannot be written without columns: which, and in which order")

// Head appends the byte order mark, where there is to be one, and the header line.
func (f *Format) Head(dst []byte) []byte {
	switch {
	case f.charset.byMark, f.bom && f.charset == utf16le:
		dst = append(dst, markLE...)
	case f.bom && f.charset == utf16be:
		dst = append(dst, markBE...)
	case f.bom && f.charset.encoding == nil:
		dst = append(dst, markUTF8...)
	}
	if !f.header || len(f.columns) == 0 {
		return dst
	}
	var line []byte
	for i, name := range f.columns {
		if i > 0 {
			line = append(line, f.delimiter)
		}
		line = f.appendField(line, []byte(name), false)
	}
	head, err := f.appendText(dst, line)
	if err != nil {
		return dst // Encode tells of it
	}
	return append(head, f.Separator()...)
}

// Separator is what stands after each row of a file.
func (f *Format) Separator() []byte {
	end, err := f.appendText(nil, []byte(f.lineEnd))
	if err != nil {
		return []byte(f.lineEnd)
	}
	return end
}

// Encode appends one row, without its line end. What n lacks, and null, becomes an empty field, or
// the first of `null:` where the empty field is not among them; texts that would read back as null
// are written in quotes. Members that are no column
// are errors, as are lists and objects.
func (f *Format) Encode(dst []byte, n *formats.Node) ([]byte, error) {
	if len(f.columns) == 0 {
		return dst, errNoColumns
	}
	if n.Kind != formats.Object || len(n.Names) != len(n.Kids) {
		return dst, errors.New("a csv row is made of an object with names")
	}
	for i, name := range n.Names {
		if n.Kids[i].Kind != formats.Absent && !slices.Contains(f.columns, name) {
			return dst, fmt.Errorf("there is no column %q", name)
		}
	}
	var line []byte
	for i, name := range f.columns {
		if i > 0 {
			line = append(line, f.delimiter)
		}
		at := slices.Index(n.Names, name)
		if at < 0 {
			continue
		}
		switch kid := &n.Kids[at]; kid.Kind {
		case formats.Absent, formats.Null:
			if !f.isNull(nil) && len(f.nulls) > 0 {
				line = append(line, f.nulls[0]...)
			}
		case formats.Object, formats.List:
			return dst, fmt.Errorf("column %q: a list or an object does not fit into a field", name)
		default:
			if f.quote == 0 && bytes.ContainsAny(kid.Text, string([]byte{f.delimiter, '\r', '\n'})) {
				return dst, fmt.Errorf("column %q: a delimiter or a line end, which cannot be written with quote: none", name)
			}
			line = f.appendField(line, kid.Text, f.isNull(kid.Text))
		}
	}
	if len(f.columns) == 1 && len(line) == 0 && f.quote != 0 {
		return dst, fmt.Errorf("column %q: the only field of a row cannot be null, since blank lines are no rows", f.columns[0])
	}
	return f.appendText(dst, line)
}

func (f *Format) appendField(dst, text []byte, quote bool) []byte {
	special := string([]byte{f.delimiter, '\r', '\n', f.quote})
	quote = quote || bytes.ContainsAny(text, special) || len(dst) == 0 && f.comment != 0 && bytes.HasPrefix(text, []byte{f.comment})
	if f.trim && len(text) > 0 && (isBlank(int(text[0])) || isBlank(int(text[len(text)-1]))) {
		quote = true
	}
	if !quote || f.quote == 0 {
		return append(dst, text...)
	}
	dst = append(dst, f.quote)
	for _, c := range text {
		if c == f.quote {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, f.quote)
}
