package ack

import (
	"fmt"
	"io"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/guides"
)

// Receipt is what a partner's acknowledgement says of one interchange, group or
// set of ours.
type Receipt struct {
	// Kind is TA1, 997, 999, CONTRL or APERAK.
	Kind string
	// By is the interchange that the acknowledgement came in.
	By *edi.Interchange
	// Interchange is the control number of the interchange that it is about; empty
	// in 997 and 999, which name groups only, and in APERAK.
	Interchange string
	// GroupID and Group are what the group holds (GS01) and its control number.
	GroupID, Group string
	// SetID and Set are what the set is and its control number; both empty where the
	// group, or the interchange, is meant as a whole.
	SetID, Set string
	// Document is the number of a document as APERAK refers to it, with the kind of
	// number (list 1153) before a colon: ON:4711.
	Document string
	Status   Status
	// Faults are what is wrong, in words, each with its place and code.
	Faults []string
	// Offset is where it stands in what was read.
	Offset int64
}

// Whole says whether the receipt is of an interchange or a group as a whole.
func (r *Receipt) Whole() bool { return r.Set == "" && r.Document == "" }

// Read reads what acknowledgements there are in r. Sets that are none are passed
// over. Of a 997 or 999 there is a receipt of each set that it lists and then of
// the group; of a CONTRL one of the interchange and then of what it lists.
func Read(r io.Reader) ([]Receipt, error) {
	w := edi.NewWalker(edi.NewScanner(r))
	p := &receipts{}
	for w.Next() {
		e := w.Event()
		switch e.Kind {
		case edi.SetStart:
			p.begin(e)
		case edi.SegmentRead:
			if e.Set != nil {
				p.segment(e)
			} else if e.Segment.Is("TA1") && e.Interchange != nil {
				p.ta1(e)
			}
		case edi.SetEnd:
			p.end()
		}
	}
	if err := w.Err(); err != nil {
		return p.all, fmt.Errorf("read acknowledgement: %w", err)
	}
	return p.all, nil
}

// receipts collects what is read.
type receipts struct {
	all    []Receipt
	kind   string
	by     *edi.Interchange
	group  [2]string // GS01, GS06
	open   *Receipt  // the set, group or message that faults belong to
	part   string    // the segment that elements belong to, in words
	aperak *Receipt
}

var kinds = map[string]bool{"997": true, "999": true, "CONTRL": true, "APERAK": true}

func (p *receipts) begin(e *edi.Event) {
	p.kind, p.by, p.open, p.aperak = "", e.Interchange, nil, nil
	if kinds[e.Set.ID] {
		p.kind = e.Set.ID
	}
	if p.kind == "APERAK" {
		p.aperak = &Receipt{Kind: p.kind, By: p.by, Status: Accepted, Offset: e.Set.Position.Offset}
	}
}

func (p *receipts) end() {
	p.flush()
	if p.aperak != nil {
		p.all = append(p.all, *p.aperak)
	}
	p.kind, p.aperak = "", nil
}

func (p *receipts) flush() {
	if p.open != nil {
		p.all = append(p.all, *p.open)
		p.open = nil
	}
}

// text is a component as a string.
func text(s *edi.Segment, element, component int) string {
	return strings.TrimSpace(string(s.Syntax.Plain(s.Component(element, 1, component))))
}

func (p *receipts) ta1(e *edi.Event) {
	s := e.Segment
	r := Receipt{Kind: "TA1", By: e.Interchange, Interchange: text(s, 1, 1), Offset: s.Offset}
	r.Status = statusX12(text(s, 4, 1))
	if note := text(s, 5, 1); note != "" && note != "000" {
		r.Faults = []string{"TA105 " + meaning("x12/envelope", "I18", note)}
	}
	p.all = append(p.all, r)
}

func statusX12(code string) Status {
	switch code {
	case "A":
		return Accepted
	case "E":
		return AcceptedWithErrors
	case "P":
		return PartlyAccepted
	}
	return Rejected
}

// statusEDIFACT knows list 0083.
func statusEDIFACT(code string) Status {
	switch code {
	case "7", "5":
		return Accepted
	case "8":
		return Received
	}
	return Rejected
}

func (p *receipts) segment(e *edi.Event) {
	switch p.kind {
	case "997", "999":
		p.functional(e.Segment)
	case "CONTRL":
		p.contrl(e.Segment)
	case "APERAK":
		p.application(e.Segment)
	}
}

func (p *receipts) functional(s *edi.Segment) {
	switch string(s.Tag()) {
	case "AK1":
		p.group = [2]string{text(s, 1, 1), text(s, 2, 1)}
	case "AK2":
		p.flush()
		p.open = &Receipt{Kind: p.kind, By: p.by, GroupID: p.group[0], Group: p.group[1], SetID: text(s, 1, 1), Set: text(s, 2, 1), Offset: s.Offset, Status: Rejected}
	case "AK3", "IK3":
		p.part = "segment " + text(s, 1, 1) + " at position " + text(s, 2, 1)
		if code := text(s, 4, 1); code != "8" {
			p.fault(p.part + ": " + meaning("x12/envelope", "720", code))
		}
	case "AK4", "IK4":
		at := ", element " + text(s, 1, 1)
		if c := text(s, 1, 2); c != "" {
			at += "." + c
		}
		f := p.part + at + ": " + meaning("x12/envelope", "723", text(s, 3, 1))
		if bad := text(s, 4, 1); bad != "" {
			f += fmt.Sprintf(", found %q", bad)
		}
		p.fault(f)
	case "AK5", "IK5":
		if p.open == nil {
			return
		}
		p.open.Status = statusX12(text(s, 1, 1))
		p.codes(s, 2, "718")
		p.flush()
	case "AK9":
		p.flush()
		p.open = &Receipt{Kind: p.kind, By: p.by, GroupID: p.group[0], Group: p.group[1], Offset: s.Offset, Status: statusX12(text(s, 1, 1))}
		p.codes(s, 5, "716")
		p.flush()
	}
}

// codes notes the codes of a list from an element on; that segments are in error
// is said of them already.
func (p *receipts) codes(s *edi.Segment, from int, list string) {
	for i := from; i <= s.Len(); i++ {
		if code := text(s, i, 1); code != "" && (list != "718" || code != "5" || len(p.open.Faults) == 0) {
			p.fault(meaning("x12/envelope", list, code))
		}
	}
}

func (p *receipts) fault(f string) {
	if p.open != nil {
		p.open.Faults = append(p.open.Faults, f)
	}
}

func (p *receipts) contrl(s *edi.Segment) {
	switch string(s.Tag()) {
	case "UCI":
		p.begun(s, Receipt{}, 4)
	case "UCF":
		p.begun(s, Receipt{Group: text(s, 1, 1)}, 4)
		p.group[1] = text(s, 1, 1)
	case "UCM":
		p.begun(s, Receipt{Group: p.group[1], SetID: text(s, 2, 1), Set: text(s, 1, 1)}, 3)
	case "UCS":
		p.part = "segment at position " + text(s, 1, 1)
		if code := text(s, 2, 1); code != "" {
			p.fault(p.part + ": " + meaning("edifact/service-3", "0085", code))
		}
	case "UCD":
		at := ", element " + text(s, 2, 1)
		if c := text(s, 2, 2); c != "" {
			at += "." + c
		}
		p.fault(p.part + at + ": " + meaning("edifact/service-3", "0085", text(s, 1, 1)))
	}
}

// begun takes the action at an element, and the code after it.
func (p *receipts) begun(s *edi.Segment, r Receipt, action int) {
	p.flush()
	if s.Is("UCI") {
		r.Interchange = text(s, 1, 1)
		p.group = [2]string{}
	} else {
		r.Interchange = p.interchange()
	}
	r.Kind, r.By, r.Offset, r.Status = p.kind, p.by, s.Offset, statusEDIFACT(text(s, action, 1))
	if code := text(s, action+1, 1); code != "" {
		f := meaning("edifact/service-3", "0085", code)
		if tag := text(s, action+2, 1); tag != "" {
			f = tag + ": " + f
		}
		r.Faults = append(r.Faults, f)
	}
	p.open = &r
}

// interchange is that of the last UCI.
func (p *receipts) interchange() string {
	for i := len(p.all) - 1; i >= 0; i-- {
		if p.all[i].Kind == "CONTRL" && p.all[i].By == p.by {
			return p.all[i].Interchange
		}
	}
	return ""
}

func (p *receipts) application(s *edi.Segment) {
	switch string(s.Tag()) {
	case "RFF", "DOC":
		if p.aperak.Document == "" {
			p.aperak.Document = text(s, 1, 1) + ":" + text(s, 1, 2)
			if s.Is("DOC") {
				p.aperak.Document = text(s, 1, 1) + ":" + text(s, 2, 1)
			}
		}
	case "ERC":
		p.aperak.Status = Rejected
		p.aperak.Faults = append(p.aperak.Faults, "error "+text(s, 1, 1))
	case "FTX":
		var parts []string
		for i := 1; i <= 5; i++ {
			if t := text(s, 4, i); t != "" {
				parts = append(parts, t)
			}
		}
		if n := len(p.aperak.Faults); n > 0 && len(parts) > 0 {
			p.aperak.Faults[n-1] += ": " + strings.Join(parts, " ")
		}
	}
}

// meaning says a code in words.
func meaning(name, list, code string) string {
	g, err := guides.Shipped.Guide(name)
	if err != nil || g.Codes[list] == nil {
		return code
	}
	return describe(code, g.Codes[list].Title(code))
}
