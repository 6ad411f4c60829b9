package mappings

import (
	"io/fs"
	"slices"
	"sync"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// Options are what a mapping file needs of its hub.
type Options struct {
	Region  string                        // the hub's region, ISO 3166-1 alpha-2: where phone numbers without a country are from
	Folder  string                        // the hub folder; samples and lookups/*.csv stand beside the mapping file
	Lookups map[string]*expression.Lookup // further tables, which win over those of files
	Formats []formats.Kind                // formats that `format:` may name; the first is the default
	Presets fs.FS                         // mappings that extends: may name, as NAME.yaml; nil for none
	Budget  expression.Budget             // what one record may cost; zero: the defaults
}

// Mapping is one compiled mapping file. It is safe for concurrent use.
type Mapping struct {
	name   string
	node   *config.Node
	to     canonical.Entity // "" for outbound mappings
	from   canonical.Entity // "" for inbound mappings
	format formats.Format   // of test inputs; nil where the file names none and no format is known
	kinds  []formats.Kind
	folder string

	payload formats.Format // what `format:` of an outbound mapping names, against which its fields are checked; or nil

	env    *expression.Env
	shape  *formats.Shape
	vars   variables
	lets   []let
	id     *leaf
	when   *expression.Program
	gone   *expression.Program
	time   *leaf // businessTime
	rev    version
	root   *object
	leaves []*leaf // in order of the file, for coverage
	tests  []test

	pool sync.Pool // of *run
}

// version is the `version:` of an inbound mapping: at most one of the two is set.
type version struct {
	time, integer *leaf
}

// let is one named value, computed before the fields.
type let struct {
	at    *expression.Variable
	value *leaf
}

// Name is the mapping's name, which connectors and routes use.
func (m *Mapping) Name() string { return m.name }

// Entity is what an inbound mapping gives, "" for an outbound one.
func (m *Mapping) Entity() canonical.Entity { return m.to }

// From is what an outbound mapping starts from, "" for an inbound one.
func (m *Mapping) From() canonical.Entity { return m.from }

// Outbound tells mappings to payloads from mappings to entities.
func (m *Mapping) Outbound() bool { return m.from != "" }

// Shape is what the decoder has to read of each record. It must not be changed.
func (m *Mapping) Shape() *formats.Shape { return m.shape }

// Reads lists the attributes of the document that an outbound mapping reads, by name.
func (m *Mapping) Reads() []string {
	var names []string
	if m.shape.Whole {
		names = fieldNames(canonical.SchemaOf(m.from))
	}
	for _, f := range m.shape.Fields {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Position is where the mapping stands.
func (m *Mapping) Position() config.Position { return m.node.Position() }

// Format is what `format:` names, or the first format of the options; nil if there is none.
func (m *Mapping) Format() formats.Format { return m.format }

// Payload is the format that an outbound mapping's `format:` names; nil where it names none.
func (m *Mapping) Payload() formats.Format { return m.payload }

// NamesFormat says whether the file has a `format:` of its own.
func (m *Mapping) NamesFormat() bool { return m.node.Get("format").IsSet() }

// Names tells whether the mapping names a lookup table.
func (m *Mapping) Names(table string) bool { return m.env.Names(table) }

// Input is one record with what is known about it.
type Input struct {
	// Root is the decoded record, read with the mapping's Shape: of an inbound mapping the
	// system's record, of an outbound one the canonical document.
	Root *formats.Node

	// Position, Header, Deleted and Key are those of the record's frame (inbound).
	Position formats.Position
	Header   map[string]string
	Deleted  bool
	Key      string

	// Source says where an inbound record comes from: System, Stream and, if wanted, Provenance
	// are written into the entity; the rest comes from the mapping.
	Source canonical.Source

	// Golden says what is known of an outbound mapping's document.
	Golden *GoldenInput

	// Lookup answers golden(key) in outbound mappings: the golden record by its ID or by the key
	// of one of its source records, read as a whole (formats.Shape{Whole: true}). nil: none is found.
	Lookup func(key string) (*formats.Node, bool)
}

// GoldenInput is what outbound mappings and routes know of a document beyond its content.
type GoldenInput = expression.Facts

// Output is what a mapping made of one record.
type Output struct {
	Bytes   []byte             // dst, extended by the entity or payload as JSON
	ID      string             // of the source record (inbound)
	Version *canonical.Version // of the source record (inbound); nil where the mapping has none
	Deleted bool               // the record is gone: the entity holds only its source (inbound)
	Skip    bool               // `when:` is false: nothing was appended
}

// Error is what went wrong with one record.
type Error struct {
	Mapping    string
	Field      string          // in the target, such as addresses[1].country; "id", "version.time" and the like outside of fields
	Expression string          // as written
	Input      string          // the input paths that the expression reads, separated by commas
	Position   config.Position // of the expression
	Err        error           // what was found and what was expected
}

// Error names mapping, field, expression and input.
func (e *Error) Error() string {
	text := "mapping " + e.Mapping + ": " + e.Field
	if e.Expression != "" {
		text += " = " + e.Expression
	}
	if e.Input != "" && e.Input != e.Expression {
		text += " (reads " + e.Input + ")"
	}
	text += ": " + e.Err.Error()
	if e.Position.Line > 0 {
		text += " [" + e.Position.String() + "]"
	}
	return text
}

// Unwrap gives the cause: a *canonical.TextError, an *expression.BudgetError, …
func (e *Error) Unwrap() error { return e.Err }
