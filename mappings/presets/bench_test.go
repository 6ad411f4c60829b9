package presets_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/edi"
	"github.com/touchstone-hub/touchstone/formats/formattest"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
)

// largeOrder is an 850 of about 60 segments.
func largeOrder() []byte {
	var b strings.Builder
	b.WriteString("ST*850*0001~BEG*00*SA*4600000406**20260724~CUR*BY*USD~REF*CT*C-7~DTM*002*20260801~N1*BY**92*1500~N1*ST*Transplace Laredo*UL*4012345000009~N3*East Point Drive*Suite 500~N4*Laredo*TX*78045*US~")
	for i := range 16 {
		fmt.Fprintf(&b, "PO1*%d*2500*YD*2.53**BP*A_QU001-BLK*VN*SL-%d~PID*F****4.4oz Diamond Quilt~SCH*1000*YD***002*20260801~", i+1, i)
	}
	b.WriteString("CTT*16~AMT*TT*6375.00~SE*60*0001~")
	return enveloped([]byte(b.String()))
}

// BenchmarkOrder850 reads a set, maps it, and writes it again.
func BenchmarkOrder850(b *testing.B) {
	in, out := load(b, "edi/x12-850-to-order"), load(b, "edi/order-to-x12-850")
	f := in.Format().(*edi.Format)
	all, err := formattest.Frames(f, bytes.NewReader(largeOrder()))
	if err != nil || len(all) != 1 || all[0].Err != nil {
		b.Fatalf("%v, %v", formattest.Show(all), err)
	}
	var entity []byte
	b.Run("decode and map", func(b *testing.B) {
		b.SetBytes(int64(len(all[0].Bytes)))
		b.ReportAllocs()
		var doc formats.Doc
		for b.Loop() {
			result, err := in.ApplyFrame(entity[:0], f, all[0], &doc, mappings.Input{})
			if err != nil {
				b.Fatal(err)
			}
			entity = result.Bytes
		}
	})
	b.Run("map and write", func(b *testing.B) {
		b.ReportAllocs()
		var doc, payload formats.Doc
		var text, set []byte
		for b.Loop() {
			result, err := out.ApplyFrame(text[:0], &json.Format{}, formats.Frame{Bytes: entity}, &doc, mappings.Input{Golden: &mappings.GoldenInput{ID: "G"}})
			if err == nil {
				text = result.Bytes
				err = (&json.Format{}).Decode(&payload, formats.Frame{Bytes: text}, &formats.Shape{Whole: true})
			}
			if err == nil {
				set, err = out.Payload().Encode(set[:0], &payload.Root)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(set)))
	})
}
