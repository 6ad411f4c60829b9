// Package window shows a stream of bytes through a window that slides over it.
//
// In comes a reader of any length; out go the bytes at hand and, of these, records cut without
// copying. The package never holds more than what its caller asks it to keep, plus one read, and
// never gives a byte that it has lent to anything else.
package window

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Reads begin small, so that a webhook's body of 1 KB costs little, and grow for files.
const (
	firstRead = 4 << 10
	largeRead = 256 << 10
)

// Window is a view of a reader. The zero value is of no use; see New.
type Window struct {
	ctx    context.Context
	r      io.Reader
	data   []byte // the bytes in view
	whole  []byte // the buffer that data lies in, from its beginning
	lent   bool   // bytes of whole were cut out: it must not be written over
	offset int64
	size   int
	err    error
}

// New returns a window on r that shows nothing yet.
func New(ctx context.Context, r io.Reader) *Window {
	return &Window{ctx: ctx, r: r, size: firstRead}
}

// Data are the bytes in view, valid until the next Fill.
func (w *Window) Data() []byte { return w.data }

// Offset is the place in the stream of the first byte in view.
func (w *Window) Offset() int64 { return w.offset }

// Cut lends bytes in view for good: they stay as they are for as long as somebody holds them.
func (w *Window) Cut(from, to int) []byte {
	w.lent = true
	return w.data[from:to:to]
}

// Fill lets the first drop bytes go out of view and brings more into it. It returns false where
// there are no more, or where reading failed (see Err).
func (w *Window) Fill(drop int) bool {
	w.offset += int64(drop)
	w.data = w.data[drop:]
	if w.err != nil {
		return false
	}
	if len(w.data) == cap(w.data) {
		w.room()
	}
	for range 100 {
		if w.err = w.ctx.Err(); w.err != nil {
			return false
		}
		n, err := w.r.Read(w.data[len(w.data):cap(w.data)])
		w.data = w.data[:len(w.data)+n]
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// room makes space behind the bytes in view: in the same buffer where nothing of it was lent and
// enough of it has gone out of view, otherwise in a new one.
func (w *Window) room() {
	if !w.lent && len(w.whole) >= w.size && len(w.data) <= len(w.whole)/2 {
		n := copy(w.whole, w.data)
		w.data = w.whole[:n]
		return
	}
	whole := make([]byte, max(w.size, 2*len(w.data)))
	w.size = min(4*w.size, largeRead)
	n := copy(whole, w.data)
	w.whole, w.data, w.lent = whole, whole[:n], false
}

// Err is what ended the stream: nil at its regular end and before.
func (w *Window) Err() error {
	switch {
	case w.err == nil, errors.Is(w.err, io.EOF):
		return nil
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	}
	return fmt.Errorf("read at byte %d: %w", w.offset+int64(len(w.data)), w.err)
}

// Drop lets the first n bytes go out of view without bringing more into it.
func (w *Window) Drop(n int) {
	w.offset += int64(n)
	w.data = w.data[n:]
}
