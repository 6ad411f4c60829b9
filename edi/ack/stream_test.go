package ack

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi/validate"
)

func TestStream_answersAsAcknowledgeDoes(t *testing.T) {
	for _, g := range golden {
		text := []byte(g.file)
		if !strings.HasPrefix(g.file, "ISA") {
			text = read(t, g.file)
		}
		if g.o.Strict {
			continue // lists sets as they are
		}
		g.o.Time = at
		want := answerTo(t, text, g.o)
		var got bytes.Buffer
		s := NewStream(g.o)
		for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{Each: s.Add}) {
			if err == nil {
				_, err = s.Answer(&got, r)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got.String() != want {
			t.Errorf("%s:\n%s\n%s", g.name, got.String(), want)
		}
	}
}

func TestStream_longAnswersAreWhole(t *testing.T) {
	const sets = 30_000
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*0*P*>~GS*PO*S*R*20240101*1200*7*X*004010~")
	for i := range sets {
		fmt.Fprintf(&b, "ST*850*%04d~BEG*00*SA*1**20240101~PO1*1*5*EA*1.25~SE*4*%04d~", i+1, i+1)
	}
	b.WriteString("GE*30000*7~IEA*1*000000001~")
	out := answerTo(t, []byte(b.String()), Options{Time: at})
	rest := out
	for i := range sets {
		want, found := fmt.Sprintf("AK2*850*%04d~AK5*A~", i+1), false
		if _, rest, found = strings.Cut(rest, want); !found {
			t.Fatalf("%s is not there", want)
		}
	}
	if !strings.Contains(out, "AK9*A*30000*30000*30000~SE*60004*0001~") {
		t.Error(out[len(out)-100:])
	}
	for _, r := range reports(t, []byte(out)) {
		for _, f := range r.All() {
			t.Error(f)
		}
	}
}

func TestStream_runsOfSetsAreListedAsTheyCame(t *testing.T) {
	numbers := strings.Fields("0001 0002 0003 A1 0004 0005 9998 9999 10000 007 008 010 1 2 3 3")
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*0*P*>~GS*PO*S*R*20240101*1200*7*X*004010~")
	for i, n := range numbers {
		unit := "EA"
		if i == 1 {
			unit = "EACH"
		}
		fmt.Fprintf(&b, "ST*850*%s~BEG*00*SA*1**20240101~PO1*1*5*%s*1.25~SE*4*%s~", n, unit, n)
	}
	b.WriteString("GE*16*7~IEA*1*000000001~")
	var listed []string
	for segment := range strings.SplitSeq(answerTo(t, []byte(b.String()), Options{Time: at}), "~") {
		if n, ok := strings.CutPrefix(segment, "AK2*850*"); ok {
			listed = append(listed, n)
		}
	}
	if diff := cmp.Diff(numbers, listed); diff != "" {
		t.Error(diff)
	}
}
