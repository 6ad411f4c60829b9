package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// Function describes one built-in function, for documentation and completion.
type Function struct {
	Name      string
	Signature string // lower(text) text; ? marks optional, ... repeated arguments
	Doc       string
}

// Functions lists the built-in functions by group, in order of the documentation.
func Functions() []Function {
	list := make([]Function, 0, len(functions))
	for _, f := range functions {
		list = append(list, Function{f.name, f.signature, f.doc})
	}
	return list
}

// function is one built-in function: either eval, over evaluated arguments, or build.
type function struct {
	name, signature, doc string

	// eval gets all parameters (absent where left out). Unless keep is set it is not called where
	// the first argument is absent or null: that argument is then the result.
	eval func(m *Machine, args []*formats.Node) *formats.Node
	keep bool
	// shallow functions do not look into objects and lists.
	shallow bool

	// build compiles calls that need more than values.
	build func(c *compiler, call *call) (op, *Type)

	params   []param
	variadic bool
	result   *Type
}

type param struct {
	kind     Kind
	scalar   bool // text, number or true/false
	optional bool
}

// call is one call while it is compiled.
type call struct {
	f     *function
	at    file.Location
	args  []ast.Node
	ops   []op
	types []*Type
}

var functions []*function

func init() { // a literal would refer to itself through build
	functions = slices.Concat(choiceFunctions, textFunctions, numberFunctions, timeFunctions, ediFunctions, listFunctions, customerFunctions)
	for _, f := range functions {
		f.parse()
	}
}

var kindsByName = map[string]param{
	"any": {kind: Any}, "scalar": {scalar: true}, "text": {kind: Text}, "number": {kind: Number},
	"bool": {kind: Bool}, "object": {kind: Object}, "list": {kind: List}, "condition": {kind: Any},
}

// parse reads the signature, so that what is documented is what is checked.
func (f *function) parse() {
	name, rest, _ := strings.Cut(f.signature, "(")
	params, result, _ := strings.Cut(rest, ")")
	f.name = name
	for p := range strings.SplitSeq(params, ",") {
		p = strings.TrimSpace(p)
		if p == "" {
			continue
		}
		var trimmed bool
		if p, trimmed = strings.CutSuffix(p, "..."); trimmed {
			f.variadic = true
		}
		p, optional := strings.CutSuffix(p, "?")
		known, ok := kindsByName[p]
		if !ok {
			panic("expression: unknown kind in " + f.signature)
		}
		known.optional = optional
		f.params = append(f.params, known)
	}
	f.result = map[string]*Type{"text": TextType, "number": NumberType, "bool": BoolType, "list": {Kind: List}, "texts": TextList, "object": {Kind: Object}}[strings.TrimSpace(result)]
	if f.result == nil {
		f.result = AnyType
	}
}

func functionNamed(name string) *function {
	for _, f := range functions {
		if f.name == name {
			return f
		}
	}
	return nil
}

func functionNames() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.name
	}
	return names
}

// call compiles a call of a built-in function.
func (c *compiler) call(name string, args []ast.Node, at file.Location) (op, *Type) {
	f := functionNamed(name)
	if f == nil {
		p := c.problem(at, "unknown function %s", name)
		p.Hint, p.Expected = config.Nearest(name, functionNames()), "a built-in function"
		c.ps.Add(p)
		return &constant{value: &absent}, AnyType
	}
	call := &call{f: f, at: at, args: args}
	if !call.countFits() {
		return c.wrong(at, f.signature, "%s has %s", name, quantified(len(args), "argument"))
	}
	if f.build != nil {
		return f.build(c, call)
	}
	if !c.arguments(call) {
		return &constant{value: &absent}, f.result
	}
	return c.apply(call), f.result
}

func quantified(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (c *call) countFits() bool {
	least := 0
	for _, p := range c.f.params {
		if !p.optional {
			least++
		}
	}
	return len(c.args) >= least && (c.f.variadic || len(c.args) <= len(c.f.params))
}

// arguments compiles the arguments and checks their kinds.
func (c *compiler) arguments(call *call) bool {
	for i, arg := range call.args {
		o, t := c.compile(arg)
		p := call.f.params[min(i, len(call.f.params)-1)]
		if !p.takes(t) {
			expected := p.kind.String()
			if p.scalar {
				expected = "text, a number, true or false"
			}
			if p.kind == Text && t.Kind == Number {
				expected += " (string(x) makes one)"
			}
			c.wrong(arg.Location(), expected, "argument %d of %s is %s", i+1, call.f.name, t.Kind)
		}
		if !p.scalar && !call.f.shallow && (p.kind == Any || p.kind == List || p.kind == Object) {
			t.whole()
		}
		call.ops, call.types = append(call.ops, o), append(call.types, t)
	}
	return !c.failed
}

func (p param) takes(t *Type) bool {
	switch {
	case t.Kind == Any:
		return true
	case p.scalar:
		return t.Kind != Object && t.Kind != List
	case p.kind == Number:
		return t.Kind == Number || t.Kind == Text
	}
	return p.kind == Any || p.kind == t.Kind
}

func (c *compiler) apply(call *call) op {
	args := call.ops
	for len(args) < len(call.f.params) {
		args = append(args, &constant{value: &absent})
	}
	return &apply{f: call.f, args: args}
}

// apply calls a function with evaluated arguments.
type apply struct {
	f    *function
	args []op
}

func (o *apply) eval(m *Machine) *formats.Node {
	base := len(m.stack)
	for i, arg := range o.args {
		n := arg.eval(m)
		if i == 0 && missing(n) && !o.f.keep {
			return n
		}
		if !m.accepts(o.f, i, n) {
			n = &absent
		}
		m.stack = append(m.stack, n)
	}
	result := &absent
	if m.spend(1) {
		result = o.f.eval(m, m.stack[base:len(m.stack):len(m.stack)])
	}
	m.stack = m.stack[:base]
	return result
}

// accepts checks an argument's kind.
func (m *Machine) accepts(f *function, i int, n *formats.Node) bool {
	if missing(n) {
		return true
	}
	p := &f.params[min(i, len(f.params)-1)]
	ok := true
	switch {
	case p.scalar:
		ok = n.Kind <= formats.Text
	case p.kind == Text:
		ok = n.Kind == formats.Text
	case p.kind == Number:
		ok = n.Kind == formats.Number || n.Kind == formats.Text
	case p.kind == Bool:
		ok = n.Kind == formats.Bool
	case p.kind == List:
		ok = n.Kind == formats.List
	case p.kind == Object:
		ok = n.Kind == formats.Object
	}
	if ok {
		return true
	}
	expected := p.kind.String()
	if p.scalar {
		expected = "text, a number, true or false"
	}
	if p.kind == Text && n.Kind == formats.Number {
		expected += " (string(x) makes one)"
	}
	m.fail(fmt.Errorf("argument %d of %s: found %s; expected %s", i+1, f.name, Show(n), expected))
	return false
}

// fixedText gives the text of an argument that has to be known when compiling.
func (c *compiler) fixedText(call *call, i int) (string, bool) {
	text, ok := call.args[i].(*ast.StringNode)
	if !ok {
		c.wrong(call.args[i].Location(), "a text in quotes", "argument %d of %s is not fixed", i+1, call.f.name)
		return "", false
	}
	return text.Value, true
}
