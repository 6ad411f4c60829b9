package edi

import (
	"slices"
	"strings"
	"sync"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// layoutOf finds the layout of a message: by the guide that the options name, by the guide of the
// version, or by the guide with the nearest version that has the message. Versions of one message
// differ in what was added, so that the nearest one finds nearly all loops; nil where no guide has it.
func (f *Format) layoutOf(set, version string) *layout {
	key := set + " " + version
	if known, ok := f.layouts.Load(key); ok {
		return known.(*layout)
	}
	g := f.guideOf(set, version)
	if g == nil {
		f.layouts.Store(key, (*layout)(nil))
		return nil
	}
	of := layoutKey{g, set}
	l, ok := layouts.Load(of)
	if !ok {
		l, _ = layouts.LoadOrStore(of, newLayout(g, g.Messages[set]))
	}
	f.layouts.Store(key, l)
	return l.(*layout)
}

// layouts are arranged once for each guide and message, for all formats.
var layouts sync.Map // of *layout by layoutKey

type layoutKey struct {
	guide   *guide.Guide
	message string
}

func (f *Format) guideOf(set, version string) *guide.Guide {
	if f.options.Guide != "" {
		if g := f.guideNamed(f.options.Guide); g != nil && g.Messages[set] != nil {
			return g
		}
		return nil
	}
	if g := f.exact(set, version); g != nil {
		return g
	}
	var best *guide.Guide
	for _, name := range f.guideNames() {
		g := f.guideNamed(name)
		if g == nil || g.Messages[set] == nil {
			continue
		}
		if best == nil || nearer(f.standard, version, g.Version, best.Version) {
			best = g
		}
	}
	return best
}

// exact is the guide of the version itself. Those that are carried are named after their version, so
// that the others need not be unpacked.
func (f *Format) exact(set, version string) *guide.Guide {
	named := f.standard.String() + "/" + strings.ToLower(strings.ReplaceAll(version, ".", ""))
	if f.standard == edilib.X12 && len(version) > 6 {
		named = f.standard.String() + "/" + version[:6]
	}
	for _, name := range f.guideNames() {
		if name != named && !f.isOwn(name) {
			continue
		}
		if g := f.guideNamed(name); g != nil && g.Messages[set] != nil && (name == named || g.Version == version) {
			return g
		}
	}
	return nil
}

// nearer says whether a version is nearer to the one that is wanted than another is: the newest
// that is not newer, else the oldest; the newest of all where none is wanted.
func nearer(standard edilib.Standard, wanted, a, b string) bool {
	w, x, y := rank(standard, wanted), rank(standard, a), rank(standard, b)
	if wanted == "" {
		w = newest
	}
	if (x <= w) != (y <= w) {
		return x <= w
	}
	if x <= w {
		return x > y
	}
	return x < y
}

// newest is behind every rank.
const newest = "~"

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
func (f *Format) knownSets() []string {
	var list []string
	for _, name := range f.guideNames() {
		if g := f.guideNamed(name); g != nil {
			list = append(list, g.MessageIDs()...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
