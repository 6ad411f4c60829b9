package edi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi/ack"
	"github.com/touchstone-hub/touchstone/formats"
)

// acknowledged is what a partner says of an interchange, a group or a message of ours.
type acknowledged struct {
	interchange string // control number, where it is named
	group       string
	message     string // APERAK: the message's control number
	document    string // APERAK: another reference
	all         word   // the word on what is not named one by one; "" for none
	note        string
	sets        []saidOfSet
}

// saidOfSet is what is said of one set.
type saidOfSet struct {
	control string
	word    word
	note    string
}

// word is a partner's judgement.
type word string

const (
	accepted word = "accepted"
	rejected word = "rejected"
)

// wordOf is a receipt's: what is partly accepted names what is rejected.
func wordOf(s ack.Status) word {
	if s == ack.Rejected {
		return rejected
	}
	return accepted
}

// gather joins receipts that are about one interchange, group or message.
func gather(receipts []ack.Receipt) (list []acknowledged) {
	find := func(r ack.Receipt) *acknowledged {
		for i := range list {
			a := &list[i]
			if r.Document == "" && a.document+a.message == "" && a.interchange == r.Interchange && (r.Interchange != "" || a.group == r.Group) {
				return a
			}
		}
		a := acknowledged{interchange: r.Interchange}
		if r.Interchange == "" {
			a.group = r.Group
		}
		list = append(list, a)
		return &list[len(list)-1]
	}
	for _, r := range receipts {
		a := find(r)
		note := strings.Join(r.Faults, "; ")
		switch message, named := strings.CutPrefix(r.Document, "ACW:"); {
		case r.Document != "":
			a.all, a.note = wordOf(r.Status), note
			if named {
				a.message = message
			} else {
				a.document = r.Document
			}
		case !r.Whole():
			a.sets = append(a.sets, saidOfSet{r.Set, wordOf(r.Status), note})
		case r.Kind == "TA1" && r.Status != ack.Rejected:
			a.note = note // the envelope was read: nothing is said of what is in it
		default:
			a.all, a.note = wordOf(r.Status), note
		}
	}
	return list
}

// heed applies the acknowledgements of the interchange. It may be done again: what is closed stays
// closed.
func (e *entry) heed(ctx context.Context) error {
	all, err := e.receipts()
	if err != nil {
		return err
	}
	var mine []ack.Receipt
	for _, r := range all {
		if r.Offset >= e.verdict.Start && r.Offset < e.verdict.End {
			mine = append(mine, r)
		}
	}
	for _, a := range gather(mine) {
		known, err := e.apply(ctx, a)
		if err != nil {
			return err
		}
		if !known {
			e.bury("", "acknowledgement", formats.Frame{
				Err:      fmt.Errorf("it acknowledges %s, which was never sent to %s", a.shown(), e.partner.name),
				Position: formats.Position{Origin: e.Name(), Offset: e.verdict.Start, Path: "interchange " + e.verdict.head.ControlNumber},
			})
		}
	}
	return nil
}

// receipts are all acknowledgements in the delivery, read once.
func (r *receipt) receipts() ([]ack.Receipt, error) {
	if r.read {
		return r.heard, nil
	}
	in, err := r.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r.read = true
	r.heard, err = ack.Read(in)
	if err != nil {
		r.log.Warn("acknowledgements were read up to here", "file", r.Name(), "error", err)
	}
	return r.heard, nil
}

func (a *acknowledged) shown() string {
	switch {
	case a.interchange != "":
		return "interchange " + a.interchange
	case a.group != "":
		return "group " + a.group
	case a.document != "":
		return "document " + a.document
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
	reference := e.partner.name + "/group/" + unpadded(a.group)
	switch {
	case a.interchange != "":
		return e.own(ctx, tx, a.interchange)
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

// own gives the key of an interchange of ours by its number, as we wrote it or without its zeros.
func (e *entry) own(ctx context.Context, tx connectors.LedgerTx, control string) (string, error) {
	key := "out/" + e.partner.name + "/"
	keys := []string{key + control, key + unpadded(control), key + strings.Repeat("0", max(0, 9-len(control))) + control}
	rows, err := tx.Rows(ctx, kindInterchange, keys...)
	for _, k := range keys {
		if _, there := rows[k]; there {
			return k, err
		}
	}
	return "", err
}

func unpadded(number string) string {
	if short := strings.TrimLeft(number, "0"); short != "" {
		return short
	}
	return number
}

// close notes what the partner said of an interchange's documents. One that was rejected becomes a
// dead letter with its bytes.
func (e *entry) close(ctx context.Context, tx connectors.LedgerTx, r connectors.Row, b interchange, a acknowledged) error {
	var changed []sent
	for i := range b.Documents {
		d := &b.Documents[i]
		w, note := a.of(d)
		if w == "" || d.State != "" {
			continue
		}
		d.State, d.Note = string(w), note
		changed = append(changed, *d)
	}
	if a.all == rejected && a.note != "" && len(b.Problems) == 0 {
		b.Problems = append(b.Problems, a.note)
	}
	var letters []connectors.Letter
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
	if a.group != "" && unpadded(a.group) != unpadded(d.Group) || a.message != "" && unpadded(a.message) != unpadded(d.Set) {
		return "", ""
	}
	for _, s := range a.sets {
		if unpadded(s.control) == unpadded(d.Set) {
			return s.word, s.note
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
	case len(b.Documents) == 0, open > 0:
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
		Err:   fmt.Errorf("%s rejected %s %s of %s: %s", p.name, d.Type, d.Set, d.Interchange, why),
		Frame: formats.Frame{Bytes: d.Bytes, Position: formats.Position{Origin: d.Interchange, Offset: -1}},
	}
}
