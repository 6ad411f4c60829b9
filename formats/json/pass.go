package json

import (
	"encoding/binary"
	"math/bits"
)

// pass goes over one value, following quotes and brackets. Where mark is set the value is kept.
func (f *framer) pass() error {
	var nest nesting
	for {
		switch c := f.next(); c {
		case '"':
			if !f.passString() {
				return f.broken(f.i, "the string's closing quote")
			}
		case '{', '[':
			nest.open(c)
			f.i++
		case '}', ']':
			if !nest.close(c) {
				return f.broken(f.i, nest.expected())
			}
			f.i++
		case ',', ':':
			if nest.depth == 0 {
				return f.broken(f.i, "a value")
			}
			f.i++
		default:
			if !f.passScalar() {
				return f.broken(f.i, nest.expected())
			}
		}
		if nest.depth == 0 {
			return nil
		}
		f.passPlain()
	}
}

// plain are the bytes between brackets and quotes that need no look.
var plain = func() (t [256]bool) {
	for _, c := range []byte(" \t\r\n,:0123456789+-.eEtrufalsn") {
		t[c] = true
	}
	return t
}()

func (f *framer) passPlain() {
	i := f.i
	for i < len(f.data) && plain[f.data[i]] {
		i++
	}
	f.i = i
}

// passScalar goes over a number or a word; false where there is none.
func (f *framer) passScalar() bool {
	n := 0
	for {
		for ; f.i < len(f.data); f.i++ {
			switch c := f.data[f.i]; c {
			case ' ', '\t', '\r', '\n', ',', ':', '"', '{', '}', '[', ']':
				return n > 0
			}
			n++
		}
		if !f.more() {
			return n > 0 && f.w.Err() == nil
		}
	}
}

// passString goes over the string that begins here; false where it does not end.
func (f *framer) passString() bool {
	f.i++
	for {
		i, data := f.i, f.data
		for i+8 <= len(data) {
			w := binary.LittleEndian.Uint64(data[i:])
			quote, slash := w^ones*'"', w^ones*'\\'
			if m := ((quote-ones)&^quote | (slash-ones)&^slash) & highs; m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		for i < len(data) && data[i] != '"' && data[i] != '\\' {
			i++
		}
		if i < len(data) && data[i] == '"' {
			f.i = i + 1
			return true
		}
		if i+1 < len(data) {
			f.i = i + 2 // a backslash and what it escapes
			continue
		}
		f.i = i
		if !f.more() {
			return false
		}
	}
}

// nesting remembers which brackets are open: one bit each for the first levels, only their number
// beyond those, where Decode refuses the record anyway.
type nesting struct {
	depth int
	kinds [maxDepth / 64]uint64
}

func (n *nesting) open(c byte) {
	if n.depth < maxDepth {
		bit := uint64(1) << (n.depth % 64)
		if c == '{' {
			n.kinds[n.depth/64] |= bit
		} else {
			n.kinds[n.depth/64] &^= bit
		}
	}
	n.depth++
}

func (n *nesting) object() bool {
	at := n.depth - 1
	return n.kinds[at/64]>>(at%64)&1 == 1
}

// close is false where c does not close what is open.
func (n *nesting) close(c byte) bool {
	if n.depth == 0 || n.depth <= maxDepth && n.object() != (c == '}') {
		return false
	}
	n.depth--
	return true
}

func (n *nesting) expected() string {
	switch {
	case n.depth == 0:
		return "a value"
	case n.depth <= maxDepth && n.object():
		return `"}"`
	}
	return `"]"`
}
