package validate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
	"github.com/touchstone-hub/touchstone/tests/bench/edi/generate"
)

func all(t *testing.T, text []byte, workers int) []*validate.Report {
	t.Helper()
	var reports []*validate.Report
	for r, err := range validate.Interchanges(bytes.NewReader(text), validate.Options{Workers: workers}) {
		if err == nil {
			reports = append(reports, r)
		}
	}
	return reports
}

func TestInterchanges_sameReportsOnAnyNumberOfWorkers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(folder(t), "*", "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	var together, big bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || bytes.HasPrefix(text, []byte("PK")) || bytes.Contains(text[:10], []byte("set ")) {
			continue
		}
		together.Write(text)
	}
	for _, standard := range []string{"x12", "edifact"} {
		if _, err := generate.Write(&big, generate.Options{Standard: standard, Seed: 3, Bytes: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		// a set that is longer than a batch, with faults in it
		big.WriteString("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240101*1200*U*00401*000000001*0*P*>~GS*PO*S*R*20240101*1200*7*X*004010~ST*850*0001~BEG*00*SA*1**20240101~")
		for range 140_000 {
			big.WriteString("PO1*1*5*EAX*1.25~")
		}
		big.WriteString("SE*140003*0001~GE*1*7~IEA*1*000000001~")
	}
	opts := []cmp.Option{cmpopts.IgnoreUnexported(edi.Syntax{}, edi.Segment{}), cmpopts.IgnoreFields(edi.Interchange{}, "Header"), cmpopts.IgnoreFields(edi.Group{}, "Header")}
	for _, text := range [][]byte{together.Bytes(), big.Bytes()} {
		want := all(t, text, 1)
		for _, workers := range []int{2, 3} {
			if diff := cmp.Diff(want, all(t, text, workers), opts...); diff != "" {
				t.Errorf("%d workers:\n%.3000s", workers, diff)
			}
		}
		if len(want) < 4 {
			t.Errorf("%d reports", len(want))
		}
	}
}
