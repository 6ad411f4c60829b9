package expression

import (
	"fmt"
	"slices"

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
