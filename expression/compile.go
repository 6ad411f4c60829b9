package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// maxText bounds the text of one expression, in bytes.
const maxText = 16 << 10

// Program is one compiled expression. It is safe for concurrent use, each time with another
// Machine.
type Program struct {
	Text  string       // as written
	At    *config.Node // where
	Type  *Type        // what it gives
	Paths []string     // the input paths that it reads

	root op
}

// op is one operation of a program.
type op interface {
	eval(m *Machine) *formats.Node
}

// Compile compiles the expression that stands at a node. Problems go to ps, and the result is
// then nil.
func (s *Scope) Compile(at *config.Node, ps *config.Problems) *Program {
	return s.compile(at, at.Text(), ps)
}

func (s *Scope) compile(at *config.Node, text string, ps *config.Problems) *Program {
	c := &compiler{scope: s, env: s.env, at: at, text: text, ps: ps}
	c.program = &Program{Text: text, At: at}
	if at.Kind() != config.Scalar {
		ps.Add(config.Problem{Position: at.Position(), What: "found " + at.Kind().String(), Expected: "an expression"})
		return nil
	}
	if len(text) > maxText {
		ps.Add(config.Problem{Position: at.Position(), What: fmt.Sprintf("the expression has %d bytes", len(text)), Expected: fmt.Sprintf("at most %d", maxText)})
		return nil
	}
	readable := text
	if s.env.segmented {
		readable = masked(text)
	}
	tree, err := parser.Parse(readable)
	if err != nil {
		c.syntax(err)
		return nil
	}
	c.program.root, c.program.Type = c.compile(tree.Node)
	if c.failed {
		return nil
	}
	c.fold()
	if c.failed {
		return nil
	}
	return c.program
}

// Eval gives the program's value, which is valid until the machine's next Begin. It is never nil.
// The error is what went wrong with this record.
func (p *Program) Eval(m *Machine) (*formats.Node, error) {
	n := p.root.eval(m)
	if m.err != nil {
		err := m.err
		m.err = nil
		return &absent, err
	}
	return n, nil
}

// Truth evaluates a condition: what is unknown is false.
func (p *Program) Truth(m *Machine) (bool, error) {
	n, err := p.Eval(m)
	if err != nil {
		return false, err
	}
	yes := m.truth(n)
	err, m.err = m.err, nil
	return yes, err
}

// Constant gives the value of a program that reads nothing.
func (p *Program) Constant() (*formats.Node, bool) {
	c, ok := p.root.(*constant)
	if !ok {
		return nil, false
	}
	return c.value, true
}

// Whole asks the decoder for everything below the program's value, for whoever writes all of it.
func (p *Program) Whole() { p.Type.whole() }

// compiler compiles one expression.
type compiler struct {
	scope   *Scope
	env     *Env
	at      *config.Node
	text    string
	ps      *config.Problems
	program *Program
	failed  bool
	reads   bool // something that is not known before there is a record
	element []elementVars
}

// elementVars are what # and #index stand for in a predicate.
type elementVars struct{ item, index *Variable }

// token is how the parser's messages name a token: with its kind.
var token = regexp.MustCompile(`unexpected token [A-Za-z]+\((".*?")\)`)

// syntax turns the parser's error into a problem.
func (c *compiler) syntax(err error) {
	var at *file.Error
	if !errors.As(err, &at) {
		c.ps.Add(config.Problem{Position: c.at.Position(), What: err.Error(), Expected: "an expression"})
		return
	}
	what := token.ReplaceAllString(at.Message, "unexpected $1")
	p := c.problem(at.Location, "%s", unmasked(strings.Replace(what, "unexpected token EOF", "unexpected end", 1)))
	p.Expected = "an expression"
	if !c.at.Quoted() && strings.Count(c.text, "(") > strings.Count(c.text, ")") {
		p.Expected += " (inside { } or [ ], YAML ends it at a comma unless it stands in quotes)"
	}
	c.ps.Add(p)
}

// problem points at a place in the expression.
func (c *compiler) problem(at file.Location, format string, args ...any) config.Problem {
	c.failed = true
	from, to := byteOffset(c.text, at.From), byteOffset(c.text, at.To)
	return config.Problem{
		Position: c.at.ScalarPosition(from),
		What:     fmt.Sprintf(format, args...),
		Snippet:  c.at.Snippet(from, max(to-from, 1)),
	}
}

// wrong adds a problem and gives what may stand for the operation that cannot be.
func (c *compiler) wrong(at file.Location, expected, format string, args ...any) (op, *Type) {
	p := c.problem(at, format, args...)
	p.Expected = expected
	c.ps.Add(p)
	return &constant{value: &absent}, AnyType
}

// byteOffset turns the parser's offset, in characters, into one in bytes.
func byteOffset(text string, characters int) int {
	offset := 0
	for ; characters > 0 && offset < len(text); characters-- {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}

// source is the text of a token.
func (c *compiler) source(at file.Location) string {
	return c.text[byteOffset(c.text, at.From):byteOffset(c.text, at.To)]
}

// fold evaluates a program that reads nothing once and for all.
func (c *compiler) fold() {
	if c.reads {
		return
	}
	m := &Machine{}
	m.Begin(c.env)
	value, err := c.program.Eval(m)
	if err != nil {
		p := config.Problem{Position: c.at.Position(), What: err.Error(), Snippet: c.at.Snippet(0, len(c.text))}
		c.ps.Add(p)
		c.failed = true
		return
	}
	c.program.root = &constant{value: value} // lives in m, which is used no more
}

func (c *compiler) compile(n ast.Node) (op, *Type) {
	switch n := n.(type) {
	case *ast.NilNode:
		return &constant{value: &null}, AnyType
	case *ast.BoolNode:
		return &constant{value: truth(n.Value)}, BoolType
	case *ast.IntegerNode:
		return &constant{value: &formats.Node{Kind: formats.Number, Text: fmt.Append(nil, n.Value), Offset: -1}}, NumberType
	case *ast.FloatNode:
		return c.fraction(n)
	case *ast.StringNode:
		return literal(n.Value), TextType
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode, *ast.PointerNode:
		return c.access(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.VariableDeclaratorNode:
		return c.let(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.object(n)
	case *ast.BuiltinNode:
		return c.call(n.Name, n.Arguments, n.Location())
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(callee.Value, n.Arguments, callee.Location())
		}
		return c.wrong(n.Location(), "a function such as lower(x)", "values have no methods")
	}
	return c.wrong(n.Location(), "one value", "%s cannot be used here", describe(n))
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a sequence with ;"
	case *ast.BytesNode:
		return "a byte string"
	case *ast.PredicateNode:
		return "a condition in braces"
	}
	return "this"
}

func literal(text string) *constant {
	return &constant{value: &formats.Node{Kind: formats.Text, Text: []byte(text), Offset: -1}}
}

// fraction takes a number from the text, not from the float that the parser made of it.
func (c *compiler) fraction(n *ast.FloatNode) (op, *Type) {
	text := strings.ReplaceAll(c.source(n.Location()), "_", "")
	d, err := parseNumber([]byte(text))
	if err != nil {
		return c.wrong(n.Location(), "a decimal number", "%s", err)
	}
	return &constant{value: &formats.Node{Kind: formats.Number, Text: []byte(plain(d)), Offset: -1}}, NumberType
}

// constant gives the same value always.
type constant struct{ value *formats.Node }

func (o *constant) eval(*Machine) *formats.Node { return o.value }
