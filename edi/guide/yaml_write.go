package guide

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// WriteYAML writes the guide as Read reads it, whole: also what it has from a
// guide that it extends, so that it stands alone.
func (g *Guide) WriteYAML(w io.Writer) error {
	y := yamlWriter{w: bufio.NewWriter(w), guide: g}
	y.line(0, "guide: "+quote(g.Name))
	if g.Title != "" {
		y.line(0, "title: "+quote(g.Title))
	}
	y.line(0, "standard: "+g.Standard.String())
	if g.Version != "" {
		y.line(0, "version: "+strconv.Quote(g.Version))
	}
	y.section("messages", len(g.Messages))
	for _, id := range g.MessageIDs() {
		y.message(g.Messages[id])
	}
	y.section("segments", len(g.Segments))
	for _, id := range slices.Sorted(maps.Keys(g.Segments)) {
		s := g.Segments[id]
		y.line(1, quote(id)+":")
		y.titled(2, s.Title)
		y.uses(2, "elements", s.Elements, s.Conditions)
	}
	y.section("composites", len(g.Composites))
	for _, id := range slices.Sorted(maps.Keys(g.Composites)) {
		c := g.Composites[id]
		y.line(1, quote(id)+":")
		y.titled(2, c.Title)
		y.uses(2, "components", c.Components, c.Conditions)
	}
	y.section("elements", len(g.Elements))
	for _, id := range slices.Sorted(maps.Keys(g.Elements)) {
		e := g.Elements[id]
		if e.Title == "" {
			y.line(1, quote(id)+": "+e.Form.text(g.Standard))
		} else {
			y.line(1, fmt.Sprintf("%s: {form: %s, title: %s}", quote(id), e.Form.text(g.Standard), quote(e.Title)))
		}
	}
	y.section("codes", len(g.Codes))
	for _, id := range slices.Sorted(maps.Keys(g.Codes)) {
		y.line(1, quote(id)+":")
		y.codes(2, g.Codes[id])
	}
	if err := y.w.Flush(); err != nil {
		return fmt.Errorf("write guide %s: %w", g.Name, err)
	}
	return nil
}

type yamlWriter struct {
	w     *bufio.Writer
	guide *Guide
}

func (y *yamlWriter) line(depth int, text string) {
	_, _ = y.w.WriteString(strings.Repeat("  ", depth) + text + "\n") // Flush tells
}

func (y *yamlWriter) section(name string, n int) {
	if n > 0 {
		y.line(0, name+":")
	}
}

func (y *yamlWriter) titled(depth int, title string) {
	if title != "" {
		y.line(depth, "title: "+quote(title))
	}
}

func (y *yamlWriter) message(m *Message) {
	y.line(1, quote(m.ID)+":")
	y.titled(2, m.Title)
	if m.Group != "" {
		y.line(2, "group: "+quote(m.Group))
	}
	y.line(2, "body:")
	y.body(3, m.Body)
}

func (y *yamlWriter) body(depth int, body []*Node) {
	for _, n := range body {
		switch use := nodeUse(n, y.guide.Standard); {
		case n.IsGroup():
			y.line(depth, "- group: "+quote(n.ID))
			y.line(depth+1, "use: "+quote(use))
			y.extras(depth+1, n)
			y.line(depth+1, "body:")
			y.body(depth+2, n.Body)
		case n.Position == "" && n.When == nil && n.Segment == nil:
			y.line(depth, "- "+quote(n.ID+" "+use))
		default:
			y.line(depth, "- segment: "+quote(n.ID))
			y.line(depth+1, "use: "+quote(use))
			y.extras(depth+1, n)
		}
	}
}

func (y *yamlWriter) extras(depth int, n *Node) {
	if n.Position != "" {
		y.line(depth, "position: "+strconv.Quote(n.Position))
	}
	if len(n.When) > 0 {
		y.line(depth, "when:")
		for _, c := range n.When {
			place := strconv.Itoa(c.Element)
			if c.Component > 0 {
				place = fmt.Sprintf(`"%d.%d"`, c.Element, c.Component)
			}
			y.line(depth+1, place+": "+flow(c.Codes))
		}
	}
	if n.Segment != nil {
		y.titled(depth, n.Segment.Title)
		y.uses(depth, "elements", n.Segment.Elements, n.Segment.Conditions)
	}
}

func (y *yamlWriter) uses(depth int, name string, uses []Use, conditions []Condition) {
	if len(uses) == 0 {
		y.line(depth, name+": []")
	} else {
		y.line(depth, name+":")
	}
	for _, u := range uses {
		y.use(depth+1, u)
	}
	if len(conditions) > 0 {
		texts := make([]string, len(conditions))
		for i, c := range conditions {
			texts[i] = c.Text(y.guide.Standard)
		}
		y.line(depth, "conditions: "+flow(texts))
	}
}

func (y *yamlWriter) use(depth int, u Use) {
	bare := u
	bare.Codes = nil
	text := quote(useText(bare, y.guide.Standard))
	if u.Title == "" && u.Codes == nil && len(u.Components) == 0 && u.Conditions == nil {
		y.line(depth, "- "+text)
		return
	}
	y.line(depth, "- use: "+text)
	y.titled(depth+1, u.Title)
	if u.Codes != nil {
		y.line(depth+1, "codes:")
		y.codes(depth+2, u.Codes)
	}
	if len(u.Components) > 0 {
		y.uses(depth+1, "components", u.Components, u.Conditions)
	}
}

func (y *yamlWriter) codes(depth int, l *CodeList) {
	if !slices.ContainsFunc(l.Codes, func(c Code) bool { return c.Title != "" }) {
		values := make([]string, len(l.Codes))
		for i, c := range l.Codes {
			values[i] = c.Value
		}
		y.line(depth, flow(values))
		return
	}
	for _, c := range l.Codes {
		y.line(depth, quote(c.Value)+": "+quote(c.Title))
	}
}

// flow writes [A, B].
func flow(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./()]*( [A-Za-z0-9_./()]+)*$`)
	reserved  = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n|add|remove)$`)
)

// quote writes a text as YAML reads it back.
func quote(s string) string {
	if plainText.MatchString(s) && !reserved.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7F:
			fmt.Fprintf(&b, `\x%02X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
