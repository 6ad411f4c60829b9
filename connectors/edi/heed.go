package edi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/formats"
)

// acknowledged is what a partner says of an interchange, a group or a message of ours.
type acknowledged struct {
	interchange string // control number, where it is named
	group       string
	message     string // APERAK: the message's control number
	// all is the word on what is not named one by one; "" for none.
	all  word
	note string
	sets []saidOfSet
}

// saidOfSet is what is said of one set.
type saidOfSet struct {
	control string
	word    word
	notes   []string
}

// word is a partner's judgement.
type word string

const (
	accepted word = "accepted"
	rejected word = "rejected"
)

// readTA1 reads TA1 04 and 05 (X12.5).
func readTA1(g *edi.Segment) acknowledged {
	a := acknowledged{interchange: string(g.Value(1))}
	switch string(g.Value(4)) {
	case "R":
		a.all, a.note = rejected, "TA1 note "+string(g.Value(5))
	case "E":
		a.note = "TA1 note " + string(g.Value(5))
	}
	return a
}

// readAcknowledgement reads the acknowledgement in a frame.
func readAcknowledgement(f formats.Frame) []acknowledged {
	r := &ackReader{}
	s := edi.NewBytesScanner(slices.Concat(f.Context, f.Bytes))
	for s.Next() {
		r.segment(s.Segment())
	}
	return r.list
}

// ackReader reads the segments of one acknowledgement.
type ackReader struct{ list []acknowledged }

func (r *ackReader) last() *acknowledged {
	if len(r.list) == 0 {
		r.list = append(r.list, acknowledged{})
	}
	return &r.list[len(r.list)-1]
}

func (r *ackReader) segment(g *edi.Segment) {
	v := func(n int) string { return string(g.Value(n)) }
	switch tag := string(g.Tag()); tag {
	case "TA1":
		r.list = append(r.list, readTA1(g))
	case "AK1":
		r.list = append(r.list, acknowledged{group: v(2)})
	case "AK2":
		r.set(v(2), "")
	case "AK3", "IK3":
		r.remark("segment %s at %s: code %s", v(1), v(2), v(4))
	case "AK4", "IK4":
		r.remark("element %s: code %s, value %q", v(1), v(3), v(4))
	case "AK5", "IK5":
		r.verdict(x12Word(v(1)), codes(g, 2))
	case "AK9":
		r.last().all, r.last().note = x12Word(v(1)), codes(g, 5)
		if v(1) == "P" {
			r.last().all = accepted // what is rejected is named
		}
	case "UCI":
		r.list = append(r.list, acknowledged{interchange: v(1), all: edifactWord(v(4)), note: coded(v(5))})
	case "UCM":
		r.set(v(1), edifactWord(v(3)))
		r.remark("%s", coded(v(4)))
	case "UCS":
		r.remark("segment %s: code %s", v(1), v(2))
	case "UCD":
		r.remark("element %s: code %s", v(2), v(1))
	default:
		r.application(tag, g)
	}
}

// application reads an APERAK: its answer to one message, with what is wrong.
func (r *ackReader) application(tag string, g *edi.Segment) {
	v := func(element, component int) string { return string(g.Syntax.Plain(g.Component(element, 1, component))) }
	switch tag {
	case "BGM": // 4343: AP accepted, RE rejected; 1225 27 not accepted
		if v(4, 1) == "RE" || v(3, 1) == "27" {
			r.last().all = rejected
		} else if v(4, 1) == "AP" || v(4, 1) == "AA" || v(3, 1) == "29" {
			r.last().all = accepted
		}
	case "RFF":
		if v(1, 1) == "ACW" {
			r.last().message = v(1, 2)
		}
	case "ERC":
		r.last().all = rejected
		r.last().note = joined(r.last().note, "error "+v(1, 1))
	case "FTX":
		r.last().note = joined(r.last().note, v(4, 1))
	}
}

func (r *ackReader) set(control string, w word) {
	a := r.last()
	a.sets = append(a.sets, saidOfSet{control: control, word: w})
}

func (r *ackReader) verdict(w word, note string) {
	if a := r.last(); len(a.sets) > 0 {
		a.sets[len(a.sets)-1].word = w
		r.remark("%s", note)
	}
}

func (r *ackReader) remark(format string, args ...any) {
	a := r.last()
	text := fmt.Sprintf(format, args...)
	switch {
	case text == "":
	case len(a.sets) == 0:
		a.note = joined(a.note, text)
	default:
		s := &a.sets[len(a.sets)-1]
		s.notes = append(s.notes, text)
	}
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// codes are the codes of a segment from an element on, in words.
func codes(g *edi.Segment, from int) string {
	var list []string
	for i := from; i <= g.Len(); i++ {
		if v := string(g.Value(i)); v != "" {
			list = append(list, v)
		}
	}
	return coded(strings.Join(list, ", "))
}

func coded(code string) string {
	if code == "" {
		return ""
	}
	return "code " + code
}

// x12Word is what AK501, IK501 and AK901 say: A and E take it, all others do not (X12 elements 715, 717).
func x12Word(code string) word {
	if code == "A" || code == "E" {
		return accepted
	}
	return rejected
}

// edifactWord is what 0083 says: 4 rejects; 7 and 8 take it (ISO 9735, code list 0083).
func edifactWord(code string) word {
	if code == "4" {
		return rejected
	}
	return accepted
}

// heed applies the acknowledgements in a set. It may be done again: what is closed stays closed.
func (e *entry) heed(ctx context.Context, f formats.Frame) error {
	list := readAcknowledgement(f)
	for _, a := range list {
		known, err := e.apply(ctx, a)
		if err != nil {
			return err
		}
		if !known {
			f.Err = fmt.Errorf("it acknowledges %s, which was never sent to %s", a.shown(), e.partner.name)
			e.bury("", "acknowledgement", f)
		}
	}
	if len(list) == 0 {
		f.Err = fmt.Errorf("the acknowledgement says nothing")
		e.bury("", "acknowledgement", f)
	}
	return nil
}

func (a *acknowledged) shown() string {
	switch {
	case a.group != "":
		return "group " + a.group
	case a.interchange != "":
		return "interchange " + a.interchange
	}
	return "message " + a.message
}

// apply closes what an acknowledgement is about; known is false where that is nothing of ours.
func (e *entry) apply(ctx context.Context, a acknowledged) (known bool, err error) {
	err = e.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		key, err := e.answered(ctx, tx, a)
		known = key != ""
		if err != nil || !known {
			return err
		}
		rows, err := tx.Rows(ctx, kindInterchange, key)
		r, there := rows[key]
		if known = there; err != nil || !there {
			return err
		}
		b, err := body[interchange](r)
		if err != nil {
			return err
		}
		return e.close(ctx, tx, r, b, a)
	})
	return known, err
}

// answered gives the key of the interchange of ours that an acknowledgement names; "" where there is none.
func (e *entry) answered(ctx context.Context, tx connectors.LedgerTx, a acknowledged) (string, error) {
	reference := e.partner.name + "/group/" + a.group
	switch {
	case a.interchange != "":
		return "out/" + e.partner.name + "/" + a.interchange, nil
	case a.group == "":
		reference = e.partner.name + "/message/" + a.message
	}
	rows, err := tx.Rows(ctx, kindReference, reference)
	r, there := rows[reference]
	if err != nil || !there {
		return "", err
	}
	var key string
	return key, json.Unmarshal(r.Body, &key)
}

// close notes what the partner said of an interchange's documents. One that was rejected becomes a
// dead letter with its bytes.
func (e *entry) close(ctx context.Context, tx connectors.LedgerTx, r connectors.Row, b interchange, a acknowledged) error {
	said := map[string]*sent{}
	for i := range b.Documents {
		d := &b.Documents[i]
		w, note := a.of(d)
		if w == "" || d.State != "" {
			continue
		}
		d.State, d.Note = string(w), note
		said[d.Key] = d
	}
	if a.all == rejected && a.note != "" {
		b.Problems = append(b.Problems, a.note)
	}
	var letters []connectors.Letter
	var changed []sent
	for _, d := range said {
		changed = append(changed, *d)
	}
	err := e.documents(ctx, tx, changed, func(r *connectors.Row, d *document, s sent) {
		if r.State = stateAcknowledged; s.State == string(rejected) {
			r.State = stateRejected
			letters = append(letters, refusal(e.partner, d, s))
		}
		d.Note, d.Bytes = s.Note, nil
	})
	if err != nil {
		return err
	}
	r.State = b.closed(r.State, a)
	if err := put(ctx, tx, r, b); err != nil || len(letters) == 0 {
		return err
	}
	return tx.Bury(ctx, letters...)
}

// of gives what an acknowledgement says of a document; "" for nothing.
func (a *acknowledged) of(d *sent) (word, string) {
	if a.group != "" && a.group != d.Group && strings.TrimLeft(a.group, "0") != strings.TrimLeft(d.Group, "0") || a.message != "" && a.message != d.Set {
		return "", ""
	}
	for _, s := range a.sets {
		if s.control == d.Set {
			return s.word, strings.Join(s.notes, "; ")
		}
	}
	return a.all, a.note
}

// closed is the state of an interchange whose documents have these states.
func (b *interchange) closed(state string, a acknowledged) string {
	open, refused := 0, 0
	for _, d := range b.Documents {
		switch d.State {
		case "":
			open++
		case string(rejected):
			refused++
		}
	}
	switch {
	case len(b.Documents) == 0 && a.all == rejected: // an answer of ours
		return stateRejected
	case len(b.Documents) == 0:
		return state
	case open > 0:
		return state
	case refused == 0:
		return stateAcknowledged
	case refused < len(b.Documents):
		return statePartly
	}
	return stateRejected
}

// refusal is the dead letter of a document that the partner rejected.
func refusal(p *partner, d *document, s sent) connectors.Letter {
	why := s.Note
	if why == "" {
		why = "no reason was given"
	}
	return connectors.Letter{
		Sent: true, Stream: d.Target, Key: d.Subject, Cause: "rejected",
		Err: fmt.Errorf("%s rejected %s %s of interchange %s: %s", p.name, d.Type, d.Set, d.Interchange, why),
		Frame: formats.Frame{
			Bytes: d.Bytes, Position: formats.Position{Origin: d.Interchange, Offset: -1},
		},
	}
}
