package company

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi/validate"
)

func TestPartners_sendWhatTheirGuidesAllow(t *testing.T) {
	t.Parallel()
	p, err := openPartners(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sent := map[string]int{}
	for _, name := range dropped(t, p.Folder) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for report, err := range validate.Interchanges(bytes.NewReader(content), validate.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.All() {
				t.Errorf("%s: %v", name, f)
			}
			for _, g := range report.Groups {
				for _, s := range g.Kept {
					sent[s.ID]++
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"ORDERS": 3, "850": 3, "PARTIN": 1, "816": 1}, sent); diff != "" {
		t.Error(diff)
	}
}

func TestPartners_acknowledgeWhatTheyGet(t *testing.T) {
	t.Parallel()
	p, err := openPartners(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	before := len(dropped(t, p.Folder))
	out := filepath.Join(p.Folder, "out", "nordlicht")
	if err := os.MkdirAll(out, 0o750); err != nil {
		t.Fatal(err)
	}
	const response = "UNB+UNOC:3+4012345000009:14+4399901000009:14+260120:0800+9'UNH+1+ORDRSP:D:96A:UN'BGM+231+R-1+29'DTM+137:20260121:102'NAD+BY+4399901000009::9'UNS+S'UNT+6+1'UNZ+1+9'"
	if err := os.WriteFile(filepath.Join(out, "9.edi"), []byte(response), 0o640); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(30 * time.Second); len(dropped(t, p.Folder)) == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("nothing was acknowledged")
		}
	}
	if p.Got("ORDRSP") != 1 || p.Taken() != 1 || len(p.Invalid()) > 0 {
		t.Errorf("got %d of %d, with faults %q", p.Got("ORDRSP"), p.Taken(), p.Invalid())
	}
}

func dropped(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "in", "*", "*.edi"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}
