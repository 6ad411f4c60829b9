package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/examples"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/mappings"
)

func folders() []string { return []string{"acme", "starter"} }

// matching are folders to measure matching with: they have no targets.
func matching() []string {
	return []string{"match/febrl", "match/historical", "match/fake", "match/chinese"}
}

func none(string) (string, bool) { return "", false }

func TestExamples_haveNoProblemsInAnEmptyEnvironment(t *testing.T) {
	t.Parallel()
	for _, name := range append(folders(), matching()...) {
		folder, problems := hub.Load(name, none)
		for _, p := range problems.Sorted() {
			t.Errorf("%s: %s\n%s", name, p, p.Snippet)
		}
		if folder == nil || len(folder.Mappings) == 0 || len(folder.Routes) == 0 && !slices.Contains(matching(), name) {
			t.Errorf("%s is not a whole hub", name)
		}
	}
}

func TestExamples_passTheirOwnTests(t *testing.T) {
	t.Parallel()
	for _, name := range append(folders(), matching()...) {
		folder, _ := hub.Load(name, none)
		if folder == nil {
			t.Fatalf("%s cannot be loaded", name)
		}
		for _, m := range folder.Mappings {
			if strings.HasPrefix(m.Name(), "edi/") {
				continue // it comes with Touchstone, and is held to more where it stands
			}
			report := mappings.RunTests(t.Context(), m, mappings.TestOptions{})
			if len(report.Results) == 0 {
				t.Errorf("mapping %s of %s has no test", m.Name(), name)
			}
			for _, r := range report.Results {
				if r.Status != mappings.Passed {
					t.Errorf("%s: %s %s: %s\n%s", r.Position, r.Name, r.Status, r.Message, r.Diff)
				}
			}
			shipped := strings.HasPrefix(m.Name(), "edi/") // made for more than one folder needs
			for _, f := range report.Fields {
				if !f.Covered && !shipped {
					t.Errorf("mapping %s of %s: no test reaches %s", m.Name(), name, f.Name)
				}
			}
		}
	}
}

// left says what a hub that ran in an example folder leaves behind.
func left(path string) bool {
	return slices.ContainsFunc([]string{"/.touchstone", "/out/", "/drop/", "/archive/", "/quarantine/", ".db"}, func(part string) bool {
		return strings.Contains(path, part)
	})
}

func TestFS_holdsWhatStandsInTheFolders(t *testing.T) {
	t.Parallel()
	for _, name := range folders() {
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || left(filepath.ToSlash(path)) {
				return err
			}
			want, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			got, err := fs.ReadFile(examples.FS, filepath.ToSlash(path))
			if err != nil || string(got) != string(want) {
				t.Errorf("%s is not in the program as it stands here: %v", path, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
