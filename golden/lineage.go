package golden

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/golden/survive"
)

// A lineage is stored packed, because it is written with every golden record and seldom read:
//
//	version   1 byte: 1, or 2 where it names the sources itself: their number and keys follow
//	times     for each of the golden record's Sources its business time
//	then for each attribute
//	  name    1 byte: its code; 0: text
//	  values  a number, and for each value
//	    rule  1 byte: the code of its rule (low 4 bits; 0: text follows) and which parts there are
//	    source, then as said in the rule's byte: own time, hash (8 bytes), also, lost
//
// Numbers are unsigned varints, texts are preceded by their length, and a source is its place in
// Sources plus 1, or 0 and its key.
const (
	lineageVersion = 1
	withSources    = 2
)

// Which parts a value has, beside the code of its rule.
const (
	ruleBits   = 0x0f
	hasOwnTime = 0x10 // another than its source's
	hasHash    = 0x20
	hasAlso    = 0x40
	hasLost    = 0x80
)

// attributeCodes and ruleCodes stand for names in the store; they never change their meaning. What
// is not listed is stored by its name.
var (
	attributeCodes = codes(
		"kind", "identifiers", "names", "birthDate", "gender", "language", "industry", "emails",
		"phones", "faxes", "webs", "chats", "addresses", "contacts", "bankAccounts", "currency",
		"paymentTerms", "discountTerms", "taxRule", "creditLimit", "creditRating", "salesLimit",
		"salesperson", "commissionCode", "customerType", "priceList", "deliveryTerms", "satisfaction",
		"contractPerformance", "problems", "competitors", "needs", "potential", "contactsMade",
		"discountsGiven", "cooperations", "consents", "loyalty", "attributes")
	ruleCodes = codes("pinned", string(survive.SourcePriority), string(survive.MostRecent), string(survive.MostComplete),
		string(survive.MostFrequent), string(survive.Longest), string(survive.Union),
		string(survive.VerifiedFirst), string(survive.Trust))
)

// codebook numbers names from 1.
type codebook struct {
	names []string
	code  map[string]byte
}

func codes(names ...string) codebook {
	b := codebook{names: names, code: make(map[string]byte, len(names))}
	for i, name := range names {
		b.code[name] = byte(i + 1)
	}
	return b
}

// packLineage writes the lineage of a golden record whose records have the keys sources, sorted,
// and were last changed at times. The same lineage gives the same bytes.
func packLineage(sources []string, times []time.Time, attributes []survive.Attribute) []byte {
	p := packing{sources: sources, times: times, b: make([]byte, 0, 64+24*len(attributes))}
	p.b = append(p.b, lineageVersion)
	for _, t := range times {
		p.time(t)
	}
	for _, a := range attributes {
		code := attributeCodes.code[a.Name]
		p.b = append(p.b, code)
		if code == 0 {
			p.text(a.Name)
		}
		p.number(len(a.Values))
		for i := range a.Values {
			p.value(&a.Values[i])
		}
	}
	return p.b
}

type packing struct {
	sources []string
	times   []time.Time
	b       []byte
}

func (p *packing) number(n int) { p.b = binary.AppendUvarint(p.b, uint64(n)) }

func (p *packing) text(s string) {
	p.number(len(s))
	p.b = append(p.b, s...)
}

// time writes microseconds since 1970 plus 1, zigzag; 0 where unknown.
func (p *packing) time(t time.Time) {
	if t.IsZero() {
		p.number(0)
		return
	}
	us := t.UnixMicro()
	p.b = binary.AppendUvarint(p.b, uint64(us<<1^us>>63)+1)
}

// source writes whose it is, and returns its place in sources, -1 where it has none.
func (p *packing) source(key string) int {
	i, known := slices.BinarySearch(p.sources, key)
	if !known {
		p.number(0)
		p.text(key)
		return -1
	}
	p.number(i + 1)
	return i
}

func (p *packing) value(v *survive.Value) {
	at := len(p.b)
	parts := ruleCodes.code[v.Rule]
	p.b = append(p.b, parts)
	if parts == 0 {
		p.text(v.Rule)
	}
	if i := p.source(v.Source); i < 0 || !p.times[i].Equal(v.Time) {
		parts |= hasOwnTime
		p.time(v.Time)
	}
	if v.Hash != 0 {
		parts |= hasHash
		p.b = binary.BigEndian.AppendUint64(p.b, v.Hash)
	}
	if len(v.Also) > 0 {
		parts |= hasAlso
		p.number(len(v.Also))
		for _, key := range v.Also {
			p.source(key)
		}
	}
	if len(v.Lost) > 0 {
		parts |= hasLost
		p.number(len(v.Lost))
		for _, l := range v.Lost {
			p.source(l.Source)
			p.text(string(l.Value))
			p.text(l.Why)
		}
	}
	p.b[at] = parts
}

// keepSources returns a packed lineage that can be read without the golden record's Sources.
func keepSources(packed []byte, sources []string) []byte {
	if len(packed) == 0 || packed[0] != lineageVersion {
		return packed
	}
	p := packing{b: []byte{withSources}}
	p.number(len(sources))
	for _, key := range sources {
		p.text(key)
	}
	return append(p.b, packed[1:]...)
}

var errLineage = errors.New("its stored form cannot be read")

// ReadLineage reads the lineage of a golden record: of the attributes that it has or is known not to
// have.
func ReadLineage(g GoldenRecord) (Lineage, error) {
	lineage, err := readLineage(g)
	maps.DeleteFunc(lineage, func(_ string, values []ValueLineage) bool { return unheard(values) })
	return lineage, err
}

// unheard tells whether an attribute stands in a lineage only for what records without a say state.
func unheard(values []ValueLineage) bool { return len(values) == 1 && values[0].Rule == survive.NoRule }

// readLineage reads the lineage of a golden record, attributes that records without a say state
// included.
func readLineage(g GoldenRecord) (Lineage, error) {
	lineage := Lineage{}
	if len(g.Lineage) == 0 {
		return lineage, nil
	}
	u := unpacking{sources: g.Sources, b: g.Lineage[1:]}
	switch g.Lineage[0] {
	case lineageVersion:
	case withSources:
		u.sources = make([]string, u.length())
		for i := range u.sources {
			u.sources[i] = u.text()
		}
	default:
		return nil, fmt.Errorf("read the lineage of %s: %w: version %d", g.ID, errLineage, g.Lineage[0])
	}
	u.times = make([]time.Time, len(u.sources))
	for i := range u.times {
		u.times[i] = u.time()
	}
	for len(u.b) > 0 && !u.broken {
		name := u.name(attributeCodes, u.byte())
		values := make([]ValueLineage, u.length())
		for i := range values {
			values[i] = u.value()
		}
		lineage[name] = values
	}
	if u.broken {
		return nil, fmt.Errorf("read the lineage of %s: %w", g.ID, errLineage)
	}
	return lineage, nil
}

// unpacking reads what packing wrote. Where it cannot, it is broken, and gives zero values.
type unpacking struct {
	sources []string
	times   []time.Time
	b       []byte
	broken  bool
}

func (u *unpacking) fail() {
	u.b, u.broken = nil, true
}

func (u *unpacking) number() uint64 {
	n, size := binary.Uvarint(u.b)
	if size <= 0 {
		u.fail()
		return 0
	}
	u.b = u.b[size:]
	return n
}

// length is a number of things of which each takes a byte at least.
func (u *unpacking) length() int {
	n := u.number()
	if n > uint64(len(u.b)) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacking) bytes(n int) []byte {
	if n > len(u.b) {
		u.fail()
		return make([]byte, n)
	}
	taken := u.b[:n:n]
	u.b = u.b[n:]
	return taken
}

func (u *unpacking) byte() byte { return u.bytes(1)[0] }

func (u *unpacking) text() string { return string(u.bytes(u.length())) }

func (u *unpacking) name(book codebook, code byte) string {
	switch {
	case code == 0:
		return u.text()
	case int(code) > len(book.names):
		u.fail()
		return ""
	}
	return book.names[code-1]
}

func (u *unpacking) time() time.Time {
	n := u.number()
	if n == 0 {
		return time.Time{}
	}
	n--
	return time.UnixMicro(int64(n>>1) ^ -int64(n&1)).UTC()
}

func (u *unpacking) source() (key string, t time.Time) {
	n := u.number()
	switch {
	case n == 0:
		return u.text(), time.Time{}
	case n > uint64(len(u.sources)):
		u.fail()
		return "", time.Time{}
	}
	return u.sources[n-1], u.times[n-1]
}

func (u *unpacking) value() (v ValueLineage) {
	parts := u.byte()
	v.Rule = u.name(ruleCodes, parts&ruleBits)
	var at time.Time
	v.Source, at = u.source()
	if parts&hasOwnTime != 0 {
		at = u.time()
	}
	if !at.IsZero() {
		v.Time = at.Format(time.RFC3339Nano)
	}
	if parts&hasHash != 0 {
		v.Hash = binary.BigEndian.Uint64(u.bytes(8))
	}
	if parts&hasAlso != 0 {
		for range u.length() {
			key, _ := u.source()
			v.Also = append(v.Also, key)
		}
	}
	if parts&hasLost != 0 {
		for range u.length() {
			key, _ := u.source()
			v.Lost = append(v.Lost, LostVal{Source: key, Value: u.bytes(u.length()), Why: u.text()})
		}
	}
	return v
}
