package edi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/edi"
	"github.com/touchstone-hub/touchstone/formats/json"
)

const (
	as850    = "{set: '850', version: '004010'}"
	asORDERS = "{set: ORDERS, version: D.96A, association: EAN008}"
)

func node(t testing.TB, text string) *formats.Node {
	t.Helper()
	var doc formats.Doc
	if err := (&json.Format{}).Decode(&doc, formats.Frame{Bytes: []byte(text)}, &formats.Shape{Whole: true}); err != nil {
		t.Fatal(err)
	}
	return &doc.Root
}

// TestAppendSet_writesInTheOrderOfTheGuide writes payloads whose members stand in any order.
func TestAppendSet_writesInTheOrderOfTheGuide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind             formats.Kind
		options, payload string
		set              edi.SetOptions
		want             string
	}{
		"loops within loops": {
			edi.X12, as850, `{"CTT": {"1": 1}, "PO1": [{"PID": {"1": "F", "5": "Pen"}, "2": 3, "3": "EA", "1": "1", "pair": {"VN": "A", "BP": "B"}}],
				"N1": [{"N4": {"1": "Bonn"}, "N3": [{"1": "Street"}], "1": "ST", "2": "Name"}], "BEG": {"1": "00", "2": "SA", "3": "4711", "5": "20260801"}}`,
			edi.SetOptions{},
			"ST*850*0001~BEG*00*SA*4711**20260801~N1*ST*Name~N3*Street~N4*Bonn~PO1*1*3*EA***VN*A*BP*B~PID*F****Pen~CTT*1~SE*9*0001~",
		},
		"a partner's delimiters and number": {
			edi.X12, as850, `{"BEG": {"1": "00", "2": "SA", "3": "A*B", "5": "20260801"}, "PO1": {"2": "1"}}`,
			edi.SetOptions{Delimiters: edilib.Delimiters{Element: '|', Component: '>', Segment: '\n'}, Control: "000000042"},
			"ST|850|000000042\nBEG|00|SA|A*B||20260801\nPO1||1\nSE|4|000000042\n",
		},
		"composites by name, released": {
			edi.EDIFACT, asORDERS, `{"UNS": {"0081": "S"}, "BGM": {"C002": {"1001": "220"}, "1004": "A+B", "1225": "9"}, "DTM": {"C507": {"2005": "137", "2380": "20260801", "2379": "102"}},
				"NAD": [{"3035": "BY", "C080": {"3036": ["What's", "up?"]}}], "LIN": {"1": "1", "QTY": {"1": {"1": "21", "2": 2.50}}}}`,
			edi.SetOptions{},
			"UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+A?+B+9'DTM+137:20260801:102'NAD+BY+++What?'s:up??'LIN+1'QTY+21:2.50'UNS+S'UNT+8+1'",
		},
		"a comma as decimal mark, and a character set": {
			edi.EDIFACT, asORDERS, `{"UNS": {"0081": "S"}, "BGM": {"1004": "1"}, "DTM": {"C507": {"2005": "137"}}, "NAD": {"3035": "BY", "C080": {"3036": "Köln"}}, "LIN": {"QTY": {"C186": {"6063": "21", "6060": "2.5"}}}}`,
			edi.SetOptions{Delimiters: edilib.Delimiters{Element: '+', Component: ':', Release: '?', Segment: '\'', Decimal: ','}, Control: "7", Charset: "UNOC"},
			"UNH+7+ORDERS:D:96A:UN:EAN008'BGM++1'DTM+137'NAD+BY+++K\xf6ln'LIN'QTY+21:2,5'UNS+S'UNT+8+7'",
		},
		"an envelope around it": {
			edi.X12, "{}", `{"ISA": {"1": "00", "3": "00", "5": "ZZ", "6": "A", "7": "ZZ", "8": "B", "9": "260801", "10": "0930", "12": "00501", "13": "000000101", "14": "0", "15": "T", "16": ":"},
				"GS": {"1": "PO", "2": "A", "3": "B", "4": "20260801", "5": "0930", "6": "1", "7": "X", "8": "004010"}, "ST": {"1": "850", "2": "0042"},
				"BEG": {"1": "00", "2": "SA", "3": "1", "5": "20260801"}, "PO1": {"2": "1"}}`,
			edi.SetOptions{},
			"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260801*0930*^*00501*000000101*0*T*:~GS*PO*A*B*20260801*0930*1*X*004010~" +
				"ST*850*0042~BEG*00*SA*1**20260801~PO1**1~SE*4*0042~GE*1*1~IEA*1*000000101~",
		},
		"a set without a guide": {
			edi.X12, "{}", `{"ST": {"1": "998"}, "segments": [{"tag": "ZC1", "1": "A", "3": "B"}, {"tag": "ZC2", "1": {"2": "C"}}, {"tag": "ZC1", "1": "D"}]}`,
			edi.SetOptions{},
			"ST*998*0001~ZC1*A**B~ZC2*>C~ZC1*D~SE*5*0001~",
		},
	} {
		got, err := open(t, c.kind, c.options).AppendSet(nil, node(t, c.payload), c.set)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAppendSet_tellsWhatCannotBeWritten lists the errors, each with the payload's path.
func TestAppendSet_tellsWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	beg := `"BEG": {"1": "00", "2": "SA", "3": "1", "5": "20260801"}`
	for _, c := range []struct{ options, payload, want string }{
		{as850, `{"PO1": {"2": "1"}}`, `BEG: found nothing; expected the segment, which is mandatory`},
		{as850, `{` + beg + `}`, `PO1: found nothing; expected the segment, which is mandatory`},
		{as850, `{"BEG": {"1": "00"}, "PO1": {"2": "1"}}`, `BEG[0].2: found nothing; expected a value: the element is mandatory`},
		{as850, `{` + beg + `, "PO1": {"2": "x"}}`, `PO1[0].2: found "x"; expected a number (R 1..15)`},
		{as850, `{` + beg + `, "PO1": {"2": "1"}, "N1": [{"1": "BY"}, {"1": "ST", "N4": {"2": "Bavaria"}}]}`, `N1[1].N4[0].2: found 7 characters ("Bavaria"); expected 2 to 2`},
		{as850, `{` + beg + `, "PO1": {"2": "1"}, "N1": {"1": "ST", "2": "A*B"}}`, `N1[0].2: found "*"; expected text without control characters and the delimiters "*>^~"`},
		{as850, `{` + beg + `, "PO1": {"2": "1"}, "N1": {"1": "ST", "2": "A\nB"}}`, `N1[0].2: found "\n"; expected text without control characters and the delimiters "*>^~"`},
		{as850, `{` + beg + `, "PO1": {"2": "1"}, "ZZZ": {"1": "x"}}`, `ZZZ: found a segment that the guide does not have here; expected one of`},
		{as850, `{` + beg + `, "PO1": {"2": "1", "26": "x"}}`, `PO1[0].26: found an element that the guide does not have here; expected at most 25`},
		{as850, `{` + beg + `, "PO1": {"2": {"1": "1"}}}`, `PO1[0].2: found an object; expected a value: the element has no components`},
		{as850, `{` + beg + `, "PO1": {"2": "1"}, "N1": {"1": "ST", "N3": [{"1": "a"}, {"1": "b"}, {"1": "c"}]}}`, `N1[0].N3: found 3 of it; expected at most 2`},
		{as850, `{` + beg + `, "PO1": {"2": "1"}, "CUR": "USD"}`, `CUR[0]: found no object; expected a segment: an object of its elements`},
		{as850, `{"BEG": {"1": "00", "2": "SA", "3": "1", "5": "1.8.2026"}, "PO1": {"2": "1"}}`, `BEG[0].5: found "1.8.2026"; expected a date such as 20260131`},
		{"{}", `{"BEG": {"1": "00"}}`, `ST.1: found nothing; expected the set, here or as set: of the format`},
		{asORDERS, `{"UNS": {"0081": "S"}, "BGM": {"1004": "1"}, "DTM": {"C507": {"2380": "20260801"}}}`, `DTM[0].C507.1: found nothing; expected a value: the component is mandatory`},
		{asORDERS, `{"UNS": {"0081": "S"}, "BGM": {"1004": "1"}, "DTM": {"C507": {"2005": "XXX"}}}`, `DTM[0].C507.2005: found "XXX"; expected a code of list 2005`},
		{asORDERS, `{"UNS": {"0081": "S"}, "BGM": {"1004": "1", "9999": "x"}, "DTM": {"C507": {"2005": "137"}}}`, `BGM[0].9999: found an element that the guide does not have here; expected one of C002, 1004, 1225, 4343`},
		{"{set: ORDERS, version: D.96A, charset: unoc}", `{"UNS": {"0081": "S"}, "BGM": {"1004": "1"}, "DTM": {"C507": {"2005": "137"}}, "NAD": {"3035": "BY", "C080": {"3036": "王"}}}`, `NAD[0].C080.3036: found character 1, '王' (U+738B), is not in UNOC; expected characters of UNOC`},
	} {
		kind := edi.X12
		if strings.Contains(c.options, "ORDERS") {
			kind = edi.EDIFACT
		}
		_, err := open(t, kind, c.options).Encode(nil, node(t, c.payload))
		var wrong *edi.ValueError
		if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.payload, err, c.want)
		}
	}
}

// TestOpen_tellsWhatIsWrongWithOptions lists the problems with their positions.
func TestOpen_tellsWhatIsWrongWithOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind          formats.Kind
		options, want string
	}{
		{edi.X12, "set: '85'", `f:1:6: there is no guide for 85; expected one of 810,`},
		{edi.EDIFACT, "{set: ORDER, version: D96A}", `f:1:7: there is no guide for ORDER D.96A; expected one of`},
		{edi.X12, "version: '004010'", `f:1:10: version without set; expected set: the set or message that it is the version of`},
		{edi.X12, "{set: '850', guide: x12/4010}", `f:1:21: unknown guide "x12/4010"; expected one of x12/004010, x12/005010, x12/005010-997, x12/envelope; did you mean "x12/004010"?`},
		{edi.X12, "{set: '850', association: EAN008}", `f:1:27: association is of EDIFACT; X12 has it in version, such as 004010X357`},
		{edi.X12, "charset: klingon", `f:1:10: unknown charset "klingon"; expected a name such as utf-8, windows-1252, iso-8859-1`},
		{edi.X12, "{set: '832', from: LINE}", `f:1:20: 832 has no loop "LINE" that repeats; expected one of N1, LM, N9, LIN; did you mean "LIN"?`},
		{edi.X12, "max_record: 2GB", `f:1:13: max_record 2GB; expected 1 to 1GB`},
		{edi.X12, "sett: '850'", `f:1:1: unknown key "sett"; expected one of set, version, association, guide, from, charset, max_record; did you mean "set"?`},
	} {
		var ps config.Problems
		if f := c.kind.Open(config.Parse("f", []byte(c.options), nil, &ps), &ps); f != nil {
			t.Errorf("%s: opened", c.options)
		}
		if list := ps.Sorted(); len(list) == 0 || !strings.HasPrefix(list[0].String(), c.want) {
			t.Errorf("%s\n got %v\nwant %s", c.options, list, c.want)
		}
	}
}
