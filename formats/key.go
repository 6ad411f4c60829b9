package formats

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// KeyError says that a record has no usable value where its key should be.
type KeyError struct {
	Position Position
	Path     string // as `key:` has it
	Found    string
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("%s: key %s: found %s; expected text or a number", e.Position, e.Path, e.Found)
}

// KeyFunc returns a function that takes a record's key from its frame: the values at paths, joined
// by "/", which is escaped as %2F in them (and % as %25), so that different values never make the
// same key. It decodes nothing but those paths. The function is safe for concurrent use if each
// caller has a Doc of its own, or gives nil. Its error is a
// *KeyError where a value is missing, null, empty or no scalar, and a *SyntaxError where the frame
// cannot be read. The error of KeyFunc itself is a *PathError.
func KeyFunc(f Format, paths []string) (func(d *Doc, fr Frame) (string, error), error) {
	if len(paths) == 0 {
		return nil, errors.New("a key needs at least one path")
	}
	shape := &Shape{}
	parts := make([]keyPart, len(paths))
	for i, path := range paths {
		steps, err := ParsePath(path)
		if err != nil {
			return nil, err
		}
		parts[i] = keyPart{path: path, steps: steps}
		at := shape
		for j, step := range steps {
			if step.All {
				return nil, &PathError{Path: path, Offset: strings.Index(path, "[*]"), Expected: "one value; a key cannot be taken from all elements"}
			}
			if step.IsIndex {
				at = at.Elements()
				continue
			}
			parts[i].slots = append(parts[i].slots, 0)
			parts[i].slots[len(parts[i].slots)-1], at = at.Slot(steps[j].Name)
		}
	}
	docs := sync.Pool{New: func() any { return new(Doc) }}
	return func(d *Doc, fr Frame) (string, error) {
		if d == nil {
			d = docs.Get().(*Doc)
			defer docs.Put(d)
		}
		if err := f.Decode(d, fr, shape); err != nil {
			return "", err
		}
		var key strings.Builder
		for i := range parts {
			if i > 0 {
				key.WriteByte('/')
			}
			n := parts[i].find(&d.Root)
			if n.Kind != Text && n.Kind != Number && n.Kind != Bool || len(n.Text) == 0 {
				return "", &KeyError{Position: fr.Position, Path: parts[i].path, Found: n.describe()}
			}
			if len(parts) == 1 {
				return string(n.Text), nil
			}
			key.WriteString(keyEscapes.Replace(string(n.Text)))
		}
		return key.String(), nil
	}, nil
}

var keyEscapes = strings.NewReplacer("%", "%25", "/", "%2F")

// keyPart is one path of a key, with the slots of its named steps.
type keyPart struct {
	path  string
	steps []Step
	slots []int
}

var absent Node

func (p *keyPart) find(n *Node) *Node {
	named := 0
	for _, step := range p.steps {
		at, kind := step.Index, List
		if !step.IsIndex {
			at, kind = p.slots[named], Object
			named++
		}
		if n.Kind != kind || at >= len(n.Kids) {
			return &absent
		}
		n = &n.Kids[at]
	}
	return n
}

// describe names what a node holds, for messages; never its value.
func (n *Node) describe() string {
	switch n.Kind {
	case Absent:
		return "nothing"
	case Null:
		return "null"
	case Object:
		return "an object"
	case List:
		return "a list"
	case Text:
		if len(n.Text) == 0 {
			return "an empty text"
		}
	}
	return "a value"
}
