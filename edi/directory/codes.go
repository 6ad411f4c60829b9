package directory

import (
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/edi/guide"
)

// readCodes reads UNCL, in one file or several. The early form has codes set to
// the right before column 10, the later one to the left at column 5; what a code
// means begins at column 10 or 11, and is described further to the right.
func readCodes(g *guide.Guide, text []line) error {
	for _, b := range blocks(text) {
		head, at := b.heading()
		m := elementHead.FindStringSubmatch(head)
		if m == nil {
			continue
		}
		l := &guide.CodeList{ID: m[1]}
		if err := readCodeBlock(l, b[at+1:]); err != nil {
			return fmt.Errorf("code list %s: %w", l.ID, err)
		}
		if len(l.Codes) > 0 { // some only say where the list is kept
			g.Codes[l.ID] = l
		}
	}
	return nil
}

func readCodeBlock(l *guide.CodeList, b block) error {
	text := true // within the name, description, representation or note of the element
	named := 0   // the column of the name that may go on in the next line
	seen := map[string]bool{}
	for _, line := range b {
		s := line.text
		switch trimmed := strings.TrimSpace(s); {
		case trimmed == "":
			text, named = false, 0
			continue
		case len(l.Codes) == 0 && (strings.HasPrefix(trimmed, "Desc:") || strings.HasPrefix(trimmed, "Repr:") || strings.HasPrefix(trimmed, "Note:")):
			text = true
			continue
		}
		if text {
			continue
		}
		if code, name, column := parseCode(s); code != "" {
			if seen[code] {
				return fmt.Errorf("line %d: code %s stands twice", line.number, code)
			}
			seen[code] = true
			l.Codes = append(l.Codes, guide.Code{Value: code, Title: name})
			named = column
			continue
		}
		if named > 0 && indent(s) == named {
			last := &l.Codes[len(l.Codes)-1]
			last.Title += " " + strings.TrimSpace(s)
			continue
		}
		named = 0
	}
	return nil
}

func indent(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// parseCode gives the code of a line, what it means, and at which column that
// begins; nothing where the line has none.
func parseCode(s string) (code, name string, column int) {
	mark := 0
	for mark < len(s) && mark < 4 && strings.IndexByte("+*#|X-", s[mark]) >= 0 {
		mark++
	}
	rest := s[mark:]
	before := indent(rest) + mark
	if before < 3 && mark == 0 || before > 9 || before == mark {
		return "", "", 0
	}
	rest = rest[indent(rest):]
	code, name, found := strings.Cut(rest, " ")
	column = len(s) - len(strings.TrimLeft(name, " "))
	name = strings.TrimSpace(name)
	early := column == 10 && before+len(code) <= 9
	late := before == 5 && column >= 11
	if !found || name == "" || len(code) > 17 || !early && !late {
		return "", "", 0
	}
	return code, name, column
}
