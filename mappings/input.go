package mappings

import (
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// input reads the declared members of the record; without a declaration any may be read.
func (l *loader) input(n *config.Node) *expression.Type {
	if f, ok := l.format.(formats.Segmented); ok {
		if n.IsSet() {
			l.wrong(n, "found input: beside a format whose names are known", "format: alone")
		}
		l.scope.Segmented()
		return expression.Segments(f.Record(), l.shape)
	}
	if !n.IsSet() {
		return expression.Record(l.shape)
	}
	return l.declared(n, l.shape)
}

func (l *loader) declared(n *config.Node, shape *formats.Shape) *expression.Type {
	t := expression.Declared(shape)
	for _, item := range n.Items() {
		switch item.Kind() {
		case config.Scalar:
			t.Declare(item.Text(), expression.AnyType)
		case config.Mapping:
			l.declareEntries(t, item)
		default:
			l.wrong(item, "found "+item.Shown(), "a name, or a name with members such as {address: [city, zip]}")
		}
	}
	l.declareEntries(t, n)
	if n.Kind() == config.Scalar {
		l.wrong(n, "found "+n.Shown(), "a list of names, such as [id, name, {address: [city, zip]}]")
	}
	return t
}

// declareEntries reads {name: members}; members of a list's elements are declared as those of
// one, and null says nothing of them.
func (l *loader) declareEntries(t *expression.Type, n *config.Node) {
	for _, e := range n.Entries() {
		member := expression.AnyType
		if e.Value.IsSet() {
			member = expression.Elements(l.declared(e.Value, nil))
		}
		t.Declare(e.Key, member)
	}
}
