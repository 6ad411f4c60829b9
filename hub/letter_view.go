package hub

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// LetterView is how today's format and mapping see the bytes of a dead letter.
type LetterView struct {
	Mapping string          `json:"mapping,omitempty" doc:"the stream's mapping"`
	Input   json.RawMessage `json:"input,omitempty" doc:"the record as decoded, whole"`
	Output  json.RawMessage `json:"output,omitempty" doc:"the entity that the mapping makes of it now"`
	LeftOut bool            `json:"leftOut,omitempty" doc:"the mapping leaves the record out now"`
	Error   string          `json:"error,omitempty" doc:"why it would fail again"`

	Field      string       `json:"field,omitempty" doc:"of the entity, that fails"`
	Expression string       `json:"expression,omitempty" doc:"of the field"`
	At         string       `json:"at,omitempty" doc:"file, line and column of the expression"`
	Reads      []LetterRead `json:"reads,omitempty" doc:"what the expression reads of the record"`
}

// LetterRead is a value that an expression reads.
type LetterRead struct {
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value,omitempty" doc:"absent where the record has nothing there"`
}

// ViewLetter shows what today's format and mapping make of a letter of ingest or translate; nil
// where there are none for it, or where only the store is open.
func (h *Hub) ViewLetter(l golden.DeadLetter) *LetterView {
	s := h.generation().streams[l.System+"/"+l.Stream]
	if s == nil || s.Format == nil || s.Mapping == nil || l.Stage != "translate" && l.Stage != "ingest" {
		return nil
	}
	v := &LetterView{Mapping: s.Mapping.Name()}
	in := letterInput(l, 0)
	whole := &formats.Doc{}
	if err := s.Format.Decode(whole, in.frame, &formats.Shape{Whole: true}); err != nil {
		v.Error = err.Error()
		return v
	}
	v.Input, _ = h.json.Encode(nil, &whole.Root) // a tree with names always is JSON
	m, _, err := translateInput(&formats.Doc{}, s, in)
	var fault *mappings.Error
	switch {
	case errors.As(err, &fault):
		v.Field, v.Expression, v.At = fault.Field, fault.Expression, fault.Position.String()
		for path := range strings.SplitSeq(fault.Input, ", ") {
			if path != "" {
				v.Reads = append(v.Reads, h.read(&whole.Root, path))
			}
		}
		v.Error = fault.Err.Error()
	case err != nil:
		v.Error = err.Error()
	case m == nil:
		v.LeftOut = true
	default:
		v.Output = json.RawMessage(m.Payload)
	}
	return v
}

// read is the value at a path of a record that was decoded whole.
func (h *Hub) read(n *formats.Node, path string) LetterRead {
	r := LetterRead{Path: path}
	steps, err := formats.ParsePath(path)
	if err != nil {
		return r
	}
	for _, step := range steps {
		if n = kid(n, step); n == nil {
			return r
		}
	}
	r.Value, _ = h.json.Encode(nil, n)
	return r
}

// kid is one step down; nil where there is nothing.
func kid(n *formats.Node, step formats.Step) *formats.Node {
	if step.IsIndex {
		if n.Kind == formats.List && step.Index < len(n.Kids) {
			return &n.Kids[step.Index]
		}
		return nil
	}
	for i, name := range n.Names {
		if name == step.Name && n.Kids[i].Kind != formats.Absent {
			return &n.Kids[i]
		}
	}
	return nil
}
