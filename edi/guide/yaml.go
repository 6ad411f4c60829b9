package guide

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// Read reads a guide in YAML. What it extends is asked of base, by name; base may
// be nil where guides stand alone. All that is wrong is told at once, as Problems.
//
//	guide: acme/orders
//	standard: x12
//	version: "004010"
//	extends: x12/004010
//	messages:
//	  "850":
//	    title: Purchase Order
//	    change:                                   # of what the base says, or
//	      - {at: REF, use: M 3}                   # need and number of times
//	      - {at: PO1/PID, remove: true}
//	      - {at: N1, instead: [{group: ST, use: M 1, when: {1: [ST]}, body: [N1 M 1, N3 M 2, N4 M 1]}]}
//	      - {at: CUR, after: [CSH O 5]}           # or before
//	    body: [ST M 1, BEG M 1, {group: N1, use: O 200, body: [N1 M 1, N2 O 2]}, SE M 1]   # or all of it
//	segments:
//	  BEG:
//	    elements: {1: {codes: ["00", "05"]}, 3: M AN 1..10}   # some, or all of them as a list
//	    conditions: [P0304]
//	composites:
//	  C507: {components: [M 2005, C 2380, C 2379]}
//	elements:
//	  "2005": an..3
//	codes:
//	  "2005": {"137": Document date, "2": Delivery date}      # all, or {add: {…}, remove: […]}
func Read(text []byte, file string, base func(name string) (*Guide, error)) (*Guide, error) {
	doc := &document{file: file}
	root := doc.parse(text)
	if root.absent() && len(doc.problems) == 0 {
		root.say("the guide is empty")
	}
	r := &reader{guide: New("", edi.Unknown, "")}
	if len(doc.problems) == 0 {
		r.start(root, base)
	}
	if len(doc.problems) == 0 {
		r.read(root)
	}
	if len(doc.problems) == 0 {
		for _, err := range r.guide.Check() {
			root.say("%v", err)
		}
	}
	if len(doc.problems) > 0 {
		slices.SortStableFunc(doc.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, doc.problems
	}
	return r.guide, nil
}

// reader makes a guide out of a document.
type reader struct{ guide *Guide }

// start gets the guide that is extended, and copies what may be changed of it.
func (r *reader) start(root value, base func(string) (*Guide, error)) {
	extends := root.get("extends")
	name := extends.text()
	if name == "" {
		return
	}
	if base == nil {
		extends.say("there are no guides to extend")
		return
	}
	b, err := base(name)
	if err != nil {
		extends.say("%v", err)
		return
	}
	g := New(b.Name, b.Standard, b.Version)
	g.Title, g.Extends = b.Title, name
	for id, m := range b.Messages {
		g.Messages[id] = m
	}
	for id, s := range b.Segments {
		g.Segments[id] = s
	}
	for id, c := range b.Composites {
		g.Composites[id] = c
	}
	for id, e := range b.Elements {
		g.Elements[id] = e
	}
	for id, c := range b.Codes {
		g.Codes[id] = c
	}
	r.guide = g
}

func (r *reader) read(root value) {
	g := r.guide
	each := func(read func(id string, v value)) func(value) {
		return func(v value) {
			for _, e := range v.mapping() {
				read(e.key, e.value)
			}
		}
	}
	root.fields(map[string]func(value){
		"guide": func(v value) { g.Name = v.text() },
		"title": func(v value) { g.Title = v.text() },
		"standard": func(v value) {
			standard, err := edi.ParseStandard(v.text())
			switch {
			case err != nil || standard == edi.TRADACOMS:
				v.say("%q is neither x12 nor edifact", v.text())
			case g.Extends != "" && standard != g.Standard:
				v.say("%s is extended, and that is %s", g.Extends, g.Standard)
			}
			g.Standard = standard
		},
		"version":    func(v value) { g.Version = v.text() },
		"extends":    func(value) {},
		"only":       func(value) {}, // these in the order in which one needs the other
		"messages":   func(value) {},
		"segments":   func(value) {},
		"composites": func(value) {},
		"elements":   func(value) {},
		"codes":      func(value) {},
	})
	if g.Name == "" {
		root.say("the guide has no name: write guide: partner/name")
	}
	if g.Standard == edi.Unknown && len(root.doc.problems) == 0 {
		root.say("the guide does not say its standard: write standard: x12 or edifact, or what it extends")
	}
	each(r.codes)(root.get("codes"))
	each(r.element)(root.get("elements"))
	each(r.composite)(root.get("composites"))
	each(r.segment)(root.get("segments"))
	each(r.message)(root.get("messages"))
	if only := root.get("only"); !only.absent() {
		r.only(only)
	}
}

// only leaves no other messages in the guide.
func (r *reader) only(v value) {
	kept := map[string]*Message{}
	for _, item := range v.items() {
		id := item.text()
		if r.guide.Messages[id] == nil {
			item.say("there is no message %s", id)
		}
		kept[id] = r.guide.Messages[id]
	}
	r.guide.Messages = kept
}

func (r *reader) message(id string, v value) {
	m := &Message{ID: id}
	if old := r.guide.Messages[id]; old != nil {
		*m = *old
	}
	v.fields(map[string]func(value){
		"title":  func(v value) { m.Title = v.text() },
		"group":  func(v value) { m.Group = v.text() },
		"body":   func(v value) { m.Body = r.body(v) },
		"change": func(v value) { r.changes(m, v) },
	})
	r.guide.Messages[id] = m
}

func (r *reader) body(v value) []*Node {
	nodes := []*Node{}
	for _, item := range v.items() {
		if n := r.node(item); n != nil {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// node reads "REF O 12", or {segment: REF, use: O 12, …}, or {group: N1, use: …, body: …}.
func (r *reader) node(v value) *Node {
	if v.isText() {
		id, use := word(v.text())
		n := &Node{ID: id}
		r.use(n, use, v)
		return n
	}
	n := &Node{}
	use := value{doc: v.doc}
	v.fields(map[string]func(value){
		"segment":    func(v value) { n.ID = v.text() },
		"group":      func(v value) { n.ID, n.Body = v.text(), []*Node{} },
		"use":        func(v value) { use = v },
		"position":   func(v value) { n.Position = v.text() },
		"when":       func(v value) { n.When = choices(v) },
		"body":       func(v value) { n.Body = r.body(v) },
		"elements":   func(value) {},
		"conditions": func(value) {},
		"title":      func(value) {},
	})
	switch {
	case n.ID == "":
		v.say("neither segment nor group is named")
		return nil
	case use.absent():
		v.say("%s does not say how it is used: write use: M 1, O 5 or O *", n.ID)
	default:
		r.use(n, use.text(), use)
	}
	r.own(n, v)
	return n
}

// own reads what a node says of its segment at this place alone.
func (r *reader) own(n *Node, v value) {
	elements, conditions, title := v.get("elements"), v.get("conditions"), v.get("title")
	if elements.absent() && conditions.absent() && title.absent() {
		return
	}
	s := &Segment{ID: n.ID}
	if old := first2(n.Segment, r.guide.Segments[n.ID]); old != nil {
		*s = *old
	}
	if !title.absent() {
		s.Title = title.text()
	}
	s.Elements = r.places(s.Elements, elements)
	if !conditions.absent() {
		s.Conditions = readConditions(conditions)
	}
	n.Segment = s
}

func first2(a, b *Segment) *Segment {
	if a != nil {
		return a
	}
	return b
}

func (r *reader) use(n *Node, text string, v value) {
	if group, err := parseNodeUse(n, text); err != nil {
		v.say("%v", err)
	} else if group {
		v.say("a group is written as {group: %s, use: …, body: […]}", n.ID)
	}
}

// choices reads {1: [ST, BT], 2.1: X}.
func choices(v value) []Choice {
	var all []Choice
	for _, e := range v.mapping() {
		c := Choice{}
		element, component, inner := strings.Cut(e.key, ".")
		var err error
		c.Element, err = strconv.Atoi(element)
		if inner && err == nil {
			c.Component, err = strconv.Atoi(component)
		}
		if err != nil || c.Element < 1 || inner && c.Component < 1 {
			v.doc.say(e.at, "%q is no place: write 1 for an element, 1.2 for its second component", e.key)
		}
		if e.value.isText() {
			c.Codes = []string{e.value.text()}
		} else {
			for _, item := range e.value.items() {
				c.Codes = append(c.Codes, item.text())
			}
		}
		if len(c.Codes) == 0 {
			v.doc.say(e.at, "no values are given for place %s", e.key)
		}
		all = append(all, c)
	}
	return all
}

func (r *reader) segment(id string, v value) {
	s := &Segment{ID: id}
	if old := r.guide.Segments[id]; old != nil {
		*s = *old
	}
	v.fields(map[string]func(value){
		"title":      func(v value) { s.Title = v.text() },
		"elements":   func(v value) { s.Elements = r.places(s.Elements, v) },
		"conditions": func(v value) { s.Conditions = readConditions(v) },
	})
	r.guide.Segments[id] = s
}

func (r *reader) composite(id string, v value) {
	c := &Composite{ID: id}
	if old := r.guide.Composites[id]; old != nil {
		*c = *old
	}
	v.fields(map[string]func(value){
		"title":      func(v value) { c.Title = v.text() },
		"components": func(v value) { c.Components = r.places(c.Components, v) },
		"conditions": func(v value) { c.Conditions = readConditions(v) },
	})
	r.guide.Composites[id] = c
}

func readConditions(v value) []Condition {
	var all []Condition
	for _, item := range v.items() {
		c, err := ParseCondition(item.text())
		if err != nil {
			item.say("%v", err)
			continue
		}
		all = append(all, c)
	}
	return all
}

// places reads a whole list of elements, or {2: M AN 1..10}: changes of some.
func (r *reader) places(old []Use, v value) []Use {
	if v.absent() {
		return old
	}
	if v.isList() {
		uses := []Use{}
		for _, item := range v.items() {
			uses = append(uses, r.place(Use{}, item))
		}
		return uses
	}
	uses := slices.Clone(old)
	for _, e := range v.mapping() {
		i, err := strconv.Atoi(e.key)
		if err != nil || i < 1 || i > len(uses)+1 {
			v.doc.say(e.at, "%q is no place: there are %d, and one more may be added", e.key, len(uses))
			continue
		}
		if i > len(uses) {
			uses = append(uses, Use{})
		}
		uses[i-1] = r.place(uses[i-1], e.value)
	}
	return uses
}

// place reads "M AN 1..30", or {use: M AN 1..30, title: …, codes: …, components: …}.
func (r *reader) place(old Use, v value) Use {
	if v.isText() {
		return r.useText(old, v)
	}
	v.fields(map[string]func(value){
		"use":        func(v value) { old = r.useText(old, v) },
		"title":      func(v value) { old.Title = v.text() },
		"codes":      func(v value) { old.Codes = r.codesOf(old, v) },
		"components": func(v value) { old.Components = r.places(r.components(old), v) },
		"conditions": func(v value) { old.Conditions = readConditions(v) },
	})
	return old
}

// components gives those that a place has, which may be those of its composite.
func (r *reader) components(u Use) []Use {
	if c := r.guide.Composites[u.Ref]; u.Components == nil && c != nil {
		return c.Components
	}
	return u.Components
}

// useText reads a use; a need alone, such as M or X, changes nothing else.
func (r *reader) useText(old Use, v value) Use {
	if need, err := ParseNeed(v.text()); err == nil && (old.Ref != "" || old.Form.IsSet() || old.Components != nil) {
		old.Need = need
		return old
	}
	use, err := ParseUse(v.text())
	if err != nil {
		v.say("%v", err)
	}
	if use.Title == "" {
		use.Title = old.Title
	}
	if use.Codes == nil {
		use.Codes = old.Codes
	}
	if use.Components != nil && old.Components != nil {
		use.Components, use.Conditions = old.Components, old.Conditions
	}
	return use
}

func (r *reader) element(id string, v value) {
	e := &Element{ID: id}
	if old := r.guide.Elements[id]; old != nil {
		*e = *old
	}
	form := func(v value) {
		var err error
		if e.Form, err = ParseForm(v.text()); err != nil {
			v.say("%v", err)
		}
	}
	if v.isText() {
		form(v)
	} else {
		v.fields(map[string]func(value){"form": form, "title": func(v value) { e.Title = v.text() }})
	}
	if !e.Form.IsSet() {
		v.say("element %s has no form: write an..35 or AN 1..35", id)
	}
	r.guide.Elements[id] = e
}

func (r *reader) codes(id string, v value) {
	r.guide.Codes[id] = codeList(id, r.guide.Codes[id], v)
}

// codesOf reads the codes of a place: a list, or the name of one of the guide's.
func (r *reader) codesOf(u Use, v value) *CodeList {
	if v.isText() {
		l := r.guide.Codes[v.text()]
		if l == nil {
			v.say("there is no code list %s", v.text())
		}
		return l
	}
	old := u.Codes
	if old == nil {
		old = r.guide.Codes[u.Ref]
	}
	return codeList("", old, v)
}

// codeList reads [A, B], {A: title}, or {add: {…}, remove: […]}.
func codeList(id string, old *CodeList, v value) *CodeList {
	l := &CodeList{ID: id}
	add, remove := v.get("add"), v.get("remove")
	if add.isMapping() || add.isList() || remove.isList() {
		v.fields(map[string]func(value){"add": func(value) {}, "remove": func(value) {}})
		if old != nil {
			l.Codes = slices.Clone(old.Codes)
		}
		for _, item := range remove.itemsIfAny() {
			value := item.text()
			if !l.Has(value) {
				item.say("code %s is not in the list", value)
			}
			l.Codes = slices.DeleteFunc(l.Codes, func(c Code) bool { return c.Value == value })
		}
		v = add
	}
	if v.isList() {
		for _, item := range v.items() {
			l.Codes = append(l.Codes, Code{Value: item.text()})
		}
	} else {
		for _, e := range v.mapping() {
			l.Codes = append(l.Codes, Code{Value: e.key, Title: e.value.text()})
		}
	}
	return l
}

func (v value) itemsIfAny() []value {
	if v.absent() {
		return nil
	}
	return v.items()
}

// list writes names in order, as people do.
func list(names []string) string {
	slices.Sort(names)
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return fmt.Sprintf("%s and %s", strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
}
