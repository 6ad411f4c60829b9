package expression

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/touchstone-hub/touchstone/formats"
)

var listFunctions = []*function{
	{signature: "len(any) number", doc: "the number of characters of a text, elements of a list, members of an object", eval: length},
	{signature: "map(list, any) list", doc: "an expression over each element: map(lines, .sku); absent results left out", build: buildLoop("map")},
	{signature: "filter(list, condition) list", doc: "the elements for which the condition holds: filter(addresses, .default)", build: buildLoop("filter")},
	{signature: "find(list, condition) any", doc: "the first such element, or nothing", build: buildLoop("find")},
	{signature: "count(list, condition?) number", doc: "how many elements there are, or how many such elements", build: buildCount},
	{signature: "any(list, condition) bool", doc: "whether there is such an element", build: buildLoop("any")},
	{signature: "all(list, condition) bool", doc: "whether all elements are such", build: buildLoop("all")},
	{signature: "none(list, condition) bool", doc: "whether no element is such", build: buildLoop("none")},
	{signature: "one(list, condition) bool", doc: "whether exactly one element is such", build: buildLoop("one")},
	{signature: "sortBy(list, any) list", doc: "the elements in the order of an expression over each; absent ones last", build: buildLoop("sortBy")},
	{signature: "unique(list) list", doc: "each value once, in order of first occurrence", build: buildSame(unique)},
	{signature: "reverse(list) list", doc: "the elements from last to first", build: buildSame(reverse)},
	{signature: "last(list) any", doc: "the last element, as list[-1]", build: buildLast},
}

func length(m *Machine, args []*formats.Node) *formats.Node {
	switch n := args[0]; n.Kind {
	case formats.Text:
		m.spend(len(n.Text) / 64)
		return m.integer(len([]rune(string(n.Text))))
	case formats.List, formats.Object:
		return m.integer(len(n.Kids))
	default:
		return m.fail(fmt.Errorf("argument 1 of len: found %s; expected a text, a list or an object", Show(n)))
	}
}

// loop evaluates an expression over each element of a list.
type loop struct {
	name        string
	list, body  op
	item, index *Variable
}

// loop compiles the arguments of a function over elements. The list itself is not read as a
// whole, only what the expression asks of each element. The type is the expression's.
func (c *compiler) loop(call *call, name string) (*loop, *Type) {
	list, t := c.compile(call.args[0])
	if t.Kind != Any && t.Kind != List {
		c.wrong(call.args[0].Location(), "a list", "argument 1 of %s is %s", name, t.Kind)
		return nil, nil
	}
	predicate, ok := call.args[1].(*ast.PredicateNode)
	if !ok {
		c.wrong(call.args[1].Location(), "an expression over each element such as .name", "argument 2 of %s is none", name)
		return nil, nil
	}
	outer := c.scope
	defer func() { c.scope = outer }()
	c.scope = outer.Inner()
	o := &loop{name: name, list: list}
	o.item, o.index = c.scope.Define("#", t.elements()), c.scope.Define("#index", NumberType)
	if p, ok := list.(*path); ok && p.record {
		o.item.Path(p.String() + "[]")
	}
	c.element = append(c.element, elementVars{o.item, o.index})
	body, bt := c.compile(predicate.Node)
	c.element = c.element[:len(c.element)-1]
	o.body = body
	return o, bt
}

// each calls do with every element and the expression's value for it, until do gives false.
func (o *loop) each(m *Machine, list *formats.Node, do func(item, value *formats.Node) bool) {
	if !m.listed(list, o.name) {
		return
	}
	for i := range list.Kids {
		if !m.spend(1) {
			return
		}
		m.vars[o.item.slot] = &list.Kids[i]
		if o.index.used {
			m.vars[o.index.slot] = m.integer(i)
		}
		if !do(&list.Kids[i], o.body.eval(m)) {
			return
		}
	}
}

func (m *Machine) listed(n *formats.Node, name string) bool {
	if n.Kind == formats.List {
		return true
	}
	if !missing(n) {
		m.fail(fmt.Errorf("%s: found %s; expected a list", name, Show(n)))
	}
	return false
}

func buildCount(c *compiler, call *call) (op, *Type) {
	if len(call.args) == 2 {
		return buildLoop("count")(c, call)
	}
	of, t := c.compile(call.args[0])
	if t.Kind != Any && t.Kind != List {
		return c.wrong(call.args[0].Location(), "a list", "argument 1 of count is %s", t.Kind)
	}
	_ = t.elements() // the decoder has to go through the elements to count them
	return &same{of, "count", func(m *Machine, n *formats.Node) *formats.Node { return m.integer(len(n.Kids)) }}, NumberType
}

func buildLoop(name string) func(*compiler, *call) (op, *Type) {
	return func(c *compiler, call *call) (op, *Type) {
		l, t := c.loop(call, name)
		if l == nil || c.failed {
			return &constant{value: &absent}, AnyType
		}
		switch name {
		case "map":
			t.whole()
			return &mapped{l}, &Type{Kind: List, Items: t.Computed()}
		case "sortBy":
			return &sorted{l}, &Type{Kind: List, Items: l.item.Type}
		}
		if t.Kind != Any && t.Kind != Bool {
			return c.wrong(call.args[1].Location(), "true or false", "the condition of %s is %s", name, t.Kind)
		}
		switch name {
		case "filter":
			return &filter{l}, &Type{Kind: List, Items: l.item.Type}
		case "find":
			return &find{l}, l.item.Type
		case "count":
			return &quantity{l, name}, NumberType
		}
		return &quantity{l, name}, BoolType
	}
}

type mapped struct{ loop *loop }

func (o *mapped) eval(m *Machine) *formats.Node {
	list := o.loop.list.eval(m)
	if missing(list) {
		return list
	}
	mark := len(m.pile)
	o.loop.each(m, list, func(_, value *formats.Node) bool {
		if !missing(value) {
			m.pile = append(m.pile, *value)
		}
		return true
	})
	return m.list(mark)
}

type filter struct{ loop *loop }

func (o *filter) eval(m *Machine) *formats.Node {
	list := o.loop.list.eval(m)
	if missing(list) {
		return list
	}
	mark := len(m.pile)
	o.loop.each(m, list, func(item, value *formats.Node) bool {
		if m.truth(value) {
			m.pile = append(m.pile, *item)
		}
		return true
	})
	return m.list(mark)
}

type find struct{ loop *loop }

func (o *find) eval(m *Machine) *formats.Node {
	found := &absent
	o.loop.each(m, o.loop.list.eval(m), func(item, value *formats.Node) bool {
		if m.truth(value) {
			found = item
		}
		return found == &absent
	})
	return found
}

// quantity is count, any, all, none and one.
type quantity struct {
	loop *loop
	name string
}

func (o *quantity) eval(m *Machine) *formats.Node {
	yes, no := 0, 0
	o.loop.each(m, o.loop.list.eval(m), func(_, value *formats.Node) bool {
		if m.truth(value) {
			yes++
		} else {
			no++
		}
		return true
	})
	switch o.name {
	case "any":
		return truth(yes > 0)
	case "all":
		return truth(no == 0)
	case "none":
		return truth(yes == 0)
	case "one":
		return truth(yes == 1)
	}
	return m.integer(yes)
}

type sorted struct{ loop *loop }

func (o *sorted) eval(m *Machine) *formats.Node {
	list := o.loop.list.eval(m)
	if missing(list) {
		return list
	}
	type keyed struct{ item, key *formats.Node }
	var pairs []keyed
	o.loop.each(m, list, func(item, value *formats.Node) bool {
		pairs = append(pairs, keyed{item, value})
		return true
	})
	slices.SortStableFunc(pairs, func(a, b keyed) int {
		switch {
		case !m.spend(1) || missing(a.key) && missing(b.key):
			return 0
		case missing(a.key):
			return 1
		case missing(b.key):
			return -1
		}
		sign, _ := m.compare(a.key, b.key, false)
		return sign
	})
	mark := len(m.pile)
	for _, p := range pairs {
		m.pile = append(m.pile, *p.item)
	}
	return m.list(mark)
}

// same computes something of a list of which it keeps the elements' type.
type same struct {
	of   op
	name string
	do   func(m *Machine, list *formats.Node) *formats.Node
}

func (o *same) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	if !m.listed(n, o.name) {
		return n
	}
	return o.do(m, n)
}

func buildSame(do func(*Machine, *formats.Node) *formats.Node) func(*compiler, *call) (op, *Type) {
	return func(c *compiler, call *call) (op, *Type) {
		if !c.arguments(call) {
			return &constant{value: &absent}, AnyType
		}
		return &same{call.ops[0], call.f.name, do}, &Type{Kind: List, Items: call.types[0].elements()}
	}
}

func unique(m *Machine, list *formats.Node) *formats.Node {
	kept := make([]formats.Node, 0, len(list.Kids))
	for i := range list.Kids {
		if !slices.ContainsFunc(kept, func(k formats.Node) bool { return m.spend(1) && m.equal(&k, &list.Kids[i], false) }) {
			kept = append(kept, list.Kids[i])
		}
	}
	n := m.node(formats.List)
	n.Kids = kept
	return n
}

func reverse(m *Machine, list *formats.Node) *formats.Node {
	n := m.node(formats.List)
	m.store(len(list.Kids) * nodeBytes)
	n.Kids = slices.Clone(list.Kids)
	slices.Reverse(n.Kids)
	return n
}

func buildLast(c *compiler, call *call) (op, *Type) {
	of, t := c.compile(call.args[0])
	return c.elementAt(of, t, -1, call.at)
}
