package expression

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/touchstone-hub/touchstone/formats"
)

// Records that are made of segments have names that the grammar takes for numbers: the element in
// `N1.2`, the qualifier in `DTM[011]`, and `[*]` for all of them. Before such an expression is
// parsed, the first character of each such name is replaced by a letter that stands for it, one
// character for one, so that positions stay what they are; afterwards it is put back. The letters
// are those of a script that nobody has written for three thousand years.
const (
	firstDigit = '\U00010000' // stands for 0, the next one for 1, …
	allMark    = '\U0001000A' // stands for *
)

// Segments is a record that is made of segments and read by their names.
func Segments(part formats.Part, shape *formats.Shape) *Type { return segmented(part, shape) }

func segmented(part formats.Part, shape *formats.Shape) *Type {
	t := &Type{Shape: shape, part: part}
	switch {
	case part.Repeats():
		t.Kind = List
	case part.Simple():
		t.Kind = Text
	}
	return t
}

// Segmented lets the expressions of the scope name elements by number and qualifiers in brackets.
func (s *Scope) Segmented() { s.env.segmented = true }

// OfRecord says that the value is a segment or loop where it stands in the record.
func (t *Type) OfRecord() bool { return t.part != nil && t.Shape != nil && !t.part.Simple() }

// masked is an expression in the notation of segments as the parser can read it.
func masked(text string) string {
	var out strings.Builder
	names := false // what stands before is a name, or something that has members
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		end := i + size
		switch {
		case c == '"' || c == '\'' || c == '`':
			end = quotedEnd(text, i)
			names = true
		case c == '.' && end < len(text) && isDigit(text[end]):
			out.WriteByte('.')
			end = nameEnd(text, i+1)
			mask(&out, text[i+1:end])
			i, names = end, true
			continue
		case c == '[' && names && qualifierEnd(text, end) > 0:
			close := qualifierEnd(text, end)
			out.WriteByte('[')
			mask(&out, text[end:close])
			i, names = close, false
			continue
		case isDigit(text[i]):
			end = numberEnd(text, i)
			names = false
		case c == '_' || unicode.IsLetter(c):
			end = nameEnd(text, i)
			names = true
		case unicode.IsSpace(c):
		default:
			names = c == ']' || c == ')'
		}
		out.WriteString(text[i:end])
		i = end
	}
	return out.String()
}

func mask(out *strings.Builder, name string) {
	switch {
	case name == "*":
		out.WriteRune(allMark)
	case isDigit(name[0]):
		out.WriteRune(firstDigit + rune(name[0]-'0'))
		out.WriteString(name[1:])
	default:
		out.WriteString(name)
	}
}

// unmasked puts back what masked replaced; other texts are left as they are.
func unmasked(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == allMark:
			return '*'
		case r >= firstDigit && r < firstDigit+10:
			return '0' + r - firstDigit
		}
		return r
	}, text)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// quotedEnd is where the text in quotes that begins at i ends.
func quotedEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote != '`':
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

func nameEnd(text string, i int) int {
	for i < len(text) {
		c, size := utf8.DecodeRuneInString(text[i:])
		if c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			break
		}
		i += size
	}
	return i
}

func numberEnd(text string, i int) int {
	i = nameEnd(text, i)
	if i+1 < len(text) && text[i] == '.' && isDigit(text[i+1]) {
		i = nameEnd(text, i+1)
	}
	return i
}

// qualifierEnd is where the code in capitals and digits, or the star, that begins at i ends, if a
// bracket closes there; else 0.
func qualifierEnd(text string, i int) int {
	end := i
	if strings.HasPrefix(text[i:], "*") {
		end++
	}
	for end == i || text[i] != '*' {
		if end == len(text) || !isCode(text[end]) {
			break
		}
		end++
	}
	if end == i || end == len(text) || text[end] != ']' {
		return 0
	}
	return end
}

func isCode(c byte) bool { return isDigit(c) || c >= 'A' && c <= 'Z' }

// code gives what stands in brackets where it is a qualifier or the star.
func code(n ast.Node) (string, bool) {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return "", false
	}
	text := unmasked(id.Value)
	if text == "*" {
		return text, true
	}
	for i := range len(text) {
		if !isCode(text[i]) {
			return "", false
		}
	}
	return text, text != ""
}

// chosen compiles `N1[ST]` and `C059[*]`: a member with what stands in brackets, taken of what the
// member is taken of. ok is false where the brackets are those of a list or an object.
func (c *compiler) chosen(n *ast.MemberNode) (o op, t *Type, ok bool) {
	which, isCode := code(n.Property)
	if !isCode {
		return nil, nil, false
	}
	switch base := n.Node.(type) {
	case *ast.IdentifierNode:
		name := unmasked(base.Value)
		v, bare := c.scope.find(name)
		if v == nil || !bare || v.Type.part == nil {
			return nil, nil, false
		}
		c.reads, v.used = true, true
		o, t = c.member(&path{slot: v.slot, at: v.origin, record: v.record}, v.Type, name+"["+which+"]", n.Property.Location())
		return o, t.all(which), true
	case *ast.MemberNode:
		name, named := base.Property.(*ast.StringNode)
		if !named {
			return nil, nil, false
		}
		of, ot := c.walk(base.Node)
		if c.failed {
			return of, ot, true
		}
		if ot.part == nil && !ot.spread {
			of, ot = c.member(of, ot, unmasked(name.Value), name.Location())
			o, t = c.counted(of, ot, which, n)
			return o, t, true
		}
		o, t = c.member(of, ot, unmasked(name.Value)+"["+which+"]", n.Property.Location())
		return o, t.all(which), true
	}
	return nil, nil, false
}

// counted is an element by its number, where what stands before the brackets is no segment.
func (c *compiler) counted(base op, t *Type, which string, n *ast.MemberNode) (op, *Type) {
	index := 0
	for i := range len(which) {
		if !isDigit(which[i]) || i > 8 {
			return c.wrong(n.Property.Location(), "a number", "[%s] is taken of what is no segment", which)
		}
		index = 10*index + int(which[i]-'0')
	}
	return c.elementAt(base, t, index, n.Property.Location())
}

// all lets a member be read of all elements, where it is they that were chosen.
func (t *Type) all(which string) *Type {
	if which != "*" || t.Kind != List {
		return t
	}
	each := *t
	each.spread = true
	return &each
}

// spread compiles a member of every element of a list, such as CPS[*].LIN: one list of all of them.
func (c *compiler) spread(base op, t *Type, name string, at file.Location) (op, *Type) {
	element := t.elements()
	o, of := c.member(&path{}, element, name, at)
	p, ok := o.(*path)
	if c.failed || !ok {
		return base, AnyType
	}
	each := &Type{Kind: List, Items: of, spread: true}
	if of.Kind == List {
		each.Items = of.elements()
	}
	text := ""
	switch base := base.(type) {
	case *path:
		text = base.String() + "[*]"
	case *spread:
		text = base.text
	}
	return &spread{of: base, steps: p.steps, text: text + "." + name}, each
}

// spread takes a part of every element and puts the parts into one list.
type spread struct {
	of     op
	steps  []step
	text   string
	number int // in Env.paths
}

func (o *spread) eval(m *Machine) *formats.Node {
	list := o.of.eval(m)
	if list.Kind != formats.List {
		return &absent
	}
	mark := len(m.pile)
	for i := range list.Kids {
		n := &list.Kids[i]
		for j := range o.steps {
			n = m.step(n, &o.steps[j])
		}
		switch {
		case !m.spend(1):
		case n.Kind == formats.List:
			m.pile = append(m.pile, n.Kids...)
		case !missing(n):
			m.pile = append(m.pile, *n)
		}
	}
	if len(m.pile) == mark {
		return &absent
	}
	if m.read != nil {
		m.read[o.number] = true
	}
	n := m.list(mark)
	if m.place && m.quiet == 0 {
		m.keep(o.text, n)
	}
	return n
}
