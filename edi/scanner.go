package edi

import (
	"errors"
	"fmt"
	"io"
)

// Defaults of a Scanner.
const (
	// DefaultLimit is how long a segment, or what stands between two interchanges, may be, in bytes.
	DefaultLimit = 16 << 20
	window       = 64 << 10
	firstStep    = 4 << 10
	lastStep     = 16 << 10
)

// Error is the end of what can be read as EDI.
type Error struct {
	Offset int64 // in the stream, of the first byte that is not read
	Err    error
}

// Error names the place and the reason.
func (e *Error) Error() string { return fmt.Sprintf("byte %d: %v", e.Offset, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Reasons why reading ends.
var (
	ErrNotEDI  = errors.New("no interchange begins here: expected ISA, UNA, UNB or STX")
	ErrUTF16   = errors.New("the stream is UTF-16, in which no interchange is written: convert it to UTF-8 first")
	ErrTooLong = errors.New("segment is longer than the limit")
	ErrJunk    = errors.New("no interchange begins within the limit")
)

// Scanner divides a stream into segments. A stream may hold several interchanges, each with
// delimiters and a standard of its own, and anything between them. The bytes of all segments, with
// what stands before each of them, and of Trailing in the end are the bytes of the stream.
//
// Memory is bounded by Limit; nothing is allocated for a segment.
type Scanner struct {
	// Limit is how long a segment, or what stands between two interchanges, may be, in bytes; 0
	// stands for DefaultLimit.
	Limit int

	src  io.Reader
	all  []byte // the slice that is scanned, where it is one
	buf  []byte
	base int64 // where buf begins in the stream
	eof  bool
	err  error

	from   int // where the next segment begins in buf, with what stands before it
	blanks int // up to where it is known to begin with blanks
	next   int // the next cut
	prev   cut // the cut before
	step   int // how much is swept next, in bytes
	many   int // with so many elements, a segment may have run into an interchange header
	sweep  sweep

	open    bool // delimiters are known
	closed  bool // the segment before was an interchange's trailer
	advised bool // the segment before was UNA
	index   int
	syntax  *Syntax
	seg     Segment
	ends    []uint32 // of a segment whose marks are not the sweep's
	subs    []uint32
	tail    []byte
}

// NewScanner scans a stream.
func NewScanner(r io.Reader) *Scanner { return &Scanner{src: r} }

// NewBytesScanner scans b without copying it; segments refer to b.
func NewBytesScanner(b []byte) *Scanner { return &Scanner{all: b} }

// Segment is the segment that Next found. It holds until Next is called again.
func (s *Scanner) Segment() *Segment { return &s.seg }

// Err is why Next gave false: nil at the end of the stream, else an *Error or what the reader gave.
func (s *Scanner) Err() error { return s.err }

// Trailing is what stands behind the last segment, once Next gave false: line breaks mostly. After
// an error it is what was read and belongs to no segment.
func (s *Scanner) Trailing() []byte { return s.tail }

// Next reads the next segment. It gives false at the end of the stream and where it ceases to be EDI.
func (s *Scanner) Next() bool {
	for s.err == nil {
		if s.next == len(s.sweep.cuts) || !s.open {
			if found, again := s.advance(); !again {
				return found
			}
			continue
		}
		c := s.sweep.cuts[s.next]
		ends := s.sweep.ends[s.prev.ends:c.ends]
		p, first, end := s.blanks, int(ends[0]), int(ends[len(ends)-1])
		for p < first && s.buf[p] <= ' ' {
			p++
		}
		if p == end && len(ends) == 1 && blank(s.buf[end]) { // an empty line where lines are segments
			s.next, s.prev, s.blanks = s.next+1, c, end+1
			continue
		}
		if b := s.buf[p]; b == 'I' || b == 'U' || b == 'S' || b == 'E' || b == 'B' || s.closed {
			if done, again := s.special(p); done {
				return true
			} else if again {
				continue
			}
		}
		if end-s.from > s.limit() {
			return s.fail(ErrTooLong)
		}
		if (len(ends) >= s.many || end-p > 4096) && s.suspicious(ends, end-p) && s.swallowed(p, end) {
			return true
		}
		s.deliver(p, end, ends, s.sweep.subs[s.prev.subs:c.subs])
		s.seg.Terminated = true
		s.next, s.prev, s.from, s.blanks = s.next+1, c, end+1, end+1
		return true
	}
	return false
}

// deliver sets the segment.
func (s *Scanner) deliver(start, end int, ends, subs []uint32) {
	g := &s.seg
	s.index++
	if s.syntax.Tag != 0 {
		ends, subs = s.splitTag(start, ends, subs)
	}
	g.Syntax, g.Index, g.Offset, g.Before = s.syntax, s.index, s.base+int64(start), s.buf[s.from:start]
	g.buf, g.start, g.end, g.ends, g.subs = s.buf, start, end, ends, subs
}

// splitTag sorts out the '=' after a TRADACOMS tag, which divides tag and first element, and those
// in values, which divide nothing: also one in its place where an element has ended before.
func (s *Scanner) splitTag(start int, ends, subs []uint32) (newEnds, newSubs []uint32) {
	s.ends, s.subs = s.ends[:0], s.subs[:0]
	for _, at := range subs {
		switch {
		case s.buf[at] != s.syntax.Tag:
			s.subs = append(s.subs, at)
		case int(at) == start+3 && (len(ends) == 0 || at < ends[0]):
			s.ends = append(s.ends, at)
		}
	}
	s.ends = append(s.ends, ends...)
	return s.ends, s.subs
}

// advance gets more of the stream where no segment is left in what was swept. It says whether a
// segment was found in another way, or whether to look again.
func (s *Scanner) advance() (found, again bool) {
	switch {
	case !s.open, s.closed && s.another(true):
		s.open = false
		return s.begin()
	case s.sweep.at < len(s.buf):
		if s.next > 0 {
			s.forget()
		}
		to := min(len(s.buf), s.sweep.at+s.step)
		s.step = min(2*s.step, lastStep)
		s.sweep.run(s.buf, to)
		return false, true
	case (s.eof || len(s.buf)-s.from > s.limit()) && s.another(false):
		s.open = false
		return false, true
	case s.eof:
		return s.finish(), false
	case len(s.buf)-s.from > s.limit():
		if s.swallowed(s.blanks, len(s.buf)) {
			return true, false
		}
		return s.fail(ErrTooLong), false
	}
	return false, s.read()
}

func (s *Scanner) limit() int {
	if s.Limit > 0 {
		return max(s.Limit, 1024)
	}
	return DefaultLimit
}

// forget drops the marks of segments that were delivered.
func (s *Scanner) forget() {
	w := &s.sweep
	w.ends = w.ends[:copy(w.ends, w.ends[s.prev.ends:])]
	w.subs = w.subs[:copy(w.subs, w.subs[s.prev.subs:])]
	w.cuts, s.next, s.prev = w.cuts[:0], 0, cut{}
}

// begin looks for the next interchange from s.from on: at the start of the stream, and behind what
// belongs to no interchange. It says that a segment was found, or whether to look again.
func (s *Scanner) begin() (found, again bool) {
	if len(s.buf)-s.from < lookahead && !s.eof {
		return false, s.read()
	}
	p := s.from
	if s.base+int64(p) == 0 && len(s.buf) >= 3 && string(s.buf[:3]) == "\xef\xbb\xbf" {
		p += 3
	}
	for p < len(s.buf) && blank(s.buf[p]) {
		p++
	}
	h := detect(s.buf[p:])
	if h == nil && s.index == 0 {
		h = detectHeadless(s.buf[p:])
	}
	if h != nil && len(s.buf)-p < lookahead && !s.eof {
		return false, s.read()
	}
	for h == nil {
		at := find(s.buf[p:])
		if at >= 0 && (len(s.buf)-p-at >= lookahead || s.eof) {
			if h = detect(s.buf[p+at:]); h == nil { // it only looks like one
				at++
			}
			p += at
			continue
		}
		if !s.eof && len(s.buf)-s.from <= s.limit() {
			return false, s.read()
		}
		break
	}
	if h == nil {
		s.tail = s.buf[s.from:]
		return false, s.none()
	}
	done := s.enter(p, h)
	return done, !done
}

// none ends the stream where no interchange begins.
func (s *Scanner) none() bool {
	switch {
	case !s.eof:
		return s.fail(ErrJunk)
	case s.index == 0 && len(s.tail) > 2 && (string(s.tail[:2]) == "\xff\xfe" || string(s.tail[:2]) == "\xfe\xff"):
		return s.fail(ErrUTF16)
	case s.index == 0 && afterBlanks(s.tail, 0) < len(s.tail):
		return s.fail(ErrNotEDI)
	}
	return false
}

func (s *Scanner) fail(reason error) bool {
	s.tail = s.buf[s.from:]
	s.err = &Error{Offset: s.base + int64(s.from), Err: reason}
	return false
}

// Count is how many segments were read. UNA is none.
func (s *Scanner) Count() int { return s.index }

// Junk is the place of the bytes at the end of the stream that belong to no interchange, once Next
// gave false; -1 where there are none.
func (s *Scanner) Junk() int64 {
	if s.err != nil || !junk(s.tail, s.index == 0) {
		return -1
	}
	return s.base + int64(s.from)
}
