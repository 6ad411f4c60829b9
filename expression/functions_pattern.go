package expression

import (
	"fmt"
	"regexp"

	"github.com/touchstone-hub/touchstone/formats"
)

// pattern compiles the regular expression of a call's second argument.
func (c *compiler) pattern(call *call) *regexp.Regexp {
	text, ok := c.fixedText(call, 1)
	if !ok || !c.arguments(call) {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		c.wrong(call.args[1].Location(), "a regular expression (RE2)", "%s", badPattern(err))
		return nil
	}
	return re
}

func buildExtract(c *compiler, call *call) (op, *Type) {
	re := c.pattern(call)
	if re == nil {
		return &constant{value: &absent}, TextType
	}
	group := min(1, re.NumSubexp())
	if len(call.ops) == 3 {
		n, ok := call.ops[2].(*constant)
		if !ok || len(n.value.Text) != 1 || int(n.value.Text[0]-'0') > re.NumSubexp() {
			return c.wrong(call.args[2].Location(), fmt.Sprintf("a number from 0 to %d", re.NumSubexp()), "the pattern has no such group")
		}
		group = int(n.value.Text[0] - '0')
	}
	return &extract{re, group, call.ops[0]}, TextType
}

type extract struct {
	re    *regexp.Regexp
	group int
	of    op
}

func (o *extract) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	if missing(n) || !m.textual(n, "extract") {
		return n
	}
	at := o.re.FindSubmatchIndex(n.Text)
	if at == nil || at[2*o.group] < 0 {
		return &absent
	}
	return m.same(formats.Text, n.Text[at[2*o.group]:at[2*o.group+1]])
}

// textual checks the kind of a first argument and counts the search in it.
func (m *Machine) textual(n *formats.Node, name string) bool {
	if n.Kind != formats.Text {
		m.fail(fmt.Errorf("argument 1 of %s: found %s; expected text", name, Show(n)))
		return false
	}
	return m.spend(1 + len(n.Text)/64)
}

func buildSubstitute(c *compiler, call *call) (op, *Type) {
	re := c.pattern(call)
	if re == nil {
		return &constant{value: &absent}, TextType
	}
	by, ok := c.fixedText(call, 2)
	if !ok {
		return &constant{value: &absent}, TextType
	}
	return &substitute{re, []byte(by), call.ops[0]}, TextType
}

type substitute struct {
	re *regexp.Regexp
	by []byte
	of op
}

func (o *substitute) eval(m *Machine) *formats.Node {
	n := o.of.eval(m)
	if missing(n) || !m.textual(n, "substitute") || !m.store(len(n.Text)*(1+len(o.by))) {
		return n
	}
	return m.text(o.re.ReplaceAll(n.Text, o.by))
}
