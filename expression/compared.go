package expression

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/touchstone-hub/touchstone/config"
)

// Literal is a text that stands in an expression.
type Literal struct {
	Text     string
	Position config.Position
}

// Compared lists the texts with which the condition compares a path such as "source.system": by ==
// and !=, either way round, and by `in` with a list.
func (c Condition) Compared(path string) []Literal {
	tree, err := parser.Parse(c.Text)
	if err != nil {
		return nil // told when it was compiled
	}
	v := &comparedTexts{condition: c, path: path}
	ast.Walk(&tree.Node, v)
	return v.found
}

type comparedTexts struct {
	condition Condition
	path      string
	found     []Literal
}

// Visit implements ast.Visitor.
func (v *comparedTexts) Visit(n *ast.Node) {
	b, ok := (*n).(*ast.BinaryNode)
	if !ok {
		return
	}
	switch b.Operator {
	case "==", "!=":
		v.pair(b.Left, b.Right)
		v.pair(b.Right, b.Left)
	case "in":
		if list, ok := b.Right.(*ast.ArrayNode); ok {
			for _, item := range list.Nodes {
				v.pair(b.Left, item)
			}
		}
	}
}

func (v *comparedTexts) pair(path, text ast.Node) {
	literal, ok := text.(*ast.StringNode)
	if !ok || !isPath(path) || path.String() != v.path {
		return
	}
	at := v.condition.At.ScalarPosition(byteOffset(v.condition.Text, literal.Location().From))
	v.found = append(v.found, Literal{Text: literal.Value, Position: at})
}
