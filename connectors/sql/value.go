package sql

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	jsonformat "github.com/touchstone-hub/touchstone/formats/json"
)

// writeText appends a value as text.
func writeText(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return dst, errors.New("the text is not UTF-8")
		}
		return jsonformat.AppendString(dst, v), nil
	default:
		return writeStored(dst, v)
	}
}

// writeStored appends a value as SQLite stores it.
func writeStored(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return writeText(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return writeText(dst, strconv.FormatFloat(v, 'g', -1, 64))
		}
		format := byte('f')
		if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
			format = 'e'
		}
		return strconv.AppendFloat(dst, v, format, -1, 64), nil
	case []byte:
		return writeBase64(dst, v), nil
	}
	return dst, fmt.Errorf("a value of type %T", v)
}

func writeBase64(dst, raw []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, raw)
	return append(dst, '"')
}

// writeNumber appends a number as the database wrote it; NaN and Infinity, which JSON lacks, as text.
func writeNumber(dst []byte, v any) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		return writeStored(dst, v)
	}
	if digits := strings.TrimPrefix(s, "-"); digits == "" || digits[0] < '0' || digits[0] > '9' {
		return writeText(dst, s)
	}
	return append(dst, s...), nil
}

func writeBool(dst []byte, v any) ([]byte, error) {
	switch v {
	case "t", int64(1):
		return append(dst, "true"...), nil
	case "f", int64(0):
		return append(dst, "false"...), nil
	}
	return writeStored(dst, v)
}

// writeBytea appends PostgreSQL's hex form as base64.
func writeBytea(dst []byte, v any) ([]byte, error) {
	s, _ := v.(string)
	raw, err := hex.DecodeString(strings.TrimPrefix(s, `\x`))
	if err != nil {
		return dst, fmt.Errorf("read bytea: %w", err)
	}
	return writeBase64(dst, raw), nil
}

// writeJSON appends a document as it is, without the space between its parts.
func writeJSON(dst []byte, v any) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		return writeStored(dst, v)
	}
	into := bytes.NewBuffer(dst)
	if err := json.Compact(into, []byte(s)); err != nil {
		return dst, fmt.Errorf("read JSON: %w", err)
	}
	return into.Bytes(), nil
}

// writePadded appends a char(n) without its padding, which SQL does not count as part of it.
func writePadded(dst []byte, v any) ([]byte, error) {
	s, _ := v.(string)
	return writeText(dst, strings.TrimRight(s, " "))
}

// writeInstant appends a time as RFC 3339 in UTC; what is none (infinity) as text.
func writeInstant(instant func(any) (time.Time, func(time.Time) any, bool)) func([]byte, any) ([]byte, error) {
	return func(dst []byte, v any) ([]byte, error) {
		t, _, ok := instant(v)
		if !ok {
			return writeStored(dst, v)
		}
		dst = append(dst, '"')
		dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
		return append(dst, '"'), nil
	}
}

// instantOf reads texts in one of several layouts, in the zone where a layout has none.
func instantOf(zone *time.Location, layouts ...string) func(any) (time.Time, func(time.Time) any, bool) {
	return func(v any) (time.Time, func(time.Time) any, bool) {
		s, ok := v.(string)
		if !ok {
			return time.Time{}, nil, false
		}
		for _, layout := range layouts {
			t, err := time.ParseInLocation(layout, s, zone)
			if err != nil {
				continue
			}
			in := t.Location()
			return t, func(other time.Time) any { return other.In(in).Format(layout) }, true
		}
		return time.Time{}, nil, false
	}
}

// writeArray appends PostgreSQL's text form of an array as a JSON array (PostgreSQL manual, 8.15.6).
func writeArray(element func([]byte, any) ([]byte, error)) func([]byte, any) ([]byte, error) {
	return func(dst []byte, v any) ([]byte, error) {
		s, _ := v.(string)
		if bounds := strings.Index(s, "="); strings.HasPrefix(s, "[") && bounds > 0 {
			s = s[bounds+1:] // lower bounds other than 1
		}
		a := arrayReader{rest: s, element: element}
		dst, err := a.list(dst)
		if err == nil && a.rest != "" {
			err = errArray
		}
		return dst, err
	}
}

var errArray = errors.New("the array cannot be read")

type arrayReader struct {
	rest    string
	element func([]byte, any) ([]byte, error)
}

func (a *arrayReader) list(dst []byte) ([]byte, error) {
	if !strings.HasPrefix(a.rest, "{") {
		return dst, errArray
	}
	a.rest = a.rest[1:]
	dst = append(dst, '[')
	if strings.HasPrefix(a.rest, "}") {
		a.rest = a.rest[1:]
		return append(dst, ']'), nil
	}
	for {
		var err error
		if dst, err = a.item(dst); err != nil {
			return dst, err
		}
		if a.rest == "" {
			return dst, errArray
		}
		sign := a.rest[0]
		a.rest = a.rest[1:]
		switch sign {
		case ',':
			dst = append(dst, ',')
		case '}':
			return append(dst, ']'), nil
		default:
			return dst, errArray
		}
	}
}

func (a *arrayReader) item(dst []byte) ([]byte, error) {
	if strings.HasPrefix(a.rest, "{") {
		return a.list(dst)
	}
	if !strings.HasPrefix(a.rest, `"`) {
		end := strings.IndexAny(a.rest, ",}")
		if end < 0 {
			return dst, errArray
		}
		text := a.rest[:end]
		a.rest = a.rest[end:]
		if text == "NULL" {
			return append(dst, "null"...), nil
		}
		return a.element(dst, text)
	}
	var text []byte
	for i := 1; i < len(a.rest); i++ {
		switch c := a.rest[i]; c {
		case '\\':
			if i++; i < len(a.rest) {
				text = append(text, a.rest[i])
			}
		case '"':
			a.rest = a.rest[i+1:]
			return a.element(dst, string(text))
		default:
			text = append(text, c)
		}
	}
	return dst, errArray
}
