package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// builder turns the parser's tree into nodes: scalars expanded, aliases and
// merge keys resolved, duplicate keys told of.
type builder struct {
	source   *source
	env      Environment
	problems *Problems
	anchors  map[string]*Node // nil value: the anchor is being read just now
	nodes    int
	full     bool // maxNodes was passed and told of
}

func (b *builder) position(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return b.source.at(1, 1)
	}
	return b.source.at(t.Position.Line, t.Position.Column)
}

func (b *builder) node(from ast.Node) *Node {
	n := b.read(from)
	if b.nodes > maxNodes && !b.full {
		b.full = true
		b.problems.Add(Problem{Position: n.position, What: fmt.Sprintf("more than %d values with aliases counted out", maxNodes)})
	}
	return n
}

func (b *builder) read(from ast.Node) *Node {
	if from == nil || b.full {
		return &Node{kind: Null, position: b.source.at(1, 1), source: b.source, size: 1}
	}
	n := &Node{position: b.position(firstToken(from)), source: b.source, size: 1}
	switch from := from.(type) {
	case *ast.AnchorNode:
		return b.anchor(from)
	case *ast.AliasNode:
		return b.alias(from, n)
	case *ast.TagNode:
		return b.tag(from)
	case *ast.MappingNode:
		b.mapping(n, from.Values)
	case *ast.MappingValueNode:
		b.mapping(n, []*ast.MappingValueNode{from})
	case *ast.SequenceNode:
		n.kind = Sequence
		for _, value := range from.Values {
			item := b.node(value)
			n.items = append(n.items, item)
			n.size += item.size
		}
	case *ast.NullNode:
		n.kind = Null
	case *ast.LiteralNode:
		n.style = folded
		if from.Start.Type == token.LiteralType {
			n.style = literal
		}
		b.scalar(n, from.Value.Value)
	case ast.ScalarNode:
		t := from.GetToken()
		switch t.Type {
		case token.SingleQuoteType:
			n.style = singleQuoted
		case token.DoubleQuoteType:
			n.style = doubleQuoted
		}
		b.scalar(n, t.Value)
	default:
		b.problems.Add(Problem{Position: n.position, What: fmt.Sprintf("a YAML %s", from.Type()), Expected: "a value, a list or a mapping"})
		n.broken = true
	}
	b.nodes++
	return n
}

func (b *builder) scalar(n *Node, raw string) {
	n.kind, n.raw = Scalar, raw
	n.expandEnvironment(b.env, b.problems)
}

func (b *builder) anchor(from *ast.AnchorNode) *Node {
	name := from.Name.String()
	b.anchors[name] = nil
	n := b.node(from.Value)
	b.anchors[name] = n
	return n
}

func (b *builder) alias(from *ast.AliasNode, none *Node) *Node {
	name := from.Value.String()
	n, known := b.anchors[name]
	switch {
	case n != nil:
		b.nodes += n.size
		return n
	case known:
		b.problems.Errorf(none.position, "*%s stands inside what it names", name)
	default:
		var names []string
		for name, n := range b.anchors {
			if n != nil {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		b.problems.Add(Problem{Position: none.position, What: fmt.Sprintf("unknown alias *%s", name), Expected: fmt.Sprintf("an anchor &%s above it", name), Hint: Nearest(name, names)})
	}
	none.broken = true
	return none
}

// tag lets the tags of YAML's own types pass (!!str makes a scalar text) and
// refuses others: no room gives them a meaning.
func (b *builder) tag(from *ast.TagNode) *Node {
	n := b.node(from.Value)
	switch from.Start.Value {
	case "!!str":
		if n.style == plain && n.kind == Scalar {
			text := *n
			text.style = tagged
			// the parser gives the blank after the tag
			text.position.Column += len(b.source.rest(n.position)) - len(strings.TrimLeft(b.source.rest(n.position), " \t"))
			return &text
		}
	case "!!int", "!!float", "!!bool", "!!null", "!!map", "!!seq":
	default:
		b.problems.Errorf(b.position(from.Start), "tag %s has no meaning here", from.Start.Value)
	}
	return n
}

func (b *builder) mapping(n *Node, values []*ast.MappingValueNode) {
	n.kind = Mapping
	index := make(map[string]int, len(values))
	var merges []*Node
	for _, value := range values {
		if value.Key.IsMergeKey() {
			merges = append(merges, b.mergeSources(value)...)
			continue
		}
		e := Entry{Position: b.position(firstToken(value.Key))}
		name, ok := keyText(value.Key)
		if !ok {
			b.problems.Add(Problem{Position: e.Position, What: "a key that is not plain text", Expected: "a name"})
			continue
		}
		e.Key, e.Value = name, b.node(value.Value)
		if _, null := value.Value.(*ast.NullNode); null && value.Value.GetToken().Type == token.ImplicitNullType {
			e.Value.position = e.Position // the parser gives the colon
		}
		if first, twice := index[name]; twice {
			b.problems.Add(Problem{Position: e.Position, What: fmt.Sprintf("key %q stands twice in one mapping (first in line %d)", name, n.entries[first].Position.Line)})
			continue
		}
		index[name] = len(n.entries)
		n.entries = append(n.entries, e)
		n.size += e.Value.size
	}
	for _, from := range merges {
		for _, e := range from.entries {
			if _, own := index[e.Key]; !own {
				index[e.Key] = len(n.entries)
				n.entries = append(n.entries, e)
				n.size += e.Value.size
			}
		}
	}
}

// mergeSources gives the mappings behind a merge key (<<), first wins.
func (b *builder) mergeSources(value *ast.MappingValueNode) []*Node {
	n := b.node(value.Value)
	sources := n.items
	if n.kind == Mapping {
		sources = []*Node{n}
	}
	for _, s := range sources {
		if s.kind != Mapping {
			sources = nil
			break
		}
	}
	if len(sources) == 0 && n.kind != Absent {
		b.problems.Add(Problem{Position: n.position, What: "<< is given " + n.Shown(), Expected: "an alias of a mapping, or a list of them"})
	}
	return sources
}

func keyText(key ast.MapKeyNode) (string, bool) {
	var node ast.Node = key
	for {
		switch n := node.(type) {
		case *ast.MappingKeyNode:
			node = n.Value
		case *ast.AnchorNode:
			node = n.Value
		case *ast.StringNode:
			return n.Value, true
		case *ast.LiteralNode:
			return n.Value.Value, true
		case ast.ScalarNode:
			return n.GetToken().Value, true
		default:
			return "", false
		}
	}
}

// firstToken is where a node begins in the text; the parser itself gives the
// colon for a mapping.
func firstToken(from ast.Node) *token.Token {
	switch n := from.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return firstToken(n.Values[0].Key)
		}
		return n.Start
	case *ast.MappingValueNode:
		return firstToken(n.Key)
	case *ast.LiteralNode:
		return n.Start
	case *ast.MappingKeyNode:
		return n.Start
	}
	if from == nil {
		return nil
	}
	return from.GetToken()
}
