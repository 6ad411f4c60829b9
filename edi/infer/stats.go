package infer

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// segmentStats is what was seen in the segments of one tag.
type segmentStats struct {
	count    int
	elements []*valueStats
}

// valueStats is what was seen in one element or component.
type valueStats struct {
	count, repeat int
	longest       int
	shortest      int
	other         bool // not only digits, one sign and one decimal mark
	decimal       bool
	values        map[string]int // nil where there were too many
	parts         []*valueStats
}

// codeLimit is how many values a list of codes has at most, and codeLength how
// long they are.
const (
	codeLimit  = 30
	codeLength = 3
)

func (s *segmentStats) add(seg *edi.Segment) {
	s.count++
	for i := 1; i <= seg.Len(); i++ {
		if len(s.elements) < i {
			s.elements = append(s.elements, &valueStats{values: map[string]int{}})
		}
		n := seg.Repetitions(i)
		if n == 0 {
			continue
		}
		e := s.elements[i-1]
		e.count++
		e.repeat = max(e.repeat, n)
		for r := 1; r <= n; r++ {
			e.add(seg, i, r)
		}
	}
}

func (v *valueStats) add(seg *edi.Segment, element, repetition int) {
	n := seg.Components(element, repetition)
	if n <= 1 && v.parts == nil {
		v.value(seg.Syntax.Plain(seg.Repetition(element, repetition)))
		return
	}
	if v.parts == nil { // what came before was its first component alone
		first := &valueStats{count: v.count - 1, longest: v.longest, shortest: v.shortest, other: v.other, decimal: v.decimal, values: v.values}
		v.parts = []*valueStats{first}
	}
	for i := 1; i <= n; i++ {
		if len(v.parts) < i {
			v.parts = append(v.parts, &valueStats{values: map[string]int{}})
		}
		if part := seg.Component(element, repetition, i); len(part) > 0 {
			v.parts[i-1].count++
			v.parts[i-1].value(seg.Syntax.Plain(part))
		}
	}
}

func (v *valueStats) value(b []byte) {
	n := utf8.RuneCount(b)
	v.longest = max(v.longest, n)
	if v.shortest == 0 || n < v.shortest {
		v.shortest = n
	}
	digits := bytes.TrimPrefix(b, []byte("-"))
	marks := bytes.Count(digits, []byte(".")) + bytes.Count(digits, []byte(","))
	v.decimal = v.decimal || marks == 1
	for _, c := range digits {
		v.other = v.other || (c < '0' || c > '9') && c != '.' && c != ','
	}
	bare := bytes.Trim(digits, ".,")
	v.other = v.other || marks > 1 || len(bare) < len(digits) || len(bare) == 0
	if v.values == nil {
		return
	}
	if v.values[string(b)]++; len(v.values) > codeLimit || len(b) > codeLength {
		v.values = nil
	}
}

// segment describes what was seen.
func (s *segmentStats) segment(tag, title string, standard edi.Standard) *guide.Segment {
	seg := &guide.Segment{ID: tag, Title: title, Elements: []guide.Use{}}
	for _, e := range s.elements {
		seg.Elements = append(seg.Elements, e.use(s.count, standard))
	}
	return seg
}

func (v *valueStats) use(of int, standard edi.Standard) guide.Use {
	u := guide.Use{}
	if v.count == of {
		u.Need = guide.Mandatory
	}
	if v.repeat > 1 {
		u.Repeat = v.repeat
	}
	if v.parts != nil {
		for _, p := range v.parts {
			u.Components = append(u.Components, p.use(v.count, standard))
		}
		return u
	}
	u.Form = v.form(standard)
	u.Codes = v.codes()
	return u
}

// lengths are those that elements have by custom: what was seen is rounded up to
// one, for samples rarely show the longest.
var lengths = []int{1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 35, 50, 60, 80, 128, 256, 512}

func (v *valueStats) form(standard edi.Standard) guide.Form {
	f := guide.Form{Type: guide.Text, Min: 1, Max: max(v.longest, 1)}
	for _, n := range lengths {
		if n >= f.Max {
			f.Max = n
			break
		}
	}
	if v.decimal && !v.other {
		f.Type = guide.Real
		if standard == edi.EDIFACT {
			f.Type = guide.Number
		}
	}
	if v.shortest == v.longest && v.count >= 5 && v.longest > 0 && f.Type == guide.Text {
		f.Min, f.Max = v.longest, v.longest
	}
	return f
}

// codes gives the values as a list where they look like codes: short, and each
// seen three times over on average, and ten values at least.
func (v *valueStats) codes() *guide.CodeList {
	if v.values == nil || v.count < 10 || len(v.values)*3 > v.count {
		return nil
	}
	l := &guide.CodeList{}
	for value := range v.values {
		l.Codes = append(l.Codes, guide.Code{Value: value})
	}
	slices.SortFunc(l.Codes, func(a, b guide.Code) int { return bytes.Compare([]byte(a.Value), []byte(b.Value)) })
	return l
}
