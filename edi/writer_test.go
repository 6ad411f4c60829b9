package edi

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWriter_countsAndNumbers(t *testing.T) {
	var out strings.Builder
	w := NewWriter(&out, &Syntax{Standard: X12, Delimiters: Delimiters{Element: '*', Component: '>', Segment: '~'}})
	_ = w.Interchange(&Interchange{Sender: Party{"SENDER", "ZZ", ""}, Receiver: Party{"RECEIVER", "ZZ", ""}, Date: "200101", Time: "1200", Version: "00401", ControlNumber: "101"})
	_ = w.Group(&Group{ID: "PO", Sender: Party{ID: "SENDER"}, Receiver: Party{ID: "RECEIVER"}, Date: "20200101", Time: "1200", ControlNumber: "1", Version: "004010"})
	_ = w.Set(&Set{ID: "850", ControlNumber: "0001"})
	_ = w.Segment("BEG", "00", "SA", "1", "", "20200101", "", []string{"", ""})
	if err := w.CloseInterchange(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(po, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriter_escapesAndEncodes(t *testing.T) {
	var out strings.Builder
	w := NewWriter(&out, &Syntax{Standard: EDIFACT, Delimiters: Delimiters{Element: '+', Component: ':', Release: '?', Segment: '\'', Decimal: ',', Repetition: '*'}, Repertoire: "UNOC", Level: '4'})
	_ = w.Interchange(&Interchange{Version: "4", Sender: Party{"S", "14", ""}, Receiver: Party{"R", "14", "X"}, Date: "20200101", Time: "1200", ControlNumber: "7", Test: true})
	_ = w.Set(&Set{ID: "ORDERS", ControlNumber: "1", Version: "D", Release: "96A", Agency: "UN"})
	_ = w.Segment("FTX", "AAI", "", "", []string{"What?", "1+1:2*3'", "Müller"}, [][]string{{"a"}, {"b", "c"}})
	_ = w.CloseInterchange()
	want := "UNA:+,?*'UNB+UNOC:4+S:14+R:14:X+20200101:1200+7++++++1'UNH+1+ORDERS:D:96A:UN'FTX+AAI+++What??:1?+1?:2?*3?':M\xfcller+a*b:c'UNT+3+1'UNZ+1+7'"
	if diff := cmp.Diff(want, out.String()); diff != "" || w.Err() != nil {
		t.Errorf("%v (-want +got):\n%s", w.Err(), diff)
	}
	for _, f := range walk(t, []byte(out.String())) {
		t.Error(f)
	}
}

func TestWriter_refusesWhatCannotBeWritten(t *testing.T) {
	x12 := &Syntax{Standard: X12, Delimiters: X12Delimiters}
	unoa := &Syntax{Standard: EDIFACT, Delimiters: EDIFACTDelimiters, Repertoire: "UNOA"}
	for want, write := range map[string]func() error{
		"write N1-02: the value holds a delimiter, and there is no release character": func() error {
			return NewWriter(&bytes.Buffer{}, x12).Segment("N1", "ST", "A*B")
		},
		`write FTX-04.2: character 2, 'b' (U+0062), is not in UNOA`: func() error {
			return NewWriter(&bytes.Buffer{}, unoa).Segment("FTX", "AAI", "", "", []string{"A", "Ab"})
		},
		`write ISA-06: "A-NAME-THAT-IS-TOO-LONG" is longer than 15 characters`: func() error {
			return NewWriter(&bytes.Buffer{}, x12).Interchange(&Interchange{Sender: Party{ID: "A-NAME-THAT-IS-TOO-LONG"}})
		},
		"write FTX-01.1(2): there is no component separator": func() error {
			y := *x12
			y.Component = 0
			return NewWriter(&bytes.Buffer{}, &y).Segment("FTX", [][]string{{"a"}, {"b", "c"}})
		},
	} {
		err := write()
		var e *WriteError
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("the error is %v, expected %s", err, want)
		}
	}
}

func TestWriter_copiesByteForByte(t *testing.T) {
	for name, b := range files(t) {
		var out bytes.Buffer
		s := NewBytesScanner(b)
		w := NewWriter(&out, nil)
		for s.Next() {
			if err := w.Copy(s.Segment()); err != nil {
				t.Fatal(err)
			}
		}
		if got := append(out.Bytes(), s.Trailing()...); !bytes.Equal(got, b) {
			t.Errorf("%s: %d bytes came out, expected %d", name, len(got), len(b))
		}
	}
}

func TestWriter_isReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[A-Za-z0-9 *~:^+?'>|!äß]{0,12}`)
		list := rapid.SliceOfN(value, 1, 6).Draw(t, "values")
		y := &Syntax{Standard: EDIFACT, Delimiters: EDIFACT4Delimiters, Repertoire: "UNOC", Level: '4'}
		if rapid.Bool().Draw(t, "x12") {
			var used [256]bool
			for _, v := range list {
				for i := range len(v) {
					used[v[i]] = true
				}
			}
			d, err := X12Delimiters.Avoid(&used)
			if err != nil {
				t.Fatal(err)
			}
			y = &Syntax{Standard: X12, Delimiters: d}
		}
		var out bytes.Buffer
		w := NewWriter(&out, y)
		i := &Interchange{Sender: Party{"S", "ZZ", ""}, Receiver: Party{"R", "ZZ", ""}, Version: "00501", Date: "200101", Time: "1200", ControlNumber: "1"}
		if y.Standard == EDIFACT {
			i.Version = "4"
		}
		_ = w.Interchange(i)
		elements := make([]any, len(list))
		for n, v := range list {
			elements[n] = v
		}
		_ = w.Segment("FTX", elements...)
		if w.Err() != nil {
			t.Fatal(w.Err())
		}
		s := NewBytesScanner(out.Bytes())
		for s.Next() {
			g := s.Segment()
			if !g.Is("FTX") {
				continue
			}
			for n, v := range list {
				if got := g.Text(n + 1); got != v {
					t.Fatalf("element %d is %q, %q was written: %q", n+1, got, v, out.Bytes())
				}
			}
			return
		}
		t.Fatalf("%v: no segment in %q", s.Err(), out.Bytes())
	})
}
