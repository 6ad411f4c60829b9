package csv

import "bytes"

// syntax is how rows are written, and in which charset.
type syntax struct {
	*charset
	delimiter byte
	quote     byte // 0: none
	comment   byte // 0: none
	trim      bool // white space around fields does not belong to them

	plain [256]bool // bytes that are nothing but text
}

func (s *syntax) prepare() {
	for c := range s.plain {
		b := byte(c)
		s.plain[c] = b != s.delimiter && b != '\r' && b != '\n' && (s.quote == 0 || b != s.quote) && (c < 0x80 || s.length == nil) && s.unit == 1
	}
}

// in is the same syntax in another byte order.
func (s *syntax) in(c *charset) *syntax {
	if s.charset == c {
		return s
	}
	other := *s
	other.charset = c
	return &other
}

// row is one row at the beginning of some bytes.
type row struct {
	end, next int // of its text, and of the row after it
	fields    int
	more      bool // the bytes end before the row does
	comment   bool

	fault    string // what is wrong with the quotes; "" if nothing
	faultAt  int
	expected string
	opened   int // where the quote that is still open was opened; -1
}

// other is what char returns for a character that is no single byte.
const other = 0x100

// char is the character at i, with its length; 0 where more bytes are needed.
func (s *syntax) char(b []byte, i int, last bool) (c, size int) {
	if s.charset.unit == 2 {
		if i+2 > len(b) {
			if last {
				return other, len(b) - i
			}
			return other, 0
		}
		return int(min(s.at(b[i:]), other)), 2
	}
	if b[i] < 0x80 || s.length == nil {
		return int(b[i]), 1
	}
	size = s.length(b[i:])
	if size == 0 && last {
		size = 1
	}
	return other, size
}

// What a byte of a row stands in.
const (
	fieldStart = iota
	inText     // in a field without quotes
	inQuotes   // in a field with quotes
	closed     // after the closing quote, or the first of two
)

// read finds the end of the row at the beginning of b and counts its fields. With last, b is all
// that there is.
func (s *syntax) read(b []byte, last bool) row {
	r := row{fields: 1, opened: -1}
	if s.comment != 0 && len(b) >= s.charset.unit {
		if c, _ := s.char(b, 0, last); c == int(s.comment) {
			r.comment = true
			r.end, r.next, r.more = s.line(b, last)
			return r
		}
	}
	state := fieldStart
	for i := 0; i < len(b); {
		if s.plain[b[i]] && state != closed {
			if state == fieldStart && !(s.trim && isBlank(int(b[i]))) {
				state = inText
			}
			i++
			for state != fieldStart && i < len(b) && s.plain[b[i]] {
				i++
			}
			continue
		}
		c, size := s.char(b, i, last)
		if size == 0 {
			break
		}
		if (c == '\n' || c == '\r') && state != inQuotes {
			r.end, r.opened = i, -1
			r.next, r.more = s.lineEnd(b, i, c, size, last)
			return r
		}
		if state = s.step(&r, state, c, i); r.fault != "" {
			return r
		}
		i += size
	}
	if state != inQuotes {
		r.opened = -1
	}
	if !last {
		r.more = true
		return r
	}
	r.end, r.next = len(b), len(b)
	if state == inQuotes {
		return r.wrong(r.opened, "a quote that is never closed", "a closing quote")
	}
	return r
}

// step takes the character c at i, which ends no row.
func (s *syntax) step(r *row, state, c, i int) int {
	quote := s.quote != 0 && c == int(s.quote)
	switch {
	case state == inQuotes:
		if quote {
			return closed
		}
		return inQuotes
	case c == int(s.delimiter):
		r.fields++
		return fieldStart
	case quote && state == fieldStart:
		r.opened = i
		return inQuotes
	case quote && state == closed:
		return inQuotes
	case quote:
		*r = r.wrong(i, "a quote within a field", "quotes around the whole field, and doubled inside it")
	case state == closed && !(s.trim && isBlank(c)):
		*r = r.wrong(i, "text after a closing quote", "a delimiter or the end of the row")
	case state == fieldStart && !(s.trim && isBlank(c)):
		return inText
	}
	return state
}

func (r row) wrong(at int, what, expected string) row {
	r.fault, r.faultAt, r.expected = what, at, expected
	return r
}

func isBlank(c int) bool { return c == ' ' || c == '\t' }

// lineEnd returns where the next line begins after the line end at i.
func (s *syntax) lineEnd(b []byte, i, c, size int, last bool) (next int, more bool) {
	next = i + size
	if c == '\n' {
		return next, false
	}
	if next+s.charset.unit > len(b) {
		return next, !last
	}
	if c, size := s.char(b, next, last); c == '\n' {
		next += size
	}
	return next, false
}

// line finds the end of the line at the beginning of b, whatever quotes are in it.
func (s *syntax) line(b []byte, last bool) (end, next int, more bool) {
	for i := 0; i+s.charset.unit <= len(b); i += s.charset.unit {
		if s.charset.unit == 1 {
			at := bytes.IndexAny(b[i:], "\r\n")
			if at < 0 {
				break
			}
			i += at
		}
		c := int(b[i])
		if s.charset.unit == 2 {
			c = int(min(s.at(b[i:]), other))
		}
		if c == '\n' || c == '\r' {
			next, more := s.lineEnd(b, i, c, s.charset.unit, last)
			return i, next, more
		}
	}
	return len(b), len(b), !last
}

// lines counts the line ends in b.
func (s *syntax) lines(b []byte) int64 {
	var n int64
	if s.charset.unit == 1 {
		n = int64(bytes.Count(b, []byte{'\n'}))
		for i := bytes.IndexByte(b, '\r'); i >= 0; {
			if i+1 == len(b) || b[i+1] != '\n' {
				n++
			}
			next := bytes.IndexByte(b[i+1:], '\r')
			if next < 0 {
				break
			}
			i += 1 + next
		}
		return n
	}
	cr := false
	for i := 0; i+2 <= len(b); i += 2 {
		c := s.at(b[i:])
		if c == '\r' || c == '\n' && !cr {
			n++
		}
		cr = c == '\r'
	}
	return n
}
