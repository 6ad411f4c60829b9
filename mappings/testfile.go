package mappings

import (
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

var testKeys = []string{"name", "input", "format", "header", "key", "deleted", "golden", "expect", "exact", "expect_error", "skip"}

// test is one entry of `tests:`.
type test struct {
	name   string
	node   *config.Node
	format formats.Format
}

func (l *loader) readTests() {
	n := l.node.Get("tests")
	if n.IsSet() && n.Kind() != config.Sequence {
		l.wrong(n, "found "+n.Shown(), "a list of tests")
	}
	for _, item := range n.Items() {
		if item.Kind() != config.Mapping {
			l.wrong(item, "found "+item.Shown(), "a test: {name, input, expect}")
			continue
		}
		l.only(item, testKeys...)
		t := test{name: item.Get("name").Text(), node: item, format: l.format}
		if t.name == "" {
			l.wrong(item, "the test has no name", "name: what it shows")
		}
		if !item.Get("input").IsSet() {
			l.wrong(item, "the test has no input", "input: a file beside the mapping, or the record itself")
		}
		if !item.Get("expect").IsSet() && !item.Get("expect_error").IsSet() && !item.Get("skip").IsSet() {
			l.wrong(item, "the test expects nothing", "expect: {FIELD: VALUE}, expect_error: TEXT or skip: true")
		}
		if f := item.Get("format"); f.IsSet() {
			t.format = l.openFormat(f)
		}
		l.tests = append(l.tests, t)
	}
}

// openFormat reads `format: NAME` or `format: {name: NAME, …}`.
func (l *loader) openFormat(n *config.Node) formats.Format {
	name, options := n.Text(), (*config.Node)(nil)
	if n.Kind() == config.Mapping {
		var named *config.Node
		named, options = n.Split("name")
		name = named.Get("name").Text()
	}
	if len(l.kinds) == 0 {
		return nil
	}
	if !n.IsSet() {
		return l.kinds[0].Open(nil, l.ps)
	}
	names := make([]string, len(l.kinds))
	for i, k := range l.kinds {
		if k.Name == name {
			return k.Open(options, l.ps)
		}
		names[i] = k.Name
	}
	l.ps.Add(config.Problem{Position: n.Position(), What: "unknown format " + quoted(name), Expected: oneOf(names), Hint: config.Nearest(name, names)})
	return nil
}
