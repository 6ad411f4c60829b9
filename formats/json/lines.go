package json

import (
	"bytes"
	"context"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/window"
)

// lines cuts NDJSON: a line is a record, blank lines are none.
func (f *Format) lines(ctx context.Context, r io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	return func(yield func(formats.Frame, error) bool) {
		w := window.New(ctx, r)
		at := formats.Position{Origin: origin}
		next := 0       // where the line begins in view
		searched := 0   // up to where there is no newline
		var long []byte // head of a line that became too long to be kept
		for last := false; ; {
			data := w.Data()
			end := bytes.IndexByte(data[searched:], '\n')
			switch {
			case end >= 0:
				end += searched
			case last && len(data) > next || last && long != nil:
				end = len(data)
			case last:
				if err := w.Err(); err != nil {
					yield(formats.Frame{}, err)
				}
				return
			default:
				if long == nil {
					for next < len(data) && isSpace(data[next]) {
						next++
					}
					at.Offset = w.Offset() + int64(next)
				}
				if long == nil && len(data)-next > int(f.options.MaxRecord) {
					long = []byte{}
				}
				drop := next
				if long != nil {
					long = append(long, data[next:min(len(data), next+headSize-len(long))]...)
					drop = len(data)
				}
				searched = len(data) - drop
				last = !w.Fill(drop)
				next = 0
				continue
			}
			if last && w.Err() != nil { // an unfinished line of a failing reader is no record
				yield(formats.Frame{}, w.Err())
				return
			}
			if err := ctx.Err(); err != nil {
				yield(formats.Frame{}, err)
				return
			}
			at.Line++
			if long != nil {
				long = append(long, data[next:min(end, next+headSize-len(long))]...)
			}
			if !f.line(w, &at, next, end, long, yield) {
				return
			}
			long = nil
			next = min(end+1, len(data))
			searched = next
		}
	}
}

// line yields one line's record; false where the consumer wants no more.
func (f *Format) line(w *window.Window, at *formats.Position, begin, end int, long []byte, yield func(formats.Frame, error) bool) bool {
	data := w.Data()
	if at.Line == 1 && bytes.HasPrefix(data[begin:end], []byte("\xEF\xBB\xBF")) {
		begin += 3
	}
	if long == nil {
		for begin < end && isSpace(data[begin]) {
			begin++
		}
		for begin < end && isSpace(data[end-1]) {
			end--
		}
		if begin == end {
			return true
		}
		at.Offset = w.Offset() + int64(begin)
	}
	at.Record++
	frame := formats.Frame{Position: *at}
	switch {
	case long != nil:
		frame.Bytes, frame.Err = bytes.TrimRight(long, " \t\r"), f.tooLong(*at)
	case end-begin > int(f.options.MaxRecord):
		frame.Bytes, frame.Err = bytes.Clone(data[begin:min(end, begin+headSize)]), f.tooLong(*at)
	default:
		frame.Bytes = w.Cut(begin, end)
		if f.leaveOut(frame.Bytes) {
			return true
		}
	}
	return yield(frame, nil)
}
