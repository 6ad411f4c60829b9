package json

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/formats"
)

// space returns the offset of the first byte that is no white space.
func (d *decoder) space(i int) int {
	for i < len(d.b) && d.b[i] <= ' ' && isSpace(d.b[i]) {
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// Eight bytes are looked at in one go; see "Bit Twiddling Hacks" (S. E. Anderson), "Determine if a
// word has a byte less than n". The lowest bit found is exact, which is the one that is used.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks the quotes, backslashes and control characters among eight bytes. Turning over
// the second bit of each byte puts the quote (0x22) right behind the control characters.
func special(w uint64) uint64 {
	slash := w ^ ones*'\\'
	return ((w^ones*2-ones*0x21)&^w | (slash-ones)&^slash) & highs
}

// stringEnd returns the offset of the quote that ends the string beginning at i (after its opening
// quote), and whether there are escapes in it. Escapes are checked, control characters refused.
func (d *decoder) stringEnd(i int) (end int, escaped bool) {
	b := d.b
	for {
		for i+8 <= len(b) {
			m := special(binary.LittleEndian.Uint64(b[i:]))
			if m != 0 {
				if i += bits.TrailingZeros64(m) >> 3; b[i] == '"' {
					return i, escaped
				}
				break
			}
			i += 8
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			i++
		}
		switch {
		case i >= len(b):
			return d.fail(i, "the string's closing quote"), false
		case b[i] == '"':
			return i, escaped
		case b[i] != '\\':
			return d.fail(i, "control characters in strings to be escaped"), false
		}
		escaped = true
		if i = d.escape(i); i < 0 {
			return -1, false
		}
	}
}

// escape checks the escape at i and returns the offset after it.
func (d *decoder) escape(i int) int {
	if i+1 >= len(d.b) {
		return d.fail(i+1, "an escaped character")
	}
	switch d.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return d.fail(i+1, `one of "\/bfnrtu after the backslash`)
	}
	r, ok := hex4(d.b, i+2)
	switch {
	case !ok:
		return d.fail(i+2, "four hexadecimal digits")
	case r < 0xD800 || r > 0xDFFF:
		return i + 6
	case r >= 0xDC00 || i+7 >= len(d.b) || d.b[i+6] != '\\' || d.b[i+7] != 'u':
		return d.fail(i, "surrogates in pairs")
	}
	if low, ok := hex4(d.b, i+8); !ok || low < 0xDC00 || low > 0xDFFF {
		return d.fail(i, "surrogates in pairs")
	}
	return i + 12
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape replaces escapes in place, in a string that stringEnd has checked: no escape is shorter
// than what it stands for.
func unescape(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			out = append(out, b[i])
			i++
			continue
		}
		c := b[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := hex4(b, i)
			i += 4
			if r >= 0xD800 && r <= 0xDFFF {
				low, _ := hex4(b, i+2)
				i += 6
				r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
			}
			out = utf8.AppendRune(out, r)
			continue
		}
		out = append(out, c)
	}
	return out
}

// scalar checks a number, true, false or null.
func (d *decoder) scalar(i int) int {
	switch c := d.b[i]; {
	case c == 't':
		return d.literal(i, "true")
	case c == 'f':
		return d.literal(i, "false")
	case c == 'n':
		return d.literal(i, "null")
	case c == '-' || '0' <= c && c <= '9':
		return d.number(i)
	}
	return d.fail(i, "a value")
}

func (d *decoder) literal(i int, word string) int {
	if len(d.b)-i < len(word) || string(d.b[i:i+len(word)]) != word {
		return d.fail(i, word)
	}
	return i + len(word)
}

func (d *decoder) number(i int) int {
	b := d.b
	if b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
		if i < len(b) && isDigit(b[i]) {
			return d.fail(i, "no digit after a leading zero")
		}
	default:
		if i = d.digits(i); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		if i = d.digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return d.digits(i)
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// digits wants at least one.
func (d *decoder) digits(i int) int {
	start := i
	for i < len(d.b) && isDigit(d.b[i]) {
		i++
	}
	if i == start {
		return d.fail(i, "a digit")
	}
	return i
}

// skip checks a value that nobody asked for.
func (d *decoder) skip(i, depth int) int {
	if i >= len(d.b) {
		return d.fail(i, "a value")
	}
	switch d.b[i] {
	case '"':
		end, _ := d.stringEnd(i + 1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
		return d.skipNested(i, depth+1)
	}
	return d.scalar(i)
}

func (d *decoder) skipNested(i, depth int) int {
	if depth > maxDepth {
		return d.tooDeep(i)
	}
	object, end, expected := d.b[i] == '{', byte(']'), `"," or "]"`
	if object {
		end, expected = '}', `"," or "}"`
	}
	if i = d.space(i + 1); i < len(d.b) && d.b[i] == end {
		return i + 1
	}
	for {
		if object {
			if i = d.skipMember(i); i < 0 {
				return -1
			}
		}
		if i = d.skip(i, depth); i < 0 {
			return -1
		}
		if i = d.space(i); i >= len(d.b) || d.b[i] != ',' && d.b[i] != end {
			return d.fail(i, expected)
		}
		if d.b[i] == end {
			return i + 1
		}
		i = d.space(i + 1)
	}
}

// skipMember checks a name and its colon, up to the value.
func (d *decoder) skipMember(i int) int {
	if i >= len(d.b) || d.b[i] != '"' {
		return d.fail(i, "a member's name in quotes")
	}
	end, _ := d.stringEnd(i + 1)
	if end < 0 {
		return -1
	}
	if i = d.space(end + 1); i >= len(d.b) || d.b[i] != ':' {
		return d.fail(i, `":"`)
	}
	return d.space(i + 1)
}

// fail notes what was found at i in place of what was expected. It is kept out of the hot path.
//
//go:noinline
func (d *decoder) fail(i int, expected string) int {
	d.err = &formats.SyntaxError{Position: d.at, Offset: int64(i), Found: found(d.b, i), Expected: expected}
	return -1
}

func (d *decoder) tooDeep(i int) int {
	d.err = &formats.SyntaxError{Position: d.at, Offset: int64(i), Found: "deeper nesting", Expected: fmt.Sprintf("at most %d levels", maxDepth)}
	return -1
}

func (d *decoder) invalidUTF8() {
	i := 0
	for i < len(d.b) {
		r, size := utf8.DecodeRune(d.b[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		i += size
	}
	d.err = &formats.SyntaxError{Position: d.at, Offset: int64(i), Found: fmt.Sprintf("byte 0x%02X", d.b[i]), Expected: "UTF-8"}
}

// found names the character at i for a message.
func found(b []byte, i int) string {
	if i >= len(b) {
		return "the end"
	}
	r, size := utf8.DecodeRune(b[i:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte 0x%02X", b[i])
	}
	return fmt.Sprintf("%q", r)
}
