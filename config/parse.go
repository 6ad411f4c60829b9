package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of one file. They are far above any hand-written file and keep a
// hostile or generated one from taking the machine.
const (
	maxBytes = 8 << 20
	maxDepth = 100
	maxNodes = 500_000 // each use of an alias counts with all that is below it
)

// ParseFile reads one YAML file; see Parse. The path is used as the name.
func ParseFile(path string, env Environment, ps *Problems) *Node {
	at := Position{File: path, Line: 1, Column: 1}
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxBytes {
		tooLarge(at, ps)
		return &Node{position: at, broken: true}
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		var detail *os.PathError
		if errors.As(err, &detail) {
			err = detail.Err
		}
		ps.Add(Problem{Position: Position{File: path}, What: fmt.Sprintf("cannot be read: %v", err)})
		return &Node{position: at, broken: true}
	}
	return Parse(path, text, env, ps)
}

// Parse reads one YAML document. Everything wrong with it becomes a problem:
// syntax errors, duplicate keys, a second document, unknown aliases, tags,
// missing environment variables, more than 8 MiB, 100 levels or 500,000 values.
// Aliases and merge keys (<<) are resolved. The result is never nil; it is
// Absent if the text has no document or cannot be read as YAML.
func Parse(name string, text []byte, env Environment, ps *Problems) *Node {
	start := Position{File: name, Line: 1, Column: 1}
	if len(text) > maxBytes {
		tooLarge(start, ps)
		return &Node{position: start, broken: true}
	}
	clean := strings.TrimPrefix(string(text), "\ufeff")
	clean = strings.ReplaceAll(strings.ReplaceAll(clean, "\r\n", "\n"), "\r", "\n")
	src := newSource(name, clean)
	none := &Node{position: start, source: src, broken: true}
	if at, bad := src.unreadable(); bad != "" {
		ps.Add(Problem{Position: at, What: bad, Expected: "text"})
		return none
	}

	tokens := lexer.Tokenize(clean)
	if at, deep := tooDeep(tokens); deep {
		ps.Add(Problem{Position: src.at(at.Line, at.Column), What: fmt.Sprintf("nested more than %d levels deep", maxDepth)})
		return none
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		ps.Add(src.syntaxProblem(err))
		return none
	}
	b := &builder{source: src, env: env, problems: ps, anchors: map[string]*Node{}}
	return b.document(file, none)
}

func tooLarge(at Position, ps *Problems) {
	ps.Add(Problem{Position: at, What: "the file is too large", Expected: fmt.Sprintf("at most %d MiB", maxBytes>>20)})
}

// unreadable finds the first byte that is no text.
func (s *source) unreadable() (Position, string) {
	for i, line := range s.lines {
		column := 1
		for offset, r := range line {
			switch {
			case r == utf8.RuneError && !strings.HasPrefix(line[offset:], "\uFFFD"):
				return s.at(i+1, column), fmt.Sprintf("byte 0x%02X is no UTF-8", line[offset])
			case r < ' ' && r != '\t' || r == 0x7F:
				return s.at(i+1, column), fmt.Sprintf("control character U+%04X", r)
			}
			column++
		}
	}
	return Position{}, ""
}

// syntaxProblem translates what the YAML parser says.
func (s *source) syntaxProblem(err error) Problem {
	p := Problem{Position: s.at(1, 1), What: "YAML: " + err.Error()}
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) {
		return p
	}
	p.What = "YAML: " + strings.ReplaceAll(syntax.Message, "\t", `\t`)
	if syntax.Token != nil && syntax.Token.Position != nil {
		p.Position = s.at(syntax.Token.Position.Line, syntax.Token.Position.Column)
	}
	p.Expected = advice(s.line(p.Line), syntax.Message)
	p.Snippet = s.snippet(p.Position, 1)
	return p
}

var (
	flowReference = regexp.MustCompile(`[{\[][^"']*\$\{`)
	starText      = regexp.MustCompile(`(: |- )\*[^\w]`)
)

// advice says what to write instead, for the slips that hub folders invite:
// cron schedules, conditional expressions and references without quotes.
func advice(line, message string) string {
	switch {
	case flowReference.MatchString(line):
		return `quotes around ${…} inside { } or [ ], as in {token: "${TOKEN}"}`
	case starText.MatchString(line):
		return `quotes around a text that begins with *, as in "*/15 * * * *"`
	case strings.Contains(message, "mapping value is not allowed") && strings.Count(line, ": ") > 1:
		return `quotes around a text that has ": " in it`
	case strings.Contains(message, "is a reserved character"), strings.Contains(message, "unexpected directive"):
		return "quotes around a text that begins with this character"
	case strings.Contains(message, `'	'`), strings.Contains(message, "tab character"), strings.Contains(message, "'\t'"):
		return "spaces for indentation"
	}
	return ""
}

// tooDeep bounds nesting before the recursive parser sees the text. Flow
// nesting is counted by brackets, block nesting by growing columns of "-", "?"
// and keys; anchors and tags in a row nest in the parser too.
func tooDeep(tokens token.Tokens) (*token.Position, bool) {
	var columns []int
	flow, properties := 0, 0
	for i, t := range tokens {
		column := 0
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType, token.MappingKeyType:
			column = t.Position.Column
		case token.MappingValueType:
			if i > 0 {
				column = tokens[i-1].Position.Column
			}
		}
		switch t.Type {
		case token.TagType, token.AnchorType, token.AliasType:
			properties++
		case token.SequenceEntryType, token.MappingValueType, token.CollectEntryType:
			properties = 0
		}
		if flow == 0 && column > 0 {
			for len(columns) > 0 && columns[len(columns)-1] >= column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, column)
		}
		if len(columns)+flow > maxDepth || properties > maxDepth {
			return t.Position, true
		}
	}
	return nil, false
}

// document picks the one document out of a file.
func (b *builder) document(file *ast.File, none *Node) *Node {
	var root *Node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if root != nil {
			b.problems.Add(Problem{Position: b.position(firstToken(doc.Body)), What: "a second document begins", Expected: "one document a file"})
			break
		}
		root = b.node(doc.Body)
	}
	if b.full {
		return none
	}
	if root == nil {
		none.broken = false // nothing stands here, and that is all right
		return none
	}
	return root
}
