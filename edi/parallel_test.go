package edi_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/tests/bench/edi/generate"
)

type events interface {
	Next() bool
	Event() *edi.Event
}

// describe gives a line an event.
func describe(in events) (out []string) {
	for in.Next() {
		e := in.Event()
		line := fmt.Sprint(e.Kind, " ", e.InSet, " ", e.Interchange != nil, e.Group != nil, e.Set != nil, len(e.Faults))
		if g := e.Segment; g != nil {
			line += fmt.Sprintf(" %d %d %q %q %s %s", g.Index, g.Offset, g.Before, g.Bytes(), g.Element(2), g.Component(3, 1, 2))
		}
		out = append(out, line)
	}
	return out
}

// stream is a few megabytes of interchanges, among them a set that is longer than a batch can be.
func stream(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	for i, standard := range []string{"x12", "edifact"} {
		if _, err := generate.Write(&out, generate.Options{Standard: standard, Seed: uint64(i), Bytes: 300_000, Interchanges: 3}); err != nil {
			t.Fatal(err)
		}
	}
	out.WriteString("UNB+UNOC:3+A+B+200101:1200+9'UNH+1+ORDERS:D:96A:UN'")
	out.WriteString(strings.Repeat("FTX+AAI+++A LONG STORY?:IT GOES ON:AND ON'\r\n", 50_000))
	out.WriteString("UNT+99+1'UNZ+1+8'IEA*1*1~")
	return out.Bytes()
}

func TestParallel_givesTheEventsOfTheWalkInOrder(t *testing.T) {
	in := stream(t)
	want := describe(edi.NewWalker(edi.NewBytesScanner(in)))
	for _, workers := range []int{1, 2, 5} {
		var got []string
		last := -1
		open := make([]bool, workers) // a worker is within a set
		err := edi.Parallel(edi.NewWalker(edi.NewScanner(bytes.NewReader(in))), workers, func(worker int, b *edi.Batch) error {
			if b.Continues != open[worker] {
				t.Errorf("batch %d continues: %v; worker %d is within a set: %v", b.Number, b.Continues, worker, open[worker])
			}
			for b.Next() {
				switch b.Event().Kind {
				case edi.SetStart:
					open[worker] = true
				case edi.SetEnd:
					open[worker] = false
				}
			}
			b.Result = b.Number
			return nil
		}, func(b *edi.Batch) error {
			if b.Result != last+1 {
				t.Errorf("batch %v comes after %d", b.Result, last)
			}
			last++
			got = append(got, describe(b)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d workers (-walk +batches):\n%.2000s", workers, diff)
		}
	}
}

func TestParallel_endsWithTheFirstError(t *testing.T) {
	in := stream(t)
	wrong := errors.New("wrong")
	err := edi.Parallel(edi.NewWalker(edi.NewBytesScanner(in)), 2, func(_ int, b *edi.Batch) error {
		if b.Number == 3 {
			return wrong
		}
		return nil
	}, func(*edi.Batch) error { return nil })
	if !errors.Is(err, wrong) {
		t.Errorf("the error is %v, expected that of the work", err)
	}
	err = edi.Parallel(edi.NewWalker(edi.NewBytesScanner(in)), 2, func(int, *edi.Batch) error { return nil }, func(b *edi.Batch) error {
		if b.Number == 3 {
			return wrong
		}
		return nil
	})
	if !errors.Is(err, wrong) {
		t.Errorf("the error is %v, expected that of done", err)
	}
}
