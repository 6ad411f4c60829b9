package json

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/formats"
)

// maxDepth bounds nesting, and with it the stack that one record can ask for.
const maxDepth = 512

// decoder reads one frame. Its methods take the offset at which to begin and return the offset
// after what they read, or -1 with err set.
type decoder struct {
	b     []byte
	arena *formats.Arena
	at    formats.Position
	err   *formats.SyntaxError
}

// decode fills doc with what want asks for. All of the record is held to RFC 8259, also the parts
// that nobody asked for: a record is good or bad whatever mapping reads it. Wanted members that
// stand twice in one object are errors, since either value might be the one that was meant.
func decode(doc *formats.Doc, f formats.Frame, want *formats.Shape) error {
	doc.Arena.Reset()
	doc.Root = formats.Node{}
	d := decoder{b: f.Bytes, arena: &doc.Arena, at: f.Position}
	if !utf8.Valid(d.b) {
		d.invalidUTF8()
		return d.err
	}
	if want == nil {
		want = &formats.Shape{}
	}
	i := d.value(d.space(0), &doc.Root, want, 0)
	if i >= 0 {
		if i = d.space(i); i < len(d.b) {
			i = d.fail(i, "the end of the record")
		}
	}
	if i < 0 {
		doc.Root = formats.Node{}
		return d.err
	}
	return nil
}

func (d *decoder) value(i int, n *formats.Node, want *formats.Shape, depth int) int {
	if i >= len(d.b) {
		return d.fail(i, "a value")
	}
	n.Offset = i
	switch c := d.b[i]; c {
	case '"':
		end, escaped := d.stringEnd(i + 1)
		if end < 0 {
			return -1
		}
		n.Kind = formats.Text
		if escaped {
			n.Text = unescape(d.arena.Bytes(d.b[i+1 : end]))
		} else {
			n.Text = d.b[i+1 : end : end]
		}
		return end + 1
	case '{':
		n.Kind = formats.Object
		switch {
		case want.Whole:
			return d.wholeObject(i, n, want, depth+1)
		case len(want.Fields) == 0:
			return d.skip(i, depth)
		}
		return d.object(i, n, want.Fields, depth+1)
	case '[':
		n.Kind = formats.List
		switch {
		case want.Whole:
			return d.list(i, n, want, depth+1)
		case want.Items == nil:
			return d.skip(i, depth)
		}
		return d.list(i, n, want.Items, depth+1)
	case 't', 'f':
		n.Kind = formats.Bool
	case 'n':
		n.Kind = formats.Null
	default:
		n.Kind = formats.Number
	}
	end := d.scalar(i)
	if end > 0 {
		n.Text = d.b[i:end:end]
	}
	return end
}

// object reads the members that fields ask for. Records of one system have their members in one
// order, so the slot after the last one found is tried first.
func (d *decoder) object(i int, n *formats.Node, fields []formats.ShapeField, depth int) int {
	if depth > maxDepth {
		return d.tooDeep(i)
	}
	kids := d.arena.Nodes(len(fields))
	n.Kids = kids
	if i = d.space(i + 1); i < len(d.b) && d.b[i] == '}' {
		return i + 1
	}
	next := 0
	for {
		start, slot := i, next
		if next < len(fields) && d.begins(i, fields[next].Quoted) {
			i = d.space(i + len(fields[next].Quoted))
		} else {
			var name []byte
			if name, i = d.member(i); i < 0 {
				return -1
			}
			slot = slotOf(fields, name)
		}
		if slot < 0 {
			i = d.skip(i, depth)
		} else {
			if kids[slot].Kind != formats.Absent {
				return d.twice(start, fields[slot].Name)
			}
			i = d.value(i, &kids[slot], fields[slot].Shape, depth)
			next = slot + 1
		}
		if i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.b) {
			return d.fail(i, `"," or "}"`)
		}
		switch d.b[i] {
		case ',':
			i = d.space(i + 1)
		case '}':
			return i + 1
		default:
			return d.fail(i, `"," or "}"`)
		}
	}
}

// begins tells whether the record goes on with the quoted name and its colon.
func (d *decoder) begins(i int, quoted string) bool {
	return quoted != "" && len(d.b)-i >= len(quoted) && string(d.b[i:i+len(quoted)]) == quoted
}

func slotOf(fields []formats.ShapeField, name []byte) int {
	for i := range fields {
		if fields[i].Name == string(name) {
			return i
		}
	}
	return -1
}

// wholeObject reads all members, in the record's order.
func (d *decoder) wholeObject(i int, n *formats.Node, want *formats.Shape, depth int) int {
	if depth > maxDepth {
		return d.tooDeep(i)
	}
	if i = d.space(i + 1); i < len(d.b) && d.b[i] == '}' {
		n.Names = []string{}
		return i + 1
	}
	var kids []formats.Node
	var names []string
	var seen map[string]bool // only for objects too large to compare names one by one
	for {
		start := i
		raw, after := d.member(i)
		if after < 0 {
			return -1
		}
		name := d.arena.Intern(raw)
		if len(names) < few && slices.Contains(names, name) || seen[name] {
			return d.twice(start, name)
		}
		seen = note(seen, names, name)
		names = d.arena.AddName(names, name)
		var kid *formats.Node
		kids, kid = d.arena.Add(kids)
		if i = d.value(after, kid, want, depth); i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.b) {
			return d.fail(i, `"," or "}"`)
		}
		switch d.b[i] {
		case ',':
			i = d.space(i + 1)
		case '}':
			n.Kids, n.Names = kids, names
			return i + 1
		default:
			return d.fail(i, `"," or "}"`)
		}
	}
}

// few is how many names are compared one by one in search of duplicates.
const few = 48

// note keeps the names seen in a map, from the point on at which there are no longer few.
func note(seen map[string]bool, names []string, name string) map[string]bool {
	if len(names) < few-1 {
		return nil
	}
	if seen == nil {
		seen = make(map[string]bool, 2*few)
		for _, n := range names {
			seen[n] = true
		}
	}
	seen[name] = true
	return seen
}

func (d *decoder) list(i int, n *formats.Node, want *formats.Shape, depth int) int {
	if depth > maxDepth {
		return d.tooDeep(i)
	}
	if i = d.space(i + 1); i < len(d.b) && d.b[i] == ']' {
		return i + 1
	}
	var kids []formats.Node
	for {
		var kid *formats.Node
		kids, kid = d.arena.Add(kids)
		if i = d.value(i, kid, want, depth); i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.b) {
			return d.fail(i, `"," or "]"`)
		}
		switch d.b[i] {
		case ',':
			i = d.space(i + 1)
		case ']':
			n.Kids = kids
			return i + 1
		default:
			return d.fail(i, `"," or "]"`)
		}
	}
}

// member reads a name and its colon, up to the value.
func (d *decoder) member(i int) (name []byte, after int) {
	if i >= len(d.b) || d.b[i] != '"' {
		return nil, d.fail(i, "a member's name in quotes")
	}
	end, escaped := d.stringEnd(i + 1)
	if end < 0 {
		return nil, -1
	}
	name = d.b[i+1 : end]
	if escaped {
		name = unescape(d.arena.Bytes(name))
	}
	i = d.space(end + 1)
	if i >= len(d.b) || d.b[i] != ':' {
		return nil, d.fail(i, `":"`)
	}
	return name, d.space(i + 1)
}

func (d *decoder) twice(i int, name string) int {
	d.err = &formats.SyntaxError{Position: d.at, Offset: int64(i), Found: fmt.Sprintf("member %q a second time", name), Expected: "each wanted member once"}
	return -1
}
