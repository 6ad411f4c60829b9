package expression

import (
	"regexp"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/touchstone-hub/touchstone/formats"
)

func (c *compiler) unary(n *ast.UnaryNode) (op, *Type) {
	o, t := c.compile(n.Node)
	switch n.Operator {
	case "not", "!":
		if t.Kind != Any && t.Kind != Bool {
			return c.wrong(n.Location(), "true or false", "not is applied to %s", t.Kind)
		}
		return &not{o}, BoolType
	case "-":
		if t.Kind != Any && !t.numeric() {
			return c.wrong(n.Location(), "a number", "- is applied to %s", t.Kind)
		}
		return &arithmetic{operator: '-', left: zero, right: o}, NumberType
	}
	return c.wrong(n.Location(), "- or not", "unknown operator %s", n.Operator)
}

var zero = &constant{value: &formats.Node{Kind: formats.Number, Text: []byte("0"), Offset: -1}}

func (c *compiler) binary(n *ast.BinaryNode) (op, *Type) {
	left, lt := c.compile(n.Left)
	if n.Operator == "matches" {
		return c.matches(n, left, lt)
	}
	right, rt := c.compile(n.Right)
	if c.failed {
		return left, lt
	}
	switch n.Operator {
	case "and", "&&", "or", "||":
		for _, t := range []*Type{lt, rt} {
			if t.Kind != Any && t.Kind != Bool {
				return c.wrong(n.Location(), "true or false on both sides", "%s is applied to %s", n.Operator, t.Kind)
			}
		}
		return &logic{or: n.Operator == "or" || n.Operator == "||", left: left, right: right}, BoolType
	case "==", "!=":
		return c.equality(n, left, right, lt, rt)
	case "<", ">", "<=", ">=":
		if !comparable(lt) || !comparable(rt) || lt.Kind != Any && rt.Kind != Any && lt.Kind != rt.Kind && (!lt.numeric() || !rt.numeric()) {
			return c.wrong(n.Location(), "two numbers or two texts", "%s compares %s with %s", n.Operator, lt.Kind, rt.Kind)
		}
		return &order{operator: n.Operator, left: left, right: right, numeric: lt.numeric() || rt.numeric()}, BoolType
	case "+":
		return c.plus(n, left, right, lt, rt)
	case "-", "*", "/", "%", "**", "^":
		for _, t := range []*Type{lt, rt} {
			if t.Kind != Any && t.Kind != Text && t.Kind != Number || t == TextType {
				return c.wrong(n.Location(), "two numbers", "%s is applied to %s", n.Operator, t.Kind)
			}
		}
		return &arithmetic{operator: n.Operator[len(n.Operator)-1], power: n.Operator == "**" || n.Operator == "^", left: left, right: right}, NumberType
	case "??":
		lt.whole()
		rt.whole()
		return &coalesce{args: []op{left, right}}, common(lt, rt)
	case "in":
		return c.in(n, left, right, lt, rt)
	case "contains", "startsWith", "endsWith":
		if lt.Kind != Any && lt.Kind != Text || rt.Kind != Any && rt.Kind != Text {
			return c.wrong(n.Location(), "two texts", "%s is applied to %s and %s", n.Operator, lt.Kind, rt.Kind)
		}
		return &textTest{operator: n.Operator, left: left, right: right}, BoolType
	}
	return c.wrong(n.Location(), "an operator such as +, ==, and, ??", "operator %s cannot be used here", n.Operator)
}

func comparable(t *Type) bool { return t.Kind == Any || t.Kind == Text || t.Kind == Number }

func (c *compiler) equality(n *ast.BinaryNode, left, right op, lt, rt *Type) (op, *Type) {
	for _, side := range []op{left, right} {
		if k, ok := side.(*constant); ok && k.value == &null {
			other := left
			if side == left {
				other = right
			}
			return &isNull{of: other, negate: n.Operator == "!="}, BoolType
		}
	}
	if lt.Kind != Any && rt.Kind != Any && lt.Kind != rt.Kind && (!lt.numeric() || !rt.numeric()) {
		return c.wrong(n.Location(), "two values of one kind", "%s compares %s with %s, which are never equal", n.Operator, lt.Kind, rt.Kind)
	}
	if e := c.enum(lt, right, rt, left); e != nil {
		p := c.problem(n.Right.Location(), "%q is never the value of this field", e.value)
		p.Expected, p.Hint = oneOf(e.known), nearest(e.value, e.known)
		c.ps.Add(p)
	}
	lt.whole()
	rt.whole()
	return &equal{left: left, right: right, numeric: lt.numeric() || rt.numeric(), negate: n.Operator == "!="}, BoolType
}

func (c *compiler) plus(n *ast.BinaryNode, left, right op, lt, rt *Type) (op, *Type) {
	switch {
	case lt.numeric() && rt.numeric():
		return &arithmetic{operator: '+', left: left, right: right}, NumberType
	case lt.Kind == Number && rt.Kind == Text || lt.Kind == Text && rt.Kind == Number:
		return c.wrong(n.Location(), "two numbers or two texts; string(x) makes a text of a number, number(x) a number of a text", "+ joins %s and %s", lt.Kind, rt.Kind)
	case !comparable(lt) || !comparable(rt):
		return c.wrong(n.Location(), "two numbers or two texts", "+ joins %s and %s", lt.Kind, rt.Kind)
	case lt.Kind == Text || rt.Kind == Text:
		return &plus{left: left, right: right}, TextType
	case lt.Kind == Number || rt.Kind == Number:
		return &plus{left: left, right: right}, NumberType
	}
	return &plus{left: left, right: right}, AnyType
}

func (c *compiler) in(n *ast.BinaryNode, left, right op, lt, rt *Type) (op, *Type) {
	if rt.Kind != Any && rt.Kind != List && rt.Kind != Object {
		return c.wrong(n.Location(), "a list; contains searches in text", "in searches in %s", rt.Kind)
	}
	lt.whole()
	rt.whole()
	return &in{left: left, right: right}, BoolType
}

func (c *compiler) matches(n *ast.BinaryNode, left op, lt *Type) (op, *Type) {
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.wrong(n.Right.Location(), `a pattern in quotes`, "the pattern after matches is not fixed")
	}
	re, err := regexp.Compile(pattern.Value)
	if err != nil {
		return c.wrong(pattern.Location(), "a regular expression (RE2)", "%s", badPattern(err))
	}
	if lt.Kind != Any && lt.Kind != Text {
		return c.wrong(n.Location(), "a text", "matches is applied to %s", lt.Kind)
	}
	return &match{re: re, of: left}, BoolType
}

func badPattern(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}
