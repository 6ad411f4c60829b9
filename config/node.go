package config

import "slices"

// Kind is what stands at a node.
type Kind int

// Absent is a key that is not there; a Null (`key:` or `key: null`) is read as
// absent too, but has a position of its own.
const (
	Absent Kind = iota
	Null
	Scalar
	Sequence
	Mapping
)

// String names the kind as messages do.
func (k Kind) String() string {
	return [...]string{"nothing", "nothing", "a value", "a list", "a mapping"}[k]
}

// Node is one place in a YAML document. Nodes are never changed once read, so
// that they may be shared; all methods may be called on a nil Node, which is
// Absent and nowhere.
type Node struct {
	kind     Kind
	position Position
	source   *source

	raw    string // a scalar as YAML reads it, before ${…} is put in
	text   string // and after
	style  style
	pieces []piece // how text came from raw; nil if it is raw
	secret bool    // an environment variable was put in
	broken bool    // what stands here could not be read, and was told of
	open   bool    // text still has ${settings.…} in it

	items   []*Node
	entries []Entry
	size    int // nodes below and including this one, aliases counted each time
}

// Entry is one key of a mapping, with its value.
type Entry struct {
	Key      string
	Position Position // of the key
	Value    *Node    // never nil
}

// style is how a scalar was written.
type style int

const (
	plain style = iota
	singleQuoted
	doubleQuoted
	literal // |
	folded  // >
	tagged  // !!str before a plain scalar
)

// Position is where the node begins: a scalar's first character (its opening
// quote, or the | or > of a block), a mapping's first key or {, a list's first
// - or [. For an absent node it is where its mapping begins.
func (n *Node) Position() Position {
	if n == nil {
		return Position{}
	}
	return n.position
}

// Kind tells what stands here.
func (n *Node) Kind() Kind {
	if n == nil {
		return Absent
	}
	return n.kind
}

// Unreadable is true where something stands that could not be read, such as text that is no YAML or
// a variable that is not set. That was told of: what follows from it is no further problem.
func (n *Node) Unreadable() bool { return n != nil && n.broken }

// IsSet is true unless the node is absent or null.
func (n *Node) IsSet() bool { return n.Kind() > Null }

// Get gives the value of a key. Where there is none, or n is no mapping, it
// gives an Absent node with the position of n.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.entries {
		if n.entries[i].Key == key {
			return n.entries[i].Value
		}
	}
	return &Node{position: n.position, source: n.source, broken: n.broken}
}

// Items gives the items of a list, nil for anything else. Not to be changed.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	return n.items
}

// Entries gives the keys and values of a mapping in document order, nil for
// anything else. Not to be changed.
func (n *Node) Entries() []Entry {
	if n == nil {
		return nil
	}
	return n.entries
}

// Keys gives the key texts of a mapping in document order.
func (n *Node) Keys() []string {
	keys := make([]string, 0, len(n.Entries()))
	for _, e := range n.Entries() {
		keys = append(keys, e.Key)
	}
	return keys
}

// Text is a scalar's text: unquoted, with ${VAR} put in; "" for anything else.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	return n.text
}

// Quoted is true for a scalar in quotes or written as a block: it is text,
// whatever it looks like.
func (n *Node) Quoted() bool { return n != nil && n.style != plain }

// IsSecretRef is true if an environment variable was put into the text. A room
// that reads a password warns if it is not so.
func (n *Node) IsSecretRef() bool { return n != nil && n.secret }

// Split divides a mapping by keys: those named, and the rest. A room reads the
// common keys from the one and hands the other to the kind. Both keep their
// positions, that of n for the mapping as a whole.
func (n *Node) Split(keys ...string) (those, rest *Node) {
	if n.Kind() != Mapping {
		return n, n
	}
	var named, others []Entry
	for _, e := range n.entries {
		if slices.Contains(keys, e.Key) {
			named = append(named, e)
		} else {
			others = append(others, e)
		}
	}
	return n.withEntries(named), n.withEntries(others)
}

// withEntries is n as a mapping of other entries.
func (n *Node) withEntries(entries []Entry) *Node {
	m := &Node{kind: Mapping, position: n.position, source: n.source, entries: entries, size: 1}
	for _, e := range entries {
		m.size += e.Value.size
	}
	return m
}

// Merge lays over on base: mappings are merged key by key, base's order first;
// anything else in over replaces what base has, a null in over takes it away
// (it stays as null), and each part keeps its own position. The merged mapping
// is reported where over stands, the user's side.
func Merge(base, over *Node) *Node {
	switch {
	case over.Kind() == Absent:
		if base == nil {
			return over
		}
		return base
	case base.Kind() != Mapping || over.Kind() != Mapping:
		return over
	}
	var merged []Entry
	for _, e := range base.entries {
		merged = append(merged, Entry{Key: e.Key, Position: e.Position, Value: e.Value})
	}
	for _, e := range over.entries {
		at := slices.IndexFunc(merged, func(m Entry) bool { return m.Key == e.Key })
		if at < 0 {
			merged = append(merged, e)
			continue
		}
		merged[at] = Entry{Key: e.Key, Position: e.Position, Value: Merge(merged[at].Value, e.Value)}
	}
	return over.withEntries(merged)
}
