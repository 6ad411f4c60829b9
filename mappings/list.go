package mappings

import (
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// list is a list with items of its own: single ones, and those of each.
type list struct{ items []writer }

func (l *list) write(r *run, dst []byte) ([]byte, outcome) {
	dst = append(dst, '[')
	start, most := len(dst), nothing
	for _, item := range l.items {
		var out outcome
		if e, ok := item.(*each); ok {
			dst, out = e.elements(r, dst, start)
		} else {
			dst, out = appendItem(r, dst, start, item)
		}
		if r.err != nil {
			return dst, nothing
		}
		most = max(most, out)
	}
	if most == nothing {
		return dst, nothing
	}
	return append(dst, ']'), most
}

// appendItem appends one item to a list whose items begin at start.
func appendItem(r *run, dst []byte, start int, item writer) ([]byte, outcome) {
	mark := len(dst)
	if mark > start {
		dst = append(dst, ',')
	}
	dst, out := item.write(r, dst)
	if out == nothing {
		dst = dst[:mark]
	}
	return dst, out
}

// each gives one item for each element of a list in the record.
type each struct {
	of    *leaf
	item  *expression.Variable
	when  *expression.Program
	body  writer
	clear bool // null in the record clears the attribute
}

func (e *each) write(r *run, dst []byte) ([]byte, outcome) {
	start := len(dst)
	dst, out := e.elements(r, append(dst, '['), start+1)
	if out == nothing {
		if e.clear && r.err == nil && r.eval(e.of).Kind == formats.Null {
			return append(dst[:start], "null"...), value
		}
		return dst, nothing
	}
	return append(dst, ']'), out
}

func (e *each) elements(r *run, dst []byte, start int) ([]byte, outcome) {
	of := r.eval(e.of)
	kids := of.Kids
	switch of.Kind {
	case formats.Absent, formats.Null:
		return dst, nothing
	case formats.List:
	default:
		r.failLeaf(e.of, mismatch(of, "a list", ""))
		return dst, nothing
	}
	most := nothing
	r.indices = append(r.indices, 0)
	for i := range kids {
		r.indices[len(r.indices)-1] = i
		r.machine.Set(e.item, &kids[i])
		if e.when != nil && !r.truth(e.of.field+" when", e.when) {
			continue
		}
		var out outcome
		dst, out = appendItem(r, dst, start, e.body)
		if r.err != nil {
			return dst, nothing
		}
		most = max(most, out)
	}
	r.indices = r.indices[:len(r.indices)-1]
	return dst, most
}
