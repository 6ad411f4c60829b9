// Package json reads and writes JSON (RFC 8259) and newline-delimited JSON.
//
// In comes a payload of any size; out go its records with exact bytes and places, and from a
// record the parts that a mapping asks for. The package never holds more than one record, never
// turns numbers into floats and never lets a record pass that is not valid as a whole.
package json

import "github.com/touchstone-hub/touchstone/formats"

// Format is one configured JSON or NDJSON format.
type Format struct{}

// Decode fills d with what want asks for; see [formats.Format].
func (*Format) Decode(d *formats.Doc, f formats.Frame, want *formats.Shape) error {
	return decode(d, f, want)
}

// Encode appends n as compact JSON, without a line end: whoever writes several records to one
// file puts a newline after each, which makes the file NDJSON.
func (*Format) Encode(dst []byte, n *formats.Node) ([]byte, error) {
	if err := checkNames(n); err != nil {
		return dst, err
	}
	return appendNode(dst, n), nil
}
