package edi

import "golang.org/x/sys/cpu"

// vectors says whether the processor has what sweepVectors needs.
var vectors = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT

// vectorRun is what sweepVectors works on.
type vectorRun struct {
	in     *byte
	blocks int64  // of 64 bytes, left to do
	base   uint64 // the place of in in the window

	ends, subs *uint32
	cuts       *cut
	nEnds      int64 // in the list, from its start
	nSubs      int64
	nCuts      int64

	element, segment, component, repetition, release byte
}

// sweepVectors does for blocks what block does for one, 32 bytes at a time, until one has release
// characters or all are done. The lists need room for each byte of the blocks and 16 more.
//
//go:noescape
func sweepVectors(r *vectorRun)

// runVectors sweeps whole blocks up to the place given, as far as it can.
func (s *sweep) runVectors(buf []byte, to int) {
	n := (to - s.at) / 64
	if n == 0 || s.skip || !vectors {
		return
	}
	s.ends, s.subs, s.cuts = roomFor(s.ends, n*64+16), roomFor(s.subs, n*64+16), roomFor(s.cuts, n*64+16)
	r := vectorRun{
		in: &buf[s.at], blocks: int64(n), base: uint64(s.at),
		ends: &s.ends[:1][0], subs: &s.subs[:1][0], cuts: &s.cuts[:1][0],
		nEnds: int64(len(s.ends)), nSubs: int64(len(s.subs)), nCuts: int64(len(s.cuts)),
		element: byte(s.element), segment: byte(s.segment), component: byte(s.component), repetition: byte(s.repetition), release: byte(s.release),
	}
	if !s.divides { // what ends elements is taken out of what divides them
		r.component, r.repetition = r.element, r.element
	}
	if !s.releases {
		r.release = r.element
	}
	sweepVectors(&r)
	s.at = int(r.base)
	s.ends, s.subs, s.cuts = s.ends[:r.nEnds], s.subs[:r.nSubs], s.cuts[:r.nCuts]
}

func roomFor[T any](list []T, n int) []T {
	if cap(list)-len(list) >= n {
		return list
	}
	return append(make([]T, 0, len(list)+n+n/2), list...)
}
