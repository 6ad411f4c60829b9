package ack

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

var update = flag.Bool("update", false, "write the golden files anew")

var at = time.Date(2026, 1, 31, 17, 5, 0, 0, time.UTC)

// read gives a file of the collected data, or skips the test.
func read(t testing.TB, file string) []byte {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	text, err := os.ReadFile(filepath.Join(root, "edi", file))
	if err != nil {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("the collected data are required: %v", err)
		}
		t.Skipf("the collected data are not at hand: %v", err)
	}
	return text
}

// reports validates what may be several interchanges.
func reports(t testing.TB, text []byte) []*validate.Report {
	t.Helper()
	var all []*validate.Report
	for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func answerTo(t testing.TB, text []byte, o Options) string {
	t.Helper()
	var b bytes.Buffer
	for _, r := range reports(t, text) {
		out, _, err := Acknowledge(r, o)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(out)
	}
	return b.String()
}

const fourFaults = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*1*P*>~" +
	"GS*PO*SENDER*RECEIVER*20240101*1200*7*X*004010~ST*850*0001~CUR*BY*USDX~N1*ST*ACME~PO1*1*5*EA*1.25~CTT*1~SE*9*0001~GE*1*8~IEA*1*000000001~"

// The golden files were read by hand against the code lists of the standards.
var golden = []struct {
	name string
	file string // of the collected data, or the interchange itself
	o    Options
}{
	// AK304 3 for BEG at position 2, AK403 5 for CUR02 (element 2), AK502 5 and 4,
	// AK905 4; TA1 as asked, without errors.
	{name: "four-faults", file: fourFaults, o: Options{TA1: AsAsked}},
	// The same, strictly: the group is rejected with its set.
	{name: "four-faults-strict", file: fourFaults, o: Options{Strict: true}},
	// All is well: AK5 A, AK9 A.
	{name: "855-accepted", file: "x12/stupidedi_004010_PR855_pass_1.edi"},
	// AK403 5 (too long), with the bad value.
	{name: "855-unit-too-long", file: "x12/stupidedi_004010_PR855_fail_2.edi"},
	// AK502 4 alone: the count is wrong, no segment is.
	{name: "832-count", file: "x12/stupidedi_004010_SC832_fail_1.edi"},
	// AK403 6 (control character), 5 (too long), 3 (too many elements); AK304 7.
	{name: "856-terminators", file: "x12/stupidedi_004010_SH856_fail_2.edi"},
	// AK304 1 for segments that no set has, 3 for BEG and PO1. IEA02 is another number:
	// TA1 E with note 001.
	{name: "850-strange-segments", file: "x12/edinet_x12.Issue101.edi"},
	// AK304 6: BAL is a segment, but none of an 850.
	{name: "850-foreign-segments", file: "x12/edinet_x12.810.mandatory-conditions.edi"},
	// TA1 E 001 and an accepted set.
	{name: "850-trailer", file: "x12/edinet_x12.850.edi"},
	// Two sets of one control number: AK502 23 for the second.
	{name: "850-twice", file: "x12/edinet_x12.850.issue135.edi"},
	// A set without a guide, of a health care version: 999, IK502 1.
	{name: "834-unknown", file: "x12/stupidedi_005010_BE834_pass_add-subscriber-coverage.edi"},
	// A group of 005010 that is no health care: 997, with its version in AK103.
	{name: "820-unknown", file: "x12/edinet_x12.820.issue140.edi"},
	// UCI 7, and UCM 4 with 29 of UNT; UCS 38 with 35, the 36th DTM.
	{name: "orders-too-many", file: "edifact/smooks_BAD_ORDERS_D.03B_Interchange.txt"},
	// UCI 7 and nothing more: what is not listed is accepted with it. Syntax 4.
	{name: "orders-accepted", file: "edifact/smooks_ORDERS_D.03B_Interchange.txt"},
	// The same with UCM 7 for the message.
	{name: "orders-accepted-listed", file: "edifact/smooks_ORDERS_D.03B_Interchange.txt", o: Options{List: ListAll}},
	// Delimiters of its own: UNA; UCM 4, 29 (count), UNT, element 1, which is position 2.
	{name: "invoic-count", file: "edifact/smooks_INVOIC_D.03B_Interchange_with_UNA.txt"},
	// Codes that the directory lacks: UCD 12 at the component; UNZ 28, references do
	// not match, and UNT 29.
	{name: "quotes-codes", file: "edifact/edinet_edifact.01.edi"},
	// Four messages in need of everything: UCS with 13 at the segment before the one
	// that is missing.
	{name: "mandatory-missing", file: "edifact/edinet_edifact.Issue188.edi"},
	// A message in a group, of a directory that is not at hand: UCF 7, UCM 4, 14 at UNH.
	{name: "group-unknown", file: "edifact/edinet_edifact.Issue149.SegmentGroups.edi"},
}

func TestAcknowledge_golden(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			text := []byte(g.file)
			if !strings.HasPrefix(g.file, "ISA") {
				text = read(t, g.file)
			}
			g.o.Time, g.o.Newlines = at, true
			got := answerTo(t, text, g.o)
			file := filepath.Join("testdata", g.name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is answered has to be valid itself, by guides that come along, and is never
// answered in its turn.
func TestAcknowledge_isValidAndNeverAcknowledged(t *testing.T) {
	for _, g := range golden {
		text := []byte(g.file)
		if !strings.HasPrefix(g.file, "ISA") {
			text = read(t, g.file)
		}
		g.o.Time = at
		answer := answerTo(t, text, g.o)
		for _, r := range reports(t, []byte(answer)) {
			for _, f := range r.All() {
				t.Errorf("%s: %v", g.name, f)
			}
			again, count, err := Acknowledge(r, Options{Time: at, List: ListAll})
			if err != nil || again != nil || count != (Count{}) {
				t.Errorf("%s: the answer is answered: %s, %v", g.name, again, err)
			}
		}
	}
}

func TestAcknowledge_duplicatesAndStrangersAreRejectedWhole(t *testing.T) {
	text := read(t, "x12/stupidedi_004010_PR855_pass_1.edi")
	for note, f := range map[string]edi.Fault{
		"025": {Level: edi.InInterchange, Kind: edi.DuplicateExchange},
		"009": {Level: edi.InInterchange, Kind: edi.BadPartner, Position: edi.Position{Tag: "ISA", Element: 8}},
		"006": {Level: edi.InInterchange, Kind: edi.BadPartner, Position: edi.Position{Tag: "ISA", Element: 6}},
	} {
		r := reports(t, text)[0]
		r.Faults = append(r.Faults, f)
		out, count, err := Acknowledge(r, Options{Time: at})
		if err != nil {
			t.Fatal(err)
		}
		if want := "TA1*000002419*170425*0805*R*" + note + "~IEA*0*000000001~"; !strings.HasSuffix(string(out), want) || count.Sets != 0 {
			t.Errorf("%s: %s", note, out)
		}
	}
	r := reports(t, read(t, "edifact/smooks_ORDERS_D.03B_Interchange.txt"))[0]
	r.Faults = append(r.Faults, edi.Fault{Level: edi.InInterchange, Kind: edi.DuplicateExchange, Position: edi.Position{Tag: "UNB", Element: 5}})
	out, _, err := Acknowledge(r, Options{Time: at})
	if err != nil || !strings.Contains(string(out), "UCI+6002+APPLICATION:1+COMPANY:1+4+26+UNB+6'UNT+3+1'") {
		t.Errorf("%s, %v", out, err)
	}
}

func TestAcknowledge_numbersCountOn(t *testing.T) {
	text := strings.Join([]string{
		"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*0*P*>~",
		"GS*PO*S*R*20240101*1200*7*X*004010~ST*997*0001~SE*2*0001~GE*1*7~",
		"GS*IN*S*R*20240101*1200*8*X*004010~ST*997*0001~SE*2*0001~GE*1*8~",
		"GS*IN*S2*R*20240101*1200*9*X*004010~ST*997*0001~SE*2*0001~GE*1*9~",
		"GS*FA*S*R*20240101*1200*10*X*004010~ST*997*0001~SE*2*0001~GE*1*10~IEA*4*000000001~",
	}, "")
	out, count, err := Acknowledge(reports(t, []byte(text))[0], Options{Time: at, Interchange: 41, Group: 51, Set: 61})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Count{Interchanges: 1, Groups: 2, Sets: 3}); count != want {
		t.Errorf("it takes %+v", count)
	}
	for _, want := range []string{"*000000041*0*P*", "GS*FA*R*S*20260131*1705*51*X*004010~ST*997*0061~AK1*PO*7~", "ST*997*0062~AK1*IN*8~", "GE*2*51~", "GS*FA*R*S2*20260131*1705*52*X*004010~ST*997*0063~AK1*IN*9~", "GE*1*52~IEA*2*000000041~"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
}

func TestAcknowledge_strictlyAGroupGoesWithItsTrailer(t *testing.T) {
	text := []byte(strings.Replace(fourFaults, "CUR*BY*USDX~", "BEG*00*SA*1**20240101~", 1))
	text = bytes.Replace(text, []byte("SE*9*"), []byte("SE*6*"), 1)
	if got := answerTo(t, text, Options{Time: at}); !strings.Contains(got, "AK5*A~AK9*E*1*1*1*4~") {
		t.Error(got)
	}
	if got := answerTo(t, text, Options{Time: at, Strict: true}); !strings.Contains(got, "AK5*R~AK9*R*1*1*0*4~") {
		t.Error(got)
	}
}

func TestAcknowledge_toleratedFaultsAreNoted(t *testing.T) {
	r := reports(t, read(t, "x12/stupidedi_004010_PR855_fail_2.edi"))[0]
	out, _, err := Acknowledge(r, Options{Time: at, Tolerate: func(f edi.Fault) bool { return f.Kind == edi.TooLong }})
	if err != nil || !strings.Contains(string(out), "AK5*E*5\n") || !strings.Contains(string(out), "AK9*E*1*1*1") {
		t.Errorf("%s, %v", out, err)
	}
}

func TestRead_saysWhatAPartnerAnswered(t *testing.T) {
	type line struct{ Kind, Interchange, Group, SetID, Set, Status, Faults string }
	for name, want := range map[string][]line{
		"four-faults": {
			{"TA1", "000000001", "", "", "", "accepted", ""},
			{"997", "", "7", "850", "0001", "rejected", "segment BEG at position 2: 3 (Mandatory segment missing); segment CUR at position 2, element 2: 5 (Data element too long), found \"USDX\"; 4 (Number of included segments does not match actual count)"},
			{"997", "", "7", "", "", "rejected", "4 (Group control number in the functional group header and trailer do not agree)"},
		},
		"855-accepted": {
			{"997", "", "365", "855", "000002015", "accepted", ""},
			{"997", "", "365", "", "", "accepted", ""},
		},
		"834-unknown": {
			{"999", "", "20213", "834", "12345", "rejected", "1 (Transaction set not supported)"},
			{"999", "", "20213", "", "", "rejected", ""},
		},
		"orders-too-many": {
			{"CONTRL", "6002", "", "", "", "accepted", ""},
			{"CONTRL", "6002", "", "ORDERS", "SSDD1", "rejected", "UNT: 29 (Control count does not match number of instances received); segment at position 38: 35 (Too many segment repetitions)"},
		},
		"orders-accepted-listed": {
			{"CONTRL", "6002", "", "", "", "accepted", ""},
			{"CONTRL", "6002", "", "ORDERS", "SSDD1", "accepted", ""},
		},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".golden"))
		if err != nil {
			t.Fatal(err)
		}
		receipts, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []line
		for _, r := range receipts {
			got = append(got, line{r.Kind, r.Interchange, r.Group, r.SetID, r.Set, r.Status.String(), strings.Join(r.Faults, "; ")})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAPERAK_isValidAndReadBack(t *testing.T) {
	i := reports(t, read(t, "edifact/edinet_edifact.01.edi"))[0].Interchange
	a := Application{Number: "APE1", Document: "4711", Qualifier: "ON", Errors: []ApplicationError{{Code: "E10", Text: "The article 4000862141404 isn't known: " + strings.Repeat("x", 400)}, {Code: "E11"}}}
	out, count, err := APERAK(i, a, Options{Time: at})
	if err != nil || count != (Count{Interchanges: 1, Sets: 1}) {
		t.Fatal(err, count)
	}
	for _, r := range reports(t, out) {
		if all := r.All(); len(all) > 0 || r.Groups[0].Kept[0].Guide != "edifact/d96a" {
			t.Errorf("%v", all)
		}
	}
	receipts, err := Read(bytes.NewReader(out))
	if err != nil || len(receipts) != 1 {
		t.Fatal(receipts, err)
	}
	if r := receipts[0]; r.Document != "ON:4711" || r.Status != Rejected || len(r.Faults) != 2 || !strings.HasPrefix(r.Faults[0], "error E10: The article 4000862141404 isn't known: xxx") {
		t.Errorf("%+v", r)
	}
}
