package guide

import (
	"slices"
	"strings"
)

// changes applies what a guide changes of the message of its base, in order. The
// nodes of the base are shared with others, so those on the way to a change are
// copied.
func (r *reader) changes(m *Message, v value) {
	for _, item := range v.items() {
		at := item.get("at")
		if at.absent() {
			item.say("a change does not say where: write at: PO1/N1")
			continue
		}
		if m.Body == nil {
			item.say("there is no message %s to change; write body", m.ID)
			return
		}
		body, ok := r.change(m.Body, strings.Split(at.text(), "/"), item)
		if !ok {
			at.say("message %s has no %s", m.ID, at.text())
			continue
		}
		m.Body = body
	}
}

// change gives a body in which the node of the path is changed.
func (r *reader) change(body []*Node, path []string, v value) ([]*Node, bool) {
	i := slices.IndexFunc(body, func(n *Node) bool { return named(n, path) })
	if i < 0 {
		return nil, false
	}
	body = slices.Clone(body)
	if len(path) == 1 {
		return r.replace(body, i, v), true
	}
	n := *body[i]
	below, ok := r.change(n.Body, path[1:], v)
	n.Body, body[i] = below, &n
	return body, ok
}

// named says whether a node is the one that the first name of a path means. A
// path that goes on means a group; one that ends means a group before a segment.
func named(n *Node, path []string) bool {
	return n.ID == path[0] && (len(path) == 1 || n.IsGroup())
}

func (r *reader) replace(body []*Node, i int, v value) []*Node {
	n := *body[i]
	result := []*Node{&n}
	v.fields(map[string]func(value){
		"at":  func(value) {},
		"use": func(v value) { r.use(&n, v.text(), v) },
		"remove": func(v value) {
			if v.text() != "true" {
				v.say("write remove: true, or leave it out")
			}
			result = nil
		},
		"instead":    func(v value) { result = r.body(v) },
		"before":     func(v value) { result = append(r.body(v), result...) },
		"after":      func(v value) { result = append(result, r.body(v)...) },
		"when":       func(v value) { n.When = choices(v) },
		"elements":   func(value) {},
		"conditions": func(value) {},
		"title":      func(value) {},
	})
	if n.IsGroup() {
		first := *n.Body[0]
		r.own(&first, v)
		if first.Segment != n.Body[0].Segment {
			n.Body = append([]*Node{&first}, n.Body[1:]...)
		}
	} else {
		r.own(&n, v)
	}
	return slices.Replace(body, i, i+1, result...)
}
