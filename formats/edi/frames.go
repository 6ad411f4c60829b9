package edi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/formats"
)

// Frames cuts interchanges into sets; see [formats.Format]. A frame's bytes are the set from its
// header to its trailer; its Context is what stands around it: the header of the interchange, with
// the service string advice, and that of the group. A set without its trailer, or whose trailer
// counts or numbers otherwise, is a bad record, as are segments that are in no set and trailers of
// groups and interchanges that count or number otherwise: each of these costs nothing else.
func (f *Format) Frames(ctx context.Context, r io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	return func(yield func(formats.Frame, error) bool) {
		failing := &failingReader{ctx: ctx, r: r}
		s := edilib.NewScanner(failing)
		s.Limit = f.max
		c := &cutter{format: f, ctx: ctx, yield: yield, at: formats.Position{Origin: origin, Line: 1}}
		for s.Next() {
			if ctx.Err() != nil || !c.segment(s.Segment()) {
				break
			}
		}
		switch {
		case c.stopped:
		case ctx.Err() != nil:
			yield(formats.Frame{}, ctx.Err())
		case failing.err != nil:
			yield(formats.Frame{}, failing.err)
		default:
			c.end(s)
		}
	}
}

// failingReader keeps what a reader failed with, and fails once its context ends.
type failingReader struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (r *failingReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// cutter gathers the segments of one set after the other.
type cutter struct {
	format  *Format
	ctx     context.Context
	yield   func(formats.Frame, error) bool
	stopped bool

	at          formats.Position
	line        int64 // of what comes next
	interchange level
	group       level
	advice      []byte // UNA
	context     []byte // shared by the frames of a group; nil where it has to be put together
	sender      string
	receiver    string
	version     string

	open     bool
	set      []byte
	start    formats.Position
	count    int // segments of the set
	control  string
	kind     string
	tooLong  bool
	unplaced []byte // segments outside of sets, which are one bad record together
	placed   formats.Position
}

// level is an interchange or a group: its header, its control number, and what was counted in it.
type level struct {
	open    bool
	header  []byte
	control string
	count   int
	number  int
}

// segment takes one segment; false ends reading.
func (c *cutter) segment(g *edilib.Segment) bool {
	c.advance(g.Before)
	tag := string(g.Tag())
	var handled bool
	switch {
	case tag == "UNA":
		handled = c.endSet("the next interchange")
		c.advice = bytes.Clone(g.Bytes())
	case tag == "ISA" || tag == "UNB":
		handled = c.endSet("the next interchange") && c.begin(g)
	case tag == "GS" || tag == "UNG":
		handled = c.endSet("the next group") && c.beginGroup(g)
	case tag == "ST" && g.Syntax.Standard == edilib.X12 || tag == "UNH":
		handled = c.endSet("the next set") && c.beginSet(g)
	case tag == "SE" && g.Syntax.Standard == edilib.X12 || tag == "UNT":
		handled = c.trailer(g)
	case tag == "GE" || tag == "UNE":
		handled = c.endSet("the group's trailer") && c.endLevel(g, &c.group, "group", c.group.count)
	case tag == "IEA" || tag == "UNZ":
		counted := c.interchange.count
		handled = c.endSet("the interchange's trailer") && c.endLevel(g, &c.interchange, "interchange", counted)
		c.group, c.advice = level{}, nil
	default:
		handled = c.inSet(g)
	}
	c.advance(g.Bytes())
	c.stopped = c.stopped || !handled
	return handled
}

// advance counts lines.
func (c *cutter) advance(b []byte) {
	c.line += int64(bytes.Count(b, []byte{'\n'}))
}

func (c *cutter) place(g *edilib.Segment) formats.Position {
	p := c.at
	p.Offset, p.Line = g.Offset, c.line+1
	return p
}

func value1(g *edilib.Segment, element, component int) string {
	return strings.TrimSpace(string(g.Syntax.Plain(g.Component(element, 1, component))))
}

func (c *cutter) begin(g *edilib.Segment) bool {
	c.group, c.context, c.version = level{}, nil, ""
	c.interchange = level{open: true, header: bytes.Clone(g.Bytes())}
	if g.Syntax.Standard == edilib.X12 {
		c.interchange.control = value1(g, 13, 1)
		c.sender, c.receiver = value1(g, 6, 1), value1(g, 8, 1)
	} else {
		c.interchange.control = value1(g, 5, 1)
		c.sender, c.receiver = value1(g, 2, 1), value1(g, 3, 1)
	}
	return true
}

func (c *cutter) beginGroup(g *edilib.Segment) bool {
	c.interchange.count++
	c.context = nil
	number := c.group.number + 1
	c.group = level{open: true, header: bytes.Clone(g.Bytes()), number: number}
	if g.Syntax.Standard == edilib.X12 {
		c.group.control, c.version = value1(g, 6, 1), value1(g, 8, 1)
	} else {
		c.group.control = value1(g, 5, 1)
	}
	return true
}

func (c *cutter) beginSet(g *edilib.Segment) bool {
	if !c.flush() {
		return false
	}
	if c.group.open {
		c.group.count++
	} else {
		c.interchange.count++
	}
	c.at.Record++
	c.open, c.count, c.tooLong = true, 1, false
	c.start = c.place(g)
	c.set = append([]byte(nil), g.Bytes()...)
	if g.Syntax.Standard == edilib.X12 {
		c.kind, c.control = value1(g, 1, 1), value1(g, 2, 1)
		if v := value1(g, 3, 1); v != "" {
			c.version = v
		}
	} else {
		c.kind, c.control = value1(g, 2, 1), value1(g, 1, 1)
		c.version = value1(g, 2, 2) + "." + value1(g, 2, 3)
	}
	return true
}

// inSet takes a segment that is no envelope.
func (c *cutter) inSet(g *edilib.Segment) bool {
	if !c.open {
		if c.unplaced == nil {
			c.at.Record++
			c.placed = c.place(g)
		} else {
			c.unplaced = append(c.unplaced, g.Before...)
		}
		if len(c.unplaced) < c.format.max {
			c.unplaced = append(c.unplaced, g.Bytes()...)
		}
		return true
	}
	c.count++
	c.gather(g)
	return true
}

func (c *cutter) gather(g *edilib.Segment) {
	if c.tooLong = c.tooLong || len(c.set)+len(g.Before)+len(g.Bytes()) > c.format.max; c.tooLong {
		return
	}
	c.set = append(append(c.set, g.Before...), g.Bytes()...)
}

// trailer ends a set.
func (c *cutter) trailer(g *edilib.Segment) bool {
	if !c.open {
		return c.inSet(g)
	}
	c.count++
	c.gather(g)
	count, control := value1(g, 1, 1), value1(g, 2, 1)
	n, err := strconv.Atoi(count)
	switch {
	case err != nil || n != c.count:
		return c.emit(c.wrong(g, fmt.Sprintf("the trailer counts %q segments", count), strconv.Itoa(c.count)))
	case control != c.control:
		return c.emit(c.wrong(g, fmt.Sprintf("the trailer has the control number %q", control), fmt.Sprintf("%q as in the header", c.control)))
	case !g.Terminated:
		return c.emit(c.wrong(g, "the end of the file within the trailer", "the segment's terminator"))
	}
	return c.emit(nil)
}

func (c *cutter) wrong(g *edilib.Segment, found, expected string) error {
	return &formats.SyntaxError{Position: c.position(), Offset: g.Offset - c.start.Offset, Found: found, Expected: expected}
}

// endSet makes a bad record of a set that has no trailer.
func (c *cutter) endSet(found string) bool {
	if !c.open {
		return c.flush()
	}
	return c.emit(&formats.SyntaxError{Position: c.position(), Offset: int64(len(c.set)), Found: found, Expected: "the set's trailer"})
}

// position says where the set stands.
func (c *cutter) position() formats.Position {
	p := c.start
	p.Path = ""
	if c.interchange.control != "" {
		p.Path = "interchange " + c.interchange.control + ", "
	}
	word := "set "
	if c.format.standard == edilib.EDIFACT {
		word = "message "
	}
	if c.group.open {
		p.Path += "group " + c.group.control + ", "
	}
	p.Path += word + c.control
	return p
}

// emit gives the set that is open.
func (c *cutter) emit(err error) bool {
	c.open = false
	if c.tooLong {
		err = &formats.SyntaxError{Position: c.position(), Offset: int64(len(c.set)), Found: "more", Expected: fmt.Sprintf("at most %d bytes (max_record)", c.format.max)}
	}
	if c.context == nil {
		c.context = bytes.Join([][]byte{c.advice, c.interchange.header, c.group.header}, nil)
	}
	fr := formats.Frame{Bytes: c.set, Context: c.context, Position: c.position(), Err: err, Header: map[string]string{
		"interchange": c.interchange.control, "set": c.control, "type": c.kind, "version": c.version,
		"sender": c.sender, "receiver": c.receiver,
	}}
	if c.group.open {
		fr.Header["group"] = c.group.control
	}
	c.set = nil
	if c.format.options.From != "" && err == nil {
		return c.divide(fr)
	}
	return c.yieldFrame(fr)
}

func (c *cutter) yieldFrame(fr formats.Frame) bool {
	if c.ctx.Err() != nil {
		return false
	}
	c.stopped = !c.yield(fr, nil)
	return !c.stopped
}

// flush makes one bad record of segments that are in no set.
func (c *cutter) flush() bool {
	if c.unplaced == nil {
		return true
	}
	b := c.unplaced
	c.unplaced = nil
	return c.yieldFrame(formats.Frame{Bytes: b, Context: c.context, Position: c.placed, Err: &formats.SyntaxError{
		Position: c.placed, Found: "segments outside of a set", Expected: "a set's header: ST or UNH",
	}})
}

// endLevel checks the trailer of a group or interchange, which is a bad record where it is wrong.
func (c *cutter) endLevel(g *edilib.Segment, of *level, what string, counted int) bool {
	count, control := value1(g, 1, 1), value1(g, 2, 1)
	n, err := strconv.Atoi(count)
	found, expected := "", ""
	switch {
	case !of.open:
		found, expected = "the trailer of "+what+" "+control, "its header before it"
	case err != nil || n != counted:
		found, expected = fmt.Sprintf("the trailer of the %s counts %q", what, count), strconv.Itoa(counted)
	case control != of.control:
		found, expected = fmt.Sprintf("the trailer of the %s has the control number %q", what, control), fmt.Sprintf("%q as in its header", of.control)
	}
	of.open, c.context = false, nil
	if what == "interchange" {
		*of = level{}
	}
	if found == "" {
		return true
	}
	c.at.Record++
	p := c.place(g)
	return c.yieldFrame(formats.Frame{Bytes: bytes.Clone(g.Bytes()), Position: p, Err: &formats.SyntaxError{Position: p, Found: found, Expected: expected}})
}

// end is the end of the stream.
func (c *cutter) end(s *edilib.Scanner) {
	if !c.endSet("the end of the file") {
		return
	}
	err := s.Err()
	rest := s.Trailing()
	if err == nil && !c.interchange.open {
		return
	}
	c.at.Record++
	p := c.at
	p.Line = c.line + 1
	var ended *edilib.Error
	if errors.As(err, &ended) {
		p.Offset = ended.Offset
	} else {
		c.missing(p)
		return
	}
	c.yieldFrame(formats.Frame{Bytes: bytes.Clone(rest), Position: p, Err: &formats.SyntaxError{
		Position: p, Found: ended.Err.Error(), Expected: "an interchange",
	}})
}

// missing tells of an interchange without its trailer, with nothing of it lost: its sets were read.
func (c *cutter) missing(p formats.Position) {
	p.Offset = c.start.Offset + int64(len(c.set))
	c.yieldFrame(formats.Frame{Position: p, Err: &formats.SyntaxError{
		Position: p, Found: "the end of the file", Expected: "the trailer of interchange " + c.interchange.control,
	}})
}
