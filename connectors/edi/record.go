package edi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
)

// Kinds of rows in the ledger.
const (
	kindInterchange = "interchange" // "in/PARTNER/CONTROL", and for a repetition "/DELIVERY" behind it; "out/PARTNER/CONTROL"
	kindDocument    = "document"    // by idempotency key
	kindNumber      = "number"      // "PARTNER/interchange", "PARTNER/group", "PARTNER/set"
	kindReference   = "reference"   // "PARTNER/group/CONTROL", "PARTNER/message/CONTROL": the interchange of ours that holds it
	kindLetter      = "letter"      // dead letters of deliveries that belong to no interchange
)

// States of interchanges that came in.
const (
	stateReceiving = "receiving" // its sets are being made durable
	stateAccepted  = "accepted"
	statePartly    = "partly accepted"
	stateRejected  = "rejected" // of ours: by the partner
	stateDuplicate = "duplicate"
	stateAnswers   = "answers" // it holds acknowledgements and nothing else
)

// States of documents and interchanges of ours. A document that waits to be collected is in state
// queued with the partner's name behind it.
const (
	stateQueued       = "queued"
	stateReady        = "ready"        // numbered, and not handed over yet
	stateSent         = "sent"         // waits for its acknowledgement
	stateDone         = "done"         // handed over; no acknowledgement is awaited
	stateAcknowledged = "acknowledged" // accepted by the partner
	stateOverdue      = "overdue"      // should have been acknowledged by now
)

func queued(p *partner) string { return stateQueued + " " + p.name }

// interchange is the body of an interchange's row. Operators are shown it, without Bytes.
type interchange struct {
	Partner      string   `json:"partner"`
	Standard     string   `json:"standard"`
	Control      string   `json:"control"`
	Groups       []string `json:"groups,omitempty"` // control numbers
	Test         bool     `json:"test,omitempty"`
	Name         string   `json:"name"`               // of the file
	Kept         string   `json:"kept,omitempty"`     // where the original is
	Delivery     string   `json:"delivery,omitempty"` // what brought it in, and where it stood there
	Sets         int      `json:"sets"`
	Rejected     int      `json:"rejected,omitempty"`
	Problems     []string `json:"problems,omitempty"`     // the first
	Acknowledges string   `json:"acknowledges,omitempty"` // key of the interchange that this one answers
	Answer       string   `json:"answer,omitempty"`       // key of the interchange that answers it
	Documents    []sent   `json:"documents,omitempty"`    // what is in it, of ours
	Attempts     int      `json:"resent,omitempty"`       // how often it was handed over again
	Bytes        []byte   `json:"bytes,omitempty"`        // of ours
}

// sent is a document as it left.
type sent struct {
	Key     string `json:"key"` // of its row
	Group   string `json:"group,omitempty"`
	Set     string `json:"set"` // control number
	Type    string `json:"type"`
	Target  string `json:"target"`
	Subject string `json:"subject"`
	State   string `json:"state,omitempty"` // accepted or rejected, once the partner said so
	Note    string `json:"note,omitempty"`
}

// document is the body of a document's row.
type document struct {
	Partner     string `json:"partner"`
	Target      string `json:"target"`
	Subject     string `json:"subject"`
	Operation   string `json:"operation"`
	Type        string `json:"type"`
	Version     string `json:"version"`
	Correlation string `json:"correlation,omitempty"`
	Interchange string `json:"interchange,omitempty"` // key of the one that it left in
	Group       string `json:"group,omitempty"`       // control numbers
	Set         string `json:"set,omitempty"`
	Note        string `json:"note,omitempty"`  // what the partner said
	Bytes       []byte `json:"bytes,omitempty"` // the set, in the partner's delimiters, under number 1
}

// number is the body of a number's row.
type number struct {
	Last int64 `json:"last"`
}

// body is a row's body.
func body[T any](r connectors.Row) (b T, err error) {
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return b, &connectors.PermanentError{Err: fmt.Errorf("read %s %s of the ledger: %w", r.Kind, r.Key, err)}
	}
	return b, nil
}

// with gives a row another body.
func with(r connectors.Row, b any) connectors.Row {
	text, err := json.Marshal(b)
	if err != nil { // only texts and numbers come here
		panic(err)
	}
	r.Body = text
	return r
}

// put writes one row.
func put(ctx context.Context, tx connectors.LedgerTx, r connectors.Row, b any) error {
	return tx.Put(ctx, with(r, b))
}

// most control numbers have nine digits: ISA13, GS06 and ST02 of X12, which EDIFACT's 14 characters hold.
const mostNumber = 999_999_999

// numbers gives out control numbers within one transaction.
type numbers struct {
	tx      connectors.LedgerTx
	partner *partner
	at      time.Time
	rows    map[string]connectors.Row
	last    map[string]int64
}

// sequences of numbers of a partner.
const (
	numberInterchange = "interchange"
	numberGroup       = "group"
	numberSet         = "set"
)

func newNumbers(ctx context.Context, tx connectors.LedgerTx, p *partner, at time.Time) (*numbers, error) {
	n := &numbers{tx: tx, partner: p, at: at, last: map[string]int64{}}
	var keys []string
	for _, s := range []string{numberInterchange, numberGroup, numberSet} {
		keys = append(keys, p.name+"/"+s)
	}
	rows, err := tx.Rows(ctx, kindNumber, keys...)
	n.rows = rows
	for key, r := range rows {
		b, err := body[number](r)
		if err != nil {
			return nil, err
		}
		n.last[key] = b.Last
	}
	return n, err
}

// next is the next number of a sequence; after the highest one comes 1 again.
func (n *numbers) next(sequence string) int64 {
	key := n.partner.name + "/" + sequence
	last, known := n.last[key]
	if !known {
		last = n.partner.Numbers - 1
	}
	if last >= mostNumber {
		last = 0
	}
	n.last[key] = last + 1
	return last + 1
}

// peek is what next would give.
func (n *numbers) peek(sequence string) int64 {
	key := n.partner.name + "/" + sequence
	before, known := n.last[key]
	number := n.next(sequence)
	if known {
		n.last[key] = before
	} else {
		delete(n.last, key)
	}
	return number
}

// save keeps what was given out. It is called once, in the transaction that uses the numbers.
func (n *numbers) save(ctx context.Context) error {
	var rows []connectors.Row
	for key, last := range n.last {
		r, known := n.rows[key]
		if !known {
			r = connectors.Row{Kind: kindNumber, Key: key, State: "last"}
		}
		r.At = n.at
		rows = append(rows, with(r, number{last}))
	}
	return n.tx.Put(ctx, rows...)
}
