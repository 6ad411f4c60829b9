package main

import (
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// ediNames gives what segments and elements are called in the guide of the set that they stand in.
type ediNames struct {
	set     *edi.Set
	layouts map[string]*guide.Layout // of the set's guide, by tag
}

// layout finds the segment in the guide of the set; nil where there is none.
func (n *ediNames) layout(e *edi.Event, tag string) *guide.Layout {
	if e.Set == nil {
		return nil
	}
	if e.Set != n.set {
		n.set, n.layouts = e.Set, map[string]*guide.Layout{}
		if plan, err := guides.Shipped.Find(e.Interchange, e.Group, e.Set); err == nil {
			for _, place := range plan.Places {
				if place.Layout != nil && n.layouts[place.Layout.Segment.ID] == nil {
					n.layouts[place.Layout.Segment.ID] = place.Layout
				}
			}
		}
	}
	return n.layouts[tag]
}

// Segment is the segment's name.
func (n *ediNames) Segment(e *edi.Event, tag string) string {
	if l := n.layout(e, tag); l != nil {
		return l.Segment.Title
	}
	return ""
}

// Element is the element's name, or else its number in the standard.
func (n *ediNames) Element(e *edi.Event, tag string, element int) string {
	l := n.layout(e, tag)
	if l == nil || element > len(l.Fields) {
		return ""
	}
	if f := l.Fields[element-1]; f.Title != "" {
		return f.Title
	}
	return l.Fields[element-1].Ref
}
