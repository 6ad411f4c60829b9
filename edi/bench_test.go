package edi_test

import (
	"bytes"
	"testing"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/tests/bench/edi/generate"
)

func orders(b *testing.B, standard string) []byte {
	b.Helper()
	var out bytes.Buffer
	if _, err := generate.Write(&out, generate.Options{Standard: standard, Seed: 1, Bytes: 16 << 20}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkScanner(b *testing.B) {
	for _, standard := range []string{"x12", "edifact"} {
		in := orders(b, standard)
		b.Run(standard, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				s := edi.NewScanner(bytes.NewReader(in))
				elements := 0
				for s.Next() {
					elements += s.Segment().Len()
				}
				if s.Err() != nil || elements < 1000 {
					b.Fatal(s.Err(), elements)
				}
			}
		})
	}
}

func BenchmarkWalker(b *testing.B) {
	for _, standard := range []string{"x12", "edifact"} {
		in := orders(b, standard)
		b.Run(standard, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				w := edi.NewWalker(edi.NewScanner(bytes.NewReader(in)))
				for w.Next() {
					if len(w.Event().Faults) > 0 {
						b.Fatal(w.Event().Faults)
					}
				}
			}
		})
	}
}
