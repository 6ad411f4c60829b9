package ack

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// FuzzAcknowledge holds answering whatever comes to answers that are valid
// themselves, read back, and are never answered.
func FuzzAcknowledge(f *testing.F) {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	files, _ := filepath.Glob(filepath.Join(root, "edi", "*", "*"))
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && len(text) < 30_000 {
			f.Add(text)
		}
	}
	f.Add([]byte(fourFaults))
	f.Fuzz(func(t *testing.T, text []byte) {
		for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{}) {
			if err != nil {
				return
			}
			for _, fault := range r.All() {
				if fault.Position.Offset < 0 || fault.Position.Offset > int64(len(text)) {
					t.Fatalf("%v stands at byte %d of %d", fault, fault.Position.Offset, len(text))
				}
			}
			out, count, err := Acknowledge(r, Options{Time: at, TA1: Always, List: ListAll})
			if err != nil || out == nil {
				continue
			}
			if count.Interchanges != 1 {
				t.Fatalf("an answer of %+v", count)
			}
			if _, err := Read(bytes.NewReader(out)); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if o := (Options{}); o.InterchangeStatus(r) != Rejected {
				answers(t, out)
			}
		}
	})
}

// answers holds an answer to having a sound envelope and sound counts. What it
// repeats of a broken interchange (a control number with letters, say) may not be
// what its guide asks for, and that of a header which is none may be no answer.
func answers(t *testing.T, out []byte) {
	t.Helper()
	for r, err := range validate.Interchanges(bytes.NewReader(out), validate.Options{}) {
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		for _, f := range r.All() {
			switch f.Kind {
			case edi.CountMismatch, edi.ControlMismatch, edi.MissingTrailer, edi.MissingHeader, edi.UnknownSegment, edi.OutOfSequence, edi.UnexpectedSegment, edi.MissingSegment:
				t.Fatalf("%v\n%q", f, out)
			}
		}
		if again, _, err := Acknowledge(r, Options{Time: at, TA1: Always}); err == nil && again != nil {
			t.Fatalf("the answer is answered: %q\n%q", again, out)
		}
	}
}
