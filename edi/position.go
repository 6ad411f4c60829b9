package edi

import (
	"fmt"
	"strings"
)

// Position is a place in a stream of interchanges.
type Position struct {
	Offset     int64  // in bytes from the start of the stream, 0 for its first byte
	Segment    int    // the segment's number in the stream, from 1; UNA does not count; 0 where there is none
	InSet      int    // the segment's number in its set, the set header being 1 (AK302, UCS 0096); 0 outside of sets
	Tag        string // the segment's tag
	Element    int    // the element's number, from 1; 0 stands for the segment as a whole
	Component  int    // the component's number, from 1; 0 stands for the element as a whole
	Repetition int    // the repetition's number, from 1; 0 where the element does not repeat
}

// String is the place as people write it: `PO1-03.2(4)`, the number in brackets being the repetition.
func (p Position) String() string {
	var b strings.Builder
	b.WriteString(p.Tag)
	if p.Element > 0 {
		fmt.Fprintf(&b, "-%02d", p.Element)
	}
	if p.Component > 0 {
		fmt.Fprintf(&b, ".%d", p.Component)
	}
	if p.Repetition > 1 {
		fmt.Fprintf(&b, "(%d)", p.Repetition)
	}
	return b.String()
}
