package json

import (
	"errors"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/formats"
)

// errSlots says that an object was decoded by slots, whose names stand in the Shape alone.
var errSlots = errors.New("an object without names cannot be written as JSON")

// appendNode writes a node compactly. Members that are Absent are left out; list elements that
// are Absent are null, so that the others keep their places.
func appendNode(dst []byte, n *formats.Node) []byte {
	switch n.Kind {
	case formats.Absent, formats.Null:
		return append(dst, "null"...)
	case formats.Bool, formats.Number:
		return append(dst, n.Text...)
	case formats.Text:
		return AppendString(dst, n.Text)
	case formats.List:
		dst = append(dst, '[')
		for i := range n.Kids {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendNode(dst, &n.Kids[i])
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	first := true
	for i := range n.Kids {
		if n.Kids[i].Kind == formats.Absent {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = AppendString(dst, n.Names[i])
		dst = append(dst, ':')
		dst = appendNode(dst, &n.Kids[i])
	}
	return append(dst, '}')
}

// checkNames finds objects that appendNode cannot write.
func checkNames(n *formats.Node) error {
	if n.Kind == formats.Object && len(n.Names) != len(n.Kids) {
		return errSlots
	}
	for i := range n.Kids {
		if err := checkNames(&n.Kids[i]); err != nil {
			return err
		}
	}
	return nil
}

// AppendString appends s as a JSON string in quotes. Only what RFC 8259 section 7 asks for is
// escaped; bytes that are not UTF-8 become U+FFFD.
func AppendString[S []byte | string](dst []byte, s S) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[from:i]...)
				dst = append(dst, "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
