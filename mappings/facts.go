package mappings

import (
	"regexp"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// facts reads what a test says of the record beside its content.
func (r *testRun) facts(t test) (Input, error) {
	in := Input{
		Key: t.node.Get("key").Text(), Deleted: t.node.Get("deleted").Text() == "true",
		Source: canonical.Source{System: "test", Stream: "test"},
	}
	for _, e := range t.node.Get("header").Entries() {
		if in.Header == nil {
			in.Header = map[string]string{}
		}
		in.Header[e.Key] = e.Value.Text()
	}
	g := t.node.Get("golden")
	if !g.IsSet() {
		return in, nil
	}
	var facts struct {
		ID      string       `yaml:"id"`
		Version int64        `yaml:"version"`
		Systems []string     `yaml:"systems"`
		Sources []string     `yaml:"sources"`
		Remote  string       `yaml:"remote"`
		Records *config.Node `yaml:"records"`
	}
	var ps config.Problems
	if g.Decode(&facts, &ps); ps.HasErrors() {
		return in, ps.Err()
	}
	in.Golden = &GoldenInput{ID: facts.ID, Version: facts.Version, Systems: facts.Systems, Sources: facts.Sources, Remote: facts.Remote}
	in.Lookup = func(key string) (*formats.Node, bool) {
		record := facts.Records.Get(key)
		return tree(record), record.IsSet()
	}
	return in, nil
}

// tree is a YAML value as a record tree. Numbers and truth values are those of JSON.
func tree(n *config.Node) *formats.Node {
	out := &formats.Node{Offset: -1}
	switch n.Kind() {
	case config.Null:
		out.Kind = formats.Null
	case config.Scalar:
		out.Kind, out.Text = scalarKind(n), []byte(n.Text())
	case config.Sequence:
		out.Kind = formats.List
		for _, item := range n.Items() {
			out.Kids = append(out.Kids, *tree(item))
		}
	case config.Mapping:
		out.Kind, out.Names = formats.Object, []string{}
		for _, e := range n.Entries() {
			out.Names, out.Kids = append(out.Names, e.Key), append(out.Kids, *tree(e.Value))
		}
	}
	return out
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func scalarKind(n *config.Node) formats.NodeKind {
	switch {
	case n.Quoted():
		return formats.Text
	case n.Text() == "true", n.Text() == "false":
		return formats.Bool
	case jsonNumber.MatchString(n.Text()):
		return formats.Number
	}
	return formats.Text
}
