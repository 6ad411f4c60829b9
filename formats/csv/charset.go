package csv

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// charset is how text stands in bytes, as far as cutting rows has to know: rows are cut in the
// source's own bytes, so that a frame holds exactly what the system wrote.
type charset struct {
	name     string
	encoding encoding.Encoding // nil for UTF-8
	unit     int               // bytes of the smallest unit: 2 for UTF-16
	big      bool              // UTF-16 with the high byte first
	byMark   bool              // UTF-16 whose byte order the file's first bytes tell
	// length is the length of the character that begins with a byte from 0x80 on; 0 where more
	// bytes are needed to say. It is nil where no byte of a longer character can be taken for
	// ASCII. A first byte without a fitting second one counts alone: damage stays local.
	length func(b []byte) int
}

const (
	markUTF8 = "\xEF\xBB\xBF"
	markLE   = "\xFF\xFE"
	markBE   = "\xFE\xFF"
)

var utf16le = &charset{name: "utf-16le", encoding: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unit: 2}

var utf16be = &charset{name: "utf-16be", encoding: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), unit: 2, big: true}

var charsets = func() map[string]*charset {
	m := map[string]*charset{
		"utf-8":     {unit: 1},
		"utf-16":    {unit: 2, encoding: utf16le.encoding, byMark: true},
		"utf-16le":  utf16le,
		"utf-16be":  utf16be,
		"gb18030":   {unit: 1, encoding: simplifiedchinese.GB18030, length: gb18030Length},
		"gbk":       {unit: 1, encoding: simplifiedchinese.GBK, length: pair(0x81, 0xFE, 0x40)},
		"gb2312":    {unit: 1, encoding: simplifiedchinese.GBK, length: pair(0x81, 0xFE, 0x40)},
		"big5":      {unit: 1, encoding: traditionalchinese.Big5, length: pair(0x81, 0xFE, 0x40)},
		"shift_jis": {unit: 1, encoding: japanese.ShiftJIS, length: shiftJISLength},
		"euc-jp":    {unit: 1, encoding: japanese.EUCJP},
		"euc-kr":    {unit: 1, encoding: korean.EUCKR, length: pair(0x81, 0xFE, 0x41)},
		"koi8-r":    {unit: 1, encoding: charmap.KOI8R},
		"koi8-u":    {unit: 1, encoding: charmap.KOI8U},
		"macintosh": {unit: 1, encoding: charmap.Macintosh},
	}
	for _, e := range charmap.All {
		s, ok := e.(fmt.Stringer)
		if !ok {
			continue
		}
		for _, family := range []string{"ISO 8859-", "Windows ", "IBM Code Page "} {
			number, ok := strings.CutPrefix(s.String(), family)
			if !ok || number == "037" || number == "1047" || number == "1140" || strings.HasSuffix(number, "E") || strings.HasSuffix(number, "I") {
				continue // EBCDIC has its letters elsewhere; the others differ in nothing that matters
			}
			name := map[string]string{"ISO 8859-": "iso-8859-", "Windows ": "windows-", "IBM Code Page ": "cp"}[family] + number
			m[name] = &charset{unit: 1, encoding: e}
		}
	}
	for name, c := range m {
		c.name = name
	}
	return m
}()

// charsetNames are the names that `charset:` takes.
func charsetNames() []string { return slices.Sorted(maps.Keys(charsets)) }

// pair gives the length of characters of two bytes.
func pair(first, last, second byte) func([]byte) int {
	return func(b []byte) int {
		switch {
		case b[0] < first || b[0] > last:
			return 1
		case len(b) < 2:
			return 0
		case b[1] < second || b[1] == 0x7F:
			return 1
		}
		return 2
	}
}

func shiftJISLength(b []byte) int {
	if b[0] >= 0xA0 && b[0] <= 0xDF {
		return 1
	}
	return shiftJISPair(b)
}

var (
	shiftJISPair = pair(0x81, 0xFC, 0x40)
	gbPair       = pair(0x81, 0xFE, 0x40)
)

// gb18030Length also knows characters of four bytes, whose second and fourth are digits
// (GB 18030-2022, section 5).
func gb18030Length(b []byte) int {
	if b[0] < 0x81 || b[0] > 0xFE || len(b) < 2 || b[1] < '0' || b[1] > '9' {
		return gbPair(b)
	}
	if len(b) < 4 {
		return 0
	}
	if b[2] >= 0x81 && b[2] <= 0xFE && b[3] >= '0' && b[3] <= '9' {
		return 4
	}
	return 1
}

// mark returns the charset after a look at a file's or context's first bytes, and how many of
// them are a byte order mark. UTF-16 without one is read low byte first, as Windows writes it.
func (c *charset) mark(b []byte) (*charset, int) {
	switch {
	case c.encoding == nil && bytes.HasPrefix(b, []byte(markUTF8)):
		return c, 3
	case c.unit == 2 && bytes.HasPrefix(b, []byte(markLE)) && !c.big:
		return utf16le, 2
	case c.unit == 2 && bytes.HasPrefix(b, []byte(markBE)) && (c.big || c.byMark):
		return utf16be, 2
	case c.byMark:
		return utf16le, 0
	}
	return c, 0
}

// text returns b as UTF-8, in room (3 bytes for each of b suffice), or the offset of the first
// byte that is not of the charset; bad is -1 where all are.
func (c *charset) text(room, b []byte) (text []byte, bad int) {
	if c.encoding == nil {
		return b, invalidUTF8(b)
	}
	if c.unit == 1 && ascii(b) {
		return b, -1
	}
	n, _, err := c.encoding.NewDecoder().Transform(room, b, true)
	if err != nil || bytes.Contains(room[:n], []byte("\uFFFD")) {
		if bad := c.invalid(b); bad >= 0 {
			return nil, bad
		}
	}
	return room[:n], -1
}

// invalid looks for the first character that cannot be read, by reading ever longer prefixes of
// what is known to be whole characters. U+FFFD itself is a character where it was written.
func (c *charset) invalid(b []byte) int {
	var room [16]byte
	written, _ := c.encoding.NewEncoder().Bytes([]byte("\uFFFD"))
	for i := 0; i < len(b); {
		size := c.unit
		switch {
		case c.unit == 2 && i+4 <= len(b) && c.at(b[i:])&0xFC00 == 0xD800:
			size = 4
		case c.unit == 2:
		case b[i] < utf8.RuneSelf:
			i++
			continue
		case c.length != nil:
			size = max(1, c.length(b[i:]))
		case c.encoding == japanese.EUCJP && b[i] == 0x8F:
			size = 3
		case c.encoding == japanese.EUCJP:
			size = 2
		}
		one := b[i:min(i+size, len(b))]
		n, _, err := c.encoding.NewDecoder().Transform(room[:], one, true)
		if err != nil || bytes.Contains(room[:n], []byte("\uFFFD")) && !bytes.Equal(one, written) {
			return i
		}
		i += size
	}
	return -1
}

// at is the UTF-16 unit at the beginning of b.
func (c *charset) at(b []byte) uint16 {
	if c.big {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[1])<<8 | uint16(b[0])
}

// appendText appends UTF-8 text in this charset; an error names what it has no character for.
func (c *charset) appendText(dst, text []byte) ([]byte, error) {
	if c.encoding == nil || c.unit == 1 && ascii(text) {
		return append(dst, text...), nil
	}
	b, err := c.encoding.NewEncoder().Bytes(text)
	if err != nil {
		for _, r := range string(text) {
			if _, err := c.encoding.NewEncoder().String(string(r)); err != nil {
				return dst, fmt.Errorf("charset %s has no %q", c.name, r)
			}
		}
		return dst, fmt.Errorf("write charset %s: %w", c.name, err)
	}
	return append(dst, b...), nil
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// invalidUTF8 is the offset of the first byte that is not UTF-8, -1 where all are.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	i := 0
	for {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}
