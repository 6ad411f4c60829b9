package mappings

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

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
