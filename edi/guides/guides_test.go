package guides

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/directory"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

func TestShipped_everyMessageCompiles(t *testing.T) {
	count := 0
	for _, name := range Shipped.Names() {
		g, err := Shipped.Guide(name)
		if err != nil {
			t.Fatal(err)
		}
		if g.Name != name {
			t.Errorf("guide %s calls itself %s", name, g.Name)
		}
		for _, err := range g.Check() {
			t.Errorf("%s: %v", name, err)
		}
		for _, id := range g.MessageIDs() {
			if _, err := Shipped.Plan(name, id); err != nil {
				t.Error(err)
			}
			count++
		}
	}
	if count != 192+125+2+10+2 {
		t.Errorf("%d messages", count)
	}
}

func TestFind_byWhatTheEnvelopeSays(t *testing.T) {
	x12 := &edi.Interchange{Syntax: &edi.Syntax{Standard: edi.X12}, Version: "00401"}
	edifact := &edi.Interchange{Syntax: &edi.Syntax{Standard: edi.EDIFACT}, Version: "3"}
	for want, find := range map[string]struct {
		in  *edi.Interchange
		of  *edi.Group
		set *edi.Set
	}{
		"x12/004010 850":           {x12, &edi.Group{Version: "004010"}, &edi.Set{ID: "850", Version: "004010"}},
		"x12/004010 855":           {x12, &edi.Group{Version: "004010X358"}, &edi.Set{ID: "855", Version: "004010X358"}},
		"x12/005010 999":           {x12, &edi.Group{Version: "005010X231A1"}, &edi.Set{ID: "999", Version: "005010X231A1"}},
		"x12/005010-997 997":       {x12, &edi.Group{Version: "005010"}, &edi.Set{ID: "997", Version: "005010"}},
		"edifact/d96a ORDERS":      {edifact, nil, &edi.Set{ID: "ORDERS", Version: "D", Release: "96A", Association: "EAN008"}},
		"edifact/d03b INVOIC":      {edifact, nil, &edi.Set{ID: "INVOIC", Version: "D", Release: "03B"}},
		"edifact/service-3 CONTRL": {edifact, nil, &edi.Set{ID: "CONTRL", Version: "D", Release: "3"}},
	} {
		p, err := Shipped.Find(find.in, find.of, find.set)
		if err != nil {
			t.Error(err)
		} else if got := p.Guide.Name + " " + p.Message.ID; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_, err := Shipped.Find(x12, &edi.Group{Version: "005010X220A1"}, &edi.Set{ID: "834", Version: "005010X220A1"})
	if !errors.Is(err, ErrNone) || err.Error() != "no guide for set 834 in version 005010" {
		t.Errorf("got %v", err)
	}
	_, err = Shipped.Find(edifact, nil, &edi.Set{ID: "IFCSUM", Version: "D", Release: "01B"})
	if !errors.Is(err, ErrNone) || err.Error() != "no guide for message IFCSUM of directory D.01B" {
		t.Errorf("got %v", err)
	}
}

func TestLibrary_aPartnersGuideGoesFirst(t *testing.T) {
	var l Library
	text := "guide: acme/orders\nextends: x12/004010\nonly: [\"850\"]\nmessages:\n  \"850\": {change: [{at: REF, use: M 3}]}\n"
	if _, err := l.Read([]byte(text), "acme.yaml"); err != nil {
		t.Fatal(err)
	}
	p, err := l.FindVersion(edi.X12, "850", "004010")
	if err != nil {
		t.Fatal(err)
	}
	if p.Guide.Name != "acme/orders" || p.Find("REF").Max != 3 {
		t.Errorf("850 is of %s, REF %d times", p.Guide.Name, p.Find("REF").Max)
	}
	if p, err = l.FindVersion(edi.X12, "855", "004010"); err != nil || p.Guide.Name != "x12/004010" {
		t.Errorf("855: %v, %v", p, err)
	}
}

// data gives the folder of the collected structure data, or skips the test.
func data(t *testing.T) string {
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	folder := filepath.Join(root, "edi", "structure")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("the collected data are required: %v", err)
		}
		t.Skipf("the collected data are not at hand: %v", err)
	}
	return folder
}

func TestShipped_directoriesAreWhatTheImporterReads(t *testing.T) {
	for name, file := range map[string]string{"edifact/d96a": "un-edifact-d96a.zip", "edifact/d03b": "un-edifact-d03b.zip"} {
		text, err := os.ReadFile(filepath.Join(data(t), file))
		if err != nil {
			t.Fatal(err)
		}
		d, err := directory.Read(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := carried(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Batch, got); diff != "" {
			t.Errorf("%s: %.2000s", name, diff)
		}
	}
}

func TestShipped_tablesAreWhatTheSourcesSay(t *testing.T) {
	for name, file := range map[string]string{"x12/004010": "x12-004010.txt", "x12/005010": "x12-005010-999.txt"} {
		f, err := os.ReadFile(filepath.Join(data(t), file))
		if err != nil {
			t.Fatal(err)
		}
		want, err := guide.ReadTable(bytes.NewReader(f), name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := carried(name)
		if err != nil {
			t.Fatal(err)
		}
		want.Name, want.Version, want.Title = got.Name, got.Version, got.Title
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
