package canonical

import (
	"encoding/json"
	"errors"
	"fmt"
)

var errNotObject = errors.New("expected a JSON object")

// members calls visit for each member of the JSON object in doc with its name, unescaped, and
// the bytes of its value. It finds where values end; that they are valid is for visit to check.
func members(doc []byte, visit func(name, value []byte) error) error {
	s := scanner{doc: doc}
	if s.next() != '{' {
		return errNotObject
	}
	s.at++
	if s.next() == '}' {
		s.at++
		return s.end()
	}
	for {
		name, err := s.name()
		if err != nil {
			return err
		}
		value, err := s.value()
		if err != nil {
			return err
		}
		if err := visit(name, value); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return s.end()
		default:
			return s.unexpected("a comma or the end of the object")
		}
	}
}

type scanner struct {
	doc []byte
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

func (s *scanner) end() error {
	if s.next(); s.at < len(s.doc) {
		return s.unexpected("nothing after the object")
	}
	return nil
}

func (s *scanner) unexpected(wanted string) error {
	return fmt.Errorf("byte %d: expected %s", s.at, wanted)
}

func (s *scanner) name() ([]byte, error) {
	if s.next() != '"' {
		return nil, s.unexpected("a member name")
	}
	start := s.at
	if !s.skipString() {
		return nil, s.unexpected("the end of a member name")
	}
	quoted := s.doc[start:s.at]
	if s.next() != ':' {
		return nil, s.unexpected("a colon")
	}
	s.at++
	if plain, ok := plainText(quoted); ok {
		return plain, nil
	}
	var name string
	if err := json.Unmarshal(quoted, &name); err != nil {
		return nil, fmt.Errorf("byte %d: member name: %w", start, err)
	}
	return []byte(name), nil
}

// value returns the bytes of the value at hand, matching brackets outside strings.
func (s *scanner) value() ([]byte, error) {
	s.next()
	start, depth := s.at, 0
	for s.at < len(s.doc) {
		switch s.doc[s.at] {
		case '"':
			if !s.skipString() {
				return nil, s.unexpected("the end of a string")
			}
			s.at--
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.found(start)
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return s.found(start)
			}
		}
		s.at++
	}
	return nil, s.unexpected("the end of the object")
}

func (s *scanner) found(start int) ([]byte, error) {
	if s.at == start {
		return nil, s.unexpected("a value")
	}
	return s.doc[start:s.at], nil
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
