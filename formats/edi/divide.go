package edi

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/formats"
)

// divide gives the loops of a set that are records. A frame's bytes are the loop's; its Context is
// the envelope with what stands in the set before the first loop.
func (c *cutter) divide(set formats.Frame) bool {
	m := &message{}
	from := c.format.options.From
	err := c.format.prepare(m, set)
	l := c.format.layoutOf(m.kind())
	if err == nil && l == nil {
		err = &formats.SyntaxError{Position: set.Position, Found: "a set without a guide", Expected: "one with a guide, whose loops " + from + " are the records"}
	}
	var loop *loop
	if err == nil {
		if loop = l.root.repeated(from); loop == nil {
			err = &formats.SyntaxError{Position: set.Position, Found: "a set of " + l.name, Expected: "one that has loops " + from}
		}
	}
	if err != nil {
		set.Err = err
		return c.yieldFrame(set)
	}
	m.arrange(l)
	number, context := int64(0), []byte(nil)
	c.at.Record--
	for kid := m.items[0].child; kid >= 0; kid = m.items[kid].next {
		if p := m.items[kid].place; p == nil || p.loop != loop {
			continue
		}
		start, end := m.segments[m.items[kid].line].offset, m.end(kid)
		if context == nil {
			context = slices.Concat(set.Context, set.Bytes[:start])
		}
		number++
		c.at.Record++
		one := formats.Frame{Bytes: set.Bytes[start:end:end], Context: context, Position: set.Position, Header: set.Header}
		one.Position.Record, one.Position.Offset = c.at.Record, set.Position.Offset+int64(start)
		one.Position.Line += int64(bytes.Count(set.Bytes[:start], []byte{'\n'}))
		one.Position.Path += fmt.Sprintf(", %s loop %d", m.segments[m.items[kid].line].tag, number)
		if !c.yieldFrame(one) {
			return false
		}
	}
	return true
}

// end is where a segment or loop ends in the frame.
func (m *message) end(item int) int {
	last := m.segments[m.items[item].line].end
	for kid := m.items[item].child; kid >= 0; kid = m.items[kid].next {
		last = m.end(kid)
	}
	return last
}
