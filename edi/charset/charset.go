// Package charset turns the bytes of EDI values into text and back, by the repertoires that ISO 9735
// names (UNOA to UNOY) and by common names of encodings. Bytes never get lost silently: what a
// repertoire cannot carry is an error with its place. It knows nothing of delimiters.
package charset

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
)

// Set is one repertoire with its encoding.
type Set struct {
	name    string
	allowed func(r rune) bool // nil where the encoding itself decides
	enc     encoding.Encoding // nil for ASCII and UTF-8
	lax     bool              // bytes that it cannot mean are read as UTF-8 or Windows-1252, as senders mean them
}

// Repertoires of ISO 9735 (element 0001) and of the communities that have their own.
var sets = []*Set{
	{name: "UNOA", allowed: levelA, lax: true},
	{name: "UNOB", allowed: levelB, lax: true},
	{name: "UNOC", enc: charmap.ISO8859_1, lax: true},
	{name: "UNOD", enc: charmap.ISO8859_2},
	{name: "UNOE", enc: charmap.ISO8859_5},
	{name: "UNOF", enc: charmap.ISO8859_7},
	{name: "UNOG", enc: charmap.ISO8859_3},
	{name: "UNOH", enc: charmap.ISO8859_4},
	{name: "UNOI", enc: charmap.ISO8859_6},
	{name: "UNOJ", enc: charmap.ISO8859_8},
	{name: "UNOK", enc: charmap.ISO8859_9},
	{name: "UNOL", enc: charmap.ISO8859_15},
	{name: "UNOW"},
	{name: "UNOX", enc: japanese.ISO2022JP},
	{name: "UNOY"},
	{name: "IATA", allowed: levelA, lax: true},
	{name: "IATB", allowed: levelB, lax: true},
	{name: "KECA", enc: korean.EUCKR},
	{name: "UTF-8"},
	{name: "ASCII", allowed: func(r rune) bool { return r < 0x80 }, lax: true},
	{name: "ISO-8859-1", enc: charmap.ISO8859_1, lax: true},
	{name: "ISO-8859-15", enc: charmap.ISO8859_15},
	{name: "WINDOWS-1252", enc: charmap.Windows1252},
	X12,
}

// X12 is the set of an X12 interchange, which names none: UTF-8, and Windows-1252 where the bytes
// are no UTF-8.
var X12 = &Set{name: "X12", lax: true}

// windows is what senders take for Latin alphabet no. 1.
var windows = charmap.Windows1252

// For gives the set with a name, in any case: a syntax identifier such as UNOC, or utf-8, ascii,
// iso-8859-1, iso-8859-15, windows-1252, x12.
func For(name string) (*Set, bool) {
	for _, s := range sets {
		if strings.EqualFold(s.name, name) {
			return s, true
		}
	}
	return nil, false
}

// Name is the set's name.
func (s *Set) Name() string { return s.name }

// Decode gives the text that bytes stand for. Bytes that stand for nothing become U+FFFD. Where
// UNOA, UNOB or UNOC bytes cannot be what was declared, they are read as the UTF-8 or Windows-1252
// that the sender meant.
func (s *Set) Decode(raw []byte) string {
	if ascii(raw) {
		return string(raw)
	}
	if s.enc == nil || s.lax {
		if utf8.Valid(raw) {
			return string(raw)
		}
		if !s.lax {
			return strings.ToValidUTF8(string(raw), "\uFFFD")
		}
		return decode(windows, raw)
	}
	return decode(s.enc, raw)
}

func decode(e encoding.Encoding, raw []byte) string {
	out, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return string(out)
}

func ascii(raw []byte) bool {
	for _, b := range raw {
		if b >= 0x80 || b == 0x1b {
			return false
		}
	}
	return true
}

// Error is a character that a set cannot carry.
type Error struct {
	Set  string
	Rune rune
	At   int // the character's number in the text, from 1
}

// Error names the character, its place and the set.
func (e *Error) Error() string {
	return fmt.Sprintf("character %d, %q (%U), is not in %s", e.At, e.Rune, e.Rune, e.Set)
}

// Encode appends the bytes of a text to dst. The error is an *Error.
func (s *Set) Encode(dst []byte, text string) ([]byte, error) {
	if s.allowed != nil {
		n := 0
		for _, r := range text {
			if n++; !s.allowed(r) {
				return dst, &Error{s.name, r, n}
			}
		}
	}
	return s.Spell(dst, text)
}

// Spell does as Encode, but heeds the encoding alone and not which of its characters the repertoire
// has: small letters in UNOA, say, which Decode reads too.
func (s *Set) Spell(dst []byte, text string) ([]byte, error) {
	n := 0
	for i, r := range text {
		n++
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return dst, &Error{s.name, r, n}
		}
		if m, ok := s.enc.(*charmap.Charmap); ok {
			if _, ok := m.EncodeRune(r); !ok {
				return dst, &Error{s.name, r, n}
			}
		}
	}
	if s.enc == nil {
		return append(dst, text...), nil
	}
	out, err := s.enc.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return dst, s.firstBad(text)
	}
	return append(dst, out...), nil
}

// firstBad finds the character that a multi-byte encoding has not.
func (s *Set) firstBad(text string) error {
	n := 0
	for _, r := range text {
		n++
		if _, err := s.enc.NewEncoder().String(string(r)); err != nil {
			return &Error{s.name, r, n}
		}
	}
	return &Error{s.name, utf8.RuneError, 0}
}

// Allows says whether the set has all characters of a value that is written in it: for UNOA and
// UNOB this is a narrower question than whether it can be read.
func (s *Set) Allows(raw []byte) bool {
	if s.allowed == nil {
		return true
	}
	for _, b := range raw {
		if !s.allowed(rune(b)) {
			return false
		}
	}
	return true
}

// levelA is the repertoire of level A (ISO 9735, section 5.1): capital letters, digits and signs.
func levelA(r rune) bool {
	return r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r < 0x80 && strings.ContainsRune(" .,-()/='+:?!\"%&*;<>", r)
}

// levelB adds small letters (ISO 9735, section 5.2).
func levelB(r rune) bool { return levelA(r) || r >= 'a' && r <= 'z' }
