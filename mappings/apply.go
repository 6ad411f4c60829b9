package mappings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// run is the scratch of one Apply.
type run struct {
	machine expression.Machine
	mapping *Mapping
	err     *Error
	indices []int // of the lists that are gone through, outermost first
	traced  bool
	wrote   map[*leaf]bool // where traced
}

// Apply maps one record and appends the result to dst. It is safe for concurrent use. The error
// is an *Error; what was appended is then taken back.
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
		return Output{Bytes: dst}, r.err
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

// recordID is the key of the source record. Sources that know the key of a record that is gone
// need not send anything else of it.
func (r *run) recordID(in *Input) string {
	n := r.eval(r.mapping.id)
	switch {
	case r.err != nil && in.Deleted && in.Key != "":
		r.err = nil
		return in.Key
	case n.Kind == formats.Text && len(n.Text) > 0:
		return string(n.Text)
	case missing(n) && in.Deleted && in.Key != "":
		return in.Key
	case n.Kind == formats.Number:
		r.failLeaf(r.mapping.id, fmt.Errorf("found %s; expected a text (string(x) makes one)", expression.Show(n)))
	default:
		r.failLeaf(r.mapping.id, fmt.Errorf("found %s; expected the record's key as a text that is not empty", expression.Show(n)))
	}
	return ""
}

func missing(n *formats.Node) bool { return n.Kind == formats.Absent || n.Kind == formats.Null }

func (r *run) version(deleted bool) *canonical.Version {
	l := r.mapping.rev.time
	if l == nil {
		l = r.mapping.rev.integer
	}
	if l == nil || r.err != nil {
		return nil
	}
	n := r.eval(l)
	switch {
	case r.err != nil && deleted:
		r.err = nil
		return nil
	case missing(n) || n.Kind == formats.Text && len(n.Text) == 0:
		if !deleted {
			r.failLeaf(l, errors.New("found nothing; expected the record's version"))
		}
		return nil
	case l == r.mapping.rev.integer:
		i, err := strconv.ParseInt(string(n.Text), 10, 64)
		if n.Kind != formats.Number && n.Kind != formats.Text || err != nil {
			r.failLeaf(l, fmt.Errorf("found %s; expected a whole number", expression.Show(n)))
		}
		return &canonical.Version{Integer: &i}
	}
	return &canonical.Version{Time: r.timeOf(l, n)}
}

// moment is a time by RFC 3339 in UTC, or "" where it is unknown.
func (r *run) moment(l *leaf) string {
	n := r.eval(l)
	if missing(n) || n.Kind == formats.Text && len(n.Text) == 0 {
		return ""
	}
	return r.timeOf(l, n)
}

func (r *run) timeOf(l *leaf, n *formats.Node) string {
	if n.Kind == formats.Text {
		if t, err := time.Parse(time.RFC3339, string(n.Text)); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	r.failLeaf(l, fmt.Errorf("found %s; expected a time by RFC 3339 such as 2026-01-31T12:00:00Z (datetime(x, layout, zone) reads others)", expression.Show(n)))
	return ""
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

func appendSource(dst []byte, s *canonical.Source) []byte {
	dst = json.AppendString(append(dst, `{"system":`...), s.System)
	dst = json.AppendString(append(dst, `,"stream":`...), s.Stream)
	dst = json.AppendString(append(dst, `,"id":`...), s.ID)
	if v := s.Version; v != nil {
		if v.Integer != nil {
			dst = strconv.AppendInt(append(dst, `,"version":{"integer":`...), *v.Integer, 10)
		} else {
			dst = json.AppendString(append(dst, `,"version":{"time":`...), v.Time)
		}
		dst = append(dst, '}')
	}
	if s.BusinessTime != "" {
		dst = json.AppendString(append(dst, `,"businessTime":`...), s.BusinessTime)
	}
	dst = json.AppendString(append(dst, `,"status":`...), string(s.Status))
	if s.Provenance != nil {
		dst = appendProvenance(append(dst, `,"provenance":`...), s.Provenance)
	}
	return append(dst, '}')
}

func appendProvenance(dst []byte, p *canonical.Provenance) []byte {
	start := len(dst)
	member := func(name, value string) {
		if value != "" {
			dst = append(append(append(dst, `,"`...), name...), `":`...)
			dst = json.AppendString(dst, value)
		}
	}
	member("origin", p.Origin)
	member("position", p.Position)
	if i := p.Ingest; i != nil {
		dst = json.AppendString(append(dst, `,"ingest":{"topic":`...), i.Topic)
		if i.Epoch != 0 {
			dst = strconv.AppendInt(append(dst, `,"epoch":`...), int64(i.Epoch), 10)
		}
		dst = strconv.AppendInt(append(dst, `,"partition":`...), int64(i.Partition), 10)
		dst = strconv.AppendInt(append(dst, `,"offset":`...), i.Offset, 10)
		dst = append(dst, '}')
	}
	member("mapping", p.Mapping)
	if p.Revision != 0 {
		dst = strconv.AppendInt(append(dst, `,"revision":`...), p.Revision, 10)
	}
	member("correlation", p.Correlation)
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{'
	return append(dst, '}')
}
