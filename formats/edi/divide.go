package edi

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/formats"
)

// divide gives the loops of a set that are records. A frame's bytes are the loop's; its Context is
// the envelope with what stands in the set before the first loop, and in the loops around it before
// the first one there.
func (c *cutter) divide(set formats.Frame) bool {
	d := &divider{cutter: c, set: set, message: &message{}}
	from := c.format.options.From
	err := c.format.prepare(d.message, &formats.Arena{}, set)
	l := c.format.layoutOf(d.message.kind())
	if err == nil && l == nil {
		err = &formats.SyntaxError{Position: set.Position, Found: "a set without a guide", Expected: "one with a guide, whose loops " + from + " are the records"}
	}
	if err == nil {
		if d.path = l.root.repeated(from); d.path == nil {
			err = &formats.SyntaxError{Position: set.Position, Found: "a set of " + l.name, Expected: "one that has loops " + from}
		}
	}
	if err != nil {
		set.Err = err
		return c.yieldFrame(set)
	}
	d.arrange(l)
	c.at.Record--
	return d.level(0, 0, set.Context, 0)
}

// divider goes through one set.
type divider struct {
	*cutter
	*message
	set    formats.Frame
	path   []*loop // down to the loop of which each is a record
	number int
}

// level gives the records below an item. start is where the item begins in the set.
func (d *divider) level(depth, item int, context []byte, start int) bool {
	below := []byte(nil)
	for kid := d.items[item].child; kid >= 0; kid = d.items[kid].next {
		if p := d.items[kid].place; p == nil || p.loop != d.path[depth] {
			continue
		}
		at := d.segments[d.items[kid].line].offset
		if below == nil {
			below = slices.Concat(context, d.set.Bytes[start:at])
		}
		if depth < len(d.path)-1 {
			if !d.level(depth+1, kid, below, at) {
				return false
			}
		} else if !d.record(kid, below, at) {
			return false
		}
	}
	return true
}

func (d *divider) record(kid int, context []byte, start int) bool {
	d.number++
	d.at.Record++
	end := d.message.end(kid)
	one := formats.Frame{Bytes: d.set.Bytes[start:end:end], Context: context, Position: d.set.Position, Header: d.set.Header}
	one.Position.Record, one.Position.Offset = d.at.Record, d.set.Position.Offset+int64(start)
	one.Position.Line += int64(bytes.Count(d.set.Bytes[:start], []byte{'\n'}))
	one.Position.Path += fmt.Sprintf(", %s loop %d", d.segments[d.items[kid].line].tag, d.number)
	return d.yieldFrame(one)
}

// end is where a segment or loop ends in the frame.
func (m *message) end(item int) int {
	last := m.segments[m.items[item].line].end
	for kid := m.items[item].child; kid >= 0; kid = m.items[kid].next {
		last = m.end(kid)
	}
	return last
}
