package guide

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
)

// matched gives, for each segment after the header, where it was found to stand.
func matched(t *testing.T, p *Plan, segments string) []string {
	t.Helper()
	header := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*^*00501*000000001*0*T*:~"
	scanner := edi.NewBytesScanner([]byte(header + segments))
	scanner.Next() // ISA
	scanner.Next() // the header
	m := NewMatcher(p)
	var found []string
	for scanner.Next() {
		step := m.Match(scanner.Segment())
		if step.Instead != nil {
			found[len(found)-1] = describe(p, string(scanner.Segment().Tag()), *step.Instead) + " after all"
		}
		found = append(found, describe(p, string(scanner.Segment().Tag()), step))
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func describe(p *Plan, tag string, s Step) string {
	path := "?" + tag
	if s.Place >= 0 {
		path = p.Places[s.Place].Path
	}
	var b strings.Builder
	b.WriteString(path)
	if s.Fault != edi.NoFault {
		fmt.Fprintf(&b, " (%v)", s.Fault)
	}
	for _, place := range s.Missing {
		fmt.Fprintf(&b, " without %s", p.Places[place].Path)
	}
	return b.String()
}

func plan(t *testing.T, set string) *Plan {
	t.Helper()
	p, err := readTable(t, "edi", "structure", "x12-004010.txt").Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMatch_nestedGroupsOfTheSameTag(t *testing.T) {
	got := matched(t, plan(t, "850"), "ST~BEG~N1~N3~PO1~N1~N3~SLN~N1~N3~N9~CTT~AMT~SE~")
	want := []string{
		"BEG", "N1/N1", "N1/N3", "PO1/PO1", "PO1/N1/N1", "PO1/N1/N3", "PO1/SLN/SLN", "PO1/SLN/N1/N1", "PO1/SLN/N1/N3",
		"N9/N9 (segment is not in sequence)", "CTT/CTT", "CTT/AMT", "SE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_aMissingSegmentIsNamedOnce(t *testing.T) {
	got := matched(t, plan(t, "850"), "ST~CUR~REF~PO1~SE~")
	if diff := cmp.Diff([]string{"CUR without BEG", "REF", "PO1/PO1", "SE"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_theNextSegmentTellsAStrayOneFromAMissingOne(t *testing.T) {
	got := matched(t, plan(t, "850"), "ST~CUR~BEG~CTT~REF~PO1~SE~")
	want := []string{
		"CUR (segment is not in sequence) after all", "BEG",
		"CTT/CTT (segment is not in sequence) after all", "REF", "PO1/PO1", "SE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_saysWhatKindOfStrangerASegmentIs(t *testing.T) {
	got := matched(t, plan(t, "850"), "ST~BEG~N3~XYZ~IT1~BEG~PO1~SE~CTT~")
	want := []string{
		"BEG", "N1/N3 (segment is unexpected here)", "?XYZ (segment is not known)", "?IT1 (segment is not in this set)",
		"BEG (segment occurs too often)", "PO1/PO1", "SE", "CTT/CTT (segment is not in sequence)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMatch_countsRepetitionsWithinTheGroup(t *testing.T) {
	var b strings.Builder
	b.WriteString("ST~BEG~")
	for range 2 {
		b.WriteString("N1~N3~N3~N3~")
	}
	got := matched(t, plan(t, "850"), b.String()+"PO1~SE~")
	want := []string{"BEG", "N1/N1", "N1/N3", "N1/N3", "N1/N3 (segment occurs too often)", "N1/N1", "N1/N3", "N1/N3", "N1/N3 (segment occurs too often)", "PO1/PO1", "SE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
