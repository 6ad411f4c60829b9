package presets_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/edi/guides"
	"github.com/touchstone-hub/touchstone/edi/validate"
	"github.com/touchstone-hub/touchstone/mappings"
	"github.com/touchstone-hub/touchstone/mappings/presets"
)

// enveloped puts an envelope around a set or message that has none.
func enveloped(set []byte) []byte {
	switch text := string(set); {
	case strings.HasPrefix(text, "ST*"):
		control := strings.SplitN(text, "~", 2)[0]
		return fmt.Appendf(nil, "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260801*0930*U*00401*000000001*0*T*>~"+
			"GS*%s*A*B*20260801*0930*1*X*004010~%sGE*1*1~IEA*1*000000001~", guides.Functional(strings.Split(control, "*")[1]), text)
	case strings.HasPrefix(text, "UNH+"):
		return slices.Concat([]byte("UNB+UNOW:3+A+B+260801:0930+1'"), bytes.TrimRight(set, "\n"), []byte("UNZ+1+1'"))
	}
	return set
}

// valid holds an interchange against the guides that come with the library.
func valid(t *testing.T, interchange []byte) {
	t.Helper()
	reports := 0
	for report, err := range validate.Interchanges(bytes.NewReader(interchange), validate.Options{}) {
		if err != nil {
			t.Fatalf("%v\n%s", err, interchange)
		}
		reports++
		if !report.Clean() {
			t.Errorf("%v\n%s", report.All(), interchange)
		}
	}
	if reports == 0 {
		t.Errorf("no interchange in %q", interchange)
	}
}

// TestPresets_areValid holds the samples of inbound mappings, and what outbound ones write, against
// the whole guide: segments, elements, lengths, codes, conditions and counts.
func TestPresets_areValid(t *testing.T) {
	t.Parallel()
	for _, name := range mappings.PresetNames(presets.FS) {
		m := load(t, name)
		t.Run(name, func(t *testing.T) {
			held := 0
			if m.Outbound() {
				for _, payload := range payloads(t, m) {
					valid(t, enveloped(encode(t, m.Payload(), payload)))
					held++
				}
			}
			for _, sample := range mappings.TestRecords(m) {
				valid(t, enveloped([]byte(sample)))
				held++
			}
			if held == 0 {
				t.Error("nothing to hold against the guide")
			}
		})
	}
}

// real is a real file; the test is skipped where the data are not here.
func real(t *testing.T, name string) []byte {
	t.Helper()
	folder := os.Getenv("TOUCHSTONE_DATA")
	if folder == "" {
		folder = "../../../shared/data"
	}
	text, err := os.ReadFile(filepath.Join(folder, "edi", name))
	if os.IsNotExist(err) && os.Getenv("TOUCHSTONE_REQUIRE_DATA") == "" {
		t.Skip("the data folder is not here: set TOUCHSTONE_DATA")
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPresets_mapRealFiles maps real orders, responses, despatches, invoices, forecasts and
// catalogues, and looks at what people would look at.
func TestPresets_mapRealFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		preset, file string
		mend         string   // what the trailer counts, and what it should: such sets are no records
		want         []string // of each good record: what is said of it below
	}{
		{"x12-850-to-order", "x12/edinet_x12.850a.edi", "", []string{"order 4600000406 USD, ordered 2014-07-24, 5 parties, lines [000100001 SINGLE LINE DIAMOND PATTERN 2500 YD 2.53] [000200001 SINGLE LINE DIAMOND PATTERN 2000 YD 3.41] [000200002 SINGLE LINE DIAMOND PATTERN 1000 YD 3.41]"}},
		{"x12-850-to-order", "x12/edinet_x12.850.edi", "", []string{"order 1000012 , ordered 2009-08-27, 1 parties, lines [1 0054321 1 EA 19.95]"}},
		{"x12-850-to-order", "x12/stupidedi_004010_SC850_pass_basic-po.edi", "", []string{"order 508517 , ordered 2000-05-06, 1 parties, lines [1  48 EA 3], gross 144"}},
		{"x12-850-to-order", "x12/stupidedi_004010_SC850_pass_taxexempt-po.edi", "", []string{"order XX-1234 , ordered 2017-03-01, 1 parties, lines [1  25 EA 36 25@2017-06-15], gross 900"}},
		{"x12-850-to-order", "x12/stupidedi_003010_PO850_fail_1.edi", "SE*28*/SE*27*", []string{"order PR12345678 USD, ordered 2007-01-02, 2 parties, lines [001  3 EA 1.21] [002  9 EA 4.51]"}},
		{"x12-855-to-order", "x12/stupidedi_004010_SC855_pass_po-ack-minor-changes.edi", "", []string{"order-response XX-1234 changed , ordered 2017-04-06, 0 parties, lines [1  25 EA 9.5 price-changed 25@2017-05-20] [2  75 EA 6.95 accepted] [3  48 EA 3 rejected]"}},
		{"x12-855-to-order", "x12/stupidedi_004010_SC855_pass_po-ack-ship-details.edi", "", []string{"order-response XX-1234 accepted , ordered 2017-04-06, 0 parties, lines [1  25 EA 9.5 12@2017-05-01 13@2017-05-15] [2  75 EA 6.95 25@2017-05-15 25@2017-06-15 25@2017-07-15] [3  48 EA 3 36@2017-05-15 12@2017-05-30]"}},
		{"x12-856-to-order", "x12/stupidedi_004010_SH856_fail_2.edi", "SE*25*/SE*22*", []string{"despatch 861554 , changed 2018-03-13T21:30:00Z, shipped 2018-06-20T21:20:00Z, 2 parties, lines [1  40 PC ]"}},
		{"x12-860-to-order", "x12/stupidedi_003010_PC860_fail_1.edi", "", []string{"order-change SP7301 USD, ordered 2007-06-29, 1 parties, lines [001  0.5 EA 61.59 changed]"}},
		{"x12-810-to-order", "x12/edinet_x12.810a.edi", "", []string{"invoice DO091003TESTINV01 USD, invoiced 2003-03-10, ordered 2003-09-10, 2 parties, lines [1  2 EA 99.99] [2  2 EA 79.99], gross 365.96"}},
		{"x12-810-to-order", "x12/stupidedi_004010_SC810_pass_basic-invoice.edi", "", []string{"invoice 39876980601170600 , invoiced 2000-05-13, ordered 2000-05-06, 1 parties, lines [1  1 EA 170.6], gross 170.60"}},
		{"edifact-orders-to-order", "edifact/smooks_ORDERS_D.03B_Interchange.txt", "", []string{"order BKOD99 , ordered 2005-11-07, 2 parties, lines [1  25   added] [2  25   added] [3  16   added] [4  10   added]"}},
		{"edifact-ordrsp-to-order", "edifact/edinet_edifact.ORDRSP-formatted.edi", "UNT+17+9IM20YSP9/UNT+30+9IMX20YSP0009", []string{"order-response 00001672 EUR, changed 2016-03-21T14:21:00Z, ordered 2015-10-23T11:49:00Z, 3 parties, lines [1  1 PCS 50.5]"}},
		{"edifact-invoic-to-order", "edifact/smooks_INVOIC_D.03B_Interchange_with_UNA.txt", "UNT+36/UNT+35", []string{"invoice 539602 , invoiced 1999-04-20, 3 parties, lines [1  5 PCE 9.83] [2  2 PCE 25], shipping 100.95, gross 362"}},
		{"edifact-delfor-to-order", "edifact/edinet_edifact.Issue196.edi", "UNT+331/UNT+13", []string{`error: mapping edi/edifact-delfor-to-order: dates[0].value = period(DTM[137].2380, DTM[137].2379) (reads DTM[137].2380, DTM[137].2379): period: found text "20060619165058"; expected a value of the format code text "203" [mappings/presets/edi/edifact-delfor-to-order.yaml:18:35]`}},
		{"x12-832-to-product", "x12/edinet_x12.832.edi", "SE*17*/SE*12*", []string{"X12 Implementation Guidelines for Electronic Data Interchange X12 Implementation Guidelines for Electronic Data Interchange X12 Implementation Guidelines for Electronic Data Interchange 0940016699", "Hello World 0812976568"}},
	} {
		t.Run(c.preset+" "+filepath.Base(c.file), func(t *testing.T) {
			m := load(t, "edi/"+c.preset)
			var got []string
			for tr, err := range m.Translate(t.Context(), m.Format(), bytes.NewReader(mended(real(t, c.file), c.mend)), filepath.Base(c.file), mappings.Input{Source: canonical.Source{System: "partner", Stream: "in"}}) {
				switch {
				case err != nil:
					t.Fatal(err)
				case tr.Frame.Err != nil:
					t.Logf("as it should be, no record: %v", tr.Frame.Err)
				case tr.Err != nil:
					got = append(got, "error: "+tr.Err.Error())
				default:
					got = append(got, summary(t, m.Entity(), tr.Output.Bytes))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// mended is a file with another count in the trailer of its set.
func mended(text []byte, mend string) []byte {
	wrong, right, _ := strings.Cut(mend, "/")
	if wrong == "" {
		return text
	}
	return bytes.Replace(text, []byte(wrong), []byte(right), 1)
}

// summary says what an order or product is, in one line.
func summary(t *testing.T, entity canonical.Entity, doc []byte) string {
	t.Helper()
	if entity == canonical.EntityProduct {
		var p canonical.Product
		if err := p.UnmarshalJSON(doc); err != nil {
			t.Fatal(err)
		}
		return p.Name + " " + p.Codes[0].Value
	}
	var o canonical.Order
	if err := o.UnmarshalJSON(doc); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(o.Type+" "+o.Number+" "+o.Status), " ") + " " + o.Currency
	for _, d := range o.Dates {
		text += ", " + d.Role + " " + d.Value
	}
	text += fmt.Sprintf(", %d parties, lines", len(o.Parties))
	for _, l := range o.Lines {
		price := ""
		if l.Price != nil {
			price = l.Price.Amount
		}
		text += fmt.Sprintf(" [%s %s %s %s %s", l.Number, l.Product, l.Quantity, l.Unit, price)
		if l.Status != "" {
			text += " " + l.Status
		}
		for _, s := range l.Schedule {
			text += " " + s.Quantity + "@" + s.Date
		}
		text += "]"
	}
	for _, total := range o.Totals {
		text += ", " + total.Role + " " + total.Amount.Amount
	}
	return text
}
