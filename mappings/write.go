package mappings

import (
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// outcome tells what a writer appended.
type outcome int

const (
	nothing outcome = iota // nothing: the value is absent
	fixed                  // only constants: by themselves no reason to write an object
	value                  // something of the record
)

// writer appends one value of the target as JSON. What it appends for nothing is taken back by
// its caller, who knows where the value began.
type writer interface {
	write(r *run, dst []byte) ([]byte, outcome)
}

// leaf is a value that an expression gives.
type leaf struct {
	program  *expression.Program
	field    string            // path in the target
	schema   *canonical.Schema // nil: a payload, where any JSON may stand
	nullable bool              // null is written, and means cleared
	constant []byte            // JSON of a program that reads nothing
}

func (l *leaf) write(r *run, dst []byte) ([]byte, outcome) {
	if l.constant != nil {
		if r.traced {
			r.wrote[l] = true
		}
		return append(dst, l.constant...), fixed
	}
	if r.places {
		r.machine.Reads()
	}
	n, err := l.program.Eval(&r.machine)
	if err != nil {
		r.failLeaf(l, err)
		return dst, nothing
	}
	if r.traced && n.Kind != formats.Absent {
		r.wrote[l] = true
	}
	start := len(dst)
	dst, out, err := l.append(dst, n)
	if err != nil {
		r.failLeaf(l, err)
	}
	if r.places && out == value {
		r.origin(dst, start)
	}
	return dst, out
}

func (l *leaf) append(dst []byte, n *formats.Node) ([]byte, outcome, error) {
	switch {
	case n.Kind == formats.Null && l.nullable:
		return append(dst, "null"...), value, nil
	case l.schema == nil:
		return appendAny(dst, n)
	}
	return appendChecked(dst, n, l.schema)
}
