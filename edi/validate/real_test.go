package validate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// folder gives the folder of the collected interchanges, or skips the test.
func folder(t testing.TB) string {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	root = filepath.Join(root, "edi")
	if _, err := os.Stat(root); err != nil {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("the collected data are required: %v", err)
		}
		t.Skipf("the collected data are not at hand: %v", err)
	}
	return root
}

// errorsOf gives the faults of a file that are no warnings, one a line.
func errorsOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder(t), file))
	if err != nil {
		t.Fatal(err)
	}
	return faults(t, text)
}

func faults(t *testing.T, text []byte) []string {
	t.Helper()
	lines := []string{}
	for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.All() {
			if !f.Warning {
				lines = append(lines, brief(f))
			}
		}
	}
	return lines
}

// brief says a fault without what was expected.
func brief(f edi.Fault) string {
	f.Expected = ""
	return fmt.Sprintf("%d %s", f.Position.Segment, f.Error())
}

func noGuide(segment int, set string) []string {
	return []string{fmt.Sprintf(`%d ST: no guide for the set: found %q`, segment, set)}
}

// valid are the interchanges that their guides have nothing against. The groups of
// some are marked SC where the set belongs to IN, PO, PR or RQ; that is a warning.
var valid = strings.Fields(`
	x12/stupidedi_004010_FA997_pass_1.edi
	x12/stupidedi_004010_PR855_pass_1.edi
	x12/stupidedi_004010_SC810_pass_basic-invoice.edi
	x12/stupidedi_004010_SC810_pass_credit-card-invoice.edi
	x12/stupidedi_004010_SC840_pass_basic-request-for-quotation.edi
	x12/stupidedi_004010_SC850_pass_basic-po.edi
	x12/stupidedi_004010_SC850_pass_taxexempt-po.edi
	x12/stupidedi_004010_SC855_pass_basic-po-ack-accepted.edi
	x12/stupidedi_004010_SC855_pass_basic-po-ack-rejected.edi
	x12/stupidedi_004010_SC855_pass_po-ack-minor-changes.edi
	x12/stupidedi_004010_SC855_pass_po-ack-ship-details.edi
	x12/stupidedi_005010_FA997_pass_response-to-functional-group-containing-837s.edi
	x12/stupidedi_005010_FA999_pass_response-to-functional-group-containing-3-837s.edi
	x12/edinet_x12.810a.edi
	x12/edinet_x12.810b.edi
	x12/edinet_x12.810c.edi
	x12/edinet_x12.810d.edi
	edifact/smooks_ORDERS_D.03B_Interchange.txt
`)

// broken are interchanges whose guides are at hand, with all that is wrong, read
// by hand against the guide.
var broken = map[string][]string{
	// 355, the unit of measure, has two characters in 004010, and DZN has three.
	"x12/stupidedi_004010_PR855_fail_2.edi": {
		`7 PO1-03: too long: found "DZN"`, `9 SCH-02: too long: found "DZN"`,
	},
	// An excerpt of 18 segments with the count of the whole catalogue.
	"x12/stupidedi_004010_SC832_fail_1.edi": {`19 SE-01: count is wrong: found "1659"`},
	// Three segments end in ~ and line breaks where the terminator is $: they make
	// one N1 with too long a value in it, and elements beyond N106; REF and what
	// follows stand on their own, the second N1 with them, so that PRF, which goes
	// before REF, is late; and three segments are missing in the count.
	"x12/stupidedi_004010_SH856_fail_2.edi": {
		`13 N1-04: character is not allowed: found "\n"`, `13 N1-05: too long: found "123 MAIN ST.~\n\nN4"`,
		`13 N1-06: too long: found "BEAUPORT"`, `13 N1-07: too many elements: found "QC"`,
		`14 PRF: segment is not in sequence: found "PRF"`, `24 SE-01: count is wrong: found "25"`,
	},
	// The set is an 850 of other people's segments, to test a reader.
	"x12/edinet_x12.Issue101.edi": {
		`4 TFS: segment is not known: found "TFS"`, `5 FGS: segment is not known: found "FGS"`,
		`6 BEG: mandatory segment is missing: found "DTM"`, `7 PO1: mandatory segment is missing: found "SE"`,
		`7 SE-01: count is wrong: found "50"`, `9 IEA-02: control number is not the header's: found "000000001"`,
	},
	// Sound but for the control number of the trailer.
	"x12/edinet_x12.850.edi": {`15 IEA-02: control number is not the header's: found "000000001"`},
	// 156, the state, has two characters.
	"x12/edinet_x12.850a.edi": {
		`24 N4-02: too long: found "State"`, `54 IEA-02: control number is not the header's: found "000000001"`,
	},
	// CUR stands before N1 in an 832, and the sample has it after LIN's loop.
	"x12/edinet_x12.832.edi": {
		`12 CUR: segment is not in sequence: found "CUR"`, `14 SE-01: count is wrong: found "17"`,
	},
	// 36 DTM where 35 may be, and a count from before they were put in.
	"edifact/smooks_BAD_ORDERS_D.03B_Interchange.txt": {
		`39 DTM: segment occurs too often: found "DTM"`, `58 UNT-01: count is wrong: found "22"`,
	},
	// Its 35 segments are counted as 36.
	"edifact/smooks_INVOIC_D.03B_Interchange_with_UNA.txt": {`36 UNT-01: count is wrong: found "36"`},
	// The Norwegian power market's own codes (SM as an agency, Z13 as a format, ZZZ as
	// a control) are not in the directory; an excerpt with the count of the whole;
	// UNZ repeats a number of somebody else's.
	"edifact/edinet_edifact.01.edi": {
		`10 LOC-02.3: not in the code list: found "SM"`, `12 LIN-03.4: not in the code list: found "SM"`,
		`13 DTM-01.3: not in the code list: found "Z13"`, `18 LIN-03.4: not in the code list: found "SM"`,
		`19 DTM-01.3: not in the code list: found "Z13"`, `24 LIN-03.4: not in the code list: found "SM"`,
		`25 DTM-01.3: not in the code list: found "Z13"`, `31 CNT-01.1: not in the code list: found "ZZZ"`,
		`32 UNT-01: count is wrong: found "158"`, `33 UNZ-02: control number is not the header's: found "20101000064507"`,
	},
	// Format 203 ends with the minutes, and the value has seconds; the repertoire is
	// the sender's own; the count is of the whole.
	"edifact/edinet_edifact.Issue196.edi": {
		`1 UNB-01.1: syntax identifier is not known: found "XXXA"`, `4 DTM-01.2: date is none: found "20060619165058"`,
		`14 UNT-01: count is wrong: found "331"`,
	},
}

// more are EDIFACT files of directories at hand whose faults are many of few kinds:
// how many of each there are.
var more = map[string]map[string]int{
	// The Norwegian sample twice over, so with its faults twice, both under reference 1.
	"edifact/edinet_edifact.01.multi-message.edi": {
		"not in the code list": 16, "count is wrong": 2, "control number was used before": 1, "control number is not the header's": 1,
	},
	// Four messages of UNH, DTM and UNT: BGM is missing in all, SG11 in IFTMIN, UNS and
	// SG48 in INVOIC; UNT counts 1 segment where there are 3, has another reference in
	// two; the third number is used twice; UNZ counts one message.
	"edifact/edinet_edifact.Issue188.edi": {
		"mandatory segment is missing": 10, "count is wrong": 5, "control number is not the header's": 2, "control number was used before": 1,
	},
	// A first UNB that is empty but for a reference, then the interchange itself, with
	// none; its APERAK is valid.
	"edifact/edinet_Apperak_edi_out_issue235.edi": {
		"envelope is empty": 1, "syntax identifier is not known": 2, "mandatory element is missing": 3, "date is none": 1, "time is none": 1,
		"trailer is missing": 1, "control number is not the header's": 1,
	},
}

func TestInterchanges_faultsOfEDIFACTAreTrueOnes(t *testing.T) {
	for file, want := range more {
		text, err := os.ReadFile(filepath.Join(folder(t), file))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.All() {
				if !f.Warning {
					got[f.Kind.String()]++
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestInterchanges_whatIsValidIs(t *testing.T) {
	for _, file := range valid {
		if got := errorsOf(t, file); len(got) > 0 {
			t.Errorf("%s: %s", file, strings.Join(got, "\n"))
		}
	}
}

func TestInterchanges_everyFaultIsNamedAtItsPlace(t *testing.T) {
	for file, want := range broken {
		if diff := cmp.Diff(want, errorsOf(t, file)); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", file, diff)
		}
	}
}

// The catalogue begins with BTC where BCT is meant, and puts sizes with units
// ("3 LB") where PO402, the size, is a number.
func TestInterchanges_aCatalogueWithSizesInWords(t *testing.T) {
	got := errorsOf(t, "x12/stupidedi_004010_SC832_fail_2.edi")
	want := []string{`4 BTC: segment is not known: found "BTC"`, `5 BCT: mandatory segment is missing: found "REF"`}
	if diff := cmp.Diff(want, got[:2]); diff != "" {
		t.Error(diff)
	}
	for _, line := range got[2:] {
		if !strings.Contains(line, "PO4-01: not a number") && !strings.Contains(line, "PO4-02: not a number") {
			t.Error(line)
		}
	}
	if len(got) != 2+172 {
		t.Errorf("%d faults", len(got))
	}
}

func TestInterchanges_theReportSaysWhichGuideIsMissing(t *testing.T) {
	root := folder(t)
	files, err := filepath.Glob(filepath.Join(root, "x12", "stupidedi_*"))
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, file := range files {
		name := "x12/" + filepath.Base(file)
		if slices.Contains(valid, name) || broken[name] != nil || strings.Contains(name, "SC832_fail_2") {
			continue
		}
		missing++
		set := filepath.Base(file)[len("stupidedi_004010_PR"):][:3]
		got := errorsOf(t, name)
		if !slices.ContainsFunc(got, func(line string) bool { return line == noGuide(3, set)[0] }) {
			t.Errorf("%s: %v", name, got)
		}
		// a set without a guide may have faults of its envelope
		for _, line := range got {
			if !strings.Contains(line, "ST: no guide") && !strings.Contains(line, "SE-01: count is wrong") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
	if missing != 29 {
		t.Errorf("%d files lack a guide", missing)
	}
}

// The four faults that are hard to find at once: a missing BEG, a CUR02 that is too
// long, a wrong SE01 and a wrong GE02.
func TestInterchanges_fourFaultsInOnePass(t *testing.T) {
	text := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*0*P*>~" +
		"GS*PO*SENDER*RECEIVER*20240101*1200*7*X*004010~ST*850*0001~CUR*BY*USDX~N1*ST*ACME~PO1*1*5*EA*1.25~CTT*1~SE*9*0001~GE*1*8~IEA*1*000000001~"
	want := []string{
		`4 BEG: mandatory segment is missing: found "CUR"`, `4 CUR-02: too long: found "USDX"`,
		`8 SE-01: count is wrong: found "9"`, `9 GE-02: control number is not the header's: found "8"`,
	}
	if diff := cmp.Diff(want, faults(t, []byte(text))); diff != "" {
		t.Error(diff)
	}
}
