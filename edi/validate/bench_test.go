package validate_test

import (
	"bytes"
	"testing"

	"github.com/touchstone-hub/touchstone/edi/validate"
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

// BenchmarkInterchanges validates against the whole guide, on one core.
func BenchmarkInterchanges(b *testing.B) {
	for _, standard := range []string{"x12", "edifact"} {
		in := orders(b, standard)
		b.Run(standard, func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				sets := 0
				o := validate.Options{Each: func(_ *validate.Report, _ *validate.Group, s *validate.Set) {
					if sets++; s.Rejected() {
						b.Fatal(s.Faults)
					}
				}}
				for _, err := range validate.Interchanges(bytes.NewReader(in), o) {
					if err != nil {
						b.Fatal(err)
					}
				}
				if sets < 1000 {
					b.Fatal(sets)
				}
			}
		})
	}
}
