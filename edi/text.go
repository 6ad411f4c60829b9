package edi

import (
	"bytes"

	"github.com/touchstone-hub/touchstone/edi/charset"
)

// Charset is the repertoire that values are written in: the one that UNB declares, and in X12 and
// TRADACOMS, which declare none, charset.X12.
func (y *Syntax) Charset() *charset.Set {
	if y.Characters != nil {
		return y.Characters
	}
	if y.Standard == EDIFACT && y.Repertoire != "" {
		if set, ok := charset.For(y.Repertoire); ok {
			return set
		}
	}
	return charset.X12
}

// Text gives what a value says: bytes as they are written come in, characters without release
// characters go out.
func (y *Syntax) Text(raw []byte) string { return y.Charset().Decode(y.Plain(raw)) }

// Text is the i-th element's first component as text.
func (s *Segment) Text(i int) string { return s.Syntax.Text(s.Component(i, 1, 1)) }

// Unescape takes release characters out of what was written.
func (y *Syntax) Unescape(raw []byte) []byte {
	if y.Release == 0 || bytes.IndexByte(raw, y.Release) < 0 {
		return raw
	}
	return unrelease(raw, y.Release)
}

// Escape appends a value to dst with a release character before each delimiter in it. It must not
// be asked where Release is zero and the value holds delimiters; see Fits.
func (y *Syntax) Escape(dst, value []byte) []byte {
	if y.Release == 0 {
		return append(dst, value...)
	}
	for _, b := range value {
		if y.Has(b) {
			dst = append(dst, y.Release)
		}
		dst = append(dst, b)
	}
	return dst
}

// Fits gives the place in a value of the first byte that cannot be written: a delimiter where there
// is no release character. It gives -1 where the value can be written.
func (y *Syntax) Fits(value []byte) int {
	if y.Release != 0 {
		return -1
	}
	for i, b := range value {
		if y.Has(b) {
			return i
		}
	}
	return -1
}
