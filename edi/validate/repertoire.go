package validate

import (
	"encoding/binary"

	"github.com/touchstone-hub/touchstone/edi"
)

// repertoire is which bytes may stand in a segment.
type repertoire struct {
	name  string
	table *[256]bool // nil: everything but control characters
}

var (
	x12Bytes    = &repertoire{name: "X12"}
	wideBytes   = &repertoire{name: "its character set"}
	levelA      = level("UNOA", " .,-()/=!\"%&*;<>'+:?", 'A', 'Z', '0', '9')
	levelB      = level("UNOB", " .,-()/=!\"%&*;<>'+:?", 'A', 'Z', '0', '9', 'a', 'z')
	repertoires = map[string]*repertoire{"UNOA": levelA, "UNOB": levelB}
)

// level makes the repertoire of a level of ISO 9735 (annex A of 1988): marks, and
// ranges of letters and digits.
func level(name, marks string, ranges ...byte) *repertoire {
	r := &repertoire{name: name, table: &[256]bool{}}
	for i := range len(marks) {
		r.table[marks[i]] = true
	}
	for i := 0; i < len(ranges); i += 2 {
		for b := int(ranges[i]); b <= int(ranges[i+1]); b++ {
			r.table[b] = true
		}
	}
	return r
}

func repertoireOf(y *edi.Syntax) *repertoire {
	if y.Standard == edi.X12 {
		return x12Bytes
	}
	if r := repertoires[y.Repertoire]; r != nil {
		return r
	}
	return wideBytes
}

// odd says whether a segment has bytes that the repertoire lacks, or may lack:
// control characters and, of all repertoires, bytes beyond ASCII.
func (r *repertoire) odd(b []byte) bool {
	if r.table != nil {
		ok := true
		for _, x := range b {
			ok = ok && r.table[x]
		}
		return !ok
	}
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(b) >= 8 {
		x := binary.LittleEndian.Uint64(b)
		if (x|(x-0x20*ones))&highs != 0 {
			return true
		}
		b = b[8:]
	}
	for _, x := range b {
		if x < ' ' || x >= 0x80 {
			return true
		}
	}
	return false
}

// characters tells of the first byte of a segment that may not stand there: of a
// control character as a fault, of one that only the declared repertoire lacks as
// a warning, since it is clear what is meant, and half the world sends small
// letters as UNOA.
func (c *checker) characters(segment []byte) {
	y := c.syntax
	for i, b := range segment {
		switch {
		case y.Has(b) || b == y.Tag && b != 0 || y.Wrapped && (b == '\r' || b == '\n'):
			continue
		case b < ' ' || b == 0x7F:
			c.badCharacter(segment, i, false)
			return
		case c.chars.table != nil && !c.chars.table[b]:
			c.badCharacter(segment, i, true)
			return
		}
	}
}

func (c *checker) badCharacter(segment []byte, at int, warning bool) {
	element, component := 0, 1
	for i := range at {
		switch b := segment[i]; {
		case c.syntax.Release != 0 && i > 0 && segment[i-1] == c.syntax.Release:
		case b == c.syntax.Element:
			element, component = element+1, 1
		case b == c.syntax.Component:
			component++
		}
	}
	p := c.seg.At(element, 0, component)
	p.Offset, p.InSet = c.seg.Offset+int64(at), c.inSet
	level := edi.InElement
	if element == 0 {
		level = edi.InSegment
	}
	if p.Component == 1 && c.seg.Simple(element) {
		p.Component = 0
	}
	c.add(edi.Fault{
		Level: level, Kind: edi.BadCharacter, Position: p, Found: edi.Found(segment[at : at+1]),
		Expected: "a character of " + c.chars.name, Warning: warning,
	})
}
