package json

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/window"
)

// headSize bounds what is kept of bytes that are no record.
const headSize = 64 << 10

// errStop ends the walk: the consumer wants no more, or the file is at its end.
var errStop = errors.New("stop")

// framer walks one payload. Outside records it holds the text to the grammar; inside records and
// in what is passed over it only follows quotes and brackets, so that a flaw within a record is
// that record's alone: Decode finds it.
type framer struct {
	*Format
	w      *window.Window
	yield  func(formats.Frame, error) bool
	ctx    context.Context
	origin string

	data    []byte
	i       int    // next byte in data
	mark    int    // where the record begins in data; -1 where none is being kept
	head    []byte // of a record that became too long to be kept
	headAt  int    // up to where it was taken
	line    int64  // of data[counted], 1-based
	counted int
	record  int64
	found   bool // the selection exists
}

func (f *Format) frames(ctx context.Context, r io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	return func(yield func(formats.Frame, error) bool) {
		fr := &framer{Format: f, w: window.New(ctx, r), yield: yield, ctx: ctx, origin: origin, mark: -1, line: 1}
		fr.run()
	}
}

func (f *framer) run() {
	for len(f.data) < 3 && f.more() {
	}
	if bytes.HasPrefix(f.data, []byte("\xEF\xBB\xBF")) {
		f.i = 3
	}
	head := bytes.Clone(f.data[:min(len(f.data), 4<<10)])
	if f.space(); f.i >= len(f.data) {
		_ = f.ended() // it has told of the error
		return
	}
	if f.walk(f.from, make([]byte, 0, 128)) != nil {
		return
	}
	if f.space(); f.i < len(f.data) {
		_ = f.broken(f.i, "the end of the file (several records one after another are format ndjson)")
		return
	}
	if f.ended() == nil && !f.found && len(f.from) > 0 {
		at := formats.Position{Origin: f.origin, Record: f.record + 1, Line: 1}
		f.yield(formats.Frame{Bytes: head, Position: at, Err: &formats.SyntaxError{
			Position: at, Found: "a payload without it", Expected: fmt.Sprintf("records at from: %s", f.options.From),
		}}, nil)
	}
}

// ended tells of a reader that failed.
func (f *framer) ended() error {
	if err := f.w.Err(); err != nil {
		f.yield(formats.Frame{}, err)
		return errStop
	}
	return nil
}

// more brings more bytes into view; offsets in data move. A record that has become too long is
// from here on passed over.
func (f *framer) more() bool {
	f.measure()
	drop := f.i
	if f.mark >= 0 {
		drop = f.mark
	}
	f.countTo(drop)
	ok := f.w.Fill(drop)
	f.data = f.w.Data()
	f.i, f.counted, f.headAt = f.i-drop, f.counted-drop, f.headAt-drop
	if f.mark >= 0 {
		f.mark = 0
	}
	return ok
}

// measure stops keeping a record that has become too long; of its bytes only the head is taken.
func (f *framer) measure() {
	if f.mark >= 0 && f.i-f.mark > int(f.options.MaxRecord) {
		f.head, f.headAt = []byte{}, f.mark
		f.mark = -1
	}
	if f.head != nil {
		f.head = append(f.head, f.data[f.headAt:min(f.i, f.headAt+headSize-len(f.head))]...)
		f.headAt = f.i
	}
}

func (f *framer) countTo(i int) {
	if i > f.counted {
		f.line += int64(bytes.Count(f.data[f.counted:i], []byte{'\n'}))
		f.counted = i
	}
}

// space goes to the next byte that is no white space, or to the end of the data.
func (f *framer) space() {
	for {
		for f.i < len(f.data) {
			if !isSpace(f.data[f.i]) {
				return
			}
			f.i++
		}
		if !f.more() {
			return
		}
	}
}

// next is the next byte that is no white space, 0 at the end.
func (f *framer) next() byte {
	if f.space(); f.i < len(f.data) {
		return f.data[f.i]
	}
	return 0
}

// walk follows the steps to the records.
func (f *framer) walk(steps []formats.Step, path []byte) error {
	c := f.next()
	switch {
	case len(steps) == 0:
		return f.selected(c, path)
	case steps[0].All && c == '[', steps[0].IsIndex && c == '[':
		f.found = true
		return f.elements(path, func(n int, path []byte) error {
			if steps[0].All || steps[0].Index == n {
				return f.walk(steps[1:], path)
			}
			return f.pass()
		})
	case steps[0].Name != "" && c == '{':
		return f.members(steps[0].Name, func() error {
			return f.walk(steps[1:], append(append(path, '.'), steps[0].Name...))
		})
	}
	return f.pass()
}

// selected frames a value that the selector leads to: an array's elements, anything else as one.
func (f *framer) selected(c byte, path []byte) error {
	f.found = true
	explicit := len(f.from) > 0 && f.from[len(f.from)-1].All
	if c == '[' && !explicit {
		return f.elements(path, func(_ int, path []byte) error { return f.frame(path) })
	}
	if c == 'n' && len(f.from) > 0 && !explicit {
		return f.pass() // null where a list may stand
	}
	return f.frame(path)
}

func (f *framer) elements(path []byte, each func(n int, path []byte) error) error {
	f.i++
	if f.next() == ']' {
		f.i++
		return nil
	}
	for n := 0; ; n++ {
		f.space()
		at := append(strconv.AppendInt(append(path, '['), int64(n), 10), ']')
		if err := each(n, at); err != nil {
			return err
		}
		switch f.next() {
		case ',':
			f.i++
		case ']':
			f.i++
			return nil
		default:
			return f.broken(f.i, `"," or "]"`)
		}
	}
}

func (f *framer) members(name string, found func() error) error {
	f.i++
	if f.next() == '}' {
		f.i++
		return nil
	}
	for {
		if f.next() != '"' {
			return f.broken(f.i, "a member's name in quotes")
		}
		f.mark = f.i
		if !f.passString() {
			return f.broken(f.mark, "the closing quote of a member's name")
		}
		same := f.mark >= 0 && sameName(f.data[f.mark:f.i], name)
		f.mark, f.head = -1, nil
		if f.next() != ':' {
			return f.broken(f.i, `":"`)
		}
		f.i++
		err := error(nil)
		if same {
			err = found()
		} else {
			err = f.pass()
		}
		if err != nil {
			return err
		}
		switch f.next() {
		case ',':
			f.i++
		case '}':
			f.i++
			return nil
		default:
			return f.broken(f.i, `"," or "}"`)
		}
	}
}

func sameName(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	var s string
	return json.Unmarshal(quoted, &s) == nil && s == name
}

// frame yields the value that begins here as one record.
func (f *framer) frame(path []byte) error {
	f.space()
	if err := f.ctx.Err(); err != nil {
		f.yield(formats.Frame{}, err)
		return errStop
	}
	f.countTo(f.i)
	at := formats.Position{Origin: f.origin, Line: f.line, Offset: f.w.Offset() + int64(f.i)}
	if len(f.from) > 0 {
		at.Path = "$" + string(path)
	}
	f.mark, f.head = f.i, nil
	if err := f.pass(); err != nil {
		return err
	}
	f.measure()
	f.record++
	at.Record = f.record
	frame := formats.Frame{Position: at}
	if f.mark < 0 {
		frame.Bytes, frame.Err = f.head, f.tooLong(at)
		f.head = nil
	} else {
		frame.Bytes = f.w.Cut(f.mark, f.i)
		f.mark = -1
		if f.leaveOut(frame.Bytes) {
			return nil
		}
	}
	if !f.yield(frame, nil) {
		return errStop
	}
	return nil
}

func (f *Format) tooLong(at formats.Position) error {
	return &formats.SyntaxError{
		Position: at, Offset: int64(f.options.MaxRecord), Found: "a longer record",
		Expected: fmt.Sprintf("at most %v a record (max_record)", f.options.MaxRecord),
	}
}

// broken ends the file: what is left of it is one bad frame, of which the head is kept.
func (f *framer) broken(i int, expected string) error {
	if f.i >= len(f.data) && f.ended() != nil {
		return errStop
	}
	begin := i
	if f.mark >= 0 {
		begin = f.mark
	}
	what := found(f.data, i)
	f.countTo(begin)
	at := formats.Position{Origin: f.origin, Record: f.record + 1, Line: f.line, Offset: f.w.Offset() + int64(begin)}
	offset := int64(i - begin)
	f.mark, f.i = begin, len(f.data)
	for len(f.data)-f.mark < headSize && f.more() {
		f.i = len(f.data)
	}
	rest := f.w.Cut(f.mark, min(len(f.data), f.mark+headSize))
	f.yield(formats.Frame{Bytes: rest, Position: at, Err: &formats.SyntaxError{Position: at, Offset: offset, Found: what, Expected: expected}}, nil)
	return errStop
}
