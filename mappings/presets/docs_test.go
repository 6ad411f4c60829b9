package presets_test

import (
	"os"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats/all"
	"github.com/touchstone-hub/touchstone/mappings"
	"github.com/touchstone-hub/touchstone/mappings/presets"
)

// TestDocs_examplesWork compiles every mapping of the documentation and runs its tests, and holds
// that each shipped mapping is named there.
func TestDocs_examplesWork(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/edi-mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for i, block := range strings.Split(string(text), "```") {
		yaml, ok := strings.CutPrefix(block, "yaml\n")
		if i%2 == 0 || !ok {
			continue
		}
		var ps config.Problems
		m := mappings.Load(config.Parse("example", []byte(yaml), nil, &ps), mappings.Options{Region: "DE", Formats: all.Kinds(), Presets: presets.FS}, &ps)
		if list := ps.Sorted(); len(list) > 0 {
			t.Errorf("%s\n%v", yaml, list)
			continue
		}
		for _, r := range mappings.RunTests(t.Context(), m, mappings.TestOptions{}).Results {
			if r.Status != mappings.Passed {
				t.Errorf("%s: %s: %s\n%s", m.Name(), r.Name, r.Message, r.Diff)
			}
		}
		examples++
	}
	if examples < 3 {
		t.Errorf("found %d examples; expected those of the documentation", examples)
	}
	for _, name := range mappings.PresetNames(presets.FS) {
		if !strings.Contains(string(text), "`"+strings.TrimPrefix(name, "edi/")+"`") {
			t.Errorf("docs/edi-mapping.md does not name %s", name)
		}
	}
}
