package edi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// Real files of everybody: each is taken or put into quarantine, with what is wrong said, and none of
// them holds up the others.
func TestReceive_everyRealFileIsPutAway(t *testing.T) {
	var names []string
	for _, folder := range []string{"edi/x12", "edi/edifact"} {
		found, err := filepath.Glob(filepath.Join(hubtest.Data(t, folder), "*"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	x := newExchange(t, x12Partner)
	x.receives("0.edi", x12(1, order("before", 1)))
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		x.receives(fmt.Sprintf("%03d-%s", i+1, filepath.Base(name)), content)
	}
	x.receives("999.edi", x12(2, order("after", 1)))
	x.await("the last file", func() bool {
		left, _ := filepath.Glob(filepath.Join(x.dir, "in/acme/*.*"))
		return len(left) == 0
	})
	if got := x.taken(); len(got) != 2 {
		t.Errorf("taken: %q", got)
	}
	quarantined, _ := filepath.Glob(filepath.Join(x.dir, "in/acme/quarantine/*.error.txt"))
	if len(quarantined) != len(names) {
		t.Errorf("%d of %d files of strangers are in quarantine", len(quarantined), len(names))
	}
	for _, l := range x.ledger.Letters {
		if l.Cause == "partner" && !strings.Contains(l.Err.Error(), "expected one of the partners' IDs and ours") || l.Err == nil {
			t.Errorf("dead letter %+v", l)
		}
	}
}

// One interchange of thousands of orders is taken in memory that does not grow with it.
func BenchmarkReceive(b *testing.B) {
	var sets []string
	for i := range 5000 {
		set := "BEG*00*NE*" + fmt.Sprintf("K%06d", i) + "**20260102~"
		for line := range 50 {
			set += fmt.Sprintf("PO1*%d*3*EA*9.5**VC*LX-%04d~", line+1, line)
		}
		sets = append(sets, set+"CTT*50~")
	}
	content := x12(1, sets...)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		takeOnce(b, content)
	}
}
