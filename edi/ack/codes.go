package ack

import (
	"slices"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// segmentCodes are AK304 and IK304 (element 720 and 620).
var segmentCodes = map[edi.Kind]string{
	edi.UnknownSegment: "1", edi.BadTag: "1", edi.EmptySegment: "1",
	edi.UnexpectedSegment: "2", edi.NotUsed: "2", edi.Unterminated: "2",
	edi.MissingSegment: "3", edi.TooManyLoops: "4", edi.TooManySegments: "5",
	edi.UnwantedSegment: "6", edi.OutOfSequence: "7",
}

// SegmentCode gives AK304, or IK304, for what is wrong with a segment: 8 where it
// is its elements.
func SegmentCode(f edi.Fault, is999 bool) string {
	if f.Level != edi.InSegment {
		return "8"
	}
	if is999 && f.Kind == edi.NotUsed {
		return "I4"
	}
	if code := segmentCodes[f.Kind]; code != "" {
		return code
	}
	return "8"
}

// elementCodes are AK403 and IK403 (element 723 and 621).
var elementCodes = map[edi.Kind]string{
	edi.MissingElement: "1", edi.ConditionMissing: "2",
	edi.TooManyElements: "3", edi.TooManyComponents: "3", edi.StrayDelimiter: "3", edi.TooManyRepetitions: "3",
	edi.TooShort: "4", edi.TooLong: "5", edi.BadCharacter: "6", edi.BadNumber: "6", edi.BadCode: "7", edi.BadPattern: "7",
	edi.BadDate: "8", edi.BadTime: "9", edi.ConditionExcluded: "10", edi.NotUsed: "10",
}

// ElementCode gives AK403, or IK403, for what is wrong with an element.
func ElementCode(f edi.Fault, is999 bool) string {
	switch {
	case is999 && f.Kind == edi.TooManyRepetitions:
		return "12"
	case is999 && f.Kind == edi.TooManyComponents:
		return "13"
	case is999 && f.Kind == edi.NotUsed:
		return "I10"
	}
	if code := elementCodes[f.Kind]; code != "" {
		return code
	}
	return "7"
}

// setCodes gives AK502 to AK506 (element 718 and 618): at most five, each once.
func setCodes(s *validate.Set) []string {
	var codes []string
	for _, f := range s.Faults {
		if code := setCode(f); !f.Warning && !slices.Contains(codes, code) && len(codes) < 5 {
			codes = append(codes, code)
		}
	}
	if s.More > 0 && len(codes) == 0 {
		codes = append(codes, "5")
	}
	return codes
}

func setCode(f edi.Fault) string {
	if f.Level != edi.InSet {
		return "5"
	}
	header := f.Position.Tag == "ST"
	switch f.Kind {
	case edi.UnknownSet:
		return "1"
	case edi.MissingTrailer:
		return "2"
	case edi.ControlMismatch:
		return "3"
	case edi.CountMismatch:
		return "4"
	case edi.DuplicateControl:
		return "23"
	case edi.WrongGroup:
		return "18"
	case edi.MissingElement, edi.TooLong, edi.BadControlNumber:
		switch {
		case header && f.Position.Element == 1:
			return "6"
		case header:
			return "7"
		case f.Position.Element == 2:
			return "3" // SE02 is empty
		case f.Position.Element == 1:
			return "4" // SE01 is empty
		}
	}
	return "5"
}

// groupCodes gives AK905 to AK909 (element 716): at most five, each once.
func groupCodes(g *validate.Group) []string {
	var codes []string
	for _, f := range g.Faults {
		if code := groupCode(f); !f.Warning && code != "" && !slices.Contains(codes, code) && len(codes) < 5 {
			codes = append(codes, code)
		}
	}
	return codes
}

func groupCode(f edi.Fault) string {
	switch f.Kind {
	case edi.BadVersion:
		return "2"
	case edi.MissingTrailer:
		return "3"
	case edi.ControlMismatch:
		return "4"
	case edi.CountMismatch:
		return "5"
	case edi.BadControlNumber:
		return "6"
	case edi.DuplicateControl:
		return "19"
	case edi.MissingElement:
		switch f.Position.Tag + string(rune('0'+f.Position.Element)) {
		case "GS1":
			return "1"
		case "GS6":
			return "6"
		case "GS8":
			return "2"
		case "GE1":
			return "5"
		case "GE2":
			return "4"
		}
	}
	return ""
}

// notesISA are the TA105 codes of element I18 for what is wrong with an element
// of ISA, by its number.
var notesISA = [17]string{
	5: "005", 6: "006", 7: "007", 8: "008", 1: "010", 2: "011", 3: "012", 4: "013",
	9: "014", 10: "015", 11: "016", 12: "017", 13: "018", 14: "019", 15: "020", 16: "027",
}

// notes are the TA105 codes of faults that are not of one element.
var notes = map[edi.Kind]string{
	edi.DuplicateExchange: "025", edi.MissingTrailer: "023", edi.Unterminated: "023", edi.ControlMismatch: "001",
	edi.CountMismatch: "021", edi.BadVersion: "017", edi.BadSyntax: "002", edi.MissingHeader: "022", edi.MixedEnvelope: "022",
	edi.EmptyEnvelope: "024", edi.Junk: "024",
}

// NoteTA1 gives the interchange note code (TA105, element I18) for a fault of an
// interchange.
func NoteTA1(f edi.Fault) string {
	p := f.Position
	switch {
	case f.Kind == edi.BadPartner && p.Element == 8:
		return "009"
	case f.Kind == edi.BadPartner:
		return "006"
	case p.Tag == "IEA" && f.Kind == edi.MissingElement:
		return [...]string{"022", "021", "001"}[min(p.Element, 2)]
	}
	if note := notes[f.Kind]; note != "" {
		return note
	}
	if p.Tag == "ISA" && p.Element < len(notesISA) && notesISA[p.Element] != "" {
		return notesISA[p.Element]
	}
	if f.Kind == edi.BadDelimiters {
		return "026"
	}
	return "022"
}

// syntaxErrors are codes of ISO 9735's list 0085.
var syntaxErrors = map[edi.Kind]string{
	edi.BadSyntax: "2", edi.BadPartner: "23", edi.UnknownSet: "14", edi.WrongGroup: "31",
	edi.BadCode: "12", edi.BadDate: "12", edi.BadTime: "12", edi.BadControlNumber: "12", edi.BadVersion: "12", edi.BadPattern: "12",
	edi.MissingElement: "13", edi.MissingSegment: "13", edi.MissingTrailer: "13", edi.MissingHeader: "13", edi.EmptySegment: "13",
	edi.UnknownSegment: "15", edi.UnwantedSegment: "15", edi.UnexpectedSegment: "15", edi.OutOfSequence: "15", edi.NotUsed: "15", edi.BadTag: "15",
	edi.TooManyElements: "16", edi.TooManyComponents: "16", edi.StrayDelimiter: "16",
	edi.BadNumber: "19", edi.BadDelimiters: "20", edi.BadCharacter: "21", edi.BadHeader: "22",
	edi.DuplicateExchange: "26", edi.DuplicateControl: "26", edi.ControlMismatch: "28", edi.CountMismatch: "29",
	edi.MixedEnvelope: "30", edi.EmptyEnvelope: "32", edi.Junk: "33",
	edi.TooManySegments: "35", edi.TooManyRepetitions: "35", edi.TooManyLoops: "36",
	edi.TooLong: "39", edi.TooShort: "40", edi.TrailingElement: "45",
	edi.ConditionMissing: "13", edi.ConditionExcluded: "15",
}

// SyntaxError gives the code of list 0085 for a fault; syntax is the syntax
// version of the answer.
func SyntaxError(f edi.Fault, syntax string) string {
	switch {
	case f.Kind == edi.BadPartner && f.Position.Tag == "UNB" && f.Position.Element == 3:
		return "43"
	case f.Kind == edi.BadNumber && startsWithMark(f.Found):
		return "38"
	case f.Kind == edi.BadNumber && !numeric(f.Found), f.Kind == edi.BadCharacter && f.Ref != "":
		return "37"
	case syntax == "4" && (f.Kind == edi.ConditionMissing || f.Kind == edi.ConditionExcluded):
		return "48"
	}
	if code := syntaxErrors[f.Kind]; code != "" {
		return code
	}
	return "18"
}

func startsWithMark(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	return len(s) > 1 && (s[0] == '.' || s[0] == ',')
}

// numeric says whether all of s may stand in a number.
func numeric(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && r != '-' && r != '.' && r != ',' {
			return false
		}
	}
	return true
}
