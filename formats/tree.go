package formats

// NodeKind is the sort of value that a Node holds.
type NodeKind uint8

// The kinds of node. Absent is the zero value: what is not there.
const (
	Absent NodeKind = iota
	Null
	Bool
	Number
	Text
	Object
	List
)

// Node is one value of a record. Nodes live in a Doc and are valid until its next Decode.
type Node struct {
	Kind NodeKind
	// Text is a scalar's text: a string decoded, a number as it was written, true or false.
	Text []byte
	// Kids are a list's elements, or an object's members: by slot of the Shape (Absent where the
	// record lacks it), or, where the Shape asks for the whole, in the record's order with Names.
	Kids []Node
	// Names are the members' names where the Shape asked for the whole object; nil otherwise.
	Names []string
	// Offset is the byte offset of the value within the frame; -1 where the format has none.
	Offset int
}

// Doc holds one decoded record. The zero value is ready; it is meant to be reused.
type Doc struct {
	Root  Node
	Arena Arena
}

// Shape says which parts of a record are wanted, so that a decoder can leave out the rest. A
// Shape is built once, when a mapping is compiled, and never changes afterwards.
type Shape struct {
	// Whole asks for everything below.
	Whole bool
	// Fields are the wanted members of an object; the index is the member's slot.
	Fields []ShapeField
	// Items is what is wanted of each element of a list; nil for nothing.
	Items *Shape
}

// ShapeField is one wanted member.
type ShapeField struct {
	Name  string
	Shape *Shape
	// Quoted is the name with quotes and colon, as JSON writes it before the value; "" where the
	// name would need escapes. It lets a decoder know the expected member in one comparison.
	Quoted string
}

// Slot returns the slot of a member, adding it where it is new.
func (s *Shape) Slot(name string) (int, *Shape) {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i, s.Fields[i].Shape
		}
	}
	s.Fields = append(s.Fields, ShapeField{Name: name, Shape: &Shape{}, Quoted: quoted(name)})
	return len(s.Fields) - 1, s.Fields[len(s.Fields)-1].Shape
}

// Elements returns the shape of a list's elements, adding it where it is new.
func (s *Shape) Elements() *Shape {
	if s.Items == nil {
		s.Items = &Shape{}
	}
	return s.Items
}

func quoted(name string) string {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == '"' || name[i] == '\\' {
			return ""
		}
	}
	return `"` + name + `":`
}
