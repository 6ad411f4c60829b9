package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/touchstone-hub/touchstone/formats"
)

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
	switch of := list.(type) {
	case *path:
		if of.record {
			o.item.Path(of.String() + "[]")
		}
	case *spread:
		o.item.Path(of.text + "[]")
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
	if o.name != "map" && o.name != "sum" {
		m.quiet++
		defer func() { m.quiet-- }()
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
