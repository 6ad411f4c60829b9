package canonical

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// TextError says that a text does not have the form that its place in the model asks for.
type TextError struct {
	Found    string // the text, cut after 80 bytes
	Expected string // what would be right, with an example
}

func (e *TextError) Error() string {
	return fmt.Sprintf("found %q; expected %s", e.Found, e.Expected)
}

// CheckText tells whether text may stand in a Text leaf: format, enum, and not empty where it is
// required. It does not allocate unless it fails, and then returns a *TextError.
func (s *Schema) CheckText(text string) error {
	if s.valid == nil || s.valid(text) {
		return nil
	}
	return &TextError{Found: strings.Clone(cut(text, 80)), Expected: s.wanted}
}

// CheckBytes is CheckText for text in a buffer, which it neither copies nor keeps.
func (s *Schema) CheckBytes(text []byte) error {
	if s.valid == nil {
		return nil
	}
	return s.CheckText(unsafe.String(unsafe.SliceData(text), len(text)))
}

// Expected says what CheckText accepts, as it stands after "expected".
func (s *Schema) Expected() string {
	if s.wanted != "" {
		return s.wanted
	}
	return s.Type.String()
}

type format struct {
	valid  func(string) bool
	wanted string
}

// formats holds the checks behind the `format` tags.
var formats = map[string]format{
	"date":         {isDate, `a date YYYY-MM-DD such as "1984-02-29"`},
	"date-time":    {isDateTime, `a time by RFC 3339 such as "2026-01-31T12:00:00Z"`},
	"date-or-time": {isDateOrTime, `a date or time by RFC 3339 such as "2026-01-31" or "2026-01-31T12:00:00Z"`},
	"decimal":      {isDecimal, `a decimal number such as "-12.50"`},
	"country":      {isCountry, `an ISO 3166-1 alpha-2 code such as "DE"`},
	"currency":     {isCurrency, `an ISO 4217 code such as "EUR"`},
	"bcp47":        {isLanguage, `a BCP 47 language tag such as "zh-Hant-TW"`},
	"email":        {isEmail, `a mail address such as "li.wei@example.com"`},
}

func (s *Schema) prepareCheck() {
	switch {
	case s.Format != "":
		f, ok := formats[s.Format]
		if !ok {
			panic("canonical: field " + s.Name + " has the unknown format " + s.Format)
		}
		s.valid, s.wanted = f.valid, f.wanted
	case len(s.Enum) > 0:
		enum := s.Enum
		s.valid = func(text string) bool { return slices.Contains(enum, text) }
		s.wanted = "one of " + strings.Join(enum, ", ")
	case s.Required:
		s.valid = func(text string) bool { return text != "" }
		s.wanted = "a text that is not empty"
	}
}

// cut shortens text to at most n bytes without splitting a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
