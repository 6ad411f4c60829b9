package directory

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi/guide"
)

var (
	row      = regexp.MustCompile(`^([0-9]{4,5})(?: ?[+*|#X-]{1,3})?\s+(\S.*)$`)
	groupRow = regexp.MustCompile(`^[─-]+ *Segment group +([0-9]+) *[─-]+ *([MC]) +([0-9]+)(.*)$`)
	tagRow   = regexp.MustCompile(`^([A-Z]{3}) +(\S.*?) +([MC]) +([0-9]+)(.*)$`)
	typeLine = regexp.MustCompile(`Message Type *: *([A-Z]{6})`)
)

// message reads the segment table of a message's file. The drawing to the right
// of it says which group ends where: ┐ begins one, ┘ and ┴ end as many as they
// are, │ passes by; later directories draw + and |.
func (d *Directory) message(id string, text []line) error {
	m := &guide.Message{ID: id, Title: messageTitle(text)}
	t := tree{message: m}
	for i := tableStart(text); i < len(text); i++ {
		l := text[i]
		r := row.FindStringSubmatch(l.text)
		if r == nil {
			continue
		}
		position, rest := r[1], r[2]
		use := tagRow.FindStringSubmatch(rest)
		if use == nil && !strings.Contains(rest, "Segment group") && i+1 < len(text) && row.FindStringSubmatch(text[i+1].text) == nil {
			rest += " " + strings.TrimSpace(text[i+1].text) // the name goes on below
			use = tagRow.FindStringSubmatch(rest)
		}
		var err error
		if group := groupRow.FindStringSubmatch(rest); group != nil {
			err = t.group(position, group)
		} else if use != nil {
			err = t.segment(position, use)
		} else {
			err = fmt.Errorf("%q is neither a segment nor a group", rest)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", l.number, err)
		}
		if t.ended {
			break
		}
	}
	return d.keep(&t)
}

// keep adds a message that is whole to its guide.
func (d *Directory) keep(t *tree) error {
	m := t.message
	switch {
	case len(m.Body) < 2 || !t.ended:
		return fmt.Errorf("message %s has no segment table from UNH to UNT", m.ID)
	case len(t.open) > 0:
		return fmt.Errorf("message %s: group %s does not end", m.ID, t.open[len(t.open)-1].ID)
	case m.Body[0].ID == "UIH":
		d.Interactive.Messages[m.ID] = m
	default:
		d.Batch.Messages[m.ID] = m
	}
	return nil
}

// tableStart is the line after the head of the last segment table.
func tableStart(text []line) int {
	start := len(text)
	for i, l := range text {
		if f := strings.Fields(l.text); len(f) >= 5 && f[0] == "Pos" && f[1] == "Tag" && f[2] == "Name" {
			start = i + 1
		}
	}
	return start
}

// messageTitle is the name above the head of the file: the lines before the rule,
// or before the type.
func messageTitle(text []line) string {
	var last string
	for _, l := range text[:min(len(text), 40)] {
		switch s := strings.TrimSpace(l.text); {
		case typeLine.MatchString(s) || isRule(l.text):
			return last
		case strings.HasSuffix(strings.ToLower(s), "message"):
			last = s
		}
	}
	return last
}

// tree is a message as far as it was read.
type tree struct {
	message *guide.Message
	open    []*guide.Node
	ended   bool
}

func (t *tree) add(n *guide.Node) {
	if len(t.open) == 0 {
		t.message.Body = append(t.message.Body, n)
		return
	}
	parent := t.open[len(t.open)-1]
	parent.Body = append(parent.Body, n)
}

func (t *tree) group(position string, m []string) error {
	n, err := node("SG"+m[1], position, m[2], m[3])
	if err != nil {
		return err
	}
	n.Body = []*guide.Node{}
	t.add(n)
	t.open = append(t.open, n)
	if bars := strings.Count(m[4], "│") + strings.Count(m[4], "|"); bars+1 != len(t.open) {
		return fmt.Errorf("group %s is drawn within %d groups, and %d are open", n.ID, bars, len(t.open)-1)
	}
	return nil
}

func (t *tree) segment(position string, m []string) error {
	n, err := node(m[1], position, m[3], m[4])
	if err != nil {
		return err
	}
	t.add(n)
	drawing := m[5]
	ends := strings.Count(drawing, "┘") + strings.Count(drawing, "┴") + strings.Count(drawing, "+")
	bars := strings.Count(drawing, "│") + strings.Count(drawing, "|")
	if ends+bars != len(t.open) {
		return fmt.Errorf("segment %s is drawn within %d groups, and %d are open", n.ID, ends+bars, len(t.open))
	}
	t.open = t.open[:len(t.open)-ends]
	t.ended = n.ID == "UNT" || n.ID == "UIT"
	return nil
}

func node(id, position, need, times string) (*guide.Node, error) {
	n := &guide.Node{ID: id, Position: position}
	var err error
	if n.Need, err = guide.ParseNeed(need); err != nil {
		return nil, err
	}
	n.Max, err = strconv.Atoi(times)
	if err != nil || n.Max < 1 {
		return nil, fmt.Errorf("%s may stand there %q times", id, times)
	}
	return n, nil
}
