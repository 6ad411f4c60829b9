package mappings

import (
	"context"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/formats"
)

// Translation is one record with what a mapping made of it.
type Translation struct {
	Frame  formats.Frame
	Output Output // with bytes of its own
	Err    error  // the record is bad or could not be mapped
}

// Translate reads records in a format and maps each, for people who write a mapping. in gives
// what is known of all records; Root and what belongs to a frame are filled in. The error of the
// pair is set, as the last one, where r could not be read or ctx ended.
func (m *Mapping) Translate(ctx context.Context, f formats.Format, r io.Reader, origin string, in Input) iter.Seq2[Translation, error] {
	return func(yield func(Translation, error) bool) {
		var doc formats.Doc
		for frame, err := range f.Frames(ctx, r, origin) {
			if err != nil {
				yield(Translation{}, err)
				return
			}
			t := Translation{Frame: frame}
			t.Output, t.Err = m.ApplyFrame(nil, f, frame, &doc, in)
			if !yield(t, nil) {
				return
			}
		}
	}
}

// ApplyFrame decodes a frame with doc's memory and maps it, as Translate does. It appends the result
// to dst, and is safe for concurrent use with a doc for each.
func (m *Mapping) ApplyFrame(dst []byte, f formats.Format, frame formats.Frame, doc *formats.Doc, in Input) (Output, error) {
	if frame.Err != nil {
		return Output{Bytes: dst}, frame.Err
	}
	if err := f.Decode(doc, frame, m.shape); err != nil {
		return Output{Bytes: dst}, err
	}
	in.Root, in.Position, in.Deleted, in.Key = &doc.Root, frame.Position, frame.Deleted, frame.Key
	if frame.Header != nil {
		in.Header = frame.Header
	}
	return m.Apply(dst, in)
}
