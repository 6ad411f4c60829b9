package match

import (
	mathbits "math/bits"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Value is a standardised value with what quickly tells that two are unlike.
type Value struct {
	Text    string
	hash    uint64 // stands for the text: values with equal hashes are equal
	letters uint32 // a bit for each letter that it has, by its code modulo 32
	length  int32  // in letters
}

// NewValue prepares a value for comparison.
func NewValue(text string) Value {
	v := Value{Text: text, hash: xxhash.Sum64String(text)}
	for _, letter := range text {
		v.letters |= 1 << (letter & 31)
		v.length++
	}
	return v
}

func newValues(texts []string) []Value {
	if len(texts) == 0 {
		return nil
	}
	list := make([]Value, len(texts))
	for i, text := range texts {
		list[i] = NewValue(text)
	}
	return list
}

// known says whether there is a value.
func (v *Value) known() bool { return v.Text != "" }

func (v *Value) same(w *Value) bool { return v.hash == w.hash }

// apart is how many letters two values differ in at least: each that is put in, left out or
// replaced changes no more than two of their sets of letters.
func (v *Value) apart(w *Value) int {
	return (mathbits.OnesCount32(v.letters^w.letters) + 1) / 2
}

// mostJaro is the most that the similarity by Jaro and Winkler can be, in thousandths: letters that
// only one of the two has are not shared.
func (v *Value) mostJaro(w *Value) int {
	shared := min(int(v.length)-mathbits.OnesCount32(v.letters&^w.letters), int(w.length)-mathbits.OnesCount32(w.letters&^v.letters))
	if shared <= 0 {
		return 0
	}
	jaro := (shared*thousand/int(v.length) + shared*thousand/int(w.length) + thousand) / 3
	prefix := 0
	for prefix < 4 && prefix < len(v.Text) && prefix < len(w.Text) && v.Text[prefix] == w.Text[prefix] {
		prefix++
	}
	return jaro + prefix*(thousand-jaro)/10 + 2 // what was rounded off
}

// likeness compares two values by several levels, working out each similarity once.
type likeness struct {
	a, b   *Value
	jaro   int // -1: not known yet
	tokens int
	placed bool
	places [2]place
}

func (k *likeness) holds(l *Level) bool {
	a, b := k.a, k.b
	switch l.Kind {
	case Exact:
		return a.same(b)
	case JaroWinkler:
		if k.jaro < 0 {
			if a.mostJaro(b) < l.Arg {
				return false
			}
			k.jaro = jaroWinkler(a.Text, b.Text)
		}
		return k.jaro >= l.Arg
	case TokenSet:
		if k.tokens < 0 {
			k.tokens = tokenSet(a.Text, b.Text)
		}
		return k.tokens >= l.Arg
	case Edits:
		return min(a.length, b.length) > int32(l.Arg) && a.apart(b) <= l.Arg && distance(a.Text, b.Text, l.Arg) <= l.Arg
	case OneDigit:
		return a.apart(b) <= 1 && distance(a.Text, b.Text, 1) <= 1
	case PostcodeTown, PostcodeOnly, AreaTown, TownOnly, AreaOnly:
		if !k.placed {
			k.placed, k.places = true, [2]place{placeOf(a.Text), placeOf(b.Text)}
		}
		return l.places(&k.places[0], &k.places[1])
	}
	return l.holds(a.Text, b.Text)
}

// holds says whether two values are alike to this degree, of levels that compare them as they are.
func (l *Level) holds(a, b string) bool {
	switch l.Kind {
	case Nickname:
		return nicknames(a, b)
	case Begins:
		return begins(a, b)
	case DayMonth, Within, SameYear:
		return l.dates(a, b)
	case LocalPart:
		at := strings.IndexByte(a, '@')
		return at > 0 && len(b) > at && a[:at+1] == b[:at+1]
	case LastDigits:
		return len(a) >= l.Arg && len(b) >= l.Arg && a[len(a)-l.Arg:] == b[len(b)-l.Arg:]
	case Numeric:
		return l.numbers(a, b)
	case Distance:
		return l.near(a, b)
	}
	return false
}

// cached are levels that were worked out before, in the places that the hashes of their values fall
// into: a later pair takes the place of an earlier one. Names come again and again.
type cached []cachedLevel

type cachedLevel struct {
	pair  uint64 // of both values and the comparison; 0 for none
	level uint8
}

const cachePlaces = 1 << 16

func newCache() cached { return make(cached, cachePlaces) }

// at gives the place of a pair of values of a comparison, whichever comes first.
func (c cached) at(comparison int, a, b *Value) (*cachedLevel, uint64) {
	pair := (a.hash+b.hash)*0x9e3779b97f4a7c15 ^ (a.hash ^ b.hash) ^ uint64(comparison+1)*0xd6e8feb86659fd93
	pair = max(pair, 1)
	return &c[pair>>48&(cachePlaces-1)], pair
}
