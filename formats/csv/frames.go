package csv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/window"
)

// headSize bounds what is kept of bytes that are no row.
const headSize = 64 << 10

// reader cuts one file.
type reader struct {
	*Format
	syntax  *syntax // in the file's byte order
	ctx     context.Context
	w       *window.Window
	yield   func(formats.Frame, error) bool
	context []byte
	fields  int // that a row must have; 0 while the header is not read

	at   formats.Position // of the next row
	last bool             // all of the file is in view, or was
	room []byte           // for looking at rows in other charsets
}

// Frames cuts r into rows; see [formats.Format]. A row that cannot be read, or that has too few or
// too many fields, is a bad frame. Where quotes do not match, reading goes on at the next line that
// has the right number of fields by itself: a quote that was never closed costs the rows up to
// there, not the rest of the file.
func (f *Format) Frames(ctx context.Context, r io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	return func(yield func(formats.Frame, error) bool) {
		rd := &reader{
			Format: f, ctx: ctx, w: window.New(ctx, r), yield: yield,
			at: formats.Position{Origin: origin, Line: 1}, fields: len(f.columns),
		}
		if rd.begin() {
			for rd.next() {
			}
		}
	}
}

// begin reads the byte order mark and the header.
func (r *reader) begin() bool {
	for len(r.w.Data()) < 4 && r.fill(0) {
	}
	cs, size := r.charset.mark(r.w.Data())
	r.syntax = r.Format.syntax.in(cs)
	if r.charset.byMark {
		r.context = bytes.Clone(r.w.Data()[:size])
	}
	r.at.Offset = int64(size)
	r.w.Drop(size)
	if !r.header {
		return true
	}
	for {
		got, ok := r.row()
		if !ok {
			return false
		}
		data := r.w.Data()
		if got.comment || got.end == 0 && got.fault == "" {
			r.pass(got.next)
			continue
		}
		line := data[:min(got.end, len(data))]
		_, bad := r.syntax.text(make([]byte, 3*len(line)), line)
		switch {
		case got.fault != "":
			r.bad(bytes.Clone(data[:min(len(data), headSize)]), got.faultAt, got.fault+" in the header", got.expected)
			return false
		case bad >= 0:
			r.bad(bytes.Clone(line), bad, fmt.Sprintf("byte 0x%02X in the header", line[bad]), "charset "+r.charset.name)
			return false
		case r.fields > 0 && r.fields != got.fields:
			r.bad(bytes.Clone(line), 0, fmt.Sprintf("%d fields in the header", got.fields), fmt.Sprintf("%d columns", r.fields))
			return false
		}
		r.fields = got.fields
		r.context = append(r.context, line...)
		r.pass(got.next)
		return true
	}
}

// next yields the next row; false at the end.
func (r *reader) next() bool {
	got, ok := r.row()
	if !ok {
		return false
	}
	if got.fault != "" {
		return r.resume(got)
	}
	if got.comment || got.end == 0 {
		r.pass(got.next)
		return true
	}
	if err := r.ctx.Err(); err != nil {
		r.yield(formats.Frame{}, err)
		return false
	}
	r.at.Record++
	line := r.w.Cut(0, got.end)
	at := r.at
	r.pass(got.next)
	switch {
	case len(line) > r.max:
		return r.badAt(at, bytes.Clone(line[:min(headSize, len(line))]), r.max, "a longer row", "at most "+fmt.Sprint(r.max)+" bytes a row (max_record)")
	case got.fields != r.fields:
		return r.badAt(at, line, 0, fmt.Sprintf("%d fields", got.fields), fmt.Sprintf("%d", r.fields))
	}
	if bad := r.invalid(line); bad >= 0 {
		return r.badAt(at, line, bad, fmt.Sprintf("byte 0x%02X", line[bad]), "charset "+r.charset.name)
	}
	return r.yield(formats.Frame{Bytes: line, Context: r.context, Position: at}, nil)
}

func (r *reader) invalid(line []byte) int {
	if r.syntax.encoding == nil {
		return invalidUTF8(line)
	}
	if r.syntax.charset.unit == 1 && ascii(line) {
		return -1
	}
	if len(r.room) < 3*len(line) {
		r.room = make([]byte, 6*len(line))
	}
	_, bad := r.syntax.text(r.room, line)
	return bad
}

// row brings the next row into view; false at the end of the file, or where reading failed.
func (r *reader) row() (row, bool) {
	for {
		data := r.w.Data()
		if len(data) == 0 && r.last {
			return row{}, r.ended()
		}
		got := r.syntax.read(data, r.last)
		if !got.more {
			return got, true
		}
		if len(data) > r.max {
			if got.opened >= 0 {
				return got.wrong(got.opened, fmt.Sprintf("a quote that is not closed within %d bytes (max_record)", r.max), "a closing quote"), true
			}
			return got.wrong(r.max, "a longer row", fmt.Sprintf("at most %d bytes a row (max_record)", r.max)), true
		}
		if !r.fill(0) && r.w.Err() != nil {
			return row{}, r.ended()
		}
	}
}

func (r *reader) fill(drop int) bool {
	ok := r.w.Fill(drop)
	r.last = !ok
	return ok
}

// ended tells of a reader that failed.
func (r *reader) ended() bool {
	if err := r.w.Err(); err != nil {
		r.yield(formats.Frame{}, err)
	}
	return false
}

// pass goes on to the row that begins at next in view.
func (r *reader) pass(next int) {
	r.at.Line += r.syntax.lines(r.w.Data()[:next])
	r.at.Offset += int64(next)
	r.w.Drop(next)
}

// resume yields what begins here as a bad frame and goes on at the next line that is a row by
// itself. Rows with line ends in their fields are not looked for: a text that spans lines could
// end anywhere.
func (r *reader) resume(got row) bool {
	r.at.Record++
	at := r.at
	var head []byte
	for first, whole := true, true; ; first = false {
		end, next, ok := r.line()
		if !ok {
			return false
		}
		data := r.w.Data()
		if len(data) == 0 {
			break
		}
		if !first && whole {
			if alone := r.syntax.read(data[:end], true); end > 0 && alone.fault == "" && !alone.comment && alone.fields == r.fields {
				break
			}
		}
		whole = next > end || r.last
		head = append(head, data[:min(next, headSize-len(head))]...)
		r.pass(next)
	}
	fault := got.faultAt
	if fault >= len(head) && got.opened >= 0 {
		fault = got.opened // what closed that quote is in a good row by now
	}
	return r.badAt(at, bytes.TrimRight(head, "\r\n"), fault, got.fault, got.expected)
}

// line brings a line into view, or a part of one that is too long for that: then end is next. ok is
// false where reading failed.
func (r *reader) line() (end, next int, ok bool) {
	for {
		data := r.w.Data()
		end, next, more := r.syntax.line(data, r.last)
		if !more {
			return end, next, true
		}
		if len(data) > r.max {
			part := len(data) - 2*r.syntax.charset.unit
			part -= part % r.syntax.charset.unit
			return part, part, true
		}
		if !r.fill(0) && r.w.Err() != nil {
			return 0, 0, r.ended()
		}
	}
}

func (r *reader) bad(b []byte, offset int, found, expected string) bool {
	r.at.Record++
	return r.badAt(r.at, b, offset, found, expected)
}

func (r *reader) badAt(at formats.Position, b []byte, offset int, found, expected string) bool {
	return r.yield(formats.Frame{Bytes: b, Context: r.context, Position: at, Err: &formats.SyntaxError{
		Position: at, Offset: int64(offset), Found: found, Expected: expected,
	}}, nil)
}
