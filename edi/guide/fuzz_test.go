package guide

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
)

// FuzzRead holds reading a guide in YAML to ending with a guide that writes and
// reads back as it is, or with problems at lines that are there.
func FuzzRead(f *testing.F) {
	f.Add(small)
	f.Add("guide: a\nextends: test/small\nmessages:\n  \"850\": {change: [{at: REF, use: M 3}, {at: Buyer/N3, remove: true}]}\n")
	f.Add("guide: a\nstandard: edifact\ncodes: {x: {add: [a], remove: [b]}}\nelements: {\"1\": an..3}\n")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Read([]byte(text), "f.yaml", base)
		if err != nil {
			problems, ok := err.(Problems)
			if !ok || len(problems) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, p := range problems {
				if p.Line < 1 || p.Line > strings.Count(text, "\n")+2 || p.Text == "" {
					t.Fatalf("%+v", p)
				}
			}
			return
		}
		for _, id := range g.MessageIDs() {
			if _, err := g.Compile(id); err != nil {
				t.Fatalf("what was read does not compile: %v", err)
			}
		}
		var b bytes.Buffer
		if err := g.WriteYAML(&b); err != nil {
			t.Fatal(err)
		}
		again, err := Read(b.Bytes(), "again.yaml", nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		again.Extends = g.Extends
		if diff := cmp.Diff(g, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzReadTable holds reading a structure table to ending with a table that writes
// and reads back as it is, or with an error.
func FuzzReadTable(f *testing.F) {
	f.Add("set 850\n  ST M 1\n    BEG M 1\n    N1 O *\n      N2 O 2\n    SE M 1\nsegment N1\n  N101 M 2..2 AN\n  N102 O composite\n    N102.01 M 1..2 R\n  condition P0102\n")
	f.Add("guide a\nstandard edifact\nset ORDERS T\n  UNH M 1 @0010\n  SG1 C 9 @0020 group\n    RFF M 1\n  UNT M 1\nsegment RFF R\n  RFF01 M C506 x3\ncomposite C506 Reference\n  C506.01 M 1153\nelement 1153 an..3 Q\ncodes 1153\n  ON Order\n")
	for _, name := range []string{"x12-005010-999.txt"} {
		if text, err := os.ReadFile(data(f, "edi", "structure", name)); err == nil {
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ReadTable(strings.NewReader(text), "t")
		if err != nil || len(g.Check()) > 0 {
			return
		}
		var b bytes.Buffer
		if err := g.WriteTable(&b); err != nil {
			return // names with line breaks and such
		}
		if _, err := ReadTable(&b, "again"); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
	})
}

// FuzzMatch holds matching to places that are there, whatever segments come.
func FuzzMatch(f *testing.F) {
	var plans []*Plan
	g := readTable(f, "edi", "structure", "x12-004010.txt")
	for _, id := range g.MessageIDs() {
		p, err := g.Compile(id)
		if err != nil {
			f.Fatal(err)
		}
		plans = append(plans, p)
	}
	f.Add(uint8(5), []byte{1, 2, 3, 4, 5, 6, 7, 200})
	f.Add(uint8(7), []byte{1, 1, 2, 3, 2, 1, 0, 255})
	f.Fuzz(func(t *testing.T, set uint8, choice []byte) {
		p := plans[int(set)%len(plans)]
		var b strings.Builder
		b.WriteString("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*^*00501*000000001*0*T*:~ST~")
		for _, c := range choice {
			b.WriteString(p.Places[p.Places[int(c)%len(p.Places)].Trigger].ID + "~")
		}
		scanner := edi.NewBytesScanner([]byte(b.String()))
		scanner.Next()
		scanner.Next()
		m := NewMatcher(p)
		check := func(s *Step) {
			switch {
			case s.Place < 0 || s.Place >= len(p.Places) || p.Places[s.Place].IsGroup():
				t.Fatalf("place %d", s.Place)
			case s.Group >= 0 && p.Places[s.Group].Trigger != s.Place:
				t.Fatalf("group %d does not begin with place %d", s.Group, s.Place)
			case s.Fault == edi.NoFault && m.Count(s.Place) < 1:
				t.Fatalf("place %d is empty", s.Place)
			}
			for _, missing := range s.Missing {
				if p.Places[missing].Need != Mandatory {
					t.Fatalf("%s may be missing", p.Places[missing].Path)
				}
			}
		}
		for scanner.Next() {
			s := m.Match(scanner.Segment())
			if s.Instead != nil {
				if s.Instead.Place >= 0 && p.Places[s.Instead.Place].IsGroup() {
					t.Fatal("a group instead of a segment")
				}
			}
			check(&s)
			if s.Fault == edi.NoFault && p.Places[s.Place].ID != string(scanner.Segment().Tag()) {
				t.Fatalf("%s stands for %s", scanner.Segment().Tag(), p.Places[s.Place].Path)
			}
		}
	})
}
