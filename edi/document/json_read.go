package document

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSONError is a place where a document is not what it ought to be.
type JSONError struct {
	Line, Column int // from 1; columns count bytes
	Text         string
}

// Error names line, column and what is wrong.
func (e *JSONError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// node is a JSON value that was read whole.
type node struct {
	kind         byte // '"', '[', '{', '0' for a number, 't', 'f', 'n'
	text         string
	list         []node
	keys         []string // of an object, list being its values
	line, column int
}

func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k == key {
			return &n.list[i]
		}
	}
	return nil
}

// Limits of a document: what is deeper or longer is no segment of any stream.
const (
	depthLimit = 64
	valueLimit = 64 << 20
)

// jsonReader reads JSON in one pass. It is a reader of its own because parts are handled as they
// come, whatever their number, and because errors name their line and column.
type jsonReader struct {
	in           *bufio.Reader
	line, column int
	buf          []byte
}

func newJSONReader(in io.Reader) *jsonReader {
	return &jsonReader{in: bufio.NewReaderSize(in, 64<<10), line: 1}
}

func (r *jsonReader) fail(format string, args ...any) error {
	return &JSONError{r.line, max(r.column, 1), fmt.Sprintf(format, args...)}
}

func (r *jsonReader) next() (byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return 0, r.fail("the document ends here")
		}
		return 0, err
	}
	r.column++
	if b == '\n' {
		r.line, r.column = r.line+1, 0
	}
	return b, nil
}

// peek gives the next byte that is no blank, without taking it; 0 at the end.
func (r *jsonReader) peek() byte {
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return 0
		}
		if b != ' ' && b != '\n' && b != '\r' && b != '\t' {
			_ = r.in.UnreadByte()
			return b
		}
		r.column++
		if b == '\n' {
			r.line, r.column = r.line+1, 0
		}
	}
}

// take takes the byte given.
func (r *jsonReader) take(want byte) error {
	found := r.peek()
	b, err := r.next()
	if err != nil {
		return err
	}
	if b != want {
		return r.fail("found %q, expected %q", rune(found), rune(want))
	}
	return nil
}

// object reads an object. Each key is handed over with its value to be read.
func (r *jsonReader) object(each func(key string) error) error {
	return r.sequence('{', '}', func() error {
		key, err := r.string()
		if err == nil {
			err = r.take(':')
		}
		if err != nil {
			return err
		}
		return each(key)
	})
}

// sequence reads what stands between brackets, divided by commas.
func (r *jsonReader) sequence(begin, end byte, each func() error) error {
	if err := r.take(begin); err != nil {
		return err
	}
	if r.peek() == end {
		return r.take(end)
	}
	for {
		if err := each(); err != nil {
			return err
		}
		switch r.peek() {
		case ',':
			if err := r.take(','); err != nil {
				return err
			}
		default:
			return r.take(end)
		}
	}
}

// value reads a whole value.
func (r *jsonReader) value(depth int) (n node, err error) {
	n.kind = r.peek()
	n.line, n.column = r.line, r.column+1
	if depth > depthLimit {
		return n, r.fail("values are nested deeper than %d", depthLimit)
	}
	switch n.kind {
	case '"':
		n.text, err = r.string()
	case '[':
		err = r.sequence('[', ']', func() error {
			v, err := r.value(depth + 1)
			n.list = append(n.list, v)
			return err
		})
	case '{':
		err = r.object(func(key string) error {
			v, err := r.value(depth + 1)
			n.keys, n.list = append(n.keys, key), append(n.list, v)
			return err
		})
	default:
		err = r.word(&n)
	}
	return n, err
}

// word reads a number, true, false or null.
func (r *jsonReader) word(n *node) error {
	r.buf = r.buf[:0]
	for {
		b := r.peek()
		if !(b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b == '-' || b == '+' || b == '.' || b == 'E') || len(r.buf) > 64 {
			break
		}
		_, _ = r.next()
		r.buf = append(r.buf, b)
	}
	n.text = string(r.buf)
	switch n.text {
	case "true", "false", "null":
		n.kind = n.text[0]
		return nil
	}
	if _, err := strconv.ParseFloat(n.text, 64); err != nil {
		return r.fail("found %q, expected a JSON value", n.text)
	}
	n.kind = '0'
	return nil
}

func (r *jsonReader) string() (string, error) {
	if err := r.take('"'); err != nil {
		return "", err
	}
	r.buf = r.buf[:0]
	for len(r.buf) < valueLimit {
		b, err := r.next()
		switch {
		case err != nil:
			return "", err
		case b == '"':
			if !utf8.Valid(r.buf) {
				return "", r.fail("the string is not UTF-8")
			}
			return string(r.buf), nil
		case b < ' ':
			return "", r.fail("found %q in a string, expected an escape", rune(b))
		case b == '\\':
			if err := r.escape(); err != nil {
				return "", err
			}
		default:
			r.buf = append(r.buf, b)
		}
	}
	return "", r.fail("the string is longer than %d bytes", valueLimit)
}

func (r *jsonReader) escape() error {
	b, err := r.next()
	if err != nil {
		return err
	}
	switch b {
	case '"', '\\', '/':
		r.buf = append(r.buf, b)
	case 'n':
		r.buf = append(r.buf, '\n')
	case 'r':
		r.buf = append(r.buf, '\r')
	case 't':
		r.buf = append(r.buf, '\t')
	case 'b':
		r.buf = append(r.buf, '\b')
	case 'f':
		r.buf = append(r.buf, '\f')
	case 'u':
		return r.unicode()
	default:
		return r.fail("escape \\%c is not known", b)
	}
	return nil
}

func (r *jsonReader) unicode() error {
	x, err := r.hex4()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(x) {
		if err := r.expect(`\u`); err != nil {
			return err
		}
		y, err := r.hex4()
		if err != nil {
			return err
		}
		if x = utf16.DecodeRune(x, y); x == utf8.RuneError {
			return r.fail("half of a surrogate pair")
		}
	}
	r.buf = utf8.AppendRune(r.buf, x)
	return nil
}

func (r *jsonReader) expect(s string) error {
	for i := range len(s) {
		b, err := r.next()
		if err != nil {
			return err
		}
		if b != s[i] {
			return r.fail("half of a surrogate pair")
		}
	}
	return nil
}

func (r *jsonReader) hex4() (rune, error) {
	var digits [4]byte
	for i := range digits {
		b, err := r.next()
		if err != nil {
			return 0, err
		}
		digits[i] = b
	}
	x, err := strconv.ParseUint(string(digits[:]), 16, 16)
	if err != nil {
		return 0, r.fail("\\u%s is no character", digits[:])
	}
	return rune(x), nil
}
