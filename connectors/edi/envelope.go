package edi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/edi"
)

// content is what is put into an interchange of ours.
type content struct{ sets []outgoing }

// outgoing is one set that is to leave, with its number.
type outgoing struct {
	set      []byte // from its header to its trailer, in the partner's delimiters
	kind     string // 855, ORDRSP
	version  string // GS08 of X12
	control  string
	document int // which of the caller's documents it is
	group    string
}

// wrap puts an envelope around content: header, groups of sets of one kind and version (X12), trailer,
// with counts and the control numbers given. groups gives the number of each next group. The sets'
// group is filled in.
func (p *partner) wrap(c *content, control int64, groups func() int64, at time.Time) []byte {
	w := &envelope{partner: p, at: at.UTC()}
	if p.standard == edi.X12 {
		w.x12(c, control, groups)
	} else {
		w.edifact(c, control)
	}
	return w.out
}

// envelope writes one interchange.
type envelope struct {
	*partner
	at  time.Time
	out []byte
}

// segment writes a segment of elements that hold no components.
func (w *envelope) segment(tag string, elements ...string) {
	w.raw(tag, escaped(w.delim, elements)...)
}

// raw writes a segment of elements as they are, without those that are empty at its end.
func (w *envelope) raw(tag string, elements ...string) {
	for len(elements) > 0 && elements[len(elements)-1] == "" {
		elements = elements[:len(elements)-1]
	}
	w.out = append(w.out, tag...)
	for _, e := range elements {
		w.out = append(append(w.out, w.delim.Element), e...)
	}
	w.end()
}

func (w *envelope) end() {
	w.out = append(w.out, w.delim.Segment)
	w.lineBreak()
}

func (w *envelope) lineBreak() {
	if w.LineBreaks {
		w.out = append(w.out, '\n')
	}
}

// set writes a set under its number.
func (w *envelope) set(o *outgoing) {
	numbered := renumber(o.set, w.delim, o.kind, o.control, w.standard)
	if !w.LineBreaks {
		w.out = append(w.out, numbered...)
		return
	}
	for segment := range segments(numbered, w.delim) {
		w.out = append(w.out, segment...)
		w.lineBreak()
	}
}

// x12 writes ISA to IEA (X12.5, X12.6).
func (w *envelope) x12(c *content, control int64, groups func() int64) {
	d := w.delim
	version := w.Version.Value[:5]
	repetition := "U" // ISA11 was the standards identifier before 00402
	if version >= "00402" {
		repetition = string(d.Repetition)
	}
	interchange := padded(control, 9)
	w.raw("ISA", "00", strings.Repeat(" ", 10), "00", strings.Repeat(" ", 10),
		fmt.Sprintf("%-2s", w.us.qualifier), fmt.Sprintf("%-15s", w.us.id), fmt.Sprintf("%-2s", w.them.qualifier), fmt.Sprintf("%-15s", w.them.id),
		w.at.Format("060102"), w.at.Format("1504"), repetition, version, interchange, "0", w.indicator("T", "P"), string(d.Component))
	n := 0
	for i := 0; i < len(c.sets); n++ {
		first := &c.sets[i]
		group, members := strconv.FormatInt(groups(), 10), 0
		w.segment("GS", functionalID(first.kind), w.us.group, w.them.group, w.groupDate(first.version), w.at.Format("1504"), group, "X", first.version)
		for ; i < len(c.sets) && sameGroup(first, &c.sets[i]); i++ {
			c.sets[i].group = group
			w.set(&c.sets[i])
			members++
		}
		w.segment("GE", strconv.Itoa(members), group)
	}
	w.segment("IEA", strconv.Itoa(n), interchange)
}

// groupDate is GS04, which has four digits for the year from 004010 on.
func (w *envelope) groupDate(version string) string {
	if version < "004010" {
		return w.at.Format("060102")
	}
	return w.at.Format("20060102")
}

func sameGroup(a, b *outgoing) bool {
	return functionalID(a.kind) == functionalID(b.kind) && a.version == b.version
}

// edifact writes UNA, UNB to UNZ (ISO 9735-1).
func (w *envelope) edifact(c *content, control int64) {
	d := w.delim
	reference := strconv.FormatInt(control, 10)
	if w.UNA {
		reserved := byte(' ')
		if d.Repetition != 0 {
			reserved = d.Repetition
		}
		w.out = append(w.out, 'U', 'N', 'A', d.Component, d.Element, '.', d.Release, reserved, d.Segment)
		w.lineBreak()
	}
	syntax, level, _ := strings.Cut(w.Syntax.Value, ":")
	date := "060102"
	if level == "4" {
		date = "20060102"
	}
	acknowledge := ""
	if w.Await > 0 {
		acknowledge = "1" // 0031
	}
	w.raw("UNB", w.composite(syntax, level), w.composite(w.us.id, w.us.qualifier), w.composite(w.them.id, w.them.qualifier),
		w.composite(w.at.Format(date), w.at.Format("1504")), reference, "", "", "", acknowledge, "", w.indicator("1", ""))
	for i := range c.sets {
		w.set(&c.sets[i])
	}
	w.segment("UNZ", strconv.Itoa(len(c.sets)), reference)
}

func (w *envelope) indicator(test, production string) string {
	if w.Test {
		return test
	}
	return production
}

func (w *envelope) composite(parts ...string) string {
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(escaped(w.delim, parts), string(w.delim.Component))
}

// escaped releases the delimiters in values, where the standard has a release character.
func escaped(d edi.Delimiters, values []string) []string {
	if d.Release == 0 {
		return values
	}
	out := make([]string, len(values))
	for i, v := range values {
		var b strings.Builder
		for j := range len(v) {
			if d.Has(v[j]) {
				b.WriteByte(d.Release)
			}
			b.WriteByte(v[j])
		}
		out[i] = b.String()
	}
	return out
}

func padded(n int64, width int) string { return fmt.Sprintf("%0*d", width, n) }

// setControl is a set's control number as text: ST02 has four digits at least (X12 329), UNH 0062 as
// many as it needs.
func (p *partner) setControl(n int64) string {
	if p.standard == edi.X12 {
		return padded(n, 4)
	}
	return strconv.FormatInt(n, 10)
}

// segments gives each segment of a set with its terminator. Line breaks between them are left out.
func segments(set []byte, d edi.Delimiters) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(set) > 0 {
			end := 0
			for end < len(set) && set[end] != d.Segment {
				if d.Release != 0 && set[end] == d.Release {
					end++
				}
				end++
			}
			end = min(end+1, len(set))
			if !yield(set[:end]) {
				return
			}
			set = bytes.TrimLeft(set[end:], "\r\n")
		}
	}
}

// renumber gives a set with another control number in its header and trailer: ST02 and SE02, UNH 0062
// and UNT 0062.
func renumber(set []byte, d edi.Delimiters, kind, control string, standard edi.Standard) []byte {
	place := 1 // of the number in the header
	if standard == edi.X12 {
		place = 2
	}
	all := make([][]byte, 0, 64)
	for segment := range segments(set, d) {
		all = append(all, segment)
	}
	out := make([]byte, 0, len(set)+2*len(control))
	for i, segment := range all {
		switch i {
		case 0:
			segment = withElement(segment, d, place, control)
		case len(all) - 1:
			segment = withElement(segment, d, 2, control)
		}
		out = append(out, segment...)
	}
	return out
}

// withElement replaces an element of a segment by a value without delimiters.
func withElement(segment []byte, d edi.Delimiters, n int, value string) []byte {
	from, to, element := 0, len(segment)-1, 0
	for i := 0; i < len(segment)-1; i++ {
		switch {
		case d.Release != 0 && segment[i] == d.Release:
			i++
		case segment[i] == d.Element && element == n:
			to = i
			element++
		case segment[i] == d.Element:
			if element++; element == n {
				from = i + 1
			}
		}
	}
	if from == 0 {
		return segment // it has no such element
	}
	return bytes.Join([][]byte{segment[:from], []byte(value), segment[to:]}, nil)
}

// functionalIDs are GS01 by transaction set (X12 element 479), as companion guides show them.
var functionalIDs = map[string]string{
	"204": "SM", "210": "IM", "211": "BL", "214": "QM", "270": "HS", "271": "HB", "276": "HR", "277": "HN", "278": "HI",
	"810": "IN", "812": "CD", "816": "OR", "820": "RA", "824": "AG", "830": "PS", "832": "SC", "834": "BE", "835": "HP",
	"837": "HC", "838": "TD", "840": "RQ", "843": "RR", "844": "CF", "845": "PA", "846": "IB", "849": "CO", "850": "PO",
	"852": "PD", "855": "PR", "856": "SH", "857": "BS", "860": "PC", "861": "RC", "862": "SS", "864": "TX", "865": "CA",
	"866": "SQ", "867": "PT", "869": "RS", "870": "RS", "875": "OG", "876": "OG", "880": "GP", "888": "QG", "889": "QG",
	"940": "OW", "943": "AR", "944": "RE", "945": "SW", "947": "AW", "990": "GF", "997": "FA", "999": "FA",
}

// functionalID is the group that sets of a kind stand in; "" where nobody knows it.
func functionalID(kind string) string { return functionalIDs[kind] }
