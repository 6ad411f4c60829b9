package match

import (
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Level is one degree of likeness of two values. A comparison has several, the strongest first; a
// pair is of the first that holds.
type Level struct {
	Kind LevelKind
	Arg  int // what Kind says
	// Weight is what the level says for (positive) or against two records being one customer, in
	// 1/1024 bit, where no parameters were trained.
	Weight int32
}

// LevelKind is how two values are compared.
type LevelKind int

// The kinds of level.
const (
	Exact        LevelKind = iota // equal in standardised form
	Nickname                      // equal, or forms of one given name: Bill and William
	Begins                        // one is the beginning of the other, be it an initial
	JaroWinkler                   // similarity of at least Arg thousandths
	Edits                         // at most Arg letters put in, left out, replaced or swapped with their neighbour
	TokenSet                      // at least Arg thousandths of the letters are in words that both have
	OneDigit                      // dates and numbers: one digit differs, or two neighbours are swapped
	DayMonth                      // dates: day and month are swapped
	Within                        // dates: at most Arg days apart
	SameYear                      // dates: of one year
	LocalPart                     // mail addresses: equal before the @
	LastDigits                    // numbers: the last Arg digits are equal
	PostcodeTown                  // places: postcode and locality are equal
	PostcodeOnly                  // places: the postcode is equal
	AreaTown                      // places: locality and postcode area are equal
	TownOnly                      // places: the locality is equal, or a slip of the pen apart
	AreaOnly                      // places: the postcode area is equal, or one character of the postcode differs
	Numeric                       // numbers: at most Arg thousandths of the larger apart
	Distance                      // coordinates: at most Arg metres apart
	lastLevelKind
)

// LevelNames are the names of the kinds in a ruleset, by LevelKind.
var LevelNames = [lastLevelKind]string{
	"exact", "nickname", "begins", "jaro_winkler", "edits", "token_set", "one_digit", "day_month", "within_days", "same_year",
	"local_part", "last_digits", "postcode_locality", "postcode", "area_locality", "locality", "area", "within_share", "within_metres",
}

// frequent says whether the weight of a level depends on how common the value is that both have.
func (l *Level) frequent() bool {
	switch l.Kind {
	case Exact, PostcodeTown, PostcodeOnly, AreaTown, TownOnly:
		return true
	}
	return false
}

// begins says whether the shorter of two words, be it an initial, begins the longer.
func begins(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a != "" && strings.HasPrefix(b, a)
}

func (l *Level) dates(a, b string) bool {
	if len(a) != len(time.DateOnly) || len(b) != len(a) {
		return false
	}
	switch l.Kind {
	case DayMonth:
		return a[:5] == b[:5] && a[5:7] == b[8:] && a[8:] == b[5:7]
	case SameYear:
		return a[:5] == b[:5]
	}
	x, errX := time.Parse(time.DateOnly, a)
	y, errY := time.Parse(time.DateOnly, b)
	if errX != nil || errY != nil {
		return false
	}
	days := int(x.Sub(y).Hours() / 24)
	return max(days, -days) <= l.Arg
}

// place is a postcode and a locality, either of which may be empty.
type place struct{ code, town string }

// placeOf reads a place, whose parts are parted by NUL.
func placeOf(text string) (p place) {
	p.code, p.town, _ = strings.Cut(text, parted)
	return p
}

func (l *Level) places(a, b *place) bool {
	code := a.code != "" && a.code == b.code
	town := a.town != "" && a.town == b.town
	switch l.Kind {
	case PostcodeTown:
		return code && town
	case PostcodeOnly:
		return code
	case AreaTown:
		return town && a.code != "" && b.code != "" && postcodeArea(a.code) == postcodeArea(b.code)
	case TownOnly:
		return town || a.town != "" && b.town != "" && jaroWinkler(a.town, b.town) >= 900
	case AreaOnly:
		return a.code != "" && b.code != "" && (postcodeArea(a.code) == postcodeArea(b.code) || distance(a.code, b.code, 1) <= 1)
	}
	return false
}

// shared is the value whose frequency tells how much a level says, as its hash: what both have; 0
// where that is alike only.
func (l *Level) shared(a, b *Value) uint64 {
	switch l.Kind {
	case PostcodeTown, PostcodeOnly:
		return xxhash.Sum64String(placeOf(a.Text).code)
	case AreaTown, TownOnly:
		if town := placeOf(a.Text).town; town == placeOf(b.Text).town {
			return xxhash.Sum64String(town)
		}
		return 0
	}
	return a.hash
}

// parted stands between the parts of a value.
const parted = "\x00"

// postcodeArea is what is in front of the part of a postcode that names a street or a few houses:
// of SW1A 1AA it is SW1A, of 10115 it is 101.
func postcodeArea(code string) string {
	last := len(code) - 1
	if last >= 4 && isLetter(code[last]) && isLetter(code[last-1]) && isDigit(code[last-2]) && isLetter(code[0]) {
		return code[:last-2]
	}
	return code[:min(len(code), max(3, len(code)-2))]
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *Level) numbers(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return false
	}
	return abs(x-y)*thousand <= float64(l.Arg)*max(abs(x), abs(y))
}

// near compares coordinates, latitude and longitude in decimal degrees parted by NUL. Over such
// distances the earth is flat, and a degree of longitude shorter the further from the equator.
func (l *Level) near(a, b string) bool {
	ax, ay, okA := degrees(a)
	bx, by, okB := degrees(b)
	if !okA || !okB {
		return false
	}
	const metres = 111_195 // of a degree of latitude
	north := (ax - bx) * metres
	east := (ay - by) * metres * narrowed((ax+bx)/2)
	return float64(north*north)+float64(east*east) <= float64(l.Arg)*float64(l.Arg)
}

func degrees(text string) (latitude, longitude float64, ok bool) {
	x, y, _ := strings.Cut(text, parted)
	latitude, errX := strconv.ParseFloat(x, 64)
	longitude, errY := strconv.ParseFloat(y, 64)
	return latitude, longitude, errX == nil && errY == nil
}

// narrowed is the cosine of a latitude in degrees, by whole degrees: the same on every machine.
func narrowed(latitude float64) float64 {
	return cosines[min(int(abs(latitude)), 90)]
}

var cosines = func() (table [91]float64) {
	// Taylor's series in explicit steps, so that no machine fuses or rounds otherwise.
	for d := range table {
		x := float64(d) * 3.141592653589793 / 180
		term, sum := 1.0, 1.0
		for n := 1; n < 12; n++ {
			term = float64(-term*x) * x / float64((2*n-1)*(2*n))
			sum = float64(sum + term)
		}
		table[d] = sum
	}
	return table
}()

func abs(x float64) float64 { return max(x, -x) }

// sort names what sort of value a level's frequency is counted of.
func (l *Level) sort() string {
	switch l.Kind {
	case PostcodeTown, PostcodeOnly:
		return "postcode"
	case AreaTown, TownOnly:
		return "locality"
	}
	return ""
}

// sortOf is the hash of the part of a value that is of a sort; 0 where it has none.
func sortOf(sort string, v *Value) uint64 {
	part := ""
	switch sort {
	case "postcode":
		part = placeOf(v.Text).code
	case "locality":
		part = placeOf(v.Text).town
	default:
		return v.hash
	}
	if part == "" {
		return 0
	}
	return xxhash.Sum64String(part)
}
