package edi

import (
	"bytes"
	"testing"
)

func BenchmarkSweep(b *testing.B) {
	one := []byte("PO1*1*25*EA*36.12*PE*VN*123456789*BP*1234567~PID*F****HEX BOLT M8 ZINC PLATED~PO4*1*12*EA~REF*LI*12345~")
	in := bytes.Repeat(one, 16<<20/len(one))
	var s sweep
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		for from := 0; from < len(in); from += 64 << 10 {
			w := in[from:min(from+64<<10, len(in))]
			s.reset(X12Delimiters, 0)
			for s.at < len(w) {
				s.run(w, min(len(w), s.at+lastStep))
				s.ends, s.subs, s.cuts = s.ends[:0], s.subs[:0], s.cuts[:0]
			}
		}
	}
}

func BenchmarkCopy(b *testing.B) {
	in := make([]byte, 16<<20)
	out := make([]byte, 64<<10)
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		for from := 0; from < len(in); from += 64 << 10 {
			copy(out, in[from:])
		}
	}
}

func BenchmarkClock(b *testing.B) {
	x := uint64(1)
	for b.Loop() {
		for range 1000 {
			x = x*3 + 1 // 4 cycles or so
		}
	}
	if x == 0 {
		b.Fatal(x)
	}
}
