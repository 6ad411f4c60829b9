package expression

import (
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
)

// Facts are what is known of a canonical document beyond its content.
type Facts struct {
	ID      string   // golden ID, or system/stream/id of an order, interaction or product
	Version int64    // of the golden record; 0 where there is none
	Systems []string // the systems that hold the customer, or the one that the entity comes from
	Sources []string // the source records, each system/stream/id
	Remote  string   // the record's ID in the target; "" in a create
}

// Document is a canonical document as rules and outbound mappings see it: a variable named after
// its entity (customer, order, interaction, product) and the facts id, version, systems, sources
// and, in mappings, remote.
type Document struct {
	root                                  *Variable
	id, version, systems, sources, remote *Variable
}

// Document defines the variables of a document of the entity, whose wanted parts go to shape.
// Where there is no target yet, as in rules, remote is no name.
func (s *Scope) Document(entity canonical.Entity, shape *formats.Shape, target bool) *Document {
	name := strings.ToLower(string(entity))
	d := &Document{
		root:    s.Define(name, Canonical(canonical.SchemaOf(entity), shape)).Path(name),
		id:      s.Define("id", TextType),
		version: s.Define("version", NumberType),
		systems: s.Define("systems", TextList),
		sources: s.Define("sources", TextList),
	}
	if target {
		d.remote = s.Define("remote", TextType)
	}
	return d
}

// Set gives the variables their values; those that no expression names are left out.
func (d *Document) Set(m *Machine, root *formats.Node, f *Facts) {
	m.Set(d.root, root)
	if f == nil {
		return
	}
	if d.id.used && f.ID != "" {
		m.Set(d.id, m.String(f.ID))
	}
	if d.remote != nil && d.remote.used && f.Remote != "" {
		m.Set(d.remote, m.String(f.Remote))
	}
	if d.version.used && f.Version != 0 {
		m.Set(d.version, m.Number(f.Version))
	}
	if d.systems.used {
		m.Set(d.systems, m.Texts(f.Systems))
	}
	if d.sources.used {
		m.Set(d.sources, m.Texts(f.Sources))
	}
}
