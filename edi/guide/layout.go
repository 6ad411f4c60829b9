package guide

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/touchstone-hub/touchstone/edi"
)

// Layout is a compiled segment.
type Layout struct {
	Segment *Segment
	Fields  []Field
	// Needed has bit i set where the field i is mandatory.
	Needed uint64
	Rules  []Rule
	// Spread is the same with every repetition at a place of its own, as syntax
	// versions without a repetition separator have them; nil where none repeats.
	Spread *Layout
}

// Field is a compiled element or component. What validation looks at first stands
// first, so that it is in one line of the processor's cache.
type Field struct {
	Form Form
	// Codes is what it may be; nil is anything of its form.
	Codes *Codes
	// Parts are the components of a composite; nil for a simple element.
	Parts []Field
	Need  Need
	// Period is, in a composite of a date and its format (2380 and 2379), the
	// place of the format, from 1, and PeriodValue that of the date; 0 elsewhere.
	Period, PeriodValue uint8
	// Repeat is how often it may stand there, at least 1.
	Repeat int32
	// Needed has bit i set where the part i is mandatory.
	Needed uint64
	Rules  []Rule
	// Foreign has the bits of the components that say that the code is out of
	// another list (1131, 3055): where one of them has a value, Codes does not bind.
	Foreign uint64
	// Ref is the element's number in its standard; empty where it is not known.
	Ref   string
	Title string
}

// Composite says whether the field has components.
func (f *Field) Composite() bool { return f.Parts != nil }

// Rule is a compiled condition.
type Rule struct {
	Condition
	First, Rest uint64
}

// Broken says whether the rule does not hold where present has the bits of the
// fields that have a value.
func (r *Rule) Broken(present uint64) bool {
	switch r.Relation {
	case AllOrNone:
		all := r.First | r.Rest
		return present&all != 0 && present&all != all
	case AtLeastOne:
		return present&(r.First|r.Rest) == 0
	case FirstThenAll:
		return present&r.First != 0 && present&r.Rest != r.Rest
	}
	return !r.Holds(present)
}

// layouts compiles segments, each once.
type layouts struct {
	guide *Guide
	byID  map[string]*Layout
	sets  map[*CodeList]*Codes
}

func (l *layouts) segment(n *Node) (*Layout, error) {
	if n.Segment != nil {
		return l.compile(n.Segment)
	}
	if layout := l.byID[n.ID]; layout != nil {
		return layout, nil
	}
	layout, err := l.compile(l.guide.Segments[n.ID])
	l.byID[n.ID] = layout
	return layout, err
}

func (l *layouts) compile(s *Segment) (*Layout, error) {
	layout := &Layout{Segment: s}
	var err error
	if layout.Fields, layout.Needed, err = l.fields(s.ID, s.Elements); err != nil {
		return nil, err
	}
	if layout.Rules, err = rules(s.ID, s.Conditions, len(s.Elements)); err != nil {
		return nil, err
	}
	layout.spread()
	return layout, nil
}

// spread gives each repetition a place of its own, the first as needed as it is.
func (l *Layout) spread() {
	if !slices.ContainsFunc(l.Fields, func(f Field) bool { return f.Repeat > 1 }) {
		return
	}
	s := &Layout{Segment: l.Segment}
	places := make([]int, len(l.Fields))
	for i, f := range l.Fields {
		places[i] = len(s.Fields) + 1
		if f.Need == Mandatory && len(s.Fields) < 64 {
			s.Needed |= 1 << len(s.Fields)
		}
		for n := range min(int(f.Repeat), spreadLimit) {
			one := f
			if one.Repeat = 1; n > 0 {
				one.Need = Optional
			}
			s.Fields = append(s.Fields, one)
		}
	}
	for _, r := range l.Rules {
		moved := Rule{Condition: Condition{Relation: r.Relation}}
		for _, place := range r.Places {
			moved.Places = append(moved.Places, places[place-1])
		}
		if slices.Max(moved.Places) <= 64 {
			moved.First, moved.Rest = moved.masks()
			s.Rules = append(s.Rules, moved)
		}
	}
	l.Spread = s
}

// spreadLimit bounds the places of one element.
const spreadLimit = 99

func (l *layouts) fields(where string, uses []Use) (fields []Field, needed uint64, err error) {
	fields = make([]Field, len(uses))
	for i, use := range uses {
		if fields[i], err = l.field(fmt.Sprintf("%s%02d", where, i+1), use); err != nil {
			return nil, 0, err
		}
		if use.Need == Mandatory && i < 64 {
			needed |= 1 << i
		}
	}
	for i := range fields {
		fields[i].Foreign = foreign(fields, i)
	}
	return fields, needed, nil
}

func (l *layouts) field(where string, u Use) (Field, error) {
	f := Field{Ref: u.Ref, Title: u.Title, Need: u.Need, Repeat: int32(max(u.Repeat, 1)), Form: u.Form}
	parts, conditions, codes := u.Components, u.Conditions, u.Codes
	switch e, c := l.guide.Elements[u.Ref], l.guide.Composites[u.Ref]; {
	case u.Ref == "" || parts != nil:
	case c != nil:
		parts, conditions = c.Components, c.Conditions
		f.Title = first(f.Title, c.Title)
	case e != nil:
		if !f.Form.IsSet() {
			f.Form = e.Form
		}
		f.Title = first(f.Title, e.Title)
		if codes == nil {
			codes = l.guide.Codes[u.Ref]
		}
	default:
		return f, fmt.Errorf("%s: element %s is not described", where, u.Ref)
	}
	if codes != nil && len(codes.Codes) > 0 {
		if l.sets[codes] == nil {
			l.sets[codes] = newCodes(codes)
		}
		f.Codes = l.sets[codes]
	}
	if parts == nil {
		return f, nil
	}
	var err error
	if f.Parts, f.Needed, err = l.fields(where+".", parts); err != nil {
		return f, err
	}
	for i, part := range f.Parts {
		switch part.Ref {
		case "2379":
			f.Period = uint8(i + 1)
		case "2380":
			f.PeriodValue = uint8(i + 1)
		}
	}
	if f.Period == 0 || f.PeriodValue == 0 {
		f.Period, f.PeriodValue = 0, 0
	}
	f.Rules, err = rules(where, conditions, len(parts))
	return f, err
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// foreign gives the bits of the code list identification (1131) and of the
// agency (3055) that stand right after a code: where they have a value the code
// is theirs, and the directory's list does not bind it (UNTDID part 4, 3055).
func foreign(fields []Field, i int) (mask uint64) {
	for j := i + 1; j < len(fields) && j < 64 && (fields[j].Ref == "1131" || fields[j].Ref == "3055"); j++ {
		if fields[i].Ref != "1131" && fields[i].Ref != "3055" {
			mask |= 1 << j
		}
	}
	return mask
}

func rules(where string, conditions []Condition, places int) ([]Rule, error) {
	var rules []Rule
	for _, c := range conditions {
		r := Rule{Condition: c}
		for _, place := range c.Places {
			if place > places || place > 64 {
				return nil, fmt.Errorf("%s: condition about place %d, and there are %d", where, place, places)
			}
		}
		r.First, r.Rest = c.masks()
		rules = append(rules, r)
	}
	return rules, nil
}

// Codes is a compiled code list: codes of up to eight bytes as numbers in an
// open-addressed table, and longer ones in a map. The empty code is never in it.
type Codes struct {
	slots []uint64 // 0: free
	shift uint8
	long  map[string]bool
	List  *CodeList
}

func newCodes(list *CodeList) *Codes {
	size := 1 << bits.Len(uint(2*len(list.Codes)+1))
	c := &Codes{slots: make([]uint64, size), shift: uint8(64 - bits.TrailingZeros(uint(size))), List: list}
	for _, code := range list.Codes {
		switch key := edi.Code(code.Value); {
		case len(code.Value) > 8:
			if c.long == nil {
				c.long = map[string]bool{}
			}
			c.long[code.Value] = true
		case key != 0:
			c.slots[c.slot(key)] = key
		}
	}
	return c
}

// Has says whether the value is in the list.
func (c *Codes) Has(value []byte) bool {
	if len(value) > 8 {
		return c.long[string(value)]
	}
	key := Key(value)
	return key != 0 && c.slots[c.slot(key)] == key
}

func (c *Codes) slot(key uint64) int {
	i := int(key * 0x9E3779B97F4A7C15 >> c.shift)
	for c.slots[i] != 0 && c.slots[i] != key {
		i = (i + 1) & (len(c.slots) - 1)
	}
	return i
}

// Key gives up to eight bytes as a number, the first byte lowest: edi.Code, in one
// step where the buffer goes on behind the value.
func Key(value []byte) uint64 {
	n := len(value)
	if cap(value) >= 8 && n > 0 {
		return binary.LittleEndian.Uint64(value[:8]) & (^uint64(0) >> (64 - 8*uint(min(n, 8))))
	}
	return edi.Code(value)
}
