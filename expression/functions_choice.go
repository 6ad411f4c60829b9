package expression

import (
	"errors"
	"fmt"

	"github.com/touchstone-hub/touchstone/formats"
)

var choiceFunctions = []*function{
	{signature: "first(any...) any", doc: "the first value that is there: not absent, not null, no empty text, no empty list", build: buildFirst},
	{signature: "coalesce(any...) any", doc: "the first value that is neither absent nor null, as a ?? b", build: buildCoalesce},
	{signature: "default(any, any) any", doc: "the value, or the second where it is absent, null or empty text", build: buildFirst},
	{signature: "when(condition, any, any?) any", doc: "the second value where the condition is true, else the third or nothing", build: buildWhen},
	{signature: "required(any) any", doc: "the value; an error where it is absent, null or empty text", eval: required, keep: true},
	{signature: "has(any) bool", doc: "whether the value is there: not absent, not null", eval: has, keep: true, shallow: true},
	{signature: "empty(any) bool", doc: "whether the value is absent, null, or a text or list that is empty", eval: empty, keep: true},
	{signature: "lookup(text, scalar, any?) any", doc: "the code of a table; where the table lacks it, the third value, or an error", build: buildLookup},
	{signature: "golden(text) object", doc: "the golden customer by ID or by system/stream/id of a source record (outbound mappings)", build: buildGolden},
}

func buildFirst(c *compiler, call *call) (op, *Type) { return c.choice(call, true) }

func buildCoalesce(c *compiler, call *call) (op, *Type) { return c.choice(call, false) }

func (c *compiler) choice(call *call, filled bool) (op, *Type) {
	if !c.arguments(call) {
		return &constant{value: &absent}, AnyType
	}
	t := call.types[0].Computed()
	for _, other := range call.types[1:] {
		t = common(t, other)
	}
	return &coalesce{args: call.ops, filled: filled}, t
}

func buildWhen(c *compiler, call *call) (op, *Type) {
	if !c.arguments(call) {
		return &constant{value: &absent}, AnyType
	}
	if k := call.types[0].Kind; k != Any && k != Bool {
		return c.wrong(call.args[0].Location(), "true or false", "the condition of when is %s", k)
	}
	if len(call.ops) == 2 {
		return &conditional{call.ops[0], call.ops[1], &constant{value: &absent}}, call.types[1].Computed()
	}
	return &conditional{call.ops[0], call.ops[1], call.ops[2]}, alternative(call.ops[1], call.ops[2], call.types[1], call.types[2])
}

func required(m *Machine, args []*formats.Node) *formats.Node {
	if isEmpty(args[0]) {
		return m.fail(errors.New("found " + Show(args[0]) + "; the value is required"))
	}
	return args[0]
}

func isEmpty(n *formats.Node) bool {
	return missing(n) || n.Kind == formats.Text && len(n.Text) == 0 || n.Kind == formats.List && len(n.Kids) == 0
}

func has(_ *Machine, args []*formats.Node) *formats.Node { return truth(!missing(args[0])) }

func empty(_ *Machine, args []*formats.Node) *formats.Node { return truth(isEmpty(args[0])) }

func buildGolden(c *compiler, call *call) (op, *Type) {
	if c.env.options.Golden == nil {
		return c.wrong(call.at, "only what the record itself says, so that a replay gives the same", "golden(…) cannot be used here: it is for outbound mappings")
	}
	if !c.arguments(call) {
		return &constant{value: &absent}, AnyType
	}
	c.reads = true
	return &golden{call.ops[0]}, c.env.options.Golden
}

type golden struct{ key op }

func (o *golden) eval(m *Machine) *formats.Node {
	key := o.key.eval(m)
	if missing(key) || m.Golden == nil || !m.spend(1) {
		return &absent
	}
	if key.Kind != formats.Text {
		return m.fail(fmt.Errorf("found %s; expected a golden ID or system/stream/id", Show(key)))
	}
	n, found := m.Golden(string(key.Text))
	if !found || n == nil {
		return &absent
	}
	return n
}
