package mappings

import (
	"errors"

	"github.com/touchstone-hub/touchstone/expression"
)

// object is an object with fields of its own.
type object struct {
	field  string
	when   *expression.Program
	fields []field
	anyOf  bool // holds nothing unless one of the fields marked so does
	root   bool // is written even if it holds nothing of the record
	plain  bool // has nothing but constants, and is written for them
	asked  bool // is written where its condition holds, also with nothing but constants (payloads)
}

type field struct {
	name     string
	key      []byte // "name":
	value    writer
	required bool
	anyOf    bool // one of those of which the object must have one
}

func (o *object) write(r *run, dst []byte) ([]byte, outcome) {
	if o.when != nil && (!r.truth(o.field+" when", o.when) || r.err != nil) {
		return dst, nothing
	}
	dst, out := o.members(r, append(dst, '{'))
	if !o.root && (out == nothing || out == fixed && !o.plain && !o.asked) {
		return dst, nothing
	}
	return append(dst, '}'), out
}

// members appends the fields without braces.
func (o *object) members(r *run, dst []byte) ([]byte, outcome) {
	start, most, lacking := len(dst), nothing, o.anyOf
	for i := range o.fields {
		f := &o.fields[i]
		mark := len(dst)
		if mark > start {
			dst = append(dst, ',')
		}
		longer, out := f.value.write(r, append(dst, f.key...))
		if r.err != nil {
			return dst[:start], nothing
		}
		if dst = longer; out != nothing {
			most, lacking = max(most, out), lacking && !f.anyOf
			continue
		}
		dst = dst[:mark]
		if f.required {
			if o.root {
				r.missing(f)
			}
			return dst[:start], nothing
		}
	}
	if lacking {
		return dst[:start], nothing
	}
	return dst, most
}

func (r *run) missing(f *field) {
	if l, ok := f.value.(*leaf); ok {
		r.failLeaf(l, errors.New("found nothing; the field is required"))
		return
	}
	r.fail(f.name, nil, errors.New("found nothing; the field is required"))
}
