package mappings_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/mappings"
)

// TestDocs_examplesWork compiles every mapping of the documentation and runs its tests.
func TestDocs_examplesWork(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for i, block := range strings.Split(string(text), "```") {
		yaml, ok := strings.CutPrefix(block, "yaml\n")
		if i%2 == 0 || !ok {
			continue
		}
		m, ps := tryLoad(yaml)
		if err := ps.Err(); err != nil {
			t.Errorf("%s\n%v", yaml, err)
			continue
		}
		for _, r := range mappings.RunTests(context.Background(), m, mappings.TestOptions{}).Results {
			if r.Status != mappings.Passed {
				t.Errorf("%s: %s: %s\n%s", m.Name(), r.Name, r.Message, r.Diff)
			}
		}
		examples++
	}
	if examples < 5 {
		t.Errorf("found %d examples; expected those of the documentation", examples)
	}
}
