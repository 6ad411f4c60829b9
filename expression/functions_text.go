package expression

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/width"

	"github.com/touchstone-hub/touchstone/formats"
)

var textFunctions = []*function{
	{signature: "string(scalar) text", doc: "the value as text; a number as it was written", eval: toText},
	{signature: "lower(text) text", doc: "in small letters", eval: lower},
	{signature: "upper(text) text", doc: "in capitals", eval: upper},
	{signature: "title(text) text", doc: "each word with a capital: ANNA SMITH becomes Anna Smith", eval: title},
	{signature: "trim(text, text?) text", doc: "without white space, or the given characters, at both ends", eval: trim},
	{signature: "squeeze(text) text", doc: "trimmed, and each run of white space as one blank", eval: squeeze},
	{signature: "narrow(text) text", doc: "full-width letters, digits and signs as ordinary ones: ＡＢ１２ becomes AB12", eval: narrow},
	{signature: "concat(any...) any", doc: "texts and numbers joined, absent ones left out; or lists joined", build: buildConcat},
	{signature: "join(list, text?) text", doc: "the elements with the separator between them; absent and empty ones left out", eval: join},
	{signature: "split(text, text) texts", doc: "the parts between separators", eval: split},
	{signature: "replace(text, text, text) text", doc: "every occurrence of the second text replaced by the third", eval: replace},
	{signature: "extract(text, text, number?) text", doc: "what a regular expression (RE2) finds: its first group, the group given, or all of it", build: buildExtract},
	{signature: "substitute(text, text, text) text", doc: "every match of a regular expression (RE2) replaced; $1 is the first group", build: buildSubstitute},
	{signature: "padStart(text, number, text?) text", doc: "lengthened at the front to a number of characters, with blanks or the given character", eval: padStart},
	{signature: "hash(scalar...) text", doc: "SHA-256 of the values as 64 hexadecimal digits; absent ones count as such", eval: hash, keep: true},
}

func toText(m *Machine, args []*formats.Node) *formats.Node {
	if args[0].Kind == formats.Text {
		return args[0]
	}
	return m.same(formats.Text, args[0].Text)
}

// ascii tells whether a text has bytes below 0x80 only, which most have.
func ascii(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lower(m *Machine, args []*formats.Node) *formats.Node {
	if !ascii(args[0].Text) {
		return m.text(append(m.buf[:0], bytes.ToLower(args[0].Text)...))
	}
	n := m.text(args[0].Text)
	for i, c := range n.Text {
		if c >= 'A' && c <= 'Z' {
			n.Text[i] = c + 'a' - 'A'
		}
	}
	return n
}

func upper(m *Machine, args []*formats.Node) *formats.Node {
	if !ascii(args[0].Text) {
		return m.text(append(m.buf[:0], bytes.ToUpper(args[0].Text)...))
	}
	n := m.text(args[0].Text)
	for i, c := range n.Text {
		if c >= 'a' && c <= 'z' {
			n.Text[i] = c + 'A' - 'a'
		}
	}
	return n
}

func title(m *Machine, args []*formats.Node) *formats.Node {
	return m.text(cases.Title(language.Und).Bytes(args[0].Text))
}

func trim(m *Machine, args []*formats.Node) *formats.Node {
	if missing(args[1]) {
		return m.same(formats.Text, bytes.TrimSpace(args[0].Text))
	}
	return m.same(formats.Text, bytes.Trim(args[0].Text, string(args[1].Text)))
}

func squeeze(m *Machine, args []*formats.Node) *formats.Node {
	return m.text(append(m.buf[:0], bytes.Join(bytes.Fields(args[0].Text), []byte(" "))...))
}

func narrow(m *Machine, args []*formats.Node) *formats.Node {
	if ascii(args[0].Text) {
		return args[0]
	}
	return m.text(width.Narrow.Bytes(args[0].Text))
}

// buildConcat joins lists where an argument is known to be one.
func buildConcat(c *compiler, call *call) (op, *Type) {
	if !c.arguments(call) {
		return &constant{value: &absent}, AnyType
	}
	lists, others := 0, 0
	for _, t := range call.types {
		switch t.Kind {
		case List:
			lists++
		case Any:
		default:
			others++
		}
	}
	switch {
	case lists == 0:
		return &concat{call.ops}, TextType
	case others > 0:
		return c.wrong(call.at, "only texts and numbers, or only lists", "concat joins lists with other values")
	}
	t := call.types[0].Computed()
	for _, other := range call.types[1:] {
		t = common(t, other)
	}
	return &concatLists{call.ops}, t
}

type concat struct{ args []op }

func (o *concat) eval(m *Machine) *formats.Node {
	// Parts may use the machine's buffer themselves, so they are evaluated before it is filled.
	base := len(m.stack)
	found := false
	for _, arg := range o.args {
		n := arg.eval(m)
		switch {
		case n.Kind > formats.Text:
			m.fail(fmt.Errorf("found %s; concat expects texts and numbers", Show(n)))
		case !missing(n):
			found = true
		}
		m.stack = append(m.stack, n)
	}
	result := &absent
	if found && m.err == nil {
		buf := m.buf[:0]
		for _, n := range m.stack[base:] {
			if !missing(n) {
				buf = append(buf, n.Text...)
			}
		}
		m.buf = buf
		result = m.text(buf)
	}
	m.stack = m.stack[:base]
	return result
}

type concatLists struct{ args []op }

func (o *concatLists) eval(m *Machine) *formats.Node {
	mark := len(m.pile)
	for _, arg := range o.args {
		n := arg.eval(m)
		m.listed(n, "concat")
		for i := range n.Kids {
			if m.spend(1) {
				m.pile = append(m.pile, n.Kids[i])
			}
		}
	}
	return m.list(mark)
}

func join(m *Machine, args []*formats.Node) *formats.Node {
	buf, first := m.buf[:0], true
	for i := range args[0].Kids {
		n := &args[0].Kids[i]
		if !m.spend(1) || missing(n) || len(n.Text) == 0 && n.Kind == formats.Text {
			continue
		}
		if n.Kind > formats.Text {
			return m.fail(fmt.Errorf("element %d of join: found %s; expected text or a number", i, Show(n)))
		}
		if !first {
			buf = append(buf, args[1].Text...)
		}
		buf, first = append(buf, n.Text...), false
	}
	if first {
		return &absent
	}
	return m.text(buf)
}

func split(m *Machine, args []*formats.Node) *formats.Node {
	mark := len(m.pile)
	for part := range bytes.SplitSeq(args[0].Text, args[1].Text) {
		if !m.spend(1) {
			break
		}
		m.pile = append(m.pile, formats.Node{Kind: formats.Text, Text: part, Offset: -1})
	}
	return m.list(mark)
}

func replace(m *Machine, args []*formats.Node) *formats.Node {
	if len(args[1].Text) == 0 {
		return args[0]
	}
	more := bytes.Count(args[0].Text, args[1].Text) * max(len(args[2].Text)-len(args[1].Text), 0)
	if !m.store(more) {
		return &absent
	}
	return m.text(bytes.ReplaceAll(args[0].Text, args[1].Text, args[2].Text))
}

func padStart(m *Machine, args []*formats.Node) *formats.Node {
	length, ok := m.whole(args[1])
	if !ok || length > 1000 {
		return m.fail(fmt.Errorf("found %s; expected a length of at most 1000", Show(args[1])))
	}
	pad := " "
	if !missing(args[2]) && len(args[2].Text) > 0 {
		pad = string(args[2].Text)
	}
	short := length - utf8.RuneCount(args[0].Text)
	if short <= 0 {
		return args[0]
	}
	return m.text(append(append(m.buf[:0], strings.Repeat(pad, short)...), args[0].Text...))
}

// hash separates the values by their lengths, so that ("ab","c") and ("a","bc") differ.
func hash(m *Machine, args []*formats.Node) *formats.Node {
	buf := m.buf[:0]
	for _, n := range args {
		if missing(n) {
			buf = append(buf, '-')
			continue
		}
		buf = fmt.Appendf(buf, "%d:", len(n.Text))
		buf = append(buf, n.Text...)
	}
	m.buf = buf
	sum := sha256.Sum256(buf)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return m.text(append(m.buf[:0], digits[:]...))
}
