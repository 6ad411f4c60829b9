package ack

import (
	"bytes"
	"strings"
	"testing"

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
	for range sets {
		b.WriteString("ST*850*0001~BEG*00*SA*1**20240101~PO1*1*5*EA*1.25~SE*4*0001~")
	}
	b.WriteString("GE*30000*7~IEA*1*000000001~")
	out := answerTo(t, []byte(b.String()), Options{Time: at})
	if n := strings.Count(out, "AK2*850*0001~"); n != sets {
		t.Errorf("%d sets are listed", n)
	}
	for _, r := range reports(t, []byte(out)) {
		for _, f := range r.All() {
			t.Error(f)
		}
	}
}
