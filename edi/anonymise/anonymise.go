// Package anonymise takes what people and firms could be known by out of interchanges, so that they
// can be shown to others. A stream comes in and the same stream goes out with other letters and
// digits: structure, delimiters, lengths, counts, control numbers, dates, qualifiers and codes stay,
// and the same value becomes the same value throughout. It cannot know what a code list of one's own
// gives away.
package anonymise

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/edi"
)

// Anonymiser replaces values. What a value becomes depends on the value and a key alone.
type Anonymiser struct{ key []byte }

// New gives an anonymiser. Without a key it makes one that is never seen again, so that nobody can
// find a value by trying; with the same key the same values become the same in every run.
func New(key []byte) *Anonymiser {
	if len(key) == 0 {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails, by its contract
	}
	return &Anonymiser{key}
}

// Stream writes what in reads, with other values. What stands between segments and belongs to none
// is left out. The error is that of writing, or why reading ended.
func (a *Anonymiser) Stream(out io.Writer, in *edi.Scanner) error {
	w := bufio.NewWriterSize(out, 64<<10)
	for in.Next() {
		a.segment(w, in.Segment())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return in.Err()
}

func (a *Anonymiser) segment(w *bufio.Writer, g *edi.Segment) {
	for _, b := range g.Before {
		if b <= ' ' || b >= 0xbb && g.Offset == 3 { // line breaks, and a byte-order mark
			_ = w.WriteByte(b)
		}
	}
	raw := g.Bytes()
	if g.Is("UNA") && g.Len() == 0 {
		_, _ = w.Write(raw)
		return
	}
	at := 0 // in raw, up to where it is written
	for t := range g.Tokens {
		from := int(t.Offset - g.Offset)
		_, _ = w.Write(raw[at:from])
		at = from + len(t.Raw)
		if t.Element > 0 && personal(g, t) {
			_, _ = w.Write(a.value(g.Syntax, t.Raw))
		} else {
			_, _ = w.Write(t.Raw)
		}
	}
	_, _ = w.Write(raw[at:])
}

// value gives another value of the same length and kinds of characters. Delimiters and release
// characters stay where they are, and so do signs and blanks.
func (a *Anonymiser) value(y *edi.Syntax, raw []byte) []byte {
	stream := dice{mac: a.sum(raw)}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		b := raw[i]
		if b == y.Release && b != 0 && i+1 < len(raw) {
			out = append(out, b, raw[i+1])
			i += 2
			continue
		}
		if b < utf8.RuneSelf {
			out = append(out, stream.ascii(b))
			i++
			continue
		}
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError {
			out = append(out, stream.high(b, y))
			i++
			continue
		}
		out = append(out, stream.character(r, size)...)
		i += size
	}
	return out
}

func (a *Anonymiser) sum(raw []byte) []byte {
	h := hmac.New(sha256.New, a.key)
	_, _ = h.Write(raw)
	return h.Sum(nil)
}

// dice gives numbers that follow from a value and the key.
type dice struct {
	mac []byte
	at  int
}

func (d *dice) roll(n int) int {
	if d.at+4 > len(d.mac) {
		next := sha256.Sum256(d.mac)
		d.mac, d.at = next[:], 0
	}
	x := binary.BigEndian.Uint32(d.mac[d.at:])
	d.at += 4
	return int(uint64(x) * uint64(n) >> 32)
}

// ascii gives another letter for a letter and another digit for a digit; zero stays, for it may lead
// or end a number.
func (d *dice) ascii(b byte) byte {
	switch {
	case b >= '1' && b <= '9':
		return byte('1' + d.roll(9))
	case b >= 'A' && b <= 'Z':
		return byte('A' + d.roll(26))
	case b >= 'a' && b <= 'z':
		return byte('a' + d.roll(26))
	}
	return b
}

// high gives another letter of a Latin alphabet of one byte a character.
func (d *dice) high(b byte, y *edi.Syntax) byte {
	c := b
	switch {
	case b >= 0xe0 && b != 0xf7:
		c = byte(0xe0 + d.roll(0x17))
	case b >= 0xc0 && b != 0xd7:
		c = byte(0xc0 + d.roll(0x17))
	}
	if y.Has(c) {
		return b
	}
	return c
}

// character gives another character of the same script and number of bytes.
func (d *dice) character(r rune, size int) []byte {
	span := func(from, n rune) rune { return from + rune(d.roll(int(n))) }
	c := r
	switch {
	case unicode.Is(unicode.Han, r) && r < 0x10000:
		c = span(0x4e00, 0x2000) // the more common half of the unified ideographs
	case unicode.Is(unicode.Hiragana, r):
		c = span(0x3042, 0x50)
	case unicode.Is(unicode.Katakana, r) && r < 0x3100:
		c = span(0x30a2, 0x50)
	case unicode.Is(unicode.Hangul, r) && r >= 0xac00:
		c = span(0xac00, 0x2ba4)
	case unicode.Is(unicode.Cyrillic, r) && unicode.IsUpper(r):
		c = span(0x410, 0x20)
	case unicode.Is(unicode.Cyrillic, r):
		c = span(0x430, 0x10)
	case unicode.Is(unicode.Greek, r):
		c = span(0x3b1, 0x11)
	case unicode.IsUpper(r) && size == 2:
		c = span(0xc0, 0x17)
	case unicode.IsLower(r) && size == 2:
		c = span(0xe0, 0x17)
	}
	if utf8.RuneLen(c) != size {
		c = r
	}
	return utf8.AppendRune(nil, c)
}
