package edi

import (
	"encoding/binary"
	"math/bits"
)

// sweep finds the delimiters of a window 64 bytes at a time. Eight bytes are compared with each
// delimiter in a few operations on one word, the results become one bit a byte, and what is then done
// for a delimiter is done without looking at the byte again.
type sweep struct {
	// one delimiter each, in all eight bytes of a word
	element, component, repetition, segment, release uint64

	divides  bool // components or repetitions are in use
	releases bool // release characters are in use
	slow     bool // a delimiter is beyond ASCII: compare byte by byte
	d        Delimiters

	at   int  // how far the window has been swept
	skip bool // the byte at `at` is released by the one before it

	ends []uint32 // element separators and terminators
	subs []uint32 // component and repetition separators
	cuts []cut    // segments
}

// cut is where a segment ends in ends and subs, exclusively.
type cut struct{ ends, subs uint32 }

const (
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
	// gather multiplied with a word that has at most the highest bit of each byte puts them side by side in its highest byte.
	gather = 0x0002040810204081
)

// reset begins at a place of the window with delimiters that may be new.
func (s *sweep) reset(d Delimiters, at int) {
	s.at, s.skip = at, false
	s.ends, s.subs, s.cuts = s.ends[:0], s.subs[:0], s.cuts[:0]
	if s.d == d && s.element != 0 {
		return
	}
	s.d = d
	component, repetition := d.Component, d.Repetition
	if d.Tag != 0 {
		repetition = d.Tag // sorted out segment by segment
	}
	if component == 0 {
		component = repetition
	}
	if repetition == 0 {
		repetition = component
	}
	s.divides, s.releases = component != 0, d.Release != 0
	s.element, s.segment = ones*uint64(d.Element), ones*uint64(d.Segment)
	s.component, s.repetition = ones*uint64(component), ones*uint64(repetition)
	s.release = ones * uint64(d.Release)
	s.slow = (d.Element|component|repetition|d.Segment|d.Release)&0x80 != 0
}

// run sweeps buf from where it stopped up to the place given.
func (s *sweep) run(buf []byte, to int) {
	for to-s.at >= 64 {
		if s.runVectors(buf, to); to-s.at < 64 {
			break
		}
		s.block((*[64]byte)(buf[s.at:]), 64)
	}
	if n := to - s.at; n > 0 {
		var rest [64]byte
		copy(rest[:], buf[s.at:to])
		s.block(&rest, n)
	}
}

// block takes the n bytes of b that count.
func (s *sweep) block(b *[64]byte, n int) {
	var e, c, t, r uint64
	switch {
	case s.slow:
		e, c, t, r = s.bytewise(b)
	case s.releases:
		e, c, t, r = s.wordsRelease(b)
	default:
		e, c, t = s.words(b)
	}
	if n < 64 {
		valid := uint64(1)<<n - 1
		e, c, t, r = e&valid, c&valid, t&valid, r&valid
	}
	if r != 0 || s.skip {
		keep := ^s.released(r, n)
		e, c, t = e&keep, c&keep, t&keep
	}
	s.mark(e, c, t)
	s.at += n
}

// words gives for each byte whether it separates elements or ends a segment (e), divides an element
// (c) and ends a segment (t).
func (s *sweep) words(b *[64]byte) (e, c, t uint64) {
	for i := 0; i < 8; i++ {
		w := binary.LittleEndian.Uint64(b[i*8 : i*8+8])
		low, high := w&lows, ^w&highs
		// a byte of low that equals the delimiter leaves the sum's highest bit clear
		te := (low ^ s.segment) + lows
		ee := ((low ^ s.element) + lows) & te
		cc := ((low ^ s.component) + lows) & ((low ^ s.repetition) + lows)
		e |= (^ee & high) * gather >> 56 << (i * 8)
		c |= (^cc & high) * gather >> 56 << (i * 8)
		t |= (^te & high) * gather >> 56 << (i * 8)
	}
	if !s.divides {
		c = 0
	}
	return e, c, t
}

// wordsRelease does the same and gives the release characters too.
func (s *sweep) wordsRelease(b *[64]byte) (e, c, t, r uint64) {
	for i := 0; i < 8; i++ {
		w := binary.LittleEndian.Uint64(b[i*8 : i*8+8])
		low, high := w&lows, ^w&highs
		te := (low ^ s.segment) + lows
		ee := ((low ^ s.element) + lows) & te
		cc := ((low ^ s.component) + lows) & ((low ^ s.repetition) + lows)
		rr := (low ^ s.release) + lows
		e |= (^ee & high) * gather >> 56 << (i * 8)
		c |= (^cc & high) * gather >> 56 << (i * 8)
		t |= (^te & high) * gather >> 56 << (i * 8)
		r |= (^rr & high) * gather >> 56 << (i * 8)
	}
	if !s.divides {
		c = 0
	}
	return e, c, t, r
}

func (s *sweep) bytewise(b *[64]byte) (e, c, t, r uint64) {
	for i, x := range b {
		bit := uint64(1) << i
		switch {
		case x == s.d.Segment:
			e, t = e|bit, t|bit
		case x == s.d.Element:
			e |= bit
		case s.divides && (x == byte(s.component) || x == byte(s.repetition)):
			c |= bit
		case s.releases && x == s.d.Release:
			r |= bit
		}
	}
	return e, c, t, r
}

// released gives the bytes that a release character stands before, r being the release characters
// of n bytes, among them such as are released themselves.
func (s *sweep) released(r uint64, n int) (out uint64) {
	if s.skip {
		out = 1
		r &^= 1
		s.skip = false
	}
	for r != 0 {
		i := bits.TrailingZeros64(r)
		if i+1 >= n {
			s.skip = true
			break
		}
		next := uint64(1) << (i + 1)
		out |= next
		r &^= next | 1<<i
	}
	return out
}

// mark notes what a block holds.
func (s *sweep) mark(e, c, t uint64) {
	base := uint32(s.at)
	n, m := len(s.ends), len(s.subs)
	for t != 0 {
		below := t ^ (t - 1) // up to the terminator, itself included
		s.cuts = append(s.cuts, cut{uint32(n + bits.OnesCount64(e&below)), uint32(m + bits.OnesCount64(c&below))})
		t &= t - 1
	}
	s.ends = spread(s.ends, e, base)
	if c != 0 {
		s.subs = spread(s.subs, c, base)
	}
}

// spread appends the places of the bits of mask. It writes in strides, so that the number of bits
// is guessed wrongly by the processor once at most.
func spread(list []uint32, mask uint64, base uint32) []uint32 {
	n, count := len(list), bits.OnesCount64(mask)
	if cap(list)-n < 64 {
		list = append(make([]uint32, 0, max(2*cap(list), 1024)), list...)
	}
	room := (*[64]uint32)(list[n : n+64])
	for i := 0; i < count; i += 4 {
		at := room[i&60:]
		at = at[:4]
		at[0] = base + uint32(bits.TrailingZeros64(mask))
		mask &= mask - 1
		at[1] = base + uint32(bits.TrailingZeros64(mask))
		mask &= mask - 1
		at[2] = base + uint32(bits.TrailingZeros64(mask))
		mask &= mask - 1
		at[3] = base + uint32(bits.TrailingZeros64(mask))
		mask &= mask - 1
	}
	return list[:n+count]
}
