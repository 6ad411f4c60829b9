package expression

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// access compiles names, members and elements. As long as they are fixed they become one path: a
// walk by index.
func (c *compiler) access(n ast.Node) (op, *Type) {
	o, t := c.walk(n)
	if p, ok := o.(*path); ok {
		c.note(p)
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
		base, t := c.walk(n.Node)
		if c.failed {
			return base, t
		}
		switch property := n.Property.(type) {
		case *ast.StringNode:
			return c.member(base, t, property.Value, property.Location())
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
	name := p.String()
	p.number = slices.Index(c.env.paths, name)
	if p.number < 0 {
		p.number = len(c.env.paths)
		c.env.paths = append(c.env.paths, name)
	}
	if !slices.Contains(c.program.Paths, name) {
		c.program.Paths = append(c.program.Paths, name)
	}
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

// step goes from a value to a part of it.
type step struct {
	name    string
	slot    int // of the member where the object was decoded by slots; -1 unknown
	index   int // of the element, from the end where negative
	isIndex bool
}

// path walks from a variable to a part of its value.
type path struct {
	slot   int
	steps  []step
	at     string // the input path of the variable
	record bool
	number int // in Env.paths
}

func extend(base op, s step) op {
	if p, ok := base.(*path); ok {
		longer := *p
		longer.steps = append(slices.Clip(p.steps), s)
		return &longer
	}
	return &part{of: base, step: s}
}

// String is the path as people write it.
func (p *path) String() string {
	text := p.at
	for _, s := range p.steps {
		switch {
		case s.isIndex:
			text += "[" + strconv.Itoa(s.index) + "]"
		case text == "":
			text = s.name
		default:
			text += "." + s.name
		}
	}
	if text == "" {
		return "record"
	}
	return text
}

func (p *path) eval(m *Machine) *formats.Node {
	n := m.vars[p.slot]
	for i := range p.steps {
		if n = m.step(n, &p.steps[i]); n == &absent {
			return n
		}
	}
	if m.read != nil && p.record && n.Kind != formats.Absent {
		m.read[p.number] = true
	}
	return n
}

// part takes a part of a computed value.
type part struct {
	of   op
	step step
}

func (o *part) eval(m *Machine) *formats.Node { return m.step(o.of.eval(m), &o.step) }

// step takes one part. A part of what is absent or null is absent; a part of a scalar is an error.
func (m *Machine) step(n *formats.Node, s *step) *formats.Node {
	switch n.Kind {
	case formats.Object:
		if s.isIndex {
			break
		}
		if n.Names == nil {
			if s.slot >= 0 && s.slot < len(n.Kids) {
				return &n.Kids[s.slot]
			}
			return &absent
		}
		return memberOf(n, s.name)
	case formats.List:
		if s.isIndex {
			return m.elementOf(n.Kids, s.index)
		}
		return m.fail(fmt.Errorf("found a list where %q is read; expected an object (an element is taken with [0])", s.name))
	case formats.Absent, formats.Null:
		return &absent
	}
	if s.isIndex {
		return m.fail(fmt.Errorf("found %s; expected a list", Show(n)))
	}
	return m.fail(fmt.Errorf("found %s where %q is read; expected an object", Show(n), s.name))
}

func (m *Machine) elementOf(kids []formats.Node, index int) *formats.Node {
	if index < 0 {
		index += len(kids)
	}
	if index < 0 || index >= len(kids) {
		return &absent
	}
	return &kids[index]
}

func memberOf(n *formats.Node, name string) *formats.Node {
	for i := range n.Names {
		if n.Names[i] == name {
			return &n.Kids[i]
		}
	}
	return &absent
}

// dynamic takes the part that an expression names.
type dynamic struct{ of, key op }

func (o *dynamic) eval(m *Machine) *formats.Node {
	n, key := o.of.eval(m), o.key.eval(m)
	switch key.Kind {
	case formats.Text:
		return m.step(n, &step{name: string(key.Text), slot: -1})
	case formats.Number:
		if index, err := strconv.Atoi(string(key.Text)); err == nil {
			return m.step(n, &step{index: index, isIndex: true})
		}
	case formats.Absent, formats.Null:
		return &absent
	}
	return m.fail(fmt.Errorf("found %s in brackets; expected a whole number or a text", Show(key)))
}
