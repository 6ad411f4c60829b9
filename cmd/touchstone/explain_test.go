package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// passing are what differs from one run to another: golden IDs, versions, where records stand in
// their topics, and what the hub wrote on the way to the state that they come to.
var passing = []struct {
	pattern     *regexp.Regexp
	replacement string
}{
	{regexp.MustCompile(`G[0-9A-Z]{26}`), "G…"},
	{regexp.MustCompile(`version \d+`), "version …"},
	{regexp.MustCompile(`offset \d+`), "offset …"},
	{regexp.MustCompile(`(?m)^ +written by the hub: .*\n`), ""},
}

// explainsAsBefore compares what explain prints of a customer with the golden file.
func explainsAsBefore(t *testing.T, folder, record string) {
	t.Helper()
	code, out, errs := touchstone(t, t.Context(), "explain", "-C", folder, record)
	if code != exitOK {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	for _, p := range passing {
		out = p.pattern.ReplaceAllString(out, p.replacement)
	}
	file := filepath.Join("testdata", "explain-acme.txt")
	if *update {
		if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Error(diff)
	}
}
