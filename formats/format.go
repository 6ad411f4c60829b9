// Package formats turns bytes into records and records into bytes.
//
// In comes a stream of bytes as a system wrote it; out go frames (exact bytes of one record and
// where they stood) and, from a frame, the tree of values that a mapping asks for. The package
// never interprets values (no dates, no numbers) and never reads more than one record into memory.
package formats

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/touchstone-hub/touchstone/config"
)

// Format is one way of writing records as bytes. A Format is configured once and safe for
// concurrent use.
type Format interface {
	// Frames cuts r into records, in order and in constant memory. Origin names where r comes
	// from (a file name, a URL path) and goes into every position. A bad record is one Frame with
	// Err set, and reading goes on where the format can resynchronise; where it cannot, that
	// frame is the last one. The error of the pair is set, with an empty frame, only where r
	// itself could not be read or ctx ended. The yielded frame's bytes are the caller's to keep.
	Frames(ctx context.Context, r io.Reader, origin string) iter.Seq2[Frame, error]

	// Decode fills d with the parts of the frame that want asks for. d is reused from record to
	// record: what it holds is valid until the next Decode. The error is a *SyntaxError where the
	// bytes are not of this format.
	Decode(d *Doc, f Frame, want *Shape) error

	// Encode appends one record, as targets of this format get it. For formats whose files have a
	// head (the header line of CSV) see Head.
	Encode(dst []byte, n *Node) ([]byte, error)
}

// Header is implemented by formats whose files begin with something before the first record.
type Header interface {
	// Head appends what stands before the first record.
	Head(dst []byte) []byte
}

// Separator is implemented by formats of which several records may stand in one file.
type Separator interface {
	// Separator is what a writer puts after each record; nil where a file holds one record only.
	Separator() []byte
}

// Kind is a format that hub folders can ask for by name.
type Kind struct {
	// Name is what stands in `format:`.
	Name string
	// Keys are the options that Open knows, so that they may stand in a stream beside `format:`
	// (`from: customers`) as well as inside it (`format: {name: json, from: customers}`).
	Keys []string
	// Options is a value of the struct that Open decodes, of which JSON Schemas are made.
	Options any
	// Open checks the options beside the name and returns the configured format. Problems go to
	// ps; the result is nil where there are errors. A nil node means defaults.
	Open func(options *config.Node, ps *config.Problems) Format
}

// Frame is one record as the system wrote it.
type Frame struct {
	// Bytes are the record's exact bytes.
	Bytes []byte
	// Context is what the bytes need around them to be read alone: the header line of CSV, the
	// envelope of an EDI interchange. It is shared between frames and must not be changed.
	Context []byte
	// Position says where the bytes stood.
	Position Position
	// Err is set where the bytes are no record: the frame is dead-lettered as it is.
	Err error
	// Deleted is set by sources that know that the record is gone; Bytes may then hold only its key.
	Deleted bool
	// Key is set by sources that know the record's key without looking into the bytes (a
	// database row, a deleted record). Empty: the hub takes it from the bytes by the stream's `key:`.
	Key string
	// Header carries what the transport said of the record (topic of a webhook, delivery ID,
	// content type), for mappings as `header.NAME`. Small, bounded, never secrets.
	Header map[string]string
}

// Position is a place in an origin. Zero fields are unknown.
type Position struct {
	Origin string // file name, table, URL path, mailbox
	Record int64  // 1-based number of the record in the origin
	Line   int64  // 1-based line at which the record begins
	Offset int64  // 0-based byte offset at which the record begins; -1 where unknown
	Path   string // place within the record, in the format's own notation
}

// String gives "origin:line (record n, byte o)", leaving out what is unknown.
func (p Position) String() string {
	s := p.Origin
	if p.Line > 0 {
		s += fmt.Sprintf(":%d", p.Line)
	}
	switch {
	case p.Record > 0 && p.Offset >= 0:
		s += fmt.Sprintf(" (record %d, byte %d)", p.Record, p.Offset)
	case p.Record > 0:
		s += fmt.Sprintf(" (record %d)", p.Record)
	}
	if p.Path != "" {
		s += " " + p.Path
	}
	return s
}

// SyntaxError says that a record's bytes are not of its format.
type SyntaxError struct {
	Position Position
	Offset   int64 // byte offset within the frame
	Found    string
	Expected string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: at byte %d of the record: found %s; expected %s", e.Position, e.Offset, e.Found, e.Expected)
}
