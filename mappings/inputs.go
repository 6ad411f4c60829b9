package mappings

import (
	"slices"
	"strings"
)

// Inputs lists the paths in the record from which an inbound mapping makes an attribute of the
// entity, in the order of the file. What a name under `let:` reads is not among them, nor what
// conditions read.
func (m *Mapping) Inputs(attribute string) (paths []string) {
	for _, l := range m.leaves {
		if top := strings.IndexAny(l.field+".", ".["); l.field[:top] != attribute {
			continue
		}
		for _, path := range l.program.Paths {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}
