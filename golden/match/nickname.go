package match

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed data/nicknames.txt
var nicknameTable string

// nicknameGroups are the groups of given names that stand for one another, by name. A name may be
// in several: Chris is Christopher and Christine.
var nicknameGroups = sync.OnceValue(func() map[string][]int16 {
	groups := map[string][]int16{}
	n := int16(0)
	for line := range strings.Lines(nicknameTable) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		for _, name := range strings.Fields(line) {
			groups[name] = append(groups[name], n)
		}
		n++
	}
	return groups
})

// nicknames says whether two given names, folded and in one word, are forms of one.
func nicknames(a, b string) bool {
	groups := nicknameGroups()
	of := groups[a]
	if of == nil {
		return false
	}
	return slices.ContainsFunc(groups[b], func(g int16) bool { return slices.Contains(of, g) })
}
