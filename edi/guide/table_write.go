package guide

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// WriteTable writes the guide as a structure table, which ReadTable reads. What
// only YAML can say (choices, segments that differ by place, what a guide
// extends) it refuses.
func (g *Guide) WriteTable(w io.Writer) error {
	out := tableWriter{w: bufio.NewWriter(w), guide: g}
	out.head()
	for _, id := range g.MessageIDs() {
		out.message(g.Messages[id])
	}
	for _, id := range slices.Sorted(maps.Keys(g.Segments)) {
		s := g.Segments[id]
		out.line(0, "segment", id, s.Title)
		out.uses(1, id, "", s.Elements, s.Conditions)
	}
	for _, id := range slices.Sorted(maps.Keys(g.Composites)) {
		c := g.Composites[id]
		out.line(0, "composite", id, c.Title)
		out.uses(1, id, ".", c.Components, c.Conditions)
	}
	for _, id := range slices.Sorted(maps.Keys(g.Elements)) {
		e := g.Elements[id]
		out.line(0, "element", id, e.Form.text(g.Standard), e.Title)
	}
	for _, id := range slices.Sorted(maps.Keys(g.Codes)) {
		out.line(0, "codes", id)
		for _, c := range g.Codes[id].Codes {
			out.line(1, c.Value, c.Title)
		}
	}
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("write guide %s as a table: %w", g.Name, out.err)
	}
	return nil
}

type tableWriter struct {
	w     *bufio.Writer
	guide *Guide
	err   error
}

func (t *tableWriter) line(depth int, words ...string) {
	var used []string
	for _, word := range words {
		if word != "" {
			used = append(used, word)
		}
	}
	text := strings.Repeat("  ", depth) + strings.Join(used, " ")
	if strings.ContainsAny(text, "\r\n") && t.err == nil {
		t.err = fmt.Errorf("%q has a line break", text)
	}
	_, _ = t.w.WriteString(text + "\n") // Flush tells
}

func (t *tableWriter) head() {
	g := t.guide
	if g.Extends != "" {
		t.err = fmt.Errorf("it extends %s", g.Extends)
	}
	if g.Name != "" {
		t.line(0, "guide", g.Name)
	}
	if g.Title != "" {
		t.line(0, "title", g.Title)
	}
	t.line(0, "standard", g.Standard.String())
	if g.Version != "" {
		t.line(0, "version", g.Version)
	}
}

func (t *tableWriter) message(m *Message) {
	t.line(0, "set", m.ID, m.Title)
	if m.Group != "" {
		t.line(1, "group", m.Group)
	}
	t.body(1, m.Body)
}

func (t *tableWriter) body(depth int, body []*Node) {
	for _, n := range body {
		if (len(n.When) > 0 || n.Segment != nil) && t.err == nil {
			t.err = fmt.Errorf("%s depends on values", n.ID)
		}
		words := []string{n.ID, nodeUse(n, t.guide.Standard)}
		if n.Position != "" {
			words = append(words, "@"+n.Position)
		}
		below := n.Body
		if n.IsGroup() {
			if first := n.Body[0]; !first.IsGroup() && first.ID == n.ID && first.Position == n.Position && len(n.Body) > 1 {
				below = n.Body[1:] // the line itself is the trigger
			} else {
				words = append(words, "group")
			}
		}
		t.line(depth, words...)
		t.body(depth+1, below)
	}
}

// nodeUse writes M 1, O *.
func nodeUse(n *Node, s edi.Standard) string {
	if n.Max == 0 {
		return n.Need.letter(s) + " *"
	}
	return fmt.Sprintf("%s %d", n.Need.letter(s), n.Max)
}

func (t *tableWriter) uses(depth int, id, dot string, uses []Use, conditions []Condition) {
	for i, u := range uses {
		place := fmt.Sprintf("%s%s%02d", id, dot, i+1)
		t.line(depth, place, useText(u, t.guide.Standard))
		t.uses(depth+1, place, ".", u.Components, u.Conditions)
	}
	for _, c := range conditions {
		t.line(depth, "condition", c.Text(t.guide.Standard))
	}
}

// useText writes M AN 1..30, C C507 x5, M composite, O ID 2..2 =A,B.
func useText(u Use, s edi.Standard) string {
	words := []string{u.Need.letter(s)}
	switch {
	case u.Ref != "":
		words = append(words, u.Ref)
	case u.Components != nil:
		words = append(words, "composite")
	default:
		words = append(words, u.Form.text(s))
	}
	if u.Repeat > 0 {
		words = append(words, fmt.Sprintf("x%d", u.Repeat))
	}
	if u.Codes != nil {
		values := make([]string, len(u.Codes.Codes))
		for i, c := range u.Codes.Codes {
			values[i] = c.Value
		}
		words = append(words, "="+strings.Join(values, ","))
	}
	return strings.Join(words, " ")
}
