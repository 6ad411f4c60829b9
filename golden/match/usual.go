package match

import (
	"math"
	"slices"
	"strings"
)

// MostKeys bounds the rules of keys: which of them two records share is kept in 64 bits.
const MostKeys = 64

// MostComparisons bounds the comparisons of a ruleset.
const MostComparisons = maxComparisons

// KnownAttribute says whether comparisons and keys may name an attribute.
func KnownAttribute(name string) bool {
	for _, prefix := range []string{"identifiers.", "attributes."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest != ""
		}
	}
	return slices.Contains(AttributeNames, name)
}

// KeyAttributes are the attributes that may stand in a key beside the parts, and are none of them.
func KeyAttributes() []string {
	return slices.DeleteFunc(slices.Clone(AttributeNames), func(name string) bool { return slices.Contains(PartNames[:], name) })
}

// Argument is what number a kind of level takes.
type Argument int

// The arguments.
const (
	NoArgument Argument = iota
	Share               // from 0 to 1, kept in thousandths
	Count               // a whole number
)

// Argument of levels of the kind.
func (k LevelKind) Argument() Argument {
	switch k {
	case JaroWinkler, TokenSet, Numeric:
		return Share
	case Edits, Within, LastDigits, Distance:
		return Count
	}
	return NoArgument
}

// Fits says whether n may be the argument.
func (a Argument) Fits(n float64) bool {
	if a == Share {
		return n > 0 && n <= 1
	}
	return n >= 1 && n <= 1e6 && n == math.Trunc(n)
}

// Whole is the argument as levels keep it.
func (a Argument) Whole(n float64) int {
	if a == Share {
		return int(math.Round(n * thousand))
	}
	return int(n)
}

// Expected says what is expected of the argument.
func (a Argument) Expected() string {
	if a == Share {
		return "a number above 0, at most 1"
	}
	return "a whole number above 0"
}

// Example is one.
func (a Argument) Example() string {
	if a == Share {
		return "0.9"
	}
	return "2"
}

// UsualLevel is a level of a kind with its usual weight.
func UsualLevel(kind LevelKind) Level {
	usual := [lastLevelKind]int32{
		Exact: 7, Nickname: 5, Begins: 3, JaroWinkler: 4, Edits: 3, TokenSet: 5, OneDigit: 6, DayMonth: 6, Within: 2, SameYear: 1,
		LocalPart: 9, LastDigits: 6, PostcodeTown: 9, PostcodeOnly: 8, AreaTown: 6, TownOnly: 4, AreaOnly: 3, Numeric: 3, Distance: 8,
	}
	return Level{Kind: kind, Weight: usual[kind] * Bit}
}

// UsualComparison is how an attribute is compared where a ruleset says nothing else. The weights
// are those of a company's customers as they are on average, and meant to be replaced by trained ones.
func UsualComparison(attribute string) Comparison {
	c, known := usualComparisons[attribute]
	switch {
	case known:
	case slices.Contains(AttributeNames, attribute):
		c = Comparison{Levels: []Level{{Exact, 0, 6 * Bit}, {JaroWinkler, 920, 4 * Bit}}, Otherwise: -3 * Bit, Shared: true, Frequency: true}
	default:
		c = Comparison{Levels: []Level{{Exact, 0, 9 * Bit}, {OneDigit, 0, 5 * Bit}, {Edits, 2, 2 * Bit}}, Otherwise: -4 * Bit}
	}
	c.Attribute, c.Levels = attribute, slices.Clone(c.Levels)
	return c
}

var usualComparisons = map[string]Comparison{
	"given": {
		Levels:    []Level{{Exact, 0, 7 * Bit}, {Nickname, 0, 5 * Bit}, {JaroWinkler, 920, 5 * Bit}, {Begins, 0, 3 * Bit}, {JaroWinkler, 850, 2 * Bit}},
		Otherwise: -6 * Bit, Frequency: true,
	},
	"family": {
		Levels:    []Level{{Exact, 0, 8 * Bit}, {JaroWinkler, 920, 6 * Bit}, {Edits, 2, 4 * Bit}, {JaroWinkler, 850, 2 * Bit}},
		Otherwise: -5 * Bit, Shared: true, Frequency: true,
	},
	"organisation": {
		Levels:    []Level{{Exact, 0, 13 * Bit}, {TokenSet, 850, 9 * Bit}, {JaroWinkler, 930, 8 * Bit}, {TokenSet, 600, 5 * Bit}, {TokenSet, 400, 1 * Bit}},
		Otherwise: -8 * Bit, Shared: true, Frequency: true,
	},
	"name": {
		Levels:    []Level{{Exact, 0, 13 * Bit}, {TokenSet, 850, 9 * Bit}, {TokenSet, 600, 4 * Bit}},
		Otherwise: -7 * Bit, Frequency: true,
	},
	"birthDate": {
		Levels:    []Level{{Exact, 0, 13 * Bit}, {OneDigit, 0, 7 * Bit}, {DayMonth, 0, 7 * Bit}, {Edits, 2, 2 * Bit}, {SameYear, 0, 0}},
		Otherwise: -6 * Bit,
	},
	"email": {
		Levels:    []Level{{Exact, 0, 16 * Bit}, {Edits, 1, 10 * Bit}, {LocalPart, 0, 8 * Bit}, {JaroWinkler, 920, 4 * Bit}},
		Otherwise: -2 * Bit, Frequency: true,
	},
	"phone": {
		Levels:    []Level{{Exact, 0, 13 * Bit}, {LastDigits, 7, 10 * Bit}, {OneDigit, 0, 7 * Bit}},
		Otherwise: -2 * Bit, Shared: true, Frequency: true,
	},
	"place": {
		Levels:    []Level{{PostcodeTown, 0, 9 * Bit}, {PostcodeOnly, 0, 8 * Bit}, {AreaTown, 0, 6 * Bit}, {TownOnly, 0, 4 * Bit}, {AreaOnly, 0, 3 * Bit}},
		Otherwise: -3 * Bit, Shared: true, Frequency: true,
	},
	"address": {
		Levels:    []Level{{Exact, 0, 11 * Bit}, {TokenSet, 850, 9 * Bit}, {TokenSet, 600, 5 * Bit}, {TokenSet, 400, 2 * Bit}},
		Otherwise: -3 * Bit, Shared: true,
	},
	"gender":   {Levels: []Level{{Exact, 0, 1 * Bit}}, Otherwise: -4 * Bit},
	"language": {Levels: []Level{{Exact, 0, Bit / 2}}, Otherwise: -1 * Bit, Shared: true},
	"coordinates": {
		Levels:    []Level{{Distance, 50, 10 * Bit}, {Distance, 500, 6 * Bit}, {Distance, 5000, 2 * Bit}},
		Otherwise: -3 * Bit, Shared: true,
	},
}
