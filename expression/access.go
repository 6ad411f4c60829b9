package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/touchstone-hub/touchstone/config"
)

// access compiles names, members and elements. As long as they are fixed they become one path: a
// walk by index.
func (c *compiler) access(n ast.Node) (op, *Type) {
	o, t := c.walk(n)
	switch o := o.(type) {
	case *path:
		c.note(o)
	case *spread:
		o.number = c.noted(o.text)
	}
	return o, t
}

// walk is access before the path is noted as read.
func (c *compiler) walk(n ast.Node) (op, *Type) {
	switch n := n.(type) {
	case *ast.ChainNode:
		return c.walk(n.Node)
	case *ast.IdentifierNode:
		return c.name(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.MemberNode:
		if c.env.segmented {
			if o, t, ok := c.chosen(n); ok {
				return o, t
			}
		}
		base, t := c.walk(n.Node)
		if c.failed {
			return base, t
		}
		switch property := n.Property.(type) {
		case *ast.StringNode:
			return c.member(base, t, unmasked(property.Value), property.Location())
		case *ast.IdentifierNode:
			switch which, ok := code(property); {
			case !ok || !c.env.segmented:
			case which == "*" && t.Kind == List:
				return base, t.all(which)
			case isDigit(which[0]):
				return c.counted(base, t, which, n)
			}
		case *ast.IntegerNode:
			return c.elementAt(base, t, property.Value, property.Location())
		case *ast.UnaryNode:
			if i, ok := property.Node.(*ast.IntegerNode); ok && property.Operator == "-" {
				return c.elementAt(base, t, -i.Value, i.Location())
			}
		}
		return c.dynamic(base, t, n.Property)
	}
	return c.compile(n)
}

// name compiles a variable, or a member that is named without its record.
func (c *compiler) name(n *ast.IdentifierNode) (op, *Type) {
	if n.Value == "null" {
		return &constant{value: &null}, AnyType
	}
	v, bare := c.scope.find(n.Value)
	if v == nil {
		known := c.scope.known()
		p := c.problem(n.Location(), "unknown name %q", n.Value)
		p.Hint = config.Nearest(n.Value, known)
		p.Expected = oneOf(known)
		c.ps.Add(p)
		return &constant{value: &absent}, AnyType
	}
	c.reads, v.used = true, true
	o := &path{slot: v.slot, at: v.origin, record: v.record}
	if bare {
		return c.member(o, v.Type, n.Value, n.Location())
	}
	return o, v.Type
}

func (c *compiler) pointer(n *ast.PointerNode) (op, *Type) {
	if len(c.element) == 0 {
		return c.wrong(n.Location(), "a name", "# stands outside of a condition on list elements")
	}
	vars := c.element[len(c.element)-1]
	v := vars.item
	switch n.Name {
	case "":
	case "index":
		v = vars.index
	default:
		return c.wrong(n.Location(), "# or #index", "unknown name #%s", n.Name)
	}
	c.reads, v.used = true, true
	return &path{slot: v.slot, at: v.origin, record: v.record}, v.Type
}

func (c *compiler) member(base op, t *Type, name string, at file.Location) (op, *Type) {
	if t.spread {
		return c.spread(base, t, name, at)
	}
	if t.part != nil {
		if t.Shape == nil {
			return c.wrong(at, "the element in each place, such as first(NAD[BY].1, NAD[OB].1)", "%q is read of a segment that an expression chose", name)
		}
		if t.Kind == List && t.part.Repeats() {
			base, t = extend(base, step{isIndex: true, implied: true}), t.elements()
		}
	}
	if !t.has(name) {
		known := t.Members()
		if known == nil {
			return c.wrong(at, "an object", "%q cannot be read from %s", name, t.Kind)
		}
		p := c.problem(at, "unknown field %q", name)
		p.Hint, p.Expected = config.Nearest(name, known), oneOf(known)
		c.ps.Add(p)
		return base, AnyType
	}
	member, slot := t.member(name)
	return extend(base, step{name: name, slot: slot}), member
}

func (c *compiler) elementAt(base op, t *Type, index int, at file.Location) (op, *Type) {
	if t.Kind != Any && t.Kind != List {
		return c.wrong(at, "a list", "[%d] cannot be taken of %s", index, t.Kind)
	}
	return extend(base, step{index: index, isIndex: true}), t.elements()
}

// dynamic compiles base[expression].
func (c *compiler) dynamic(base op, t *Type, property ast.Node) (op, *Type) {
	if p, ok := base.(*path); ok {
		c.note(p)
	}
	key, kt := c.compile(property)
	switch {
	case kt.Kind == Number && (t.Kind == List || t.Kind == Any):
		return &dynamic{of: base, key: key}, t.elements()
	case kt.Kind == Text && t.Kind == Object || kt.Kind == Any || kt.Kind == Text && t.Kind == Any:
		t.whole()
		return &dynamic{of: base, key: key}, AnyType
	}
	return c.wrong(property.Location(), "a number for a list, a text for an object", "%s in brackets after %s", kt.Kind, t.Kind)
}

// note keeps a path of the record for coverage and errors.
func (c *compiler) note(p *path) {
	if !p.record {
		return
	}
	p.number = c.noted(p.String())
}

// noted gives the number of a path, which is new or was noted before.
func (c *compiler) noted(name string) int {
	number := slices.Index(c.env.paths, name)
	if number < 0 {
		number = len(c.env.paths)
		c.env.paths = append(c.env.paths, name)
	}
	if !slices.Contains(c.program.Paths, name) {
		c.program.Paths = append(c.program.Paths, name)
	}
	return number
}

func oneOf(names []string) string {
	const most = 12
	text := "one of "
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		text = ""
	}
	for i, n := range names {
		if i == most {
			return text + ", …"
		}
		if i > 0 {
			text += ", "
		}
		text += n
	}
	return text
}
