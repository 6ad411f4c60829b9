package edi

import (
	"bytes"
	"strings"

	edilib "github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/charset"
	"github.com/touchstone-hub/touchstone/formats"
)

// charsetOf is the character set of a message: the one that the options name, else the one of the
// interchange header (UNB S001.0001), else what X12 and messages without a header are read in.
func (f *Format) charsetOf(m *message) *charset.Set {
	if set, ok := charset.For(f.options.Charset); ok {
		return set
	}
	if m.syntax.Standard == edilib.EDIFACT {
		for i := range m.segments {
			if l := &m.segments[i]; string(l.tag) == "UNB" {
				t, _ := m.value(l, 1, 1, 1)
				if set, ok := charset.For(string(t.raw)); ok {
					return set
				}
			}
		}
	}
	return charset.X12
}

// decodeText gives a value in UTF-8, with the place of the first byte that the set does not have; -1
// where there is none.
func decodeText(set *charset.Set, a *formats.Arena, raw []byte) (text []byte, bad int) {
	if isASCII(raw) {
		return raw, -1
	}
	decoded := set.Decode(raw)
	if at := strings.IndexRune(decoded, '\uFFFD'); at >= 0 && !bytes.Contains(raw, []byte("\uFFFD")) {
		return nil, min(at, len(raw)-1)
	}
	return a.Bytes([]byte(decoded)), -1
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0x1b {
			return false
		}
	}
	return true
}
