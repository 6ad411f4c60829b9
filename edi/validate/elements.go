package validate

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guide"
)

// elements checks what stands in the segment at hand. It goes once over the marks
// that divide it, and makes nothing where nothing is wrong.
func (c *checker) elements(layout *guide.Layout) {
	buf, start, ends, subs := c.seg.Marks()
	c.odd = c.chars.odd(buf[start:ends[len(ends)-1]])
	c.release = c.syntax.Release != 0 && bytes.IndexByte(buf[start:ends[len(ends)-1]], c.syntax.Release) >= 0
	if c.odd {
		c.characters(buf[start:ends[len(ends)-1]])
	}
	if c.syntax.Repetition == 0 && layout.Spread != nil {
		layout = layout.Spread
	}
	fields := layout.Fields
	for len(subs) > 0 && subs[0] < ends[0] {
		subs = subs[1:] // within the tag
	}
	var present uint64
	from := ends[0] + 1
	for i, end := range ends[1:] {
		if from < end {
			if i >= len(fields) {
				c.tooMany(i, fields, buf[from:end])
				break
			}
			present |= 1 << (i & 63)
			switch f := &fields[i]; {
			case len(subs) > 0 && subs[0] < end:
				n := 1
				for n < len(subs) && subs[n] < end {
					n++
				}
				if c.syntax.Repetition == 0 && f.Parts != nil {
					c.composite(f, buf, from, end, subs[:n], i+1, 0)
				} else {
					c.divided(f, buf, from, end, subs[:n], i+1)
				}
				subs = subs[n:]
			case f.Parts == nil:
				c.value(f, buf[from:end], i+1, 0, 0)
			default:
				c.composite(f, buf, from, end, nil, i+1, 0)
			}
		}
		from = end + 1
	}
	if n := len(ends); n > 1 && ends[n-1] == ends[n-2]+1 {
		c.trailing(n-1, 0)
	}
	if present&layout.Needed != layout.Needed {
		c.needed(fields, present)
	}
	for i := range layout.Rules {
		if r := &layout.Rules[i]; r.Broken(present) {
			c.rule(r, fields, present, 0, 0)
		}
	}
}

// divided checks an element that has components or repetitions.
func (c *checker) divided(f *guide.Field, buf []byte, from, end uint32, subs []uint32, element int) {
	repetition, first := 1, 0
	for i := 0; ; i++ {
		last := i == len(subs)
		if !last && (c.syntax.Repetition == 0 || buf[subs[i]] != c.syntax.Repetition) {
			continue
		}
		to := end
		if !last {
			to = subs[i]
		}
		number := repetition
		if last && repetition == 1 {
			number = 0
		}
		switch {
		case repetition > int(f.Repeat):
			c.elementFault(edi.TooManyRepetitions, f, buf[from:to], element, repetition, 0, fmt.Sprintf("at most %d", f.Repeat))
		case f.Parts == nil && i > first:
			c.elementFault(edi.TooManyComponents, f, buf[from:to], element, number, 0, "no components")
		case f.Parts == nil:
			c.value(f, buf[from:to], element, number, 0)
		default:
			c.composite(f, buf, from, to, subs[first:i], element, number)
		}
		if last {
			return
		}
		repetition, first, from = repetition+1, i+1, to+1
	}
}

// composite checks the components between from and end, which subs divide.
func (c *checker) composite(f *guide.Field, buf []byte, from, end uint32, subs []uint32, element, repetition int) {
	var present uint64
	start := from
	for i := 0; i <= len(subs); i++ {
		to := end
		if i < len(subs) {
			to = subs[i]
		}
		if from < to {
			if i >= len(f.Parts) {
				c.elementFault(edi.TooManyComponents, f, buf[start:end], element, repetition, 0, fmt.Sprintf("at most %d", len(f.Parts)))
				return
			}
			present |= 1 << (i & 63)
			c.value(&f.Parts[i], buf[from:to], element, repetition, i+1)
		}
		from = to + 1
	}
	if n := len(subs); n > 0 && subs[n-1]+1 == end {
		c.trailing(element, n+1)
	}
	if present&f.Needed != f.Needed {
		c.missingParts(f, present, element, repetition)
	}
	if f.Period > 0 && present>>(f.Period-1)&1 == 1 && present>>(f.PeriodValue-1)&1 == 1 {
		c.period(f, element, repetition)
	}
	for i := range f.Rules {
		if r := &f.Rules[i]; r.Broken(present) {
			c.rule(r, f.Parts, present, element, repetition)
		}
	}
}

// foreign says whether another list or agency is named beside a component, so
// that the directory's list does not bind it.
func (c *checker) foreign(f *guide.Field, element, repetition int) bool {
	for i := 1; f.Foreign>>(i-1) != 0; i++ {
		if f.Foreign>>(i-1)&1 == 1 && len(c.seg.Component(element, max(repetition, 1), i)) > 0 {
			return true
		}
	}
	return false
}

// value checks one value, which is not empty.
func (c *checker) value(f *guide.Field, raw []byte, element, repetition, component int) {
	v := raw
	if c.release {
		v = c.plain(raw)
	}
	if f.Need == guide.Unused {
		c.elementFault(edi.NotUsed, f, v, element, repetition, component, "nothing")
		return
	}
	n := len(v)
	switch f.Form.Type {
	case guide.Text, guide.CodeValue:
	case guide.Binary:
		return
	default:
		var kind edi.Kind
		if n, kind = c.formed(f, v); kind != edi.NoFault {
			c.elementFault(kind, f, v, element, repetition, component, expectedForm(f))
			return
		}
	}
	if c.odd && n > f.Form.Max {
		n = utf8.RuneCount(v)
	}
	switch {
	case n < f.Form.Min:
		c.elementFault(edi.TooShort, f, v, element, repetition, component, expectedLength(f))
	case n > f.Form.Max:
		c.elementFault(edi.TooLong, f, v, element, repetition, component, expectedLength(f))
	}
	if f.Codes != nil && !f.Codes.Has(v) && !c.foreign(f, element, repetition) {
		c.elementFault(edi.BadCode, f, v, element, repetition, component, expectedCode(f))
	}
}

// plain takes release characters out, into room that is used again.
func (c *checker) plain(raw []byte) []byte {
	if bytes.IndexByte(raw, c.syntax.Release) < 0 {
		return raw
	}
	c.scratch = c.scratch[:0]
	for i := 0; i < len(raw); i++ {
		if raw[i] == c.syntax.Release && i+1 < len(raw) {
			i++
		}
		c.scratch = append(c.scratch, raw[i])
	}
	return c.scratch
}

// needed tells which mandatory elements are missing.
func (c *checker) needed(fields []guide.Field, present uint64) {
	for i := range fields {
		if fields[i].Need == guide.Mandatory && i < 64 && present>>i&1 == 0 {
			c.elementFault(edi.MissingElement, &fields[i], nil, i+1, 0, 0, title(&fields[i]))
		}
	}
}

func (c *checker) missingParts(f *guide.Field, present uint64, element, repetition int) {
	for i := range f.Parts {
		if f.Parts[i].Need == guide.Mandatory && i < 64 && present>>i&1 == 0 {
			c.elementFault(edi.MissingElement, &f.Parts[i], nil, element, repetition, i+1, title(&f.Parts[i]))
		}
	}
}

// rule tells of a condition that does not hold: in a segment (element 0) or in a
// composite.
func (c *checker) rule(r *guide.Rule, fields []guide.Field, present uint64, element, repetition int) {
	name := func(place int) string {
		if element == 0 {
			return fmt.Sprintf("%s-%02d", c.place.ID, place)
		}
		return fmt.Sprintf("%s-%02d.%d", c.place.ID, element, place)
	}
	sentence := r.Text(c.syntax.Standard) + ": " + r.Sentence(name)
	places, excess := r.Missing(present)
	kind := edi.ConditionMissing
	if excess {
		kind = edi.ConditionExcluded
	}
	for _, place := range places {
		if element == 0 {
			c.elementFault(kind, &fields[place-1], c.seg.Value(place), place, 0, 0, sentence)
		} else {
			c.elementFault(kind, &fields[place-1], c.seg.Component(element, max(repetition, 1), place), element, repetition, place, sentence)
		}
	}
}

func (c *checker) tooMany(i int, fields []guide.Field, value []byte) {
	c.elementFault(edi.TooManyElements, &guide.Field{}, value, i+1, 0, 0, fmt.Sprintf("at most %d elements", len(fields)))
}

// trailing warns of delimiters at the end that divide nothing.
func (c *checker) trailing(element, component int) {
	p := c.seg.At(element, 0, component)
	p.InSet = c.inSet
	level := edi.InElement
	if component > 0 {
		level = edi.InComponent
	}
	c.add(edi.Fault{Level: level, Kind: edi.TrailingElement, Position: p, Expected: "no delimiter at the end", Warning: true})
}

// elementFault notes what is wrong with an element or component.
func (c *checker) elementFault(kind edi.Kind, f *guide.Field, found []byte, element, repetition, component int, expected string) {
	p := c.seg.At(element, repetition, component)
	p.InSet = c.inSet
	fault := edi.Fault{Level: edi.InElement, Kind: kind, Position: p, Found: edi.Found(found), Expected: expected, Ref: f.Ref, Loop: c.loop(c.place.Index)}
	if component > 0 {
		fault.Level = edi.InComponent
	}
	c.add(fault)
}

func title(f *guide.Field) string {
	switch {
	case f.Title != "" && f.Ref != "":
		return f.Title + " (" + f.Ref + ")"
	case f.Title != "":
		return f.Title
	case f.Ref != "":
		return f.Ref
	}
	return "a value"
}

func expectedLength(f *guide.Field) string {
	unit := "characters"
	switch f.Form.Type {
	case guide.Number, guide.Real, guide.Implied:
		unit = "digits"
	}
	switch {
	case f.Form.Min == f.Form.Max:
		return fmt.Sprintf("%d %s", f.Form.Max, unit)
	case f.Form.Min <= 1:
		return fmt.Sprintf("at most %d %s", f.Form.Max, unit)
	}
	return fmt.Sprintf("%d to %d %s", f.Form.Min, f.Form.Max, unit)
}

func expectedForm(f *guide.Field) string {
	switch f.Form.Type {
	case guide.Number, guide.Real:
		return "a number"
	case guide.Implied:
		return "a number without a decimal point"
	case guide.Date:
		return "a date as YYMMDD or CCYYMMDD"
	case guide.Time:
		return "a time as HHMM, HHMMSS or HHMMSSDD"
	case guide.Letters:
		return "letters"
	}
	return ""
}

// codesShown is how many codes of a list are written out.
const codesShown = 12

func expectedCode(f *guide.Field) string {
	codes := f.Codes.List.Codes
	name := "a code"
	if f.Ref != "" {
		name += " of list " + f.Ref
	}
	if len(codes) > codesShown {
		return fmt.Sprintf("%s (%d codes)", name, len(codes))
	}
	var b bytes.Buffer
	for i, code := range codes {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(code.Value)
	}
	return name + ": " + b.String()
}
