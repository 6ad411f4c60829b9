package edi

import (
	"bytes"
	"testing"
	"testing/iotest"
)

// tags gives the segments of a stream.
func tags(t *testing.T, s *Scanner) (out []string) {
	t.Helper()
	for s.Next() {
		out = append(out, string(s.Segment().Bytes()))
	}
	if s.Err() != nil {
		t.Error(s.Err())
	}
	return out
}

func TestScanner_keepsBinaryBytesTogether(t *testing.T) {
	x12 := isa + "GS*PO*A*B*20240101*1200*1*X*004010~ST*841*0001~BIN*11*ab~cd*ef>gh~BDS*ASC*4*~~~~~SE*4*0001~GE*1*1~IEA*1*000000101~"
	edifact := "UNB+UNOC:4+A:14+B:14+240101:1200+1'UNO+1+DOC:1+1+13'ab'cd+ef:gh?1UNP+13+1'UNZ+1+1'"
	for in, want := range map[string]string{x12: "BIN*11*ab~cd*ef>gh~", edifact: "UNP+13+1'"} {
		for name, s := range map[string]*Scanner{
			"at once":     NewScanner(bytes.NewReader([]byte(in))),
			"byte a read": NewScanner(iotest.OneByteReader(bytes.NewReader([]byte(in)))),
		} {
			got := tags(t, s)
			found := false
			for _, g := range got {
				found = found || g == want
			}
			if !found || len(got) != 4 && len(got) != 8 {
				t.Errorf("%s: segments are %q, expected %q among them", name, got, want)
			}
		}
		for _, f := range walk(t, []byte(in)) {
			t.Errorf("%q: %s", want, f)
		}
	}
}

func TestScanner_refusesWhatIsLongerThanTheLimit(t *testing.T) {
	in := append([]byte(isa+"GS*PO*A*B*20240101*1200*1*X*004010~ST*850*0001~MSG*"), bytes.Repeat([]byte("A"), 100_000)...)
	in = append(in, "~SE*3*0001~"...)
	s := NewScanner(bytes.NewReader(in))
	s.Limit = 64 << 10
	for s.Next() {
		if s.Segment().Is("MSG") {
			t.Error("a segment of 100,000 bytes was read with a limit of 65,536")
		}
	}
	e, ok := s.Err().(*Error)
	if !ok || e.Err != ErrTooLong || e.Offset != int64(bytes.Index(in, []byte("MSG"))) {
		t.Errorf("the error is %v, expected %v at the segment", s.Err(), ErrTooLong)
	}
}

func TestScanner_findsInterchangesWithOtherDelimiters(t *testing.T) {
	a := []byte(po)
	b := bytes.ReplaceAll(bytes.ReplaceAll(a, []byte("*"), []byte("|")), []byte("~"), []byte("!"))
	c := []byte("UNA|+.? #UNB+UNOC|3+S|14+R|14+200101|1200+7#UNH+1+ORDERS|D|96A|UN#BGM+220#UNT+3+1#UNZ+1+7#")
	in := bytes.Join([][]byte{a, b, c, a, c, b}, []byte("\n"))
	for _, f := range walk(t, in) {
		t.Error(f)
	}
	if n := len(tags(t, NewBytesScanner(in))); n != 4*7+2*6 {
		t.Errorf("%d segments, expected %d", n, 4*7+2*6)
	}
}
