package csv

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/touchstone-hub/touchstone/formats"
)

// maxPlans bounds how many pairs of header and shape are remembered.
const maxPlans = 256

// planKey is what a plan depends on.
type planKey struct {
	want    *formats.Shape
	context string
}

// plan says which column goes to which slot.
type plan struct {
	planKey
	charset *charset
	names   []string // of the columns
	slots   []int    // of each column; -1 for none. Not for whole rows
	err     error
}

// Decode fills d with an object of the wanted columns; see [formats.Format]. A column that the file
// does not have is Absent. Each field is Text, or Null where `null:` lists it and it is not in
// quotes. A wanted column whose name stands twice in the header is an error.
func (f *Format) Decode(d *formats.Doc, fr formats.Frame, want *formats.Shape) error {
	d.Arena.Reset()
	d.Root = formats.Node{}
	if want == nil {
		want = &formats.Shape{}
	}
	p := f.planFor(want, fr.Context)
	if p.err != nil {
		return &formats.SyntaxError{Position: fr.Position, Found: p.err.Error(), Expected: "a header with each wanted column once"}
	}
	line, bad := p.charset.text(d.Arena.Room(f.room(p.charset, fr.Bytes)), fr.Bytes)
	if bad >= 0 {
		return &formats.SyntaxError{Position: fr.Position, Offset: int64(bad), Found: fmt.Sprintf("byte 0x%02X", fr.Bytes[bad]), Expected: "charset " + p.charset.name}
	}
	r := f.utf8.read(line, true)
	switch {
	case r.fault != "":
		return &formats.SyntaxError{Position: fr.Position, Offset: int64(r.faultAt), Found: r.fault, Expected: r.expected}
	case r.next != len(line) || r.comment:
		return &formats.SyntaxError{Position: fr.Position, Offset: int64(r.end), Found: "more than one row", Expected: "one row"}
	case r.fields != len(p.names):
		return &formats.SyntaxError{Position: fr.Position, Found: fmt.Sprintf("%d fields", r.fields), Expected: fmt.Sprint(len(p.names))}
	}
	d.Root.Kind = formats.Object
	if want.Whole {
		d.Root.Kids, d.Root.Names = d.Arena.Nodes(len(p.names)), p.names
	} else {
		d.Root.Kids = d.Arena.Nodes(len(want.Fields))
	}
	column := 0
	f.utf8.each(line, &d.Arena, func(at int, text []byte, quoted bool) {
		slot := column
		if p.slots != nil {
			slot = p.slots[column]
		}
		column++
		if slot < 0 {
			return
		}
		n := &d.Root.Kids[slot]
		n.Kind, n.Text, n.Offset = formats.Text, text, at
		if p.charset.encoding != nil {
			n.Offset = -1
		}
		if !quoted && f.isNull(text) {
			n.Kind, n.Text = formats.Null, nil
		}
	})
	return nil
}

func (f *Format) room(c *charset, b []byte) int {
	if c.encoding == nil {
		return 0
	}
	return 3 * len(b)
}

func (f *Format) isNull(text []byte) bool {
	for _, null := range f.nulls {
		if null == string(text) {
			return true
		}
	}
	return false
}

// planFor gives the plan for a header and a shape; most frames have those of one of the last few.
func (f *Format) planFor(want *formats.Shape, context []byte) *plan {
	for i := range f.recent {
		if p := f.recent[i].Load(); p != nil && p.want == want && p.context == string(context) {
			return p
		}
	}
	key := planKey{want, string(context)}
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.plans[key]
	if p == nil {
		if len(f.plans) >= maxPlans {
			clear(f.plans)
		}
		p = f.newPlan(key)
		f.plans[key] = p
	}
	f.recent[f.turn.Add(1)%uint32(len(f.recent))].Store(p)
	return p
}

func (f *Format) newPlan(key planKey) *plan {
	p := &plan{planKey: key, names: f.columns}
	cs, mark := f.charset.mark([]byte(key.context))
	p.charset = cs
	if f.columns == nil {
		p.names, p.err = f.headerNames([]byte(key.context[mark:]), cs)
	}
	if key.want.Whole {
		for i, name := range p.names {
			if slices.Contains(p.names[:i], name) && p.err == nil {
				p.err = fmt.Errorf("column %q twice in the header", name)
			}
		}
		return p
	}
	p.slots = make([]int, len(p.names))
	for i := range p.slots {
		p.slots[i] = -1
	}
	for slot, field := range key.want.Fields {
		at := slices.Index(p.names, field.Name)
		if at < 0 {
			continue
		}
		if slices.Contains(p.names[at+1:], field.Name) {
			p.err = fmt.Errorf("column %q twice in the header", field.Name)
		}
		p.slots[at] = slot
	}
	return p
}

// headerNames reads the columns' names. A column without one is called `column n`, from 1.
func (f *Format) headerNames(context []byte, cs *charset) ([]string, error) {
	line, bad := cs.text(make([]byte, 3*len(context)), context)
	if bad >= 0 {
		return nil, fmt.Errorf("byte 0x%02X in the header", context[bad])
	}
	if r := f.utf8.read(line, true); r.fault != "" {
		return nil, fmt.Errorf("%s in the header", r.fault)
	}
	if len(line) == 0 {
		return nil, fmt.Errorf("a row without the header that belongs to it")
	}
	var names []string
	var arena formats.Arena
	f.utf8.each(line, &arena, func(_ int, text []byte, _ bool) {
		name := string(bytes.Trim(text, " \t"))
		if name == "" {
			name = fmt.Sprintf("column %d", len(names)+1)
		}
		names = append(names, name)
	})
	return names, nil
}

// each calls field for each field of a row that read has found to be good, with the offset of the
// field's text.
func (s *syntax) each(b []byte, arena *formats.Arena, field func(at int, text []byte, quoted bool)) {
	for i := 0; ; {
		begin := i
		if s.trim {
			for begin < len(b) && b[begin] != s.delimiter && isBlank(int(b[begin])) {
				begin++
			}
		}
		if s.quote != 0 && begin < len(b) && b[begin] == s.quote {
			text, end := s.unquote(b, begin+1, arena)
			field(begin+1, text, true)
			i = end
			for i < len(b) && b[i] != s.delimiter {
				i++
			}
		} else {
			length := bytes.IndexByte(b[begin:], s.delimiter)
			if length < 0 {
				length = len(b) - begin
			}
			i = begin + length
			text := b[begin:i:i]
			if s.trim {
				text = bytes.TrimRight(text, " \t")
			}
			field(begin, text, false)
		}
		if i >= len(b) {
			return
		}
		i++ // the delimiter
	}
}

// unquote reads what follows an opening quote and returns the offset after the closing one.
func (s *syntax) unquote(b []byte, begin int, arena *formats.Arena) (text []byte, end int) {
	doubled := 0
	i := begin
	for {
		i += bytes.IndexByte(b[i:], s.quote)
		if i+1 >= len(b) || b[i+1] != s.quote {
			break
		}
		doubled++
		i += 2
	}
	if doubled == 0 {
		return b[begin:i:i], i + 1
	}
	text = arena.Room(i - begin - doubled)[:0]
	for rest := b[begin:i]; len(rest) > 0; {
		at := bytes.IndexByte(rest, s.quote)
		if at < 0 {
			text = append(text, rest...)
			break
		}
		text = append(text, rest[:at+1]...)
		rest = rest[at+2:]
	}
	return text, i + 1
}
