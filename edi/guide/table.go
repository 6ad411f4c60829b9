package guide

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// ReadTable reads a structure table: the facts of a directory in lines, an indent
// of two spaces a level. It is the compact form in which directories are kept;
// people write YAML.
//
//	guide edifact/d03b            what it is, each on a line of its own, all optional
//	standard edifact
//	version D.03B
//	set 850 Purchase Order        a message; "group PO" may stand in its body
//	  ST M 1                      a segment, its need, how often ("*": without limit)
//	    N1 O 200                  with lines below it, a group that is named after
//	      N2 O 2                  its first segment
//	    SG1 C 99 group            or a group with a name of its own; "@0090" may
//	      RFF M 1 @0090           follow: the number of the place
//	segment N1 Name
//	  N101 M 2..3 AN              an element, its need, its form,
//	  N102 C 1131                 or the element or composite that it is; "x5" may
//	                              follow: how often it may be repeated; "=A,B" too:
//	                              the codes that it may have
//	  AK401 M composite           or components, below
//	    AK401.01 M 1..2 R
//	  condition P0304
//	composite C507 Date/time/period
//	  C507.01 M 2005
//	element 2005 an..3 Date/time/period qualifier
//	codes 2005
//	  137 Document/message date/time
//
// Where ST or UNH have everything else below them, they are the header, and not a
// group. Empty lines and lines that begin with # say nothing.
func ReadTable(r io.Reader, name string) (*Guide, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read structure table %s: %w", name, err)
	}
	t := table{guide: New(name, edi.X12, ""), rest: string(text)}
	if err := t.read(); err != nil {
		return nil, fmt.Errorf("structure table %s:%d: %w", name, t.line, err)
	}
	for _, m := range t.guide.Messages {
		m.Body = underHeader(m.Body)
	}
	return t.guide, nil
}

// underHeader takes what stands below ST or UNH out of it.
func underHeader(body []*Node) []*Node {
	if len(body) == 1 && body[0].IsGroup() && (body[0].ID == "ST" || body[0].ID == "UNH") {
		return body[0].Body
	}
	return body
}

type table struct {
	guide *Guide
	rest  string
	line  int
	// what the lines below a line without indent add to
	set       *Message
	stack     []*Node // the nodes that the next line of a set may be below, by depth
	segment   *Segment
	composite *Composite
	codes     *CodeList
}

func (t *table) read() error {
	for t.rest != "" {
		line := t.rest
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line, t.rest = line[:i], line[i+1:]
		} else {
			t.rest = ""
		}
		t.line++
		line = strings.TrimRight(line, "\r ")
		depth := len(line) - len(strings.TrimLeft(line, " "))
		line = line[depth:]
		if line == "" || line[0] == '#' && t.codes == nil {
			continue
		}
		var err error
		if depth == 0 {
			err = t.top(line)
		} else {
			err = t.below((depth+1)/2, line)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// word cuts the first word off.
func word(s string) (first, rest string) {
	first, rest, _ = strings.Cut(s, " ")
	return first, strings.TrimLeft(rest, " ")
}

func (t *table) top(line string) error {
	kind, rest := word(line)
	id, title := word(rest)
	if id == "" {
		return fmt.Errorf("%q names nothing", kind)
	}
	t.set, t.segment, t.composite, t.codes = nil, nil, nil, nil
	switch g := t.guide; kind {
	case "guide":
		g.Name = id
	case "title":
		g.Title = rest
	case "standard":
		var err error
		if g.Standard, err = edi.ParseStandard(id); err != nil || g.Standard == edi.TRADACOMS {
			return fmt.Errorf("%q is neither x12 nor edifact", id)
		}
	case "version":
		g.Version = id
	case "set":
		t.set, t.stack = &Message{ID: id, Title: title}, t.stack[:0]
		g.Messages[id] = t.set
	case "segment":
		t.segment = &Segment{ID: id, Title: title}
		g.Segments[id] = t.segment
	case "composite":
		t.composite = &Composite{ID: id, Title: title}
		g.Composites[id] = t.composite
	case "element":
		form, title := word(title)
		f, err := ParseForm(form)
		if err != nil {
			return err
		}
		g.Elements[id] = &Element{ID: id, Title: title, Form: f}
	case "codes":
		t.codes = &CodeList{ID: id}
		g.Codes[id] = t.codes
	default:
		return fmt.Errorf("%q begins nothing that is known: set, segment, composite, element, codes", kind)
	}
	return nil
}

func (t *table) below(depth int, line string) error {
	switch {
	case t.set != nil:
		return t.node(depth, line)
	case t.codes != nil:
		value, title := word(line)
		t.codes.Codes = append(t.codes.Codes, Code{Value: value, Title: title})
		return nil
	case t.segment != nil:
		if rest, ok := strings.CutPrefix(line, "condition "); ok {
			return addCondition(&t.segment.Conditions, rest)
		}
		if depth > 1 {
			return addComponent(t.segment.Elements, line)
		}
		use, err := parsePlace(line)
		t.segment.Elements = append(t.segment.Elements, use)
		return err
	case t.composite != nil:
		if rest, ok := strings.CutPrefix(line, "condition "); ok {
			return addCondition(&t.composite.Conditions, rest)
		}
		use, err := parsePlace(line)
		t.composite.Components = append(t.composite.Components, use)
		return err
	}
	return fmt.Errorf("%q stands below nothing", line)
}

func addCondition(to *[]Condition, text string) error {
	c, err := ParseCondition(text)
	*to = append(*to, c)
	return err
}

func addComponent(elements []Use, line string) error {
	if len(elements) == 0 || elements[len(elements)-1].Ref != "" {
		return fmt.Errorf("%q stands below no composite", line)
	}
	last := &elements[len(elements)-1]
	if rest, ok := strings.CutPrefix(line, "condition "); ok {
		return addCondition(&last.Conditions, rest)
	}
	use, err := parsePlace(line)
	last.Components = append(last.Components, use)
	return err
}

// parsePlace reads what follows a place's name: M 2..3 AN, C C507 x5, M composite.
func parsePlace(line string) (Use, error) {
	_, rest := word(line)
	return ParseUse(rest)
}

// ParseUse reads how an element stands at its place: M AN 2..3, M 2..3 AN,
// C C507 x5, O an..35 =A,B, M composite.
func ParseUse(s string) (Use, error) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return Use{}, fmt.Errorf("nothing is said of the element: write M AN 1..30")
	}
	need, err := ParseNeed(words[0])
	if err != nil {
		return Use{}, err
	}
	use, words := Use{Need: need}, words[1:]
	for len(words) > 0 {
		last := words[len(words)-1]
		if n, err := strconv.Atoi(last[1:]); last[0] == 'x' && err == nil && n > 0 {
			use.Repeat = n
		} else if last[0] == '=' && len(last) > 1 {
			use.Codes = &CodeList{}
			for value := range strings.SplitSeq(last[1:], ",") {
				use.Codes.Codes = append(use.Codes.Codes, Code{Value: value})
			}
		} else {
			break
		}
		words = words[:len(words)-1]
	}
	switch {
	case len(words) == 0 && use.Need == Unused:
		use.Form = Form{Type: Text, Min: 1, Max: anyLength}
		return use, nil
	case len(words) == 0:
		return use, fmt.Errorf("%q says nothing of the element's form", s)
	case words[0] == "composite":
		use.Components = []Use{}
		return use, nil
	case len(words) == 1 && isReference(words[0]):
		use.Ref = words[0]
		return use, nil
	}
	use.Form, err = ParseForm(strings.Join(words, " "))
	return use, err
}

// anyLength is the length of what is not told of: no element is longer in X12 or
// EDIFACT.
const anyLength = 99999

// isReference tells 1131, C507, S009 and E997 from an..35.
func isReference(s string) bool {
	if len(s) < 2 || len(s) > 5 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (i > 0 || c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// node reads REF O 12, PO1 M *, SG1 C 99 group @0090.
func (t *table) node(depth int, line string) error {
	id, rest := word(line)
	if id == "group" && depth == 1 && !strings.Contains(rest, " ") {
		t.set.Group = rest
		return nil
	}
	n := &Node{ID: id}
	own, err := parseNodeUse(n, rest)
	if err != nil {
		return err
	}
	if depth > len(t.stack)+1 {
		return fmt.Errorf("%s stands %d levels deep below a place of level %d", id, depth, len(t.stack))
	}
	t.stack = t.stack[:depth-1]
	if depth == 1 {
		t.set.Body = append(t.set.Body, n)
	} else {
		parent := t.stack[depth-2]
		if parent.Body == nil {
			trigger := &Node{ID: parent.ID, Position: parent.Position, Need: Mandatory, Max: 1}
			parent.Body = []*Node{trigger}
		}
		parent.Body = append(parent.Body, n)
	}
	if own {
		n.Body = []*Node{}
	}
	t.stack = append(t.stack, n)
	return nil
}

// parseNodeUse reads M 1, O *, C 99 group @0090 into a node, and says whether it
// is a group with a name of its own.
func parseNodeUse(n *Node, s string) (group bool, err error) {
	words := strings.Fields(s)
	if len(words) < 2 {
		return false, fmt.Errorf("%q does not say how %s is used: write M 1, O 5 or O *", s, n.ID)
	}
	if n.Need, err = ParseNeed(words[0]); err != nil {
		return false, err
	}
	if words[1] != "*" {
		if n.Max, err = strconv.Atoi(words[1]); err != nil || n.Max < 1 {
			return false, fmt.Errorf("%q is no number of times: write 1, 99 or * for any number", words[1])
		}
	}
	for _, more := range words[2:] {
		switch {
		case more == "group":
			group = true
		case more[0] == '@':
			n.Position = more[1:]
		default:
			return false, fmt.Errorf("%q says nothing that is known of %s", more, n.ID)
		}
	}
	return group, nil
}
