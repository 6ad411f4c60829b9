package routes

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The schema knows the keys that the loader knows, and no others.
func TestSchema_hasAllKeys(t *testing.T) {
	t.Parallel()
	properties := Schema()["properties"].(map[string]any)
	on := properties["on"].(map[string]any)["properties"].(map[string]any)
	for _, one := range []struct {
		of    map[string]any
		known []string
	}{{properties, keys}, {on, onKeys}} {
		if diff := cmp.Diff(slices.Sorted(slices.Values(one.known)), slices.Sorted(maps.Keys(one.of))); diff != "" {
			t.Errorf("keys (-loader +schema):\n%s", diff)
		}
	}
}
