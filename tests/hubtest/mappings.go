package hubtest

import (
	"testing"

	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/mappings"
)

// Mappings runs the tests that stand in a hub folder's mappings, of which each must have some.
func Mappings(t *testing.T, folder string) {
	t.Helper()
	all, problems := hub.LoadMappings(folder, func(string) (string, bool) { return "", false })
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s has no mappings", folder)
	}
	for name, m := range all {
		report := mappings.RunTests(t.Context(), m, mappings.TestOptions{})
		if len(report.Results) == 0 {
			t.Errorf("mapping %s has no tests", name)
		}
		for _, r := range report.Results {
			if r.Status != mappings.Passed {
				t.Errorf("%s: %s/%s %s %s\n%s", r.Position, name, r.Name, r.Status, r.Message, r.Diff)
			}
		}
	}
}
