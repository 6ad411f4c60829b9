package canonical

import (
	"reflect"
	"strings"
	"sync"
)

// Type is the JSON shape of a value in the model.
type Type int

// The types of values.
const (
	Text    Type = iota // JSON string
	Bool                // JSON true or false
	Integer             // JSON number without a fraction, 64 bit
	Object              // JSON object with the members listed in Fields
	List                // JSON array of Items
	Map                 // JSON object with any member names, each value an Items
)

var typeNames = [...]string{"text", "true or false", "an integer", "an object", "a list", "an object"}

// String says what a value of the type is, as it stands after "expected".
func (t Type) String() string { return typeNames[t] }

// Schema describes one value of the model: an entity, an attribute, or an item of a list.
// Schemas are built once from the structs and shared: do not change them.
type Schema struct {
	Name     string // JSON member name; empty for the items of a list or map
	Type     Type
	Format   string    // of Text: date, date-time, date-or-time, decimal, country, currency, bcp47, email, or empty
	Enum     []string  // of Text: the values allowed; empty where any is
	Required bool      // the member must be present, and not empty where it is Text
	Nullable bool      // null is allowed and means cleared (top-level attributes of a Customer)
	Doc      string    // one phrase for people
	Fields   []*Schema // of Object: the members in struct order, which is the order of writing
	Items    *Schema   // of List and Map: the items
	AnyOf    []string  // of Object: at least one of these members is present
	OneOf    []string  // of Object: exactly one of these members is present

	def    string // name of the Go struct, for $defs
	byName map[string]*Schema
	valid  func(string) bool // nil where every text is valid
	wanted string            // what CheckText expected
	index  int               // struct field index, for the codec
}

// SchemaOf returns the schema of an entity, or nil for a name that is no entity.
func SchemaOf(e Entity) *Schema { return schemas()[e] }

var schemas = sync.OnceValue(func() map[Entity]*Schema {
	built := make(map[Entity]*Schema, len(Entities))
	for e, t := range entityTypes {
		s := build(t)
		s.Name = string(e)
		built[e] = s
	}
	for _, field := range built[EntityCustomer].Fields {
		field.Nullable = field.Name != "source"
	}
	return built
})

var entityTypes = map[Entity]reflect.Type{
	EntityCustomer:    reflect.TypeFor[Customer](),
	EntityOrder:       reflect.TypeFor[Order](),
	EntityInteraction: reflect.TypeFor[Interaction](),
	EntityProduct:     reflect.TypeFor[Product](),
}

// Field returns the member called name of an Object, the items of a Map, or nil.
func (s *Schema) Field(name string) *Schema {
	switch s.Type {
	case Object:
		return s.byName[name]
	case Map:
		return s.Items
	}
	return nil
}

// Path follows a path from s and returns the schema there, or nil where there is none. Members
// are separated by dots ("addresses.postcode") or, as a JSON pointer, by slashes
// ("/addresses/0/postcode"). Lists are passed through with or without an index; a path that ends
// in an index is the item, one that ends in the list's name the list. An empty path is s itself.
func (s *Schema) Path(path string) *Schema {
	separator := "."
	if strings.Contains(path, "/") {
		separator, path = "/", strings.TrimPrefix(path, "/")
	}
	for path != "" && s != nil {
		var name string
		name, path, _ = strings.Cut(path, separator)
		s = s.step(name, separator == "/")
	}
	return s
}

func (s *Schema) step(name string, pointer bool) *Schema {
	if pointer {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	if s.Type == List {
		if isDigits(name) {
			return s.Items
		}
		return s.Items.step(name, false)
	}
	name, index, indexed := strings.Cut(name, "[")
	found := s.Field(name)
	if !indexed {
		return found
	}
	if found == nil || found.Type != List || !isDigits(strings.TrimSuffix(index, "]")) {
		return nil
	}
	return found.Items
}

func build(t reflect.Type) *Schema {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return &Schema{Type: Text}
	case reflect.Bool:
		return &Schema{Type: Bool}
	case reflect.Int, reflect.Int64:
		return &Schema{Type: Integer}
	case reflect.Slice:
		return &Schema{Type: List, Items: build(t.Elem())}
	case reflect.Map:
		return &Schema{Type: Map, Items: build(t.Elem())}
	case reflect.Struct:
		return buildObject(t)
	}
	panic("canonical: the model has no place for a " + t.String())
}

func buildObject(t reflect.Type) *Schema {
	s := &Schema{Type: Object, def: t.Name(), byName: map[string]*Schema{}}
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name, options, _ := strings.Cut(tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		field := build(t.Field(i).Type)
		field.Name, field.index = name, i
		field.Required = options != "omitempty"
		field.Doc, field.Format = tag.Get("doc"), tag.Get("format")
		if enum := tag.Get("enum"); enum != "" {
			field.Enum = strings.Split(enum, ",")
		}
		if field.Type == Text {
			field.prepareCheck()
		}
		s.Fields = append(s.Fields, field)
		s.byName[name] = field
	}
	switch t {
	case reflect.TypeFor[Name]():
		s.AnyOf = []string{"full", "given", "family"}
	case reflect.TypeFor[Version]():
		s.OneOf = []string{"integer", "time"}
	}
	return s
}
