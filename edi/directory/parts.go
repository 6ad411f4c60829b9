package directory

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi/guide"
)

const marks = `[ +*#|X-]` // what tells a change against the release before

var (
	segmentHead   = regexp.MustCompile(`^` + marks + `* ([A-Z]{3}) +(\S.*)$`)
	compositeHead = regexp.MustCompile(`^` + marks + `* ([CE][0-9]{3}) +(\S.*)$`)
	elementHead   = regexp.MustCompile(`^` + marks + `* ([0-9]{4}) +(\S.*)$`)
	place         = regexp.MustCompile(`^([0-9]{3})` + marks + `+([CE]?[0-9]{3,4}) +(\S.*)$`)
	placeUse      = regexp.MustCompile(`^(.*?) +([MC]) *([0-9]+)? *(an?(?:\.\.)?[0-9]+|n(?:\.\.)?[0-9]+)?$`)
	dependency    = regexp.MustCompile(`\b(D[1-7])\(([0-9, ]+)\)`)
	usage         = regexp.MustCompile(` +\[[BIC]\]$`)
)

// readSegments reads TRSD and EDSD.
func readSegments(g *guide.Guide, text []line) error {
	for _, b := range blocks(text) {
		head, at := b.heading()
		m := segmentHead.FindStringSubmatch(head)
		if m == nil {
			continue
		}
		s := &guide.Segment{ID: m[1], Title: capitalised(m[2])}
		var err error
		if s.Elements, s.Conditions, err = places(b[at+1:]); err != nil {
			return fmt.Errorf("segment %s: %w", s.ID, err)
		}
		g.Segments[s.ID] = s
	}
	return nil
}

// readComposites reads TRCD and EDCD.
func readComposites(g *guide.Guide, text []line) error {
	for _, b := range blocks(text) {
		head, at := b.heading()
		m := compositeHead.FindStringSubmatch(head)
		if m == nil {
			continue
		}
		c := &guide.Composite{ID: m[1], Title: capitalised(m[2])}
		var err error
		if c.Components, c.Conditions, err = places(b[at+1:]); err != nil {
			return fmt.Errorf("composite %s: %w", c.ID, err)
		}
		g.Composites[c.ID] = c
	}
	return nil
}

// places reads the numbered lines of a block: 010 C817 ADDRESS USAGE C 3, and the
// dependency notes after them. What a composite is made of stands below its line
// again, without numbers, and is passed over.
func places(b block) ([]guide.Use, []guide.Condition, error) {
	uses := []guide.Use{}
	var conditions []guide.Condition
	byNumber := map[string]int{}
	for i := 0; i < len(b); i++ {
		if notes := dependency.FindAllStringSubmatch(b[i].text, -1); notes != nil {
			read, err := dependencies(notes, byNumber)
			if err != nil {
				return nil, nil, fmt.Errorf("line %d: %w", b[i].number, err)
			}
			conditions = append(conditions, read...)
			continue
		}
		m := place.FindStringSubmatch(b[i].text)
		if m == nil {
			continue
		}
		number, ref, rest := m[1], m[2], m[3]
		use := placeUse.FindStringSubmatch(rest)
		for more := 0; use == nil && more < 2 && i+1 < len(b); more++ { // the name goes on below
			i++
			rest += " " + strings.TrimSpace(b[i].text)
			use = placeUse.FindStringSubmatch(rest)
		}
		if use == nil {
			return nil, nil, fmt.Errorf("line %d: place %s %s does not say whether it is mandatory", b[i].number, number, ref)
		}
		u, err := parseUse(ref, use)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", b[i].number, err)
		}
		uses = append(uses, u)
		byNumber[number] = len(uses)
	}
	return uses, conditions, nil
}

func parseUse(ref string, m []string) (guide.Use, error) {
	u := guide.Use{Ref: ref}
	var err error
	if u.Need, err = guide.ParseNeed(m[2]); err != nil {
		return u, err
	}
	if m[3] != "" && m[3] != "1" {
		if u.Repeat, err = strconv.Atoi(m[3]); err != nil {
			return u, fmt.Errorf("%q is no number of repetitions", m[3])
		}
	}
	return u, nil
}

func dependencies(notes [][]string, byNumber map[string]int) ([]guide.Condition, error) {
	var all []guide.Condition
	for _, note := range notes {
		var ordinals []string
		for number := range strings.SplitSeq(note[2], ",") {
			at := byNumber[strings.TrimSpace(number)]
			if at == 0 {
				return nil, fmt.Errorf("dependency note %s is about %s, which is not there", note[0], number)
			}
			ordinals = append(ordinals, strconv.Itoa(at))
		}
		c, err := guide.ParseCondition(note[1] + "(" + strings.Join(ordinals, ",") + ")")
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// readElements reads TRED and EDED.
func readElements(g *guide.Guide, text []line) error {
	for _, b := range blocks(text) {
		head, at := b.heading()
		m := elementHead.FindStringSubmatch(head)
		if m == nil {
			continue
		}
		e := &guide.Element{ID: m[1], Title: title(m[2], b[at+1:])}
		for _, l := range b[at+1:] {
			if repr, ok := strings.CutPrefix(strings.TrimSpace(l.text), "Repr:"); ok {
				var err error
				if e.Form, err = guide.ParseForm(strings.TrimSpace(repr)); err != nil {
					return fmt.Errorf("line %d: element %s: %w", l.number, e.ID, err)
				}
				break
			}
		}
		if !e.Form.IsSet() {
			return fmt.Errorf("line %d: element %s has no representation", b[at].number, e.ID)
		}
		g.Elements[e.ID] = e
	}
	return nil
}

// title gives a heading's name, which may go on below, without the mark of where
// it is used.
func title(name string, rest block) string {
	for _, l := range rest {
		if strings.TrimSpace(l.text) == "" {
			break
		}
		name += " " + strings.TrimSpace(l.text)
	}
	return usage.ReplaceAllString(name, "")
}

// capitalised writes NAME AND ADDRESS as the indexes do: Name and address.
func capitalised(s string) string { return s[:1] + strings.ToLower(s[1:]) }
