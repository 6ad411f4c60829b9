package guide

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
)

// Relation is how the presence of some elements of a segment, or components of a
// composite, bears on that of others: X12's syntax notes (X12.6 §3.8.3) and
// EDIFACT's dependency notes (ISO 9735-1 §8.7).
type Relation uint8

// The relations. X12 has five of them.
const (
	// AllOrNone is X12's P (paired) and EDIFACT's D2.
	AllOrNone Relation = iota + 1
	// AtLeastOne is R (required) and D3.
	AtLeastOne
	// AtMostOne is E (exclusion) and D4.
	AtMostOne
	// FirstThenAll is C (conditional) and D5.
	FirstThenAll
	// FirstThenOne is L (list conditional) and D6.
	FirstThenOne
	// ExactlyOne is D1.
	ExactlyOne
	// FirstThenNone is D7.
	FirstThenNone
)

var (
	x12Relations     = map[byte]Relation{'P': AllOrNone, 'R': AtLeastOne, 'E': AtMostOne, 'C': FirstThenAll, 'L': FirstThenOne}
	edifactRelations = map[byte]Relation{'1': ExactlyOne, '2': AllOrNone, '3': AtLeastOne, '4': AtMostOne, '5': FirstThenAll, '6': FirstThenOne, '7': FirstThenNone}
)

// Condition is a relation among places. Those of D5 to D7, C and L begin with the
// one that the others depend on.
type Condition struct {
	Relation Relation
	// Places are elements of the segment or components of the composite; 1 is the
	// first.
	Places []int
}

// ParseCondition reads X12's P0304 and EDIFACT's D5(4,3). EDIFACT's places are
// numbers of the directory's table (040) where they end in 0 and have three
// digits, and ordinals otherwise.
func ParseCondition(s string) (Condition, error) {
	bad := fmt.Errorf("%q is no condition: write P0304, R0506, E0102, C0304, L030405 or D1(1,2) to D7(1,2)", s)
	if len(s) < 5 {
		return Condition{}, bad
	}
	if s[0] == 'D' {
		return parseDependency(s, bad)
	}
	c := Condition{Relation: x12Relations[s[0]]}
	if c.Relation == 0 || len(s)%2 == 0 {
		return Condition{}, bad
	}
	for i := 1; i < len(s); i += 2 {
		place, err := strconv.Atoi(s[i : i+2])
		if err != nil || place < 1 {
			return Condition{}, bad
		}
		c.Places = append(c.Places, place)
	}
	return c.check(bad)
}

func parseDependency(s string, bad error) (Condition, error) {
	c := Condition{Relation: edifactRelations[s[1]]}
	list, ok := strings.CutPrefix(s[2:], "(")
	list, closed := strings.CutSuffix(list, ")")
	if !ok || !closed || c.Relation == 0 {
		return Condition{}, bad
	}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		place, err := strconv.Atoi(word)
		if err != nil || place < 1 {
			return Condition{}, bad
		}
		if len(word) >= 3 && place%10 == 0 {
			place /= 10
		}
		c.Places = append(c.Places, place)
	}
	return c.check(bad)
}

func (c Condition) check(bad error) (Condition, error) {
	if len(c.Places) < 2 {
		return Condition{}, bad
	}
	for i, place := range c.Places {
		if slices.Contains(c.Places[:i], place) {
			return Condition{}, fmt.Errorf("%w: place %d stands twice", bad, place)
		}
	}
	return c, nil
}

// Text writes the condition as the standard does; D1 and D7 have no letter in
// X12 and are written as EDIFACT does.
func (c Condition) Text(s edi.Standard) string {
	if letter := keyOf(x12Relations, c.Relation); s == edi.X12 && letter != 0 {
		var b strings.Builder
		b.WriteByte(letter)
		for _, place := range c.Places {
			fmt.Fprintf(&b, "%02d", place)
		}
		return b.String()
	}
	words := make([]string, len(c.Places))
	for i, place := range c.Places {
		words[i] = strconv.Itoa(place)
	}
	return fmt.Sprintf("D%c(%s)", keyOf(edifactRelations, c.Relation), strings.Join(words, ","))
}

func keyOf(m map[byte]Relation, want Relation) byte {
	for key, relation := range m {
		if relation == want {
			return key
		}
	}
	return 0
}

// Holds says whether the condition holds where present tells which places have a
// value: bit 0 is place 1. Places beyond the 64th are never present.
func (c Condition) Holds(present uint64) bool {
	first, rest := c.masks()
	switch all := first | rest; c.Relation {
	case AllOrNone:
		return present&all == 0 || present&all == all
	case AtLeastOne:
		return present&all != 0
	case AtMostOne:
		return present&all&(present&all-1) == 0
	case ExactlyOne:
		return present&all != 0 && present&all&(present&all-1) == 0
	case FirstThenAll:
		return present&first == 0 || present&rest == rest
	case FirstThenOne:
		return present&first == 0 || present&rest != 0
	case FirstThenNone:
		return present&first == 0 || present&rest == 0
	}
	return true
}

// masks gives the bit of the first place, and those of the others.
func (c Condition) masks() (first, rest uint64) {
	for i, place := range c.Places {
		bit := uint64(1) << (place - 1)
		if i == 0 {
			first = bit
		} else {
			rest |= bit
		}
	}
	return first, rest
}

// Missing gives, of a condition that does not hold, the places that stand in its
// way: those that would have to be there, or, with excess, those that may not.
func (c Condition) Missing(present uint64) (places []int, excess bool) {
	var there, absent []int
	for _, place := range c.Places {
		if present>>(place-1)&1 == 1 {
			there = append(there, place)
		} else {
			absent = append(absent, place)
		}
	}
	switch c.Relation {
	case AtMostOne, FirstThenNone, ExactlyOne:
		if len(there) > 0 {
			return there[1:], true
		}
	}
	return absent, false
}

// Sentence says the condition to people, who may call the places by names.
func (c Condition) Sentence(name func(place int) string) string {
	names := make([]string, len(c.Places))
	for i, place := range c.Places {
		names[i] = name(place)
	}
	all, rest := strings.Join(names, ", "), strings.Join(names[1:], ", ")
	switch c.Relation {
	case AllOrNone:
		return "all or none of " + all
	case AtLeastOne:
		return "at least one of " + all
	case AtMostOne:
		return "at most one of " + all
	case ExactlyOne:
		return "exactly one of " + all
	case FirstThenAll:
		return "where " + names[0] + " is there, " + rest + " too"
	case FirstThenOne:
		return "where " + names[0] + " is there, at least one of " + rest
	case FirstThenNone:
		return "where " + names[0] + " is there, none of " + rest
	}
	return ""
}
