// Package json reads and writes JSON (RFC 8259) and newline-delimited JSON.
//
// In comes a payload of any size; out go its records with exact bytes and places, and from a
// record the parts that a mapping asks for. The package never holds more than one record, never
// turns numbers into floats and never lets a record pass that is not valid as a whole.
package json

import (
	"context"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
)

// JSON is the kind `json`: a payload in which records stand at a place named by `from:`.
var JSON = formats.Kind{Name: "json", Options: options{}, Keys: []string{"from", "where", "max_record"}, Open: func(n *config.Node, ps *config.Problems) formats.Format { return open(n, ps, false) }}

// NDJSON is the kind `ndjson`: a record a line.
var NDJSON = formats.Kind{Name: "ndjson", Options: options{}, Keys: []string{"where", "max_record"}, Open: func(n *config.Node, ps *config.Problems) formats.Format { return open(n, ps, true) }}

// options stand beside `format: json`. For ndjson there is no `from`.
type options struct {
	From      string          `yaml:"from" doc:"where the records are in the payload, such as customers or data.items[*]: a list yields its elements, anything else is one record. By default the payload itself"`
	Where     *config.Node    `yaml:"where" doc:"conditions that a record must meet, such as {path: status, op: in, value: [open, new]}; all of them, or with any: one of them"`
	MaxRecord config.ByteSize `yaml:"max_record" default:"16MB" doc:"beyond this a record is a dead letter, and is not read"`
}

// Format is one configured JSON or NDJSON format.
type Format struct {
	options options
	byLine  bool
	from    []formats.Step
	where   *filter
}

func open(n *config.Node, ps *config.Problems, byLine bool) formats.Format {
	f := &Format{byLine: byLine}
	if !n.Decode(&f.options, ps) {
		return nil
	}
	before := ps.Len()
	if f.options.MaxRecord < 1 || f.options.MaxRecord > 1<<30 {
		ps.Errorf(n.Get("max_record").Position(), "max_record %v; expected 1 to 1GB", f.options.MaxRecord)
	}
	if f.options.From != "" {
		var err error
		if f.from, err = formats.ParsePath(f.options.From); err != nil {
			ps.Errorf(n.Get("from").Position(), "from: %v", err)
		}
		if byLine {
			ps.Errorf(n.Get("from").Position(), "from cannot be used with ndjson, where each line is a record")
		}
	}
	f.where = newFilter(f.options.Where, ps)
	if ps.Len() > before {
		return nil
	}
	return f
}

// Frames cuts r into records; see [formats.Format]. A JSON text that breaks the grammar outside a
// record ends there: its rest is one bad frame. In NDJSON each line stands for itself.
func (f *Format) Frames(ctx context.Context, r io.Reader, origin string) iter.Seq2[formats.Frame, error] {
	if f.byLine {
		return f.lines(ctx, r, origin)
	}
	return f.frames(ctx, r, origin)
}

// Decode fills d with what want asks for; see [formats.Format]. All of the record must be valid,
// also what want leaves out.
func (*Format) Decode(d *formats.Doc, f formats.Frame, want *formats.Shape) error {
	return decode(d, f, want)
}

// Separator is the newline of NDJSON; a file of JSON holds one value.
func (f *Format) Separator() []byte {
	if f.byLine {
		return []byte{'\n'}
	}
	return nil
}

// Encode appends n as compact JSON, without a line end.
func (*Format) Encode(dst []byte, n *formats.Node) ([]byte, error) {
	if err := checkNames(n); err != nil {
		return dst, err
	}
	return appendNode(dst, n), nil
}
