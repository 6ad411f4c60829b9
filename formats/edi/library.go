package edi

import (
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// carried are the guides that come with the library.
var carried = guides.Shipped.Names()

// With is the format with the guides of a partner, which go before those that are carried.
func (f *Format) With(library *guides.Library) *Format {
	other := &Format{standard: f.standard, options: f.options, max: f.max, library: library}
	if f.options.Set != "" {
		other.layout = other.layoutOf(f.options.Set, f.options.Version)
	}
	return other
}

// guideNamed gives a guide; nil where there is none of that name.
func (f *Format) guideNamed(name string) *guide.Guide {
	g, err := f.library.Guide(name)
	if err != nil {
		return nil
	}
	return g
}

// guideNames lists the guides of the standard, a partner's own first.
func (f *Format) guideNames() []string {
	var list []string
	for _, name := range f.library.Names() {
		if prefix, _, _ := strings.Cut(name, "/"); prefix == f.standard.String() || f.isOwn(name) {
			list = append(list, name)
		}
	}
	return list
}

// isOwn says whether a guide is a partner's, whatever its name, and of the standard.
func (f *Format) isOwn(name string) bool {
	if slices.Contains(carried, name) {
		return false
	}
	g := f.guideNamed(name)
	return g != nil && g.Standard == f.standard
}
