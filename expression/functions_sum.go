package expression

import (
	"github.com/shopspring/decimal"

	"github.com/touchstone-hub/touchstone/formats"
)

func buildLeast(c *compiler, call *call) (op, *Type) { return c.extreme(call, -1) }

func buildGreatest(c *compiler, call *call) (op, *Type) { return c.extreme(call, 1) }

func (c *compiler) extreme(call *call, sign int) (op, *Type) {
	if !c.arguments(call) {
		return &constant{value: &absent}, NumberType
	}
	return &extreme{sign, call.ops}, NumberType
}

type extreme struct {
	sign int
	args []op
}

func (o *extreme) eval(m *Machine) *formats.Node {
	var best decimal.Decimal
	found := false
	for _, arg := range o.args {
		n := arg.eval(m)
		if missing(n) {
			continue
		}
		d, ok := m.decimalOf(n)
		if !ok {
			return &absent
		}
		if !found || d.Cmp(best) == o.sign {
			best, found = d, true
		}
	}
	if !found {
		return &absent
	}
	return m.exact(best)
}

// buildSum compiles sum(list) and sum(list, expression over each element).
func buildSum(c *compiler, call *call) (op, *Type) {
	if len(call.args) == 2 {
		list, t := c.loop(call, "sum")
		if list == nil {
			return &constant{value: &absent}, NumberType
		}
		if t.Kind != Any && t.Kind != Number && t.Kind != Text {
			return c.wrong(call.args[1].Location(), "a number", "sum adds %s", t.Kind)
		}
		return &sum{of: list.list, loop: list}, NumberType
	}
	of, t := c.compile(call.args[0])
	if t.Kind != Any && t.Kind != List {
		return c.wrong(call.args[0].Location(), "a list", "argument 1 of sum is %s", t.Kind)
	}
	t.whole()
	return &sum{of: of}, NumberType
}

type sum struct {
	of   op
	loop *loop // nil: the elements themselves
}

func (o *sum) eval(m *Machine) *formats.Node {
	list := o.of.eval(m)
	if missing(list) {
		return list
	}
	total := decimal.Zero
	add := func(n *formats.Node) bool {
		if missing(n) {
			return m.err == nil
		}
		d, ok := m.decimalOf(n)
		total = total.Add(d)
		return ok
	}
	if o.loop != nil {
		o.loop.each(m, list, func(_, n *formats.Node) bool { return add(n) })
	} else if m.listed(list, "sum") {
		for i := range list.Kids {
			if !m.spend(1) || !add(&list.Kids[i]) {
				break
			}
		}
	}
	return m.exact(total)
}
