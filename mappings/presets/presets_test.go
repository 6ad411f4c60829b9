package presets_test

import (
	"bytes"
	"testing"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/all"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/mappings"
	"github.com/touchstone-hub/touchstone/mappings/presets"
)

func load(t testing.TB, name string) *mappings.Mapping {
	t.Helper()
	var ps config.Problems
	m := mappings.LoadPreset(name, mappings.Options{Region: "US", Formats: all.Kinds(), Presets: presets.FS}, &ps)
	if len(ps.Sorted()) > 0 || m == nil {
		t.Fatalf("%s: %v", name, ps.Sorted())
	}
	return m
}

func TestPresets_theirTestsPass(t *testing.T) {
	t.Parallel()
	for _, name := range mappings.PresetNames(presets.FS) {
		t.Run(name, func(t *testing.T) {
			report := mappings.RunTests(t.Context(), load(t, name), mappings.TestOptions{})
			if len(report.Results) == 0 {
				t.Error("no tests")
			}
			for _, r := range report.Results {
				if r.Status != mappings.Passed {
					t.Errorf("%s: %s %s\n%s\n%s", r.Name, r.Status, r.Message, r.Diff, r.Output)
				}
			}
		})
	}
}

// TestPresets_writeWhatTheGuideHas writes the payloads that the tests of outbound mappings give, and
// reads them back by the mapping of the other direction.
func TestPresets_writeWhatTheGuideHas(t *testing.T) {
	t.Parallel()
	for _, name := range mappings.PresetNames(presets.FS) {
		m := load(t, name)
		if !m.Outbound() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			written := 0
			for _, payload := range payloads(t, m) {
				set := encode(t, m.Payload(), payload)
				written++
				t.Logf("%s", set)
				for f, err := range m.Payload().Frames(t.Context(), bytes.NewReader(set), "set") {
					if err != nil || f.Err != nil {
						t.Errorf("%s\nis read as %v, %v", set, err, f.Err)
					}
				}
			}
			if written == 0 {
				t.Error("no payloads")
			}
		})
	}
}

// payloads are what the mapping's tests expect, as they are given.
func payloads(t *testing.T, m *mappings.Mapping) [][]byte {
	t.Helper()
	var all [][]byte
	for _, in := range mappings.TestInputs(m) {
		out, err := m.Apply(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out.Bytes)
	}
	return all
}

func encode(t *testing.T, f formats.Format, payload []byte) []byte {
	t.Helper()
	var doc formats.Doc
	if err := (&json.Format{}).Decode(&doc, formats.Frame{Bytes: payload}, &formats.Shape{Whole: true}); err != nil {
		t.Fatal(err)
	}
	set, err := f.Encode(nil, &doc.Root)
	if err != nil {
		t.Fatalf("%v\n%s", err, payload)
	}
	return set
}
