package ack

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/validate"
)

// answerX12 writes an interchange with TA1 and functional acknowledgements.
func (s *Stream) answerX12(to io.Writer, r *validate.Report) (Count, error) {
	o, i := s.o, r.Interchange
	functional := groupsX12(r, o)
	ta1 := wantsTA1(r, o)
	if len(functional) == 0 && !ta1 {
		return Count{}, nil
	}
	if nameless(i) {
		return Count{}, ErrNowhere
	}
	w := &writer{d: usable(i.Syntax.Delimiters, edi.X12Delimiters), newlines: o.Newlines}
	if err := w.isa(i, o); err != nil {
		return Count{}, err
	}
	if ta1 {
		w.ta1(r, o)
	}
	count := Count{Interchanges: 1, Groups: len(functional)}
	set := number(o.Set)
	for n, g := range functional {
		control := number(o.Group) + int64(n)
		w.segment("GS", "FA", g.receiver, g.sender, gsDate(g.version, o), o.Time.Format("1504"), control, "X", g.version)
		for _, group := range g.of {
			if err := s.functional(w, to, g, group, set); err != nil {
				return count, err
			}
			set++
			count.Sets++
		}
		w.segment("GE", len(g.of), control)
	}
	w.segment("IEA", len(functional), fmt.Sprintf("%09d", number(o.Interchange)))
	_, err := to.Write(w.b)
	return count, err
}

// functionalGroup is a group of acknowledgements, and the groups that they answer.
type functionalGroup struct {
	id               string // 997 or 999
	version          string // GS08
	sender, receiver string // GS02 and GS03 of the groups answered
	of               []*validate.Group
}

// groupsX12 sorts the groups to answer by what answers them and whom.
func groupsX12(r *validate.Report, o Options) []*functionalGroup {
	if o.Functional == NoFunctional || o.InterchangeStatus(r) == Rejected {
		return nil
	}
	var all []*functionalGroup
	for _, g := range r.Groups {
		if g.Group == nil || g.Group.Header == nil || g.Group.ID == "FA" {
			continue // nobody to answer, or acknowledgements themselves
		}
		id, version := answer(g.Group.Version, o)
		var to *functionalGroup
		for _, f := range all {
			if f.id == id && f.version == version && f.sender == g.Group.Sender.ID && f.receiver == g.Group.Receiver.ID {
				to = f
			}
		}
		if to == nil {
			to = &functionalGroup{id: id, version: version, sender: g.Group.Sender.ID, receiver: g.Group.Receiver.ID}
			all = append(all, to)
		}
		to.of = append(to.of, g)
	}
	return all
}

// health are the health care implementation guides of 005010, which ask for 999
// (005010X231A1).
var health = []string{
	"X186", "X212", "X214", "X215", "X216", "X217", "X218", "X219", "X220", "X221", "X222", "X223", "X224", "X279", "X364",
}

// answer says which acknowledgement answers a group of a version, and in which
// version itself.
func answer(version string, o Options) (id, own string) {
	base, guide := version, ""
	if len(version) > 6 {
		base, guide = version[:6], version[6:]
	}
	is999 := o.Functional == Use999
	if o.Functional == ByVersion && base >= "005010" {
		for _, h := range health {
			is999 = is999 || strings.HasPrefix(guide, h)
		}
	}
	switch {
	case is999 && base == "005010":
		return "999", "005010X231A1"
	case is999:
		return "999", base
	}
	return "997", base
}

// gsDate is written with the century from 004010 on.
func gsDate(version string, o Options) string {
	if version < "004010" {
		return o.Time.Format("060102")
	}
	return o.Time.Format("20060102")
}

// isa writes the header of the answer: partners exchanged, nothing asked for.
func (w *writer) isa(i *edi.Interchange, o Options) error {
	repetition := "U"
	if i.Version >= "00402" && w.d.Repetition != 0 {
		repetition = string([]byte{w.d.Repetition})
	}
	usage := i.Usage
	if usage == "" {
		usage = "P"
	}
	for _, p := range []edi.Party{i.Sender, i.Receiver} {
		if len(p.ID) > 15 || len(p.Qualifier) > 2 {
			return fmt.Errorf("ISA cannot name %s %q: 2 and 15 characters are the limits", p.Qualifier, p.ID)
		}
	}
	version := i.Version
	if len(version) != 5 {
		version = "00401"
	}
	w.segment("ISA", "00", fmt.Sprintf("%10s", ""), "00", fmt.Sprintf("%10s", ""),
		fmt.Sprintf("%-2s", i.Receiver.Qualifier), fmt.Sprintf("%-15s", i.Receiver.ID),
		fmt.Sprintf("%-2s", i.Sender.Qualifier), fmt.Sprintf("%-15s", i.Sender.ID),
		o.Time.Format("060102"), o.Time.Format("1504"), repetition, version, fmt.Sprintf("%09d", number(o.Interchange)), "0", usage,
		string([]byte{w.d.Component}))
	return nil
}

// wantsTA1 says whether the interchange itself is acknowledged. One that holds
// nothing but acknowledgements is not.
func wantsTA1(r *validate.Report, o Options) bool {
	content := anyContent(r) || len(r.Groups) == 0 && r.Acknowledgements == 0
	switch {
	case !content || o.TA1 == Never || r.Interchange.Header == nil:
		return false
	case o.TA1 == Always:
		return true
	}
	return r.Interchange.Acknowledge || o.InterchangeStatus(r) != Accepted
}

func anyContent(r *validate.Report) bool {
	for _, g := range r.Groups {
		if g.Group == nil || g.Group.ID != "FA" {
			return true
		}
	}
	return false
}

func (w *writer) ta1(r *validate.Report, o Options) {
	i := r.Interchange
	code, note := "A", "000"
	for _, f := range r.Faults {
		if ofInterchange(f) {
			code, note = "E", NoteTA1(f)
			break
		}
	}
	if o.InterchangeStatus(r) == Rejected {
		code = "R"
		for _, f := range r.Faults {
			if !f.Warning && total[f.Kind] {
				note = NoteTA1(f)
				break
			}
		}
	}
	control := i.ControlNumber
	if n, err := strconv.ParseUint(control, 10, 32); err == nil {
		control = fmt.Sprintf("%09d", n)
	}
	w.segment("TA1", control, i.Date, i.Time, code, note)
}

// functional writes the 997 or 999 that answers one group.
func (s *Stream) functional(w *writer, to io.Writer, f *functionalGroup, g *validate.Group, control int64) error {
	w.segments = 0
	set := fmt.Sprintf("%04d", control)
	header := []any{f.id, set}
	if f.id == "999" && strings.HasPrefix(f.version, "005010X231") {
		header = append(header, f.version)
	}
	w.segment("ST", header...)
	first := []any{g.Group.ID, g.Group.ControlNumber}
	if f.version >= "005010" {
		first = append(first, g.Group.Version)
	}
	w.segment("AK1", first...)
	b := s.bodies[g]
	if err := b.join(w, to); err != nil {
		return err
	}
	var t tally
	if b != nil {
		t = b.tally
	}
	status, accepted := s.o.groupStatus(g, t)
	last := []any{codeX12(status), included(g), g.Sets, accepted}
	for _, code := range groupCodes(g) {
		last = append(last, code)
	}
	w.segment("AK9", last...)
	w.segment("SE", w.segments+1, set)
	return nil
}

// included is AK902: what the trailer says, where that is a number.
func included(g *validate.Group) string {
	if n, err := strconv.Atoi(g.Included); err == nil && n >= 0 && n <= 999999 {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(g.Sets)
}

func codeX12(s Status) string {
	return [...]string{Accepted: "A", AcceptedWithErrors: "E", PartlyAccepted: "P", Rejected: "R"}[s]
}

// set writes AK2 to AK5, or AK2 to IK5.
func (w *writer) set(id string, s *validate.Set, status Status, later bool) {
	names := [3]string{"AK3", "AK4", "AK5"}
	if id == "999" {
		names = [3]string{"IK3", "IK4", "IK5"}
	}
	header := []any{s.ID, s.ControlNumber}
	if later && s.Reference != "" {
		header = append(header, s.Reference)
	}
	w.segment("AK2", header...)
	if status != Accepted {
		w.faults(s.Faults, names, id == "999")
	}
	last := []any{codeX12(status)}
	if status != Accepted {
		for _, code := range setCodes(s) {
			last = append(last, code)
		}
	}
	w.segment(names[2], last...)
}

// faults writes what is wrong within segments: one AK3 for each fault of a
// segment's place, and one with code 8 for what is wrong with its elements.
func (w *writer) faults(faults []edi.Fault, names [3]string, is999 bool) {
	var at edi.Position
	elements := 0 // AK4s below the AK3 at hand; 99 may be
	for _, f := range faults {
		if f.Warning || f.Level != edi.InSegment && f.Level != edi.InElement && f.Level != edi.InComponent {
			continue
		}
		position := f.Position
		position.Element, position.Component, position.Repetition, position.Offset = 0, 0, 0, 0
		if f.Level == edi.InSegment {
			w.segment(names[0], w.tag(f.Position.Tag), position.InSet, loopCode(f.Loop), SegmentCode(f, is999))
			at = edi.Position{}
			continue
		}
		if position != at {
			w.segment(names[0], w.tag(f.Position.Tag), position.InSet, loopCode(f.Loop), "8")
			at, elements = position, 0
		}
		if elements++; elements > 99 {
			continue
		}
		w.element(f, names[1], is999)
	}
}

// tag gives a tag as AK301 takes it: two or three characters.
func (w *writer) tag(tag string) string {
	tag = w.copyOf(tag, 3)
	if len(tag) < 2 {
		return "???"[:2]
	}
	return tag
}

// loopCode gives a loop's name where AK303 can hold it.
func loopCode(loop string) string {
	if len(loop) > 4 {
		return ""
	}
	return loop
}

// element writes AK4 or IK4, and the context of a condition (CTX) after it.
func (w *writer) element(f edi.Fault, name string, is999 bool) {
	p := f.Position
	place := composite{strconv.Itoa(p.Element)}
	if p.Component > 0 {
		place = append(place, strconv.Itoa(p.Component))
	}
	if is999 && p.Repetition > 0 {
		if len(place) == 1 {
			place = append(place, "")
		}
		place = append(place, strconv.Itoa(p.Repetition))
	}
	ref := f.Ref
	if _, err := strconv.Atoi(ref); err != nil || len(ref) > 4 {
		ref = ""
	}
	w.segment(name, place, ref, ElementCode(f, is999), w.copyOf(f.Found, 99))
	if is999 && (f.Kind == edi.ConditionMissing || f.Kind == edi.ConditionExcluded) {
		w.segment("CTX", composite{"SITUATIONAL TRIGGER"}, w.tag(p.Tag), p.InSet, loopCode(f.Loop), place)
	}
}
