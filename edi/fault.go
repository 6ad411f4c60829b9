package edi

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with an interchange. It is neutral of standards: what it is called
// in a TA1, 997, 999 or CONTRL follows from Level and Kind.
type Fault struct {
	Level    Level
	Kind     Kind
	Position Position
	Found    string // what stands there; a long value is cut
	Expected string // what ought to stand there, in words or as the value
	Loop     string // the group of segments that it stands in, as its guide calls it: N1, SG2
	Warning  bool   // read over: worth telling the sender, and no reason to reject anything
	Ref      string // what the element or segment is called in its standard: an element's number such as 353 or 3039
}

// Error is the fault in one line: `SE-01: count is wrong: found "11", expected 12`.
func (f Fault) Error() string {
	var b strings.Builder
	if p := f.Position.String(); p != "" {
		b.WriteString(p)
		b.WriteString(": ")
	}
	b.WriteString(f.Kind.String())
	if f.Found != "" {
		fmt.Fprintf(&b, ": found %q", f.Found)
	}
	if f.Expected != "" {
		if f.Found == "" {
			b.WriteString(":")
		} else {
			b.WriteString(",")
		}
		b.WriteString(" expected ")
		b.WriteString(f.Expected)
	}
	return b.String()
}

// Level says what a fault is a fault of, and so which part of an acknowledgement names it.
type Level uint8

// The levels, from the outermost in.
const (
	InStream      Level = iota // between interchanges
	InInterchange              // TA1, UCI
	InGroup                    // AK9, UCF
	InSet                      // AK5, UCM
	InSegment                  // AK3, UCS
	InElement                  // AK4, UCD: an element or composite
	InComponent                // AK4, UCD with the component's place
)

// Kind says what is wrong.
type Kind uint8

// The kinds of fault. The comment names what a kind may be a fault of.
const (
	NoFault Kind = iota

	// of the bytes
	Junk            // stream: bytes that belong to no interchange
	BadDelimiters   // interchange: delimiters that cannot be told apart, or contradict UNA or ISA
	BadHeader       // interchange: an ISA of the wrong shape: length, padding, line breaks; a UNA that is no UNA
	Unterminated    // segment: the stream or interchange ends within it
	BadTag          // segment: the tag is none
	EmptySegment    // segment: a terminator without a segment, or a tag without elements
	BadCharacter    // element, component: not in the repertoire
	StrayDelimiter  // element: a component or repetition separator where the element may have none
	TrailingElement // segment: a delimiter at the end of a segment that divides nothing

	// of the envelope; each is a fault of an interchange, group or set
	MissingHeader     // something stands outside of what should hold it
	MissingTrailer    // it ends without its trailer
	MissingElement    // a mandatory element is empty (also of elements and components)
	CountMismatch     // the trailer's count is not what was counted
	ControlMismatch   // the trailer's control number is not the header's
	BadControlNumber  // the control number is none: not numeric, zero
	DuplicateControl  // the control number was used before
	EmptyEnvelope     // an interchange without group or set, a group without set
	MixedEnvelope     // groups and sets side by side in one interchange
	BadVersion        // the version is not one that is known
	BadSyntax         // the syntax identifier or its level is not one that is known
	BadDate           // a date is none (also of elements and components)
	BadTime           // a time is none (also of elements and components)
	BadPartner        // sender or receiver is none that is known
	WrongGroup        // a set stands in a group of another kind
	UnknownSet        // there is no guide for the set
	DuplicateExchange // the interchange was received before

	// of a set's structure
	UnknownSegment    // no set has it
	UnwantedSegment   // this set has it not
	MissingSegment    // a mandatory one is not there
	TooManySegments   // more often than it may be
	TooManyLoops      // a loop more often than it may be
	OutOfSequence     // its turn has passed
	UnexpectedSegment // the loop that it belongs to is not open
	NotUsed           // the guide says not to use it (segment, element)

	// of elements and components
	TooManyElements    // more elements than the segment has
	TooManyComponents  // more components than the composite has
	TooManyRepetitions // more repetitions than the element may have
	TooShort           // shorter than the least length
	TooLong            // longer than the greatest length
	BadNumber          // not a number of the element's kind
	BadCode            // not in the code list
	ConditionMissing   // required because of other elements that are there (or not)
	ConditionExcluded  // excluded because of other elements that are there
	BadPattern         // does not follow the pattern that the guide asks for
)

var kindNames = [...]string{
	NoFault:            "no fault",
	Junk:               "bytes that belong to no interchange",
	BadDelimiters:      "delimiters cannot be told apart",
	BadHeader:          "header is not well-formed",
	Unterminated:       "segment is not terminated",
	BadTag:             "segment tag is none",
	EmptySegment:       "segment is empty",
	BadCharacter:       "character is not allowed",
	StrayDelimiter:     "delimiter where none may be",
	TrailingElement:    "delimiter at the end divides nothing",
	MissingHeader:      "header is missing",
	MissingTrailer:     "trailer is missing",
	MissingElement:     "mandatory element is missing",
	CountMismatch:      "count is wrong",
	ControlMismatch:    "control number is not the header's",
	BadControlNumber:   "control number is none",
	DuplicateControl:   "control number was used before",
	EmptyEnvelope:      "envelope is empty",
	MixedEnvelope:      "groups and sets stand side by side",
	BadVersion:         "version is not known",
	BadSyntax:          "syntax identifier is not known",
	BadDate:            "date is none",
	BadTime:            "time is none",
	BadPartner:         "partner is not known",
	WrongGroup:         "set is in a group of another kind",
	UnknownSet:         "no guide for the set",
	DuplicateExchange:  "interchange was received before",
	UnknownSegment:     "segment is not known",
	UnwantedSegment:    "segment is not in this set",
	MissingSegment:     "mandatory segment is missing",
	TooManySegments:    "segment occurs too often",
	TooManyLoops:       "loop occurs too often",
	OutOfSequence:      "segment is not in sequence",
	UnexpectedSegment:  "segment is unexpected here",
	NotUsed:            "not to be used",
	TooManyElements:    "too many elements",
	TooManyComponents:  "too many components",
	TooManyRepetitions: "too many repetitions",
	TooShort:           "too short",
	TooLong:            "too long",
	BadNumber:          "not a number",
	BadCode:            "not in the code list",
	ConditionMissing:   "required by other elements",
	ConditionExcluded:  "excluded by other elements",
	BadPattern:         "does not follow the pattern",
}

// String is the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("fault %d", uint8(k))
}

// foundLimit is how much of a value a fault repeats, in bytes.
const foundLimit = 80

// Found gives a value as a fault shows it: valid UTF-8, and cut where it is long.
func Found(value []byte) string {
	cut := ""
	if len(value) > foundLimit {
		value, cut = value[:foundLimit], "…"
	}
	return strings.ToValidUTF8(string(value), "\uFFFD") + cut
}
