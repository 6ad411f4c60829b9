package expression

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// neverEqual is a comparison of a field with a value that it cannot have.
type neverEqual struct {
	value string
	known []string
}

// enum finds a comparison of a canonical field with a text that is not among its values.
func (c *compiler) enum(lt *Type, right op, rt *Type, left op) *neverEqual {
	for _, pair := range []struct {
		t     *Type
		value op
	}{{lt, right}, {rt, left}} {
		k, fixed := pair.value.(*constant)
		s := pair.t.schema
		if !fixed || s == nil || s.Type != canonical.Text || len(s.Enum) == 0 || k.value.Kind != formats.Text {
			continue
		}
		if text := string(k.value.Text); !slices.Contains(s.Enum, text) {
			return &neverEqual{text, s.Enum}
		}
	}
	return nil
}

func nearest(name string, known []string) string { return config.Nearest(name, known) }

func (c *compiler) conditional(n *ast.ConditionalNode) (op, *Type) {
	cond, t := c.compile(n.Cond)
	if t.Kind != Any && t.Kind != Bool {
		return c.wrong(n.Cond.Location(), "true or false", "the condition before ? is %s", t.Kind)
	}
	yes, yt := c.compile(n.Exp1)
	no, nt := c.compile(n.Exp2)
	yt.whole()
	nt.whole()
	return &conditional{cond, yes, no}, alternative(yes, no, yt, nt)
}

// alternative is the type of one value or another, where nothing (nil) is of any type.
func alternative(a, b op, at, bt *Type) *Type {
	if k, ok := a.(*constant); ok && k.value == &null {
		return bt.at(nil)
	}
	if k, ok := b.(*constant); ok && k.value == &null {
		return at.at(nil)
	}
	return common(at, bt)
}

type conditional struct{ cond, yes, no op }

func (o *conditional) eval(m *Machine) *formats.Node {
	if m.truth(o.cond.eval(m)) {
		return o.yes.eval(m)
	}
	return o.no.eval(m)
}

// let compiles "let x = value; expression".
func (c *compiler) let(n *ast.VariableDeclaratorNode) (op, *Type) {
	value, t := c.compile(n.Value)
	t.whole()
	outer := c.scope
	defer func() { c.scope = outer }()
	c.scope = outer.Inner()
	v := c.scope.Define(n.Name, t.at(nil))
	body, bt := c.compile(n.Expr)
	return &let{slot: v.slot, value: value, body: body}, bt
}

type let struct {
	slot        int
	value, body op
}

func (o *let) eval(m *Machine) *formats.Node {
	m.vars[o.slot] = o.value.eval(m)
	return o.body.eval(m)
}

func (c *compiler) slice(n *ast.SliceNode) (op, *Type) {
	of, t := c.compile(n.Node)
	if t.Kind != Any && t.Kind != Text && t.Kind != List {
		return c.wrong(n.Location(), "a text or a list", "a range is taken of %s", t.Kind)
	}
	t.whole()
	o := &slice{of: of}
	for _, end := range []struct {
		n  ast.Node
		op *op
	}{{n.From, &o.from}, {n.To, &o.to}} {
		if end.n == nil {
			continue
		}
		var et *Type
		if *end.op, et = c.compile(end.n); et.Kind != Any && et.Kind != Number {
			return c.wrong(end.n.Location(), "a number", "%s as the end of a range", et.Kind)
		}
	}
	return o, t.at(nil)
}

// slice takes characters of a text or elements of a list.
type slice struct{ of, from, to op }

func (o *slice) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	length := 0
	var text []rune
	switch n.Kind {
	case formats.Absent, formats.Null:
		return n
	case formats.Text:
		m.spend(1 + len(n.Text)/64)
		text = []rune(string(n.Text))
		length = len(text)
	case formats.List:
		length = len(n.Kids)
	default:
		return m.fail(fmt.Errorf("found %s before a range in brackets; expected a text or a list", Show(n)))
	}
	from, to := m.bound(o.from, 0, length), m.bound(o.to, length, length)
	if from > to {
		from = to
	}
	if n.Kind == formats.Text {
		return m.text(append(m.buf[:0], string(text[from:to])...))
	}
	part := m.node(formats.List)
	part.Kids = n.Kids[from:to]
	return part
}

func (m *Machine) bound(o op, otherwise, length int) int {
	if o == nil {
		return otherwise
	}
	n := o.eval(m)
	if missing(n) {
		return otherwise
	}
	at, ok := m.whole(n)
	if !ok {
		return otherwise
	}
	if at < 0 {
		at += length
	}
	return min(max(at, 0), length)
}

// whole reads a number without fraction.
func (m *Machine) whole(n *formats.Node) (int, bool) {
	d, ok := m.decimalOf(n)
	if ok && (!d.IsInteger() || len(d.String()) > 18) {
		m.fail(fmt.Errorf("found %s; expected a whole number", Show(n)))
		ok = false
	}
	return int(d.IntPart()), ok
}

func (c *compiler) array(n *ast.ArrayNode) (op, *Type) {
	o := &array{}
	items := (*Type)(nil)
	for _, e := range n.Nodes {
		element, t := c.compile(e)
		t.whole()
		if items == nil {
			items = t.at(nil)
		}
		items = common(items, t)
		o.items = append(o.items, element)
	}
	return o, &Type{Kind: List, Items: items}
}

// array builds a list; what is absent or null is left out.
type array struct{ items []op }

func (o *array) eval(m *Machine) *formats.Node {
	mark := len(m.pile)
	for _, item := range o.items {
		if n := item.eval(m); m.spend(1) && !missing(n) {
			m.pile = append(m.pile, *n)
		}
	}
	return m.list(mark)
}

func (c *compiler) object(n *ast.MapNode) (op, *Type) {
	o := &object{}
	t := Declared(nil)
	for _, p := range n.Pairs {
		pair := p.(*ast.PairNode)
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return c.wrong(pair.Key.Location(), "a name", "an object's member is named by an expression")
		}
		if slices.Contains(o.names, key.Value) {
			return c.wrong(key.Location(), "each name once", "member %q stands twice", key.Value)
		}
		value, vt := c.compile(pair.Value)
		vt.whole()
		o.names = append(o.names, key.Value)
		o.values = append(o.values, value)
		t.Declare(key.Value, vt.at(nil))
	}
	return o, t
}

// object builds an object; members may be absent.
type object struct {
	names  []string
	values []op
}

func (o *object) eval(m *Machine) *formats.Node {
	mark := len(m.pile)
	for _, v := range o.values {
		n := v.eval(m)
		m.pile = append(m.pile, *n)
	}
	n := m.list(mark)
	if len(n.Kids) == len(o.names) {
		n.Kind, n.Names = formats.Object, o.names
	}
	return n
}
