package mappings

import (
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
)

// list compiles items; those with each: stand for as many as the record has.
func (l *loader) list(n *config.Node, s *canonical.Schema, path string) writer {
	if s != nil && s.Type != canonical.List {
		l.wrong(n, path+": found a list", expectedOf(s))
		return nil
	}
	out := &list{}
	for i, item := range n.Items() {
		var w writer
		if item.Get("each").Kind() != config.Absent {
			if e := l.each(item, s, path+"[]"); e != nil {
				w = e
			}
		} else {
			w = l.value(item, itemSchema(s), path+"["+strconv.Itoa(i)+"]", false)
		}
		if w != nil {
			out.items = append(out.items, w)
		}
	}
	return out
}

func itemSchema(s *canonical.Schema) *canonical.Schema {
	if s == nil {
		return nil
	}
	return s.Items
}

// each compiles {each: LIST, as: NAME, when: CONDITION, fields: {…}} and {each: LIST, item: EXPRESSION}.
func (l *loader) each(n *config.Node, s *canonical.Schema, path string) *each {
	if s != nil && s.Type != canonical.List {
		l.wrong(n, strings.TrimSuffix(path, "[]")+": found each", expectedOf(s))
		return nil
	}
	l.only(n, "each", "as", "when", "fields", "item")
	of := l.leaf(n.Get("each"), strings.TrimSuffix(path, "[]"))
	if of == nil {
		return nil
	}
	if k := of.program.Type.Kind; k != expression.Any && k != expression.List {
		l.wrong(n.Get("each"), "each goes through "+k.String(), "a list")
		return nil
	}
	outer := l.scope
	defer func() { l.scope = outer }()
	l.scope = outer.Inner()
	e := &each{of: of}
	e.item = l.item(n.Get("as"), of)
	e.when = l.condition(n.Get("when"))
	fields, item := n.Get("fields"), n.Get("item")
	switch {
	case fields.Kind() == config.Mapping && !item.IsSet():
		e.body = l.object(fields, itemSchema(s), path)
	case item.IsSet() && !fields.IsSet():
		e.body = l.value(item, itemSchema(s), path, false)
	case item.IsSet():
		l.wrong(n, path+": each has both fields and item", "one of the two")
	default:
		l.wrong(n, path+": each has no items", "fields: {…} for objects, or item: EXPRESSION for values")
	}
	if e.body == nil {
		return nil
	}
	return e
}

// item defines what the element is called. Without as:, its members are named bare.
func (l *loader) item(as *config.Node, of *leaf) *expression.Variable {
	name := "item"
	if as.IsSet() {
		if name = as.Text(); !isName(name) {
			l.wrong(as, "found the name "+as.Shown(), "letters, digits and _, beginning with a letter")
		} else if l.scope.Defines(name) {
			l.wrong(as, "the name "+quoted(name)+" is taken", "another name")
		}
	}
	v := l.scope.Define(name, of.program.Type.Element())
	if len(of.program.Paths) == 1 {
		v.Path(of.program.Paths[0] + "[]")
	} else {
		v.Path(name + "[]")
	}
	if !as.IsSet() {
		l.scope.Open(v)
	}
	return v
}

func isName(s string) bool {
	for i, c := range s {
		if !(c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}
