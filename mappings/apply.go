package mappings

import (
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// run is the scratch of one Apply.
type run struct {
	machine expression.Machine
	mapping *Mapping
	err     *Error
	indices []int // of the lists that are gone through, outermost first
	traced  bool
	places  bool // origins are kept
	origins []Origin
	wrote   map[*leaf]bool // where traced
}

// Apply maps one record and appends the result to dst. It is safe for concurrent use. The error
// is an *Error; what was appended is then taken back, and of the output only the ID is set, where it
// could be read.
func (m *Mapping) Apply(dst []byte, in Input) (Output, error) {
	r, _ := m.pool.Get().(*run)
	if r == nil {
		r = &run{mapping: m}
	}
	r.machine.Begin(m.env)
	out, err := r.apply(dst, &in)
	r.machine.End()
	m.pool.Put(r)
	return out, err
}

func (r *run) apply(dst []byte, in *Input) (Output, error) {
	m := r.mapping
	r.err, r.indices = nil, r.indices[:0]
	r.machine.Golden = in.Lookup
	m.vars.set(&r.machine, in)
	out := Output{Bytes: dst, Deleted: in.Deleted}
	r.computeLets()
	if out.Deleted {
		r.err = nil // of a record that is gone only the key is sure to be there
	} else {
		out.Skip = m.when != nil && !r.truth("when", m.when)
		out.Deleted = !out.Skip && m.gone != nil && r.truth("deleted", m.gone)
	}
	if !out.Skip && r.err == nil {
		if m.Outbound() {
			out.Bytes, _ = m.root.write(r, dst)
		} else {
			r.entity(&out, in)
		}
	}
	if r.err != nil {
		return Output{Bytes: dst, ID: out.ID}, r.err
	}
	return out, nil
}

func (r *run) computeLets() {
	for i := range r.mapping.lets {
		l := &r.mapping.lets[i]
		r.machine.Set(l.at, r.eval(l.value))
	}
}

func (r *run) truth(field string, p *expression.Program) bool {
	yes, err := p.Truth(&r.machine)
	if err != nil {
		r.fail(field, p, err)
	}
	return yes
}

// entity appends a canonical entity with its source.
func (r *run) entity(out *Output, in *Input) {
	m := r.mapping
	out.ID = r.recordID(in)
	source := in.Source
	source.ID, source.Status, source.Version, source.BusinessTime = out.ID, canonical.Active, r.version(out.Deleted), ""
	if m.time != nil && !out.Deleted {
		source.BusinessTime = r.moment(m.time)
	}
	out.Version = source.Version
	dst := append(out.Bytes, '{')
	if out.Deleted {
		source.Status = canonical.Deleted
	} else {
		start := len(dst)
		if dst, _ = m.root.members(r, dst); len(dst) > start {
			dst = append(dst, ',')
		}
	}
	dst = append(dst, `"source":`...)
	out.Bytes = append(appendSource(dst, &source), '}')
}

// eval gives a leaf's value; on errors it is absent.
func (r *run) eval(l *leaf) *formats.Node {
	n, err := l.program.Eval(&r.machine)
	if err != nil {
		r.failLeaf(l, err)
	}
	return n
}

func (r *run) failLeaf(l *leaf, err error) { r.fail(l.field, l.program, err) }

// fail keeps the first error.
func (r *run) fail(field string, p *expression.Program, err error) {
	if r.err != nil {
		return
	}
	r.err = &Error{Mapping: r.mapping.name, Field: r.located(field), Err: err}
	if p != nil {
		r.err.Expression = strings.TrimSpace(p.Text)
		r.err.Input = r.located(strings.Join(p.Paths, ", "))
		r.err.Position = position(p)
	}
}

func position(p *expression.Program) config.Position { return p.At.ScalarPosition(0) }

// located puts the current indices into a path such as addresses[].country.
func (r *run) located(path string) string {
	for part := range strings.SplitSeq(path, ", ") {
		filled := part
		for _, i := range r.indices {
			filled = strings.Replace(filled, "[]", "["+strconv.Itoa(i)+"]", 1)
		}
		path = strings.Replace(path, part, filled, 1)
	}
	return path
}
