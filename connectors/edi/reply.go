package edi

import (
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// line writes one segment in the partner's delimiters.
func (p *partner) line(tag string, elements ...string) []byte {
	w := &envelope{partner: p}
	w.segment(tag, elements...)
	return []byte(strings.TrimRight(string(w.out), "\n"))
}

// set joins the segments of a set between header and trailer, whose number comes later.
func (p *partner) set(kind, version string, header []byte, segments [][]byte) outgoing {
	out := header
	for _, s := range segments {
		out = append(out, s...)
	}
	trailer := "SE"
	if p.standard == edi.EDIFACT {
		trailer = "UNT"
	}
	out = append(out, p.line(trailer, strconv.Itoa(len(segments)+2), "1")...)
	return outgoing{set: out, kind: kind, version: version}
}

// ta1 answers the envelope (X12.5, TA1).
func (p *partner) ta1(v *verdict) []byte {
	status, note := "A", "000"
	for _, f := range v.Faults {
		status = "E"
		if note == "000" {
			note = ta1Note(f)
		}
	}
	if v.refused {
		status = "R"
	}
	return p.line("TA1", v.head.ControlNumber, v.head.Date, v.head.Time, status, note)
}

// ta1Note is TA105 of a fault (X12 code list I18).
func ta1Note(f edi.Fault) string {
	switch f.Kind {
	case edi.ControlMismatch:
		return "001"
	case edi.BadControlNumber:
		return "018"
	case edi.CountMismatch:
		return "021"
	case edi.MissingTrailer:
		return "023"
	case edi.DuplicateExchange:
		return "025"
	case edi.BadDelimiters:
		return "026"
	}
	return "024"
}

// functional answers each group that holds more than acknowledgements (997, 999).
func (p *partner) functional(v *verdict) (sets []outgoing) {
	for _, g := range v.Groups {
		if g.Group == nil || g.Group.ID == "FA" {
			continue
		}
		sets = append(sets, p.functionalOf(g))
	}
	return sets
}

func (p *partner) functionalOf(g *validate.Group) outgoing {
	kind := p.Acknowledge.With.Value
	if kind == "auto" {
		if kind = "997"; g.Group.Version >= "005010" {
			kind = "999"
		}
	}
	total, taken := 0, 0
	segments := [][]byte{p.line("AK1", g.Group.ID, g.Group.ControlNumber)}
	for _, s := range g.Kept {
		total++
		status := p.line(map[string]string{"997": "AK5", "999": "IK5"}[kind], "A")
		if s.Rejected() {
			status = p.line(map[string]string{"997": "AK5", "999": "IK5"}[kind], "R", "5")
		} else {
			taken++
		}
		segments = append(segments, p.line("AK2", s.ID, s.ControlNumber), status)
	}
	overall := "A"
	switch {
	case taken == 0 && total > 0:
		overall = "R"
	case taken < total:
		overall = "P"
	case g.Broken():
		overall = "E"
	}
	segments = append(segments, p.line("AK9", overall, strconv.Itoa(total), strconv.Itoa(total), strconv.Itoa(taken)))
	return p.set(kind, g.Group.Version, p.line("ST", kind, "0001"), segments)
}

// contrl answers an interchange of EDIFACT (ISO 9735-4).
func (p *partner) contrl(v *verdict) outgoing {
	action, fault := "7", ""
	if v.refused {
		action, fault = "4", "26"
	}
	w := &envelope{partner: p}
	w.raw("UCI", append(escaped(p.delim, []string{v.head.ControlNumber}), w.composite(v.head.Sender.ID, v.head.Sender.Qualifier), w.composite(v.head.Receiver.ID, v.head.Receiver.Qualifier), action, fault)...)
	for _, s := range v.sets {
		if s.Rejected() && !v.refused {
			w.raw("UCM", s.ControlNumber, w.composite(s.ID, s.Version, s.Release, s.Agency, s.Association), "4")
		}
	}
	var lines [][]byte
	for segment := range segments(w.out, p.delim) {
		lines = append(lines, segment)
	}
	h := &envelope{partner: p}
	h.raw("UNH", "1", h.composite("CONTRL", "D", "3", "UN"))
	return p.set("CONTRL", "D.3", []byte(strings.TrimRight(string(h.out), "\n")), lines)
}
