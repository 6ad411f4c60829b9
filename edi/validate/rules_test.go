package validate_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// ruled is a guide with everything that a guide can ask for.
const ruled = `
guide: test/ruled
standard: x12
version: "004010"
messages:
  "850":
    body:
      - ST M 1
      - BEG M 1
      - {segment: REF, use: O 1, when: {1: [DP]}, elements: {2: M AN 1..10}}
      - {segment: REF, use: O 2}
      - {group: Buyer, use: M 1, when: {1: [BY]}, body: [N1 M 1, N3 O 1]}
      - {group: ShipTo, use: O 2, when: {1: [ST]}, body: [N1 M 1, N3 M 1]}
      - {group: PO1, use: "M *", body: [PO1 M 1, {segment: MEA, use: O 1}]}
      - SE M 1
segments:
  ST: {elements: [M ID 3..3, M AN 4..9]}
  BEG: {elements: [{use: M ID 2..2, codes: {"00": Original, "05": Replace}}, M AN 1..22, O DT 8..8, O TM 4..8, O N2 1..6]}
  REF: {elements: [M ID 2..3, O AN 1..30, O AN 1..80], conditions: [R0203]}
  N1: {elements: [M ID 2..3, O AN 1..60, O ID 1..2, O AN 2..80], conditions: [R0203, P0304]}
  N3: {elements: [M AN 1..55, O AN 1..55]}
  PO1: {elements: [O AN 1..20, O R 1..9, O ID 2..2, O R 1..17, O ID 2..2, {use: O composite, components: [M ID 2..2, O R 1..9], conditions: [P0102]}], conditions: [C0302, E0506, L050402]}
  MEA: {elements: [O ID 2..2 x3, X]}
  SE: {elements: [M N0 1..10, M AN 4..9]}
`

// check gives the faults of a set's segments under the guide, with what was expected.
func check(t *testing.T, segments string) []string {
	t.Helper()
	var l guides.Library
	if _, err := l.Read([]byte(ruled), "ruled.yaml"); err != nil {
		t.Fatal(err)
	}
	text := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*^*00501*000000001*0*P*>~" +
		"GS*PO*SENDER*RECEIVER*20240101*1200*7*X*004010~ST*850*0001~" + segments
	lines := []string{}
	for r, err := range validate.Interchanges(strings.NewReader(text), validate.Options{Guides: l.Find}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range r.Groups {
			for _, s := range g.Kept {
				for _, f := range s.Faults {
					if f.Position.Tag != "SE" {
						lines = append(lines, f.Error())
					}
				}
			}
		}
	}
	return lines
}

const sound = "N1*BY*ACME~PO1*1*5*EA~"

func TestGuides_elements(t *testing.T) {
	for segments, want := range map[string][]string{
		"BEG*00*A*20240229*2359*12345~" + sound:           {},
		"BEG*07*A~" + sound:                               {`BEG-01: not in the code list: found "07", expected a code: 00, 05`},
		"BEG*00~" + sound:                                 {`BEG-02: mandatory element is missing: expected a value`},
		"BEG*00*A*20230229~" + sound:                      {`BEG-03: date is none: found "20230229", expected a date as YYMMDD or CCYYMMDD`},
		"BEG*00*A**2460~" + sound:                         {`BEG-04: time is none: found "2460", expected a time as HHMM, HHMMSS or HHMMSSDD`},
		"BEG*00*A***1.5~" + sound:                         {`BEG-05: not a number: found "1.5", expected a number without a decimal point`},
		"BEG*00*A***-1234567~" + sound:                    {`BEG-05: too long: found "-1234567", expected at most 6 digits`},
		"BEG*00*A***-123456~" + sound:                     {},
		"BEG*00*A****Z~" + sound:                          {`BEG-06: too many elements: found "Z", expected at most 5 elements`},
		"BEG*00*A>B~" + sound:                             {`BEG-02: too many components: found "A>B", expected no components`},
		"BEG*00*A^B~" + sound:                             {`BEG-02(2): too many repetitions: found "B", expected at most 1`},
		"BEG*00*A*~" + sound:                              {`BEG-03: delimiter at the end divides nothing: expected no delimiter at the end`},
		"BEG*00*A\x01B~" + sound:                          {`BEG-02: character is not allowed: found "\x01", expected a character of X12`},
		"BEG*00*A~N1*BY*ACME~PO1*1*5*EA~MEA*PD^PD~":       {},
		"BEG*00*A~N1*BY*ACME~PO1*1*5*EA~MEA*PD^PD^PD^PD~": {`MEA-01(4): too many repetitions: found "PD", expected at most 3`},
		"BEG*00*A~N1*BY*ACME~PO1*1*5*EA~MEA*PD*X~":        {`MEA-02: not to be used: found "X", expected nothing`},
	} {
		if diff := cmp.Diff(want, check(t, segments+"SE*1*0001~")); diff != "" {
			t.Errorf("%q:\n%s", segments, diff)
		}
	}
}

func TestGuides_conditions(t *testing.T) {
	const head = "BEG*00*A~N1*BY*ACME~"
	for segments, want := range map[string][]string{
		"BEG*00*A~REF*DP*1~" + sound:   {},
		"BEG*00*A~REF*ZZ~" + sound:     {"REF-02: required by other elements: expected R0203: at least one of REF-02, REF-03", "REF-03: required by other elements: expected R0203: at least one of REF-02, REF-03"},
		"BEG*00*A~N1*BY*ACME*ZZ~PO1~":  {"N1-04: required by other elements: expected P0304: all or none of N1-03, N1-04"},
		head + "PO1*1**EA~":            {"PO1-02: required by other elements: expected C0302: where PO1-03 is there, PO1-02 too"},
		head + "PO1*1*5*EA*1*PE*AA>1~": {`PO1-06: excluded by other elements: found "AA", expected E0506: at most one of PO1-05, PO1-06`},
		head + "PO1*1****PE~":          {"PO1-04: required by other elements: expected L050402: where PO1-05 is there, at least one of PO1-04, PO1-02", "PO1-02: required by other elements: expected L050402: where PO1-05 is there, at least one of PO1-04, PO1-02"},
		head + "PO1*1*****AA~":         {"PO1-06.2: required by other elements: expected P0102: all or none of PO1-06.1, PO1-06.2"},
		head + "PO1*1*****>1~":         {"PO1-06.1: mandatory element is missing: expected a value", "PO1-06.1: required by other elements: expected P0102: all or none of PO1-06.1, PO1-06.2"},
	} {
		if diff := cmp.Diff(want, check(t, segments+"SE*1*0001~")); diff != "" {
			t.Errorf("%q:\n%s", segments, diff)
		}
	}
}

func TestGuides_segmentsToldApartByTheirValues(t *testing.T) {
	for segments, want := range map[string][]string{
		"BEG*00*A~REF*DP*1~REF*ZZ*12345678901~REF*ZZ*2~" + sound:       {},
		"BEG*00*A~REF*DP*12345678901~" + sound:                         {`REF-02: too long: found "12345678901", expected at most 10 characters`},
		"BEG*00*A~N1*ST*X~N3*Y~PO1~":                                   {`N1: mandatory segment is missing: found "N1", expected loop Buyer`},
		"BEG*00*A~N1*BY*X~N1*ST*X~PO1~":                                {`N3: mandatory segment is missing: found "PO1", expected segment ShipTo/N3`},
		"BEG*00*A~N1*BY*X~N1*BY*X~PO1~":                                {`N1: loop occurs too often: found "N1", expected loop Buyer at most 1 times`},
		"BEG*00*A~N1*BY*X~N1*VN*X~PO1~":                                {`N1: segment is not in sequence: found "N1", expected segment Buyer/N1 earlier`},
		"BEG*00*A~N1*BY*X~N1*ST*X~N3*A~N1*ST*X~N3*A~N1*ST*X~N3*A~PO1~": {`N1: loop occurs too often: found "N1", expected loop ShipTo at most 2 times`},
	} {
		if diff := cmp.Diff(want, check(t, segments+"SE*1*0001~")); diff != "" {
			t.Errorf("%q:\n%s", segments, diff)
		}
	}
}

func TestInterchanges_warningsAloneDoNotReject(t *testing.T) {
	text := "UNB+UNOA:3+A+B+240101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+small letters+9'DTM+137:20240101:102'NAD+BY+1::9'LIN+1'UNS+S'UNT+7+1'UNZ+1+1'"
	for r, err := range validate.Interchanges(bytes.NewReader([]byte(text)), validate.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if !r.Clean() || len(r.All()) != 1 || !r.All()[0].Warning {
			t.Errorf("%v", r.All())
		}
	}
}

func TestInterchanges_faultsBeyondTheLimitAreCounted(t *testing.T) {
	text := "UNB+UNOC:3+A+B+240101:1200+1'UNH+1+ORDERS:D:96A:UN'" + strings.Repeat("QQQ+1'", 50) + "UNT+52+1'UNZ+1+1'"
	for r, err := range validate.Interchanges(strings.NewReader(text), validate.Options{Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Groups[0].Kept[0]; len(s.Faults) != 10 || s.More < 40 || !s.Rejected() {
			t.Errorf("%d faults and %d more", len(s.Faults), s.More)
		}
	}
}

// Memory is taken for sets, and none for what they hold, while all is well.
func TestInterchanges_takesNoMemoryForSegments(t *testing.T) {
	taken := func(lines int) float64 {
		text := []byte("UNB+UNOC:3+A+B+240101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'DTM+137:20240101:102'NAD+BY+1::9'" +
			strings.Repeat("LIN+1++4000862141404:EN'QTY+21:5'FTX+AAA+++IT?'S FINE'PRI+AAA:1.25:CA'", lines) +
			fmt.Sprintf("UNS+S'UNT+%d+1'UNZ+1+1'", 6+4*lines))
		return testing.AllocsPerRun(20, func() {
			for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{}) {
				if err != nil || len(r.All()) > 0 {
					t.Fatal(err, r.All())
				}
			}
		})
	}
	if few, many := taken(10), taken(500); many > few+20 {
		t.Errorf("%v pieces of memory for 46 segments, and %v for 2,006", few, many)
	}
}
