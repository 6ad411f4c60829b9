package mappings

import (
	"maps"
	"slices"
	"strconv"

	"github.com/touchstone-hub/touchstone/expression"
	"github.com/touchstone-hub/touchstone/formats"
)

// variables are the names that every expression of a mapping may use.
type variables struct {
	// inbound
	record, frame, header *expression.Variable

	// outbound
	document *expression.Document
}

var frameNames = []string{"key", "deleted", "system", "stream", "origin", "position"}

// inboundVariables names the record's members bare, the record itself, and the frame's facts.
func inboundVariables(s *expression.Scope, record *expression.Type) variables {
	v := variables{record: s.Define("record", record).Path("")}
	s.Open(v.record)
	frame := expression.Declared(nil)
	for _, name := range frameNames {
		frame.Declare(name, expression.TextType)
	}
	frame.Declare("deleted", expression.BoolType)
	v.frame = s.Define("frame", frame)
	v.header = s.Define("header", expression.Record(nil))
	return v
}

// set gives the variables their values for one record; those that no expression names are left.
func (v *variables) set(m *expression.Machine, in *Input) {
	if v.document != nil {
		v.document.Set(m, in.Root, in.Golden)
		return
	}
	m.Set(v.record, in.Root)
	v.setInbound(m, in)
}

func (v *variables) setInbound(m *expression.Machine, in *Input) {
	if v.header.Used() {
		names := slices.Sorted(maps.Keys(in.Header))
		texts := make([]string, len(names))
		for i, n := range names {
			texts[i] = in.Header[n]
		}
		m.Set(v.header, m.Object(names, texts))
	}
	if v.frame.Used() {
		at := in.Position
		at.Origin = ""
		n := m.Object(frameNames, []string{
			in.Key, strconv.FormatBool(in.Deleted), in.Source.System, in.Source.Stream, in.Position.Origin, at.String(),
		})
		for i := range n.Kids {
			if len(n.Kids[i].Text) == 0 {
				n.Kids[i].Kind = formats.Absent
			}
		}
		n.Kids[slices.Index(frameNames, "deleted")].Kind = formats.Bool
		m.Set(v.frame, n)
	}
}
