package infer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// outline writes a body in one line: (N1 N3? N4?)* is a loop.
func outline(body []*guide.Node) string {
	var words []string
	for _, n := range body {
		word := n.ID
		if n.IsGroup() {
			word = "(" + outline(n.Body) + ")"
		}
		switch {
		case n.Max != 1 && n.Need == guide.Mandatory:
			word += "+"
		case n.Max != 1:
			word += "*"
		case n.Need != guide.Mandatory:
			word += "?"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func x12(sets ...string) string {
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*0*T*:~GS*PO*S*R*20240101*1200*1*X*004010~")
	for i, set := range sets {
		fmt.Fprintf(&b, "ST*850*%04d~%sSE*%d*%04d~", i+1, set, strings.Count(set, "~")+2, i+1)
	}
	fmt.Fprintf(&b, "GE*%d*1~IEA*1*000000001~", len(sets))
	return b.String()
}

func infer(t *testing.T, text string) *guide.Guide {
	t.Helper()
	s := New(Options{})
	if err := s.Read(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	g, err := s.Guide()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGuide_findsLoopsWithinLoops(t *testing.T) {
	g := infer(t, x12(
		"BEG*00~REF*A*1~N1*BY~N3*X~N1*ST~N3*Y~N4*Z~PO1*1~N1*SF~PID*F~PO1*2~N1*SF~N3*Q~CTT*2~",
		"BEG*00~N1*BY~N4*X~PO1*1~PID*F~PID*F~CTT*1~",
	))
	want := "ST BEG REF? (N1 N3? N4?)+ (PO1 N1? PID* N3?)+ CTT SE"
	if got := outline(g.Messages["850"].Body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestGuide_samplesFollowIt(t *testing.T) {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	files, _ := filepath.Glob(filepath.Join(root, "edi", "*", "*"))
	if len(files) == 0 {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatal("the collected data are required")
		}
		t.Skip("the collected data are not at hand")
	}
	inferred := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(file, "12") && !strings.Contains(file, "edifact") {
			continue
		}
		s := New(Options{})
		if err := s.Read(bytes.NewReader(text)); err != nil {
			continue // of more than one version, or cut off
		}
		g, err := s.Guide()
		if err != nil {
			continue // no whole set
		}
		inferred++
		for _, f := range structural(t, g, text) {
			t.Errorf("%s: its own guide says %v\n%s", filepath.Base(file), f, outline(g.Messages[s.order[0]].Body))
		}
	}
	if inferred < 60 {
		t.Errorf("%d files gave a guide", inferred)
	}
}

// structural validates a file against a guide, and gives the faults within sets
// but for those of control characters, which no guide allows.
func structural(t *testing.T, g *guide.Guide, text []byte) []edi.Fault {
	t.Helper()
	var library guides.Library
	library.Add(g)
	var faults []edi.Fault
	find := func(_ *edi.Interchange, _ *edi.Group, set *edi.Set) (*guide.Plan, error) {
		return library.Plan(g.Name, set.ID)
	}
	for report, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{Guides: find}) {
		if err != nil {
			break // broken beyond what could be sampled
		}
		for _, f := range report.All() {
			if f.Level >= edi.InSegment && !f.Warning && f.Kind != edi.BadCharacter && f.Kind != edi.BadTag && f.Kind != edi.EmptySegment && f.Kind != edi.Unterminated {
				faults = append(faults, f)
			}
		}
	}
	return faults
}
