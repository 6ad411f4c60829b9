package edi

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/touchstone-hub/touchstone/formats"
)

type charset struct {
	name string
	cm   *charmap.Charmap
}

func charsetNamed(name string) *charset {
	switch name {
	case "utf-8":
		return &charset{name: name}
	case "windows-1252":
		return &charset{name: name, cm: charmap.Windows1252}
	case "iso-8859-1":
		return &charset{name: name, cm: charmap.ISO8859_1}
	}
	return nil
}

func (f *Format) charsetOf(m *message) charset {
	if f.options.Charset != "" {
		return *charsetNamed(f.options.Charset)
	}
	return charset{name: "windows-1252"}
}

func (c charset) decode(a *formats.Arena, raw []byte) ([]byte, int) {
	plain := true
	for _, b := range raw {
		if b >= 0x80 {
			plain = false
			break
		}
	}
	if plain || c.cm == nil && utf8.Valid(raw) {
		return raw, -1
	}
	cm := c.cm
	if cm == nil {
		cm = charmap.Windows1252
	}
	out := a.Room(3 * len(raw))[:0]
	for _, b := range raw {
		out = utf8.AppendRune(out, cm.DecodeByte(b))
	}
	return out, -1
}

func (c *charset) encode(text []byte) ([]byte, string) {
	if c.cm == nil {
		return text, ""
	}
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		b, ok := c.cm.EncodeRune(r)
		if !ok {
			return nil, string(r)
		}
		out = append(out, b)
	}
	return out, ""
}
