package match

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
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
	for i := range r.Keys {
		fmt.Fprintf(&b, "|%d %q %d", r.Keys[i].Parts, r.Keys[i].Attributes, r.Keys[i].refines)
	}
	return b.String()
}

// AppendFeatures writes features. Numbers are unsigned varints, texts a length and their bytes,
// hashes 8 bytes.
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
		dst = appendText(appendText(dst, p.Family.Text), p.Given.Text)
		usual := 0
		if p.Usual {
			usual = 1
		}
		dst = appendNumber(dst, usual)
	}
	dst = appendNumber(dst, len(f.values))
	for i := range r.Comparisons {
		dst = appendNumber(dst, len(f.of(i)))
	}
	for i := range f.values {
		dst = appendText(dst, f.values[i].Text)
	}
	return appendKeys(dst, f.Keys)
}

// appendKeys writes of each key its hash, its rule, and the place from 1 of the key that it refines, 0
// for one of its own.
func appendKeys(dst []byte, keys []Key) []byte {
	dst = appendNumber(dst, len(keys))
	for _, k := range keys {
		of := 0
		if k.Of != 0 {
			of = 1 + slices.IndexFunc(keys, func(own Key) bool { return own.Hash == k.Of })
		}
		dst = appendNumber(appendNumber(binary.BigEndian.AppendUint64(dst, k.Hash), k.Rule), of)
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
	hashed := r.comparesNames()
	for i := range f.People {
		p := PersonName{Family: Value{Text: in.text()}, Given: Value{Text: in.text()}, Usual: in.number() == 1}
		if hashed {
			p.Family, p.Given = NewValue(p.Family.Text), NewValue(p.Given.Text)
		}
		f.People[i] = p
	}
	in.values(r, f)
	in.keys(f)
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
	in.fail()
	return 0
}

// count is the number of things that follow, each of a byte at least.
func (in *reader) count() int {
	n := in.number()
	if n > len(in.rest) {
		in.fail()
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
		in.fail()
		return 0
	}
	for i := range 8 {
		h = h<<8 | uint64(in.rest[i])
	}
	in.rest = in.rest[8:]
	return h
}

func (in *reader) values(r *Rules, f *Features) {
	total := in.count()
	if len(r.Comparisons) == 0 && total > 0 {
		in.fail()
		return
	}
	end := 0
	for i := range r.Comparisons {
		end += in.number()
		if end < 0 || end > total {
			in.fail()
			return
		}
		f.ends[i] = uint16(end)
	}
	if end != total || total > mostValues*maxComparisons {
		in.fail()
		return
	}
	if len(r.Comparisons) > 0 {
		f.values = make([]Value, total)
	}
	for i := range f.values {
		f.values[i] = NewValue(in.text())
	}
}

func (in *reader) keys(f *Features) {
	f.Keys = make([]Key, in.count())
	for i := range f.Keys {
		f.Keys[i].Hash, f.Keys[i].Rule = in.hash(), in.number()
		f.Keys[i].Of = uint64(in.number()) // a place, until all are there
	}
	for i := range f.Keys {
		if of := f.Keys[i].Of; of > uint64(len(f.Keys)) {
			in.fail()
			return
		} else if of > 0 {
			f.Keys[i].Of = f.Keys[of-1].Hash
		}
	}
}

func (in *reader) fail() { in.rest, in.failed = "", true }

func (in *reader) end() error {
	if in.failed || in.rest != "" {
		return errEncoded
	}
	return nil
}
