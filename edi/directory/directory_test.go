package directory

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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
			t.Logf("code lists: %d", len(d.Batch.Codes))
		})
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
