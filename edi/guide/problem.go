package guide

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Problem is one thing wrong with a guide in YAML.
type Problem struct {
	File         string
	Line, Column int
	Text         string
}

// Error gives file:line:column: text.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Problems is everything wrong with a guide.
type Problems []Problem

// Error gives the problems, each on a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// value is a place in a YAML document.
type value struct {
	node ast.Node
	doc  *document
}

// document is what is being read, and what was found wrong with it so far.
type document struct {
	file     string
	problems Problems
}

// parse reads the document; the value is empty where there is none.
func (d *document) parse(text []byte) value {
	file, err := parseYAML(text)
	if err != nil {
		d.syntax(err)
		return value{doc: d}
	}
	if len(file.Docs) == 0 {
		return value{doc: d}
	}
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		d.say(file.Docs[1].Body.GetToken(), "a second document begins; write one guide a file")
	}
	return value{node: file.Docs[0].Body, doc: d}
}

// depthLimit is how deep flow collections may be nested: the parser is recursive.
const depthLimit = 100

// parseYAML gives the parser's panics on broken input as errors.
func parseYAML(text []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this is no YAML: %v", r)
		}
	}()
	if depth := nesting(text); depth > depthLimit {
		return nil, fmt.Errorf("nested %d levels deep, and %d is the limit", depth, depthLimit)
	}
	return parser.ParseBytes(text, 0)
}

// nesting is the greatest depth of brackets, and of the indents and list marks at
// the beginning of a line.
func nesting(text []byte) (greatest int) {
	depth, marks, start := 0, 0, true
	for _, b := range text {
		switch b {
		case '\n':
			start, marks = true, 0
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(depth-1, 0)
		case '-', '?', '&', '!', '*':
			if start {
				marks++
			}
		case ' ':
			if start {
				marks++
			}
			continue
		default:
			start = false
		}
		greatest = max(greatest, depth, marks/2)
	}
	return greatest
}

func (d *document) syntax(err error) {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		d.say(syntax.Token, "YAML: %s", strings.ReplaceAll(syntax.Message, "\n", " "))
		return
	}
	d.say(nil, "YAML: %v", err)
}

func (d *document) say(at *token.Token, format string, args ...any) {
	p := Problem{File: d.file, Line: 1, Column: 1, Text: fmt.Sprintf(format, args...)}
	if at != nil && at.Position != nil {
		p.Line, p.Column = at.Position.Line, at.Position.Column
	}
	d.problems = append(d.problems, p)
}

func (v value) say(format string, args ...any) { v.doc.say(v.token(), format, args...) }

// token gives the first token of the value.
func (v value) token() *token.Token {
	switch n := v.node.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return v.node.GetToken()
}

func (v value) absent() bool {
	_, null := v.node.(*ast.NullNode)
	return v.node == nil || null
}

func (v value) isMapping() bool { return len(v.entries()) > 0 }

func (v value) isList() bool { _, ok := v.node.(*ast.SequenceNode); return ok }

// entry is a key of a mapping, and its value.
type entry struct {
	key   string
	at    *token.Token
	value value
}

// entries gives a mapping's entries; none where it is no mapping.
func (v value) entries() []entry {
	var nodes []*ast.MappingValueNode
	switch n := v.node.(type) {
	case *ast.MappingNode:
		nodes = n.Values
	case *ast.MappingValueNode:
		nodes = []*ast.MappingValueNode{n}
	}
	entries := make([]entry, len(nodes))
	for i, n := range nodes {
		entries[i] = entry{key: n.Key.GetToken().Value, at: n.Key.GetToken(), value: value{node: n.Value, doc: v.doc}}
	}
	return entries
}

// mapping gives the entries of what has to be a mapping.
func (v value) mapping() []entry {
	entries := v.entries()
	if _, empty := v.node.(*ast.MappingNode); entries == nil && !empty && !v.absent() {
		v.say("a mapping is expected here")
	}
	return entries
}

// items gives what a list holds; a value that is no list is said to be none.
func (v value) items() []value {
	list, ok := v.node.(*ast.SequenceNode)
	if !ok {
		if !v.absent() {
			v.say("a list is expected here")
		}
		return nil
	}
	items := make([]value, len(list.Values))
	for i, n := range list.Values {
		items[i] = value{node: n, doc: v.doc}
	}
	return items
}

// text gives a scalar as it is written, without quotes: 004010 stays as it is.
func (v value) text() string {
	switch n := v.node.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value)
	case ast.ScalarNode:
		return n.GetToken().Value
	}
	v.say("a single value is expected here")
	return ""
}

// isText says whether the value is a scalar.
func (v value) isText() bool { _, ok := v.node.(ast.ScalarNode); return ok && !v.absent() }

// fields hands a mapping's entries to those who know the keys, and tells of the
// others.
func (v value) fields(known map[string]func(value)) {
	for _, e := range v.mapping() {
		if read := known[e.key]; read != nil {
			read(e.value)
			continue
		}
		names := make([]string, 0, len(known))
		for name := range known {
			names = append(names, name)
		}
		v.doc.say(e.at, "%q is not known here; known are %s", e.key, list(names))
	}
}

// get gives the value of a key, or nothing.
func (v value) get(key string) value {
	for _, e := range v.entries() {
		if e.key == key {
			return e.value
		}
	}
	return value{doc: v.doc}
}
