package mappings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// payloadFields holds the fields of an outbound mapping against the format that `format:` names,
// where that format knows all names, so that a misspelt one is found at load.
func (l *loader) payloadFields() {
	f, ok := l.payload.(formats.Segmented)
	if !ok {
		return
	}
	l.payloadObject(l.node.Get("fields"), f.Record(), "")
}

func (l *loader) payloadObject(n *config.Node, part formats.Part, path string) {
	for _, e := range n.Entries() {
		if l.extends && e.Value.Kind() == config.Null {
			continue
		}
		member := part.Member(e.Key)
		if member == nil || strings.Contains(e.Key, "[") {
			known := part.Names()
			p := config.Problem{Position: e.Position, What: fmt.Sprintf("unknown field %q", join(path, e.Key)), Hint: config.Nearest(e.Key, known), Expected: oneOf(shortened(known))}
			l.ps.Add(p)
			continue
		}
		l.payloadValue(e.Value, member, join(path, e.Key))
	}
}

// shortened is what fits into a message of many names.
func shortened(names []string) []string {
	const most = 12
	if len(names) > most {
		return append(slices.Clone(names[:most]), "…")
	}
	return names
}

// payloadValue checks whatever stands for one value.
func (l *loader) payloadValue(n *config.Node, part formats.Part, path string) {
	switch n.Kind() {
	case config.Sequence:
		for _, item := range n.Items() {
			l.payloadValue(item, part, path)
		}
	case config.Mapping:
		of := n
		switch fields, item := n.Get("fields"), n.Get("item"); {
		case n.Get("each").Kind() != config.Absent && item.IsSet():
			l.payloadValue(item, part, path)
			return
		case fields.Kind() == config.Mapping:
			of = fields
		case n.Get("when").Kind() != config.Absent:
			_, of = n.Split("when")
		}
		if part.Simple() {
			l.wrong(n, path+": found members", "one value: it has no parts")
			return
		}
		l.payloadObject(of, part, path)
	case config.Scalar:
		if part.Repeats() && !part.Simple() {
			l.wrong(n, path+": found "+n.Shown(), "a segment with its elements, such as {1: …}")
		}
	}
}
