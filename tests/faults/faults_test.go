// Package faults holds a hub folder with every mistake that can be told before a hub runs.
//
// In comes the folder; out go all its problems in one run, each at the place that is marked in the
// files and with the message that stands in the table. The package never starts a hub.
package faults

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/hub"
)

var update = flag.Bool("update", false, "write the table anew")

const (
	folder = "testdata/hub"
	table  = "testdata/problems.txt"
)

func problems(t *testing.T) []config.Problem {
	t.Helper()
	loaded, ps := hub.Load(folder, func(string) (string, bool) { return "", false })
	if loaded != nil {
		t.Fatal("a folder full of mistakes was loaded")
	}
	return ps.Sorted()
}

// Promise 5: everything that can be known without running is told in one run, each message as it
// stands in the table.
func TestCheck_namesAllFaultsInOneRun(t *testing.T) {
	var lines strings.Builder
	found := problems(t)
	for _, p := range found {
		fmt.Fprintln(&lines, strings.ReplaceAll(p.String(), folder+"/", ""))
	}
	if *update {
		if err := os.WriteFile(table, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), lines.String()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if len(found) < 70 {
		t.Errorf("found %d problems; the folder has more", len(found))
	}
}

// Every line that is marked with `# fault` has as many problems as the word stands there, and no
// other line has any: no mistake is missed, and none is told twice or where there is none.
func TestCheck_findsFaultsWhereTheyArePlanted(t *testing.T) {
	want := map[string]int{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for i, line := range strings.Split(string(text), "\n") {
			if _, comment, marked := strings.Cut(line, "# fault"); marked {
				want[fmt.Sprintf("%s:%d", path, i+1)] = 1 + strings.Count(comment, "fault")
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, p := range problems(t) {
		if p.Line > 0 { // others concern a file as a whole
			got[fmt.Sprintf("%s:%d", p.File, p.Line)]++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems by place (-planted +found):\n%s", diff)
	}
}
