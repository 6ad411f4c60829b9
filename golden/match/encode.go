package match

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/canonical"
)

// encodingVersion changes with what AppendFeatures writes, and with how this package derives it.
const encodingVersion = 1

// Layout names everything that encoded features depend on beside the record and the standardisers:
// features that were written under another layout must not be read.
func (r *Rules) Layout() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d|%q", encodingVersion, r.Unique)
	for i := range r.Comparisons {
		fmt.Fprintf(&b, "|%q", r.Comparisons[i].Attribute)
	}
	if len(r.Comparisons) == 0 {
		for i := range r.Keys {
			fmt.Fprintf(&b, "|%d %q", r.Keys[i].Parts, r.Keys[i].Attributes)
		}
	}
	return b.String()
}

// AppendFeatures writes what Weight and Partition need to know of a record: all of its features where
// keys decide, all but the keys where comparisons do. Numbers are unsigned varints, texts a length
// and their bytes, hashes 8 bytes.
func (r *Rules) AppendFeatures(dst []byte, f *Features) []byte {
	dst = appendText(dst, string(f.Kind))
	dst = appendText(dst, f.BirthDate)
	dst = appendNumber(dst, len(f.Unique))
	for _, u := range f.Unique {
		dst = appendText(dst, u.scheme)
		dst = appendNumber(dst, len(u.values))
		for _, hash := range u.values {
			dst = binary.BigEndian.AppendUint64(dst, hash)
		}
	}
	dst = appendNumber(dst, len(f.People))
	for i := range f.People {
		p := &f.People[i]
		dst = appendText(appendText(dst, p.Family), p.Given)
		usual := 0
		if p.Usual {
			usual = 1
		}
		dst = appendNumber(dst, usual)
	}
	if len(r.Comparisons) == 0 {
		dst = appendNumber(dst, len(f.Keys))
		for _, k := range f.Keys {
			dst = appendNumber(binary.BigEndian.AppendUint64(dst, k.Hash), k.Rule)
		}
		return dst
	}
	total := 0
	for _, list := range f.Values {
		total += len(list)
	}
	dst = appendNumber(dst, total)
	for _, list := range f.Values {
		dst = appendNumber(dst, len(list))
		for i := range list {
			dst = appendText(dst, list[i].Text)
		}
	}
	return dst
}

func appendNumber(dst []byte, n int) []byte { return binary.AppendUvarint(dst, uint64(n)) }

func appendText(dst []byte, text string) []byte { return append(appendNumber(dst, len(text)), text...) }

var errEncoded = errors.New("not the encoded features of a record")

// ReadFeatures reads what AppendFeatures wrote under the same layout.
func (r *Rules) ReadFeatures(encoded []byte) (*Features, error) {
	in := reader{rest: string(encoded)} // one text, of which all others are parts
	f := &Features{Kind: canonical.Kind(in.text()), BirthDate: in.text()}
	for range in.count() {
		u := unique{scheme: in.text()}
		for range in.count() {
			u.values = append(u.values, in.hash())
		}
		f.Unique = append(f.Unique, u)
	}
	if n := in.count(); n > 0 {
		f.People = make([]PersonName, n)
	}
	for i := range f.People {
		family, given := in.text(), in.text()
		f.People[i] = newPersonName(family, given, in.number() == 1)
	}
	if len(r.Comparisons) == 0 {
		for range in.count() {
			f.Keys = append(f.Keys, Key{Hash: in.hash(), Rule: in.number()})
		}
		return f, in.end()
	}
	f.Values = make([][]Value, len(r.Comparisons))
	values := make([]Value, in.count())
	for i := range f.Values {
		n := in.count()
		if n > len(values) {
			return nil, errEncoded
		}
		for j := range n {
			values[j] = NewValue(in.text())
		}
		if n > 0 {
			f.Values[i], values = values[:n:n], values[n:]
		}
	}
	return f, in.end()
}

// reader reads to the end; what is missing is empty, and failed says so.
type reader struct {
	rest   string
	failed bool
}

func (in *reader) number() int {
	n := uint64(0)
	for i := 0; i < len(in.rest) && i < binary.MaxVarintLen32; i++ {
		b := in.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			in.rest = in.rest[i+1:]
			return int(n)
		}
	}
	in.rest, in.failed = "", true
	return 0
}

// count is the number of things that follow, each of a byte at least.
func (in *reader) count() int {
	n := in.number()
	if n > len(in.rest) {
		in.rest, in.failed = "", true
		return 0
	}
	return n
}

func (in *reader) text() string {
	n := in.count()
	text := in.rest[:n]
	in.rest = in.rest[n:]
	return text
}

func (in *reader) hash() (h uint64) {
	if len(in.rest) < 8 {
		in.rest, in.failed = "", true
		return 0
	}
	for i := range 8 {
		h = h<<8 | uint64(in.rest[i])
	}
	in.rest = in.rest[8:]
	return h
}

func (in *reader) end() error {
	if in.failed || in.rest != "" {
		return errEncoded
	}
	return nil
}
