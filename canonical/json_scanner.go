package canonical

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259) from the start of doc. Its errors are *Problem.
type scanner struct {
	doc string
	at  int
}

// next skips white space and returns the byte there, or 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.doc); s.at++ {
		switch c := s.doc[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) skip(c byte) bool {
	if s.next() != c || s.at == len(s.doc) {
		return false
	}
	s.at++
	return true
}

func (s *scanner) end() error {
	if s.next(); s.at < len(s.doc) {
		return s.found("the end of the document")
	}
	return nil
}

// found is the problem that something else stands here than was expected.
func (s *scanner) found(expected string) error {
	s.next()
	start := s.at
	value, err := s.value()
	if err != nil {
		value = s.doc[start:]
	}
	s.at = start
	switch {
	case start == len(s.doc):
		value = "the end"
	case value == "":
		value = s.doc[start : start+1]
	}
	return &Problem{Found: cut(value, 80), Expected: expected}
}

// object calls visit with each member's name; visit reads the value.
func (s *scanner) object(visit func(name string) error) error {
	if !s.skip('{') {
		return s.found(Object.String())
	}
	if s.skip('}') {
		return nil
	}
	for {
		if s.next() != '"' {
			return s.found("a member name")
		}
		name, err := s.text()
		if err != nil {
			return err
		}
		if !s.skip(':') {
			return s.found("a colon")
		}
		if err := visit(name); err != nil {
			return err
		}
		if s.skip('}') {
			return nil
		}
		if !s.skip(',') {
			return s.found("a comma or the end of the object")
		}
	}
}

// list calls visit for each item; visit reads it.
func (s *scanner) list(visit func(i int) error) error {
	if !s.skip('[') {
		return s.found(List.String())
	}
	if s.skip(']') {
		return nil
	}
	for i := 0; ; i++ {
		if err := visit(i); err != nil {
			return err
		}
		if s.skip(']') {
			return nil
		}
		if !s.skip(',') {
			return s.found("a comma or the end of the list")
		}
	}
}

// text reads a JSON string. Without escapes it is a part of doc.
func (s *scanner) text() (string, error) {
	if s.next() != '"' {
		return "", s.found(Text.String())
	}
	start, plain := s.at, true
	for at := start + 1; at < len(s.doc); at++ {
		switch c := s.doc[at]; {
		case c == '"':
			s.at = at + 1
			if plain {
				return s.doc[start+1 : at], nil
			}
			return unquote(s.doc[start : at+1])
		case c == '\\':
			at++
			plain = false
		case c < ' ':
			return "", &Problem{Found: fmt.Sprintf("the control character %U in a text", c), Expected: "an escape such as \\n"}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s.doc[at:])
			plain = plain && (r != utf8.RuneError || size > 1) // unquote mends invalid UTF-8
			at += size - 1
		}
	}
	return "", s.found("the end of the text")
}

func unquote(quoted string) (string, error) {
	var text string
	if err := json.Unmarshal([]byte(quoted), &text); err != nil {
		return "", &Problem{Found: cut(quoted, 80), Expected: "a JSON string: " + err.Error()}
	}
	return text, nil
}

// literal reads word where it stands here as a whole.
func (s *scanner) literal(word string) bool {
	s.next()
	if !strings.HasPrefix(s.doc[s.at:], word) {
		return false
	}
	if end := s.at + len(word); end == len(s.doc) || !isAlphanumeric(s.doc[end]) {
		s.at = end
		return true
	}
	return false
}

func (s *scanner) integer() (int64, error) {
	s.next()
	start := s.at
	for s.at < len(s.doc) && strings.IndexByte("+-.eE0123456789", s.doc[s.at]) >= 0 {
		s.at++
	}
	text := s.doc[start:s.at]
	digits := strings.TrimPrefix(text, "-")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !isDigits(digits) || (digits[0] == '0' && len(digits) > 1) {
		s.at = start
		return 0, s.found(Integer.String())
	}
	return n, nil
}

// validValue reads one value of any type, all of which must be valid JSON.
func (s *scanner) validValue() (string, error) {
	s.next()
	start := s.at
	value, err := s.value()
	if err == nil && json.Valid([]byte(value)) {
		return value, nil
	}
	s.at = start
	return "", s.found("a JSON value")
}

// value returns one value unchecked, matching brackets outside strings.
func (s *scanner) value() (string, error) {
	s.next()
	start, depth := s.at, 0
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case '"':
			if !s.skipString() {
				return "", &Problem{Found: cut(s.doc[start:], 80), Expected: "the end of a text"}
			}
			s.at--
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.doc[start:s.at], nil
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return s.doc[start:s.at], nil
			}
		}
		s.at++
	}
	return s.doc[start:], nil
}

// skipString moves from an opening quote past the closing one.
func (s *scanner) skipString() bool {
	for s.at++; s.at < len(s.doc); s.at++ {
		switch s.doc[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return true
		}
	}
	return false
}
