package expression

import (
	"slices"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
)

// Kind is what is known of a value when an expression is compiled.
type Kind int

// The kinds of value. Any is what a record holds as long as nobody has described it.
const (
	Any Kind = iota
	Text
	Number
	Bool
	Object
	List
)

var kindNames = [...]string{"anything", "text", "a number", "true or false", "an object", "a list"}

// String says what a value of the kind is, as it stands after "expected".
func (k Kind) String() string { return kindNames[k] }

// Type is what is known of a value when an expression is compiled: its kind, its members where
// they are described, and the part of the record's shape that it is read from.
type Type struct {
	Kind Kind
	// Decimal marks text that holds a decimal number, as money does in the canonical model:
	// it takes part in arithmetic and comparison as the number that it is.
	Decimal bool
	// Items describes a list's elements; nil where they may be anything.
	Items *Type
	// Shape is where the value stands in what is asked of the decoder; nil for values that are
	// computed. Compiling an expression adds to it.
	Shape *formats.Shape

	schema *canonical.Schema // members by the canonical model
	fields map[string]*Type  // members as declared
	names  []string          // of fields, in order of declaration
	part   formats.Part      // what a record of segments may have here
	spread bool              // a member that is read of it is that of all elements
}

// The types that need no description.
var (
	AnyType    = &Type{}
	TextType   = &Type{Kind: Text}
	NumberType = &Type{Kind: Number}
	BoolType   = &Type{Kind: Bool}
	TextList   = &Type{Kind: List, Items: TextType}
)

// Record is a record of which nothing is known.
func Record(shape *formats.Shape) *Type { return &Type{Shape: shape} }

// Canonical is a document of the canonical model, or a part of one.
func Canonical(schema *canonical.Schema, shape *formats.Shape) *Type {
	t := &Type{Shape: shape, schema: schema}
	switch schema.Type {
	case canonical.Text:
		t.Kind, t.Decimal = Text, schema.Format == "decimal"
	case canonical.Bool:
		t.Kind = Bool
	case canonical.Integer:
		t.Kind = Number
	case canonical.List:
		t.Kind = List
	default:
		t.Kind = Object
	}
	return t
}

// Declared is an object whose members are those given, by Declare.
func Declared(shape *formats.Shape) *Type {
	return &Type{Kind: Object, Shape: shape, fields: map[string]*Type{}, names: []string{}}
}

// Declare adds a member to a Declared object; t says what it holds.
func (t *Type) Declare(name string, member *Type) {
	if _, known := t.fields[name]; !known {
		t.names = append(t.names, name)
	}
	t.fields[name] = member
}

// Members lists the names that a member may have, or nil where any name may stand.
func (t *Type) Members() []string {
	switch {
	case t.part != nil:
		return t.part.Names()
	case t.Kind == Any && t.Items != nil:
		return t.Items.Members()
	case t.fields != nil:
		return t.names
	case t.schema != nil && t.schema.Type == canonical.Object:
		names := make([]string, len(t.schema.Fields))
		for i, f := range t.schema.Fields {
			names[i] = f.Name
		}
		return names
	}
	return nil
}

// has tells whether a member of that name may exist.
func (t *Type) has(name string) bool {
	if t.part != nil {
		return !t.part.Simple() && t.part.Member(name) != nil
	}
	if t.Kind != Any && t.Kind != Object {
		return false
	}
	known := t.Members()
	return known == nil || slices.Contains(known, name)
}

// member is the type of a member that may exist, with its slot in the shape (-1: by name only).
func (t *Type) member(name string) (*Type, int) {
	if t.part != nil {
		part := t.part.Member(name)
		slot, shape := t.Shape.Slot(part.Name())
		return segmented(part, shape), slot
	}
	slot, shape := -1, (*formats.Shape)(nil)
	if t.Shape != nil {
		slot, shape = t.Shape.Slot(name)
	}
	switch {
	case t.Kind == Any && t.Items != nil:
		return t.Items.fields[name].at(shape), slot
	case t.schema != nil:
		return Canonical(t.schema.Field(name), shape), slot
	case t.fields != nil:
		return t.fields[name].at(shape), slot
	}
	return &Type{Shape: shape}, slot
}

// elements is the type of a list's elements.
func (t *Type) elements() *Type {
	if t.Shape == nil && t.Items != nil {
		return t.Items
	}
	var shape *formats.Shape
	if t.Shape != nil {
		shape = t.Shape.Elements()
	}
	switch {
	case t.part != nil:
		one := t.at(shape)
		one.spread = false
		if one.Kind = Any; t.part.Simple() {
			one.Kind = Text
		}
		return one
	case t.schema != nil && t.schema.Items != nil:
		return Canonical(t.schema.Items, shape)
	case t.Items != nil:
		return t.Items.at(shape)
	}
	return &Type{Shape: shape}
}

// Element is the type of a list's elements, for loops.
func (t *Type) Element() *Type { return t.elements() }

// Computed is the type without its place in the record.
func (t *Type) Computed() *Type { return t.at(nil) }

// Elements makes of an object's description one that holds for the object itself as well as for
// the elements of a list of such objects.
func Elements(object *Type) *Type { return &Type{Items: object} }

// at is the type with another place in the shape.
func (t *Type) at(shape *formats.Shape) *Type {
	moved := *t
	moved.Shape = shape
	return &moved
}

// whole asks the decoder for everything below the value.
func (t *Type) whole() {
	if t.Shape == nil && t.Items != nil {
		t.Items.whole()
	}
	if t.Shape != nil && t.Kind != Text && t.Kind != Number && t.Kind != Bool {
		t.Shape.Whole = true
	}
}

// numeric tells whether the value is a number or text that holds one.
func (t *Type) numeric() bool { return t.Kind == Number || t.Decimal }

// common is what two types share.
func common(a, b *Type) *Type {
	switch {
	case a.Kind != b.Kind:
		return AnyType
	case a.part != nil || b.part != nil:
		return &Type{Kind: a.Kind}
	case a.schema == b.schema && a.Decimal == b.Decimal:
		return a.at(nil)
	}
	return &Type{Kind: a.Kind, Decimal: a.Decimal && b.Decimal}
}
