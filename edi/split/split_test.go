package split_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/split"
	"github.com/touchstone-hub/touchstone/tests/bench/edi/generate"
)

type part struct {
	bytes.Buffer
	closed bool
}

func (p *part) Close() error { p.closed = true; return nil }

// cut gives the parts of a stream, each of which must be sound in itself.
func cut(t *testing.T, in []byte, by split.By) (parts []*part) {
	t.Helper()
	err := split.Split(edi.NewWalker(edi.NewBytesScanner(in)), by, func(p split.Part) (io.WriteCloser, error) {
		if p.Number != len(parts)+1 || (p.Set != nil) != (by == split.Sets) {
			t.Errorf("part %d of set %v comes as number %d", p.Number, p.Set, len(parts)+1)
		}
		parts = append(parts, &part{})
		return parts[len(parts)-1], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if !p.closed {
			t.Error("a part is not closed")
		}
		w := edi.NewWalker(edi.NewBytesScanner(p.Bytes()))
		for w.Next() {
			for _, f := range w.Event().Faults {
				t.Errorf("%v in\n%s", f, p)
			}
		}
	}
	return parts
}

func TestSplit_makesSoundInterchanges(t *testing.T) {
	for _, standard := range []string{"x12", "edifact"} {
		var in bytes.Buffer
		sets, err := generate.Write(&in, generate.Options{Standard: standard, Seed: 1, Bytes: 50_000, Interchanges: 3})
		if err != nil {
			t.Fatal(err)
		}
		whole := cut(t, in.Bytes(), split.Interchanges)
		var again []byte
		for _, p := range whole {
			again = append(again, p.Bytes()...)
		}
		if len(whole) != 3 || !bytes.Equal(again, in.Bytes()) {
			t.Errorf("%s: %d interchanges of %d bytes, expected 3 of %d", standard, len(whole), len(again), in.Len())
		}
		if got := cut(t, in.Bytes(), split.Sets); len(got) != sets {
			t.Errorf("%s: %d sets, expected %d", standard, len(got), sets)
		}
	}
}

func TestSplit_keepsLines(t *testing.T) {
	in := "UNB+UNOC:3+A+B+200101:1200+7'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220'\nUNT+3+1'\nUNZ+1+7'\n"
	for _, by := range []split.By{split.Interchanges, split.Sets} {
		if got := cut(t, []byte(in), by); len(got) != 1 || got[0].String() != in {
			t.Errorf("the parts are %v, expected what there was", got)
		}
	}
}

func TestSplit_closesWhatIsNotClosed(t *testing.T) {
	in := "UNA:+.? '\r\nUNB+UNOC:3+A+B+200101:1200+7'\r\nUNH+1+ORDERS:D:96A:UN'\r\nBGM+220'\r\nUNH+2+ORDERS:D:96A:UN'\r\nBGM+221'\r\nUNT+9+7'\r\n"
	var got []string
	for _, p := range cut(t, []byte(in), split.Sets) {
		got = append(got, p.String())
	}
	want := "UNA:+.? '\r\nUNB+UNOC:3+A+B+200101:1200+7'\r\nUNH+%[1]d+ORDERS:D:96A:UN'\r\nBGM+22%[2]d'\r\nUNT+3+%[1]d'\r\nUNZ+1+7'\r\n"
	if all := strings.Join(got, "|"); all != fmt.Sprintf(want, 1, 0)+"|"+fmt.Sprintf(want, 2, 1) {
		t.Errorf("the parts are\n%s", all)
	}
}
