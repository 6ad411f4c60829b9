package mappings

import (
	"bytes"
	"slices"

	"github.com/touchstone-hub/touchstone/expression"
)

// Origin says from which values of a record a value of the result was made.
type Origin struct {
	Start, End int // of the value in the result's bytes
	Reads      []expression.Read

	text []byte
}

// Origins maps one record as Apply does, and says of each value of the result where in the record it
// comes from, in the order of the result. Values that a name under `let:` computes have none.
func (m *Mapping) Origins(in Input) (Output, []Origin, error) {
	r := &run{mapping: m, places: true}
	r.machine.Begin(m.env)
	r.machine.Places()
	out, err := r.apply(nil, &in)
	if err != nil {
		return out, nil, err
	}
	return out, standing(out.Bytes, r.origins), nil
}

// origin keeps where the value that was just appended comes from.
func (r *run) origin(dst []byte, start int) {
	if reads := r.machine.Reads(); len(reads) > 0 {
		for i := range reads {
			reads[i].Path = r.located(reads[i].Path)
		}
		r.origins = append(r.origins, Origin{Start: start, End: len(dst), Reads: slices.Clone(reads), text: bytes.Clone(dst[start:])})
	}
}

// standing leaves out values that were taken back, over which others were written.
func standing(result []byte, origins []Origin) []Origin {
	var kept []Origin
	end := len(result) + 1
	for _, o := range slices.Backward(origins) {
		if o.End > end || o.End > len(result) || !bytes.Equal(result[o.Start:o.End], o.text) {
			continue
		}
		kept, end = append(kept, o), o.Start
	}
	slices.Reverse(kept)
	return kept
}
