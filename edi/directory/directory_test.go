package directory

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// open reads a directory of the collected data, or skips the test where the data
// are not at hand.
func open(t testing.TB, name string) *Directory {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = "../../../shared/data"
	}
	f, err := os.Open(filepath.Join(root, "edi", "structure", name))
	if err != nil {
		if os.Getenv("TOUCHSTONE_REQUIRE_DATA") != "" {
			t.Fatalf("the collected data are required: %v", err)
		}
		t.Skipf("the collected data are not at hand: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// releases are the directories at hand.
var releases = map[string]string{"D.96A": "un-edifact-d96a.zip", "D.03B": "un-edifact-d03b.zip"}

func TestRead_everythingThatTheDirectorysIndexesList(t *testing.T) {
	for release, name := range releases {
		t.Run(release, func(t *testing.T) {
			d := open(t, name)
			if d.Release != release {
				t.Errorf("release %s", d.Release)
			}
			got := map[string][]string{
				"messages": d.Batch.MessageIDs(), "segments": keys(d.Batch.Segments),
				"composites": keys(d.Batch.Composites), "elements": keys(d.Batch.Elements),
			}
			if d.Interactive != nil {
				got["interactive messages"] = d.Interactive.MessageIDs()
				got["interactive segments"] = keys(d.Interactive.Segments)
				got["interactive composites"] = keys(d.Interactive.Composites)
			}
			for kind, ids := range got {
				want := slices.Sorted(slices.Values(d.Index[kind]))
				if len(want) == 0 {
					t.Errorf("the index of %s is empty", kind)
				}
				if diff := cmp.Diff(want, ids); diff != "" {
					t.Errorf("%s, index (-) against what was read (+):\n%s", kind, diff)
				}
				t.Logf("%s: %d", kind, len(ids))
			}
			codes := 0
			for _, l := range d.Batch.Codes {
				codes += len(l.Codes)
			}
			// UNCL has no index: these were counted by other means (its paragraphs, its columns)
			if want := counted[release]; len(d.Batch.Codes) != want[0] || codes != want[1] {
				t.Errorf("%d code lists with %d codes, want %v", len(d.Batch.Codes), codes, want)
			}
		})
	}
}

// counted are the code lists of a release, and their codes.
var counted = map[string][2]int{"D.96A": {207, 6149}, "D.03B": {269, 10453}}

func TestRead_groupsRepetitionsAndNotes(t *testing.T) {
	d := open(t, releases["D.03B"])
	orders := d.Batch.Messages["ORDERS"]
	var lin *guide.Node
	for _, n := range orders.Body {
		if n.IsGroup() && n.Trigger().ID == "LIN" {
			lin = n
		}
	}
	if lin == nil || lin.Max != 200000 || lin.Need != guide.Optional || orders.Title != "Purchase order message" {
		t.Errorf("%q: %+v", orders.Title, lin)
	}
	var depth func(n *guide.Node) int
	depth = func(n *guide.Node) int {
		deepest := 0
		for _, below := range n.Body {
			if below.IsGroup() {
				deepest = max(deepest, 1+depth(below))
			}
		}
		return deepest
	}
	if got := depth(lin); got != 2 {
		t.Errorf("groups below LIN are %d deep", got)
	}
	tdt := d.Batch.Segments["TDT"]
	if want := []guide.Condition{{Relation: guide.FirstThenAll, Places: []int{4, 3}}}; !cmp.Equal(tdt.Conditions, want) {
		t.Errorf("TDT: %+v", tdt.Conditions)
	}
	if adr := d.Batch.Segments["ADR"]; adr.Elements[0].Repeat != 0 || adr.Elements[5].Repeat != 5 || adr.Elements[5].Ref != "C819" {
		t.Errorf("ADR: %+v", adr.Elements)
	}
	if e := d.Batch.Elements["2379"]; e.Form.String() != "AN 1..3" || d.Batch.Codes["2379"].Title("102") != "CCYYMMDD" {
		t.Errorf("2379: %+v", e)
	}
}

func TestRead_saysWhatItCannotRead(t *testing.T) {
	for text, want := range map[string]string{
		"0010   UNH Header   M   1\n0020       ----- Segment group 1  --- C   9----------+|\n":                  "line 3: group SG1 is drawn within 1 groups, and 0 are open",
		"0010   UNH Header   M   1\n0030   RFF Reference   M   1----+\n":                                        "line 3: segment RFF is drawn within 1 groups, and 0 are open",
		"0010   UNH Header   M   1\n0020       --- Segment group 1 --- C   9---+\n0030   UNT Trailer M   1 |\n": "message ORDERS: group SG1 does not end",
		"0010   UNH Header   M   1\n":                        "message ORDERS has no segment table from UNH to UNT",
		"0010   UNH Header   M   1\n0020   something else\n": "line 3: \"something else\" is neither a segment nor a group",
	} {
		d := &Directory{Batch: guide.New("edifact/t", edi.EDIFACT, "D.00A")}
		err := d.message("ORDERS", lines([]byte("Pos    Tag Name   S   R\n"+text)))
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
