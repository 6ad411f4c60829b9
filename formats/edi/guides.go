package edi

import (
	"slices"
	"strings"
	"sync"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// layouts are arranged once for each guide and message.
var layouts sync.Map // of *layout by name, nil where there is none

// layoutOf finds the layout of a message: by the guide that the options name, by the guide of the
// version, or by the guide with the nearest version that has the message. Versions of one message
// differ in what was added, so that the nearest one finds nearly all loops; nil where no guide has it.
func (f *Format) layoutOf(set, version string) *layout {
	key := f.standard.String() + " " + f.options.Guide + " " + set + " " + version
	if known, ok := layouts.Load(key); ok {
		return known.(*layout)
	}
	var l *layout
	if g := f.guideOf(set, version); g != nil {
		l = newLayout(g, g.Messages[set])
	}
	layouts.Store(key, l)
	return l
}

func (f *Format) guideOf(set, version string) *guide.Guide {
	if f.options.Guide != "" {
		if g := guideNamed(f.options.Guide); g != nil && g.Messages[set] != nil {
			return g
		}
		return nil
	}
	var best *guide.Guide
	for _, name := range guideNames(f.standard) {
		g := guideNamed(name)
		if g == nil || g.Messages[set] == nil {
			continue
		}
		if best == nil || nearer(f.standard, version, g.Version, best.Version) {
			best = g
		}
	}
	return best
}

// nearer says whether a version is nearer to the one that is wanted than another is: the newest
// that is not newer, else the oldest.
func nearer(standard edilib.Standard, wanted, a, b string) bool {
	w, x, y := rank(standard, wanted), rank(standard, a), rank(standard, b)
	if (x <= w) != (y <= w) {
		return x <= w
	}
	if x <= w {
		return x > y
	}
	return x < y
}

// rank orders versions by age: 004010 by its digits; D.96A by its year, of this century below 80.
func rank(standard edilib.Standard, version string) string {
	if standard == edilib.X12 {
		return version[:min(len(version), 6)]
	}
	_, release, _ := strings.Cut(version, ".")
	if release == "" {
		return ""
	}
	if release[0] < '8' {
		return "20" + release
	}
	return "19" + release
}

// knownSets lists the sets or messages of all guides.
func knownSets(standard edilib.Standard) []string {
	var list []string
	for _, name := range guideNames(standard) {
		if g := guideNamed(name); g != nil {
			list = append(list, g.MessageIDs()...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
