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
			t := Translation{Frame: frame, Err: frame.Err}
			if t.Err == nil {
				t.Err = f.Decode(&doc, frame, m.shape)
			}
			if t.Err == nil {
				one := in
				one.Root, one.Position, one.Deleted, one.Key = &doc.Root, frame.Position, frame.Deleted, frame.Key
				if frame.Header != nil {
					one.Header = frame.Header
				}
				t.Output, t.Err = m.Apply(nil, one)
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}
