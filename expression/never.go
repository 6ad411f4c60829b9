package expression

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/touchstone-hub/touchstone/config"
)

// Condition is a program that decides, looked at for what its text alone shows. Only what is plain
// is seen: constants, comparisons of a path with text, and `"x" in systems`, joined by and and or.
type Condition struct {
	*Program
	// Systems are those from which documents come; nil where they are not known.
	Systems []string
}

// Never says why the condition cannot hold for any document, as a warning (`when: false` is a way to
// switch something off); nil where nothing shows that.
func (c Condition) Never() *config.Problem {
	tree, err := parser.Parse(c.Text)
	if err != nil {
		return nil // told when it was compiled
	}
	if p := c.never(tree.Node); p != nil {
		return p
	}
	if value, fixed := c.Constant(); fixed && string(value.Text) != "true" {
		return c.problem(tree.Node.Location(), "it is always false")
	}
	return nil
}

// Requires lists the systems all of which must be among those of a document.
func (c Condition) Requires() []string {
	tree, err := parser.Parse(c.Text)
	if err != nil {
		return nil
	}
	var systems []string
	for _, n := range conjuncts(tree.Node) {
		if system, ok := membership(n); ok {
			systems = append(systems, system)
		}
	}
	return systems
}

func (c Condition) problem(at file.Location, format string, args ...any) *config.Problem {
	return &config.Problem{
		Position: c.At.ScalarPosition(byteOffset(c.Text, at.From)),
		Severity: config.Warning,
		What:     "the condition can never hold: " + fmt.Sprintf(format, args...),
	}
}

func (c Condition) never(n ast.Node) *config.Problem {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "||" || b.Operator == "or") {
		left, right := c.never(b.Left), c.never(b.Right)
		if left == nil || right == nil {
			return nil
		}
		return left
	}
	all := conjuncts(n)
	for _, one := range all {
		if p := c.impossible(one); p != nil {
			return p
		}
		if len(all) > 1 {
			if p := c.never(one); p != nil {
				return p
			}
		}
	}
	return c.contradiction(all)
}

// impossible judges one comparison by itself.
func (c Condition) impossible(n ast.Node) *config.Problem {
	if b, ok := n.(*ast.BoolNode); ok && !b.Value {
		return c.problem(n.Location(), "it asks for false")
	}
	if system, ok := membership(n); ok && c.Systems != nil && !slices.Contains(c.Systems, system) {
		p := c.problem(n.Location(), "no stream of a system %q gives such records", system)
		p.Expected, p.Hint = "a system with one", config.Nearest(system, c.Systems)
		return p
	}
	return nil
}

// contradiction finds two comparisons of one path that exclude each other.
func (c Condition) contradiction(all []ast.Node) *config.Problem {
	type fact struct {
		value string
		equal bool
	}
	seen := map[string][]fact{}
	for _, n := range all {
		path, value, equal, ok := comparison(n)
		if !ok {
			continue
		}
		for _, before := range seen[path] {
			if before.equal && equal && before.value != value {
				return c.problem(n.Location(), "%s cannot be both %q and %q", path, before.value, value)
			}
			if before.equal != equal && before.value == value {
				return c.problem(n.Location(), "%s cannot be %q and not %q", path, value, value)
			}
		}
		seen[path] = append(seen[path], fact{value, equal})
	}
	return nil
}

// conjuncts are the parts of which all must hold.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// membership reads `"x" in systems`.
func membership(n ast.Node) (system string, ok bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok || b.Operator != "in" {
		return "", false
	}
	text, ok := b.Left.(*ast.StringNode)
	if list, named := b.Right.(*ast.IdentifierNode); !ok || !named || list.Value != "systems" {
		return "", false
	}
	return text.Value, true
}

// comparison reads `path == "x"` and `path != "x"`, either way round.
func comparison(n ast.Node) (path, value string, equal, ok bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok || b.Operator != "==" && b.Operator != "!=" {
		return "", "", false, false
	}
	left, right := b.Left, b.Right
	if _, text := left.(*ast.StringNode); text {
		left, right = right, left
	}
	text, ok := right.(*ast.StringNode)
	if !ok || !isPath(left) {
		return "", "", false, false
	}
	return left.String(), text.Value, b.Operator == "==", true
}

// isPath is true for names and members of names, which give the same value each time.
func isPath(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return true
	case *ast.MemberNode:
		_, named := n.Property.(*ast.StringNode)
		return named && isPath(n.Node)
	}
	return false
}
