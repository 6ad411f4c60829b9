// Package split cuts a stream of interchanges into streams of their own. A stream comes in and for
// each interchange, or each set with envelopes around it, a whole interchange goes out, whose trailers
// count what is in it. It changes nothing in between headers and trailers.
package split

import (
	"bytes"
	"io"

	"github.com/touchstone-hub/touchstone/edi"
)

// By says what becomes a stream of its own.
type By int

// What a stream may be cut into.
const (
	Interchanges By = iota
	Sets
)

// Part is what one stream of those that come out holds.
type Part struct {
	Number      int // from 1
	Interchange *edi.Interchange
	Group       *edi.Group // of a set; nil where it has none
	Set         *edi.Set   // nil for an interchange
}

// Split cuts what w walks. For each part, create gives where to write it, which is closed when all of
// it is written. What is outside of interchanges, and of sets where sets are asked for, is left out.
// The error is that of create, of writing, or why the walk ended.
func Split(w *edi.Walker, by By, create func(Part) (io.WriteCloser, error)) error {
	s := &splitter{by: by, create: create}
	for w.Next() {
		if err := s.event(w.Event()); err != nil {
			if s.out != nil {
				_ = s.out.Close()
			}
			return err
		}
	}
	return w.Err()
}

type splitter struct {
	by     By
	create func(Part) (io.WriteCloser, error)
	number int
	advice *edi.Segment // UNA, before the header that it is for
	gap    []byte       // what the sender puts after each segment, such as a line break
	lacks  bool         // the segment that was written last has it not yet
	out    io.WriteCloser
	w      *edi.Writer
}

func (s *splitter) event(e *edi.Event) error {
	if g := e.Segment; g != nil && e.Kind != edi.InterchangeStart && e.Kind != edi.Advice {
		s.gap = lineBreak(g.Before)
	}
	switch e.Kind {
	case edi.Advice:
		s.advice = e.Segment.Clone()
	case edi.InterchangeStart:
		if s.advice != nil && (e.Segment == nil || s.advice.Syntax != e.Segment.Syntax) {
			s.advice = nil // it was for another
		}
		if s.gap = nil; s.advice != nil {
			s.gap = lineBreak(e.Segment.Before)
		}
		if s.by == Interchanges {
			return s.begin(e)
		}
	case edi.SetStart:
		if s.by == Sets {
			if err := s.begin(e); err != nil {
				return err
			}
		}
		return s.copy(e.Segment)
	case edi.SetEnd:
		if s.by == Sets {
			return s.end()
		}
		return s.write(s.w.CloseSet)
	case edi.GroupStart:
		if s.by == Interchanges {
			return s.copy(e.Segment)
		}
	case edi.GroupEnd:
		if s.by == Interchanges {
			return s.write(s.w.CloseGroup)
		}
	case edi.InterchangeEnd:
		if s.by == Interchanges {
			return s.end()
		}
	case edi.SegmentRead:
		if s.out != nil {
			return s.copy(e.Segment)
		}
	}
	return nil
}

// lineBreak is what stands between segments without junk and indentation.
func lineBreak(before []byte) []byte {
	if n := bytes.LastIndexByte(before, '\n'); n >= 0 {
		if n > 0 && before[n-1] == '\r' {
			return []byte("\r\n")
		}
		return []byte("\n")
	}
	return nil
}

// begin begins a part with the headers that stand around it.
func (s *splitter) begin(e *edi.Event) error {
	s.number++
	p := Part{Number: s.number, Interchange: e.Interchange, Set: e.Set}
	if e.Set != nil {
		p.Group = e.Group
	}
	out, err := s.create(p)
	if err != nil {
		return err
	}
	s.out, s.w = out, edi.NewWriter(out, e.Interchange.Syntax)
	if err := s.copy(s.advice); err != nil {
		return err
	}
	if err := s.copy(e.Interchange.Header); err != nil {
		return err
	}
	if e.Set != nil && e.Group != nil {
		return s.copy(e.Group.Header)
	}
	return nil
}

// copy writes a segment as it was, terminated.
func (s *splitter) copy(g *edi.Segment) error {
	if g == nil || s.w == nil {
		return nil
	}
	if err := s.breakLine(); err != nil {
		return err
	}
	s.lacks = true
	c := *g
	c.Before = nil
	if err := s.w.Copy(&c); err != nil || g.Terminated {
		return err
	}
	_, err := s.out.Write([]byte{g.Syntax.Segment})
	return err
}

// breakLine writes the line break that the segment before lacks.
func (s *splitter) breakLine() error {
	if !s.lacks || s.out == nil {
		return nil
	}
	s.lacks = false
	_, err := s.out.Write(s.gap)
	return err
}

func (s *splitter) write(trailer func() error) error {
	if err := s.breakLine(); err != nil {
		return err
	}
	s.w.Break = string(s.gap)
	return trailer()
}

func (s *splitter) end() error {
	if s.out == nil {
		return nil
	}
	err := s.write(s.w.CloseInterchange)
	if closed := s.out.Close(); err == nil {
		err = closed
	}
	s.out, s.w, s.lacks = nil, nil, false
	return err
}
