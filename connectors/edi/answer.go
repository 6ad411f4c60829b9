package edi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/edi/ack"
)

// answer writes down the interchange that answers the one that came in, in the transaction that
// closes it, and gives its key; "" where nothing is answered. An acknowledgement is never answered.
func (e *entry) answer(ctx context.Context, tx connectors.LedgerTx) (string, error) {
	switch {
	case e.silent:
		return "", nil
	case e.repeat != "":
		return e.repeat, e.again(ctx, tx, e.repeat)
	case e.partner.Acknowledge.When == "errors" && !e.verdict.broken():
		return "", nil
	}
	now := e.env.Clock()
	n, err := newNumbers(ctx, tx, e.partner, now)
	if err != nil {
		return "", err
	}
	o := e.partner.acknowledging(e.verdict, now)
	o.Interchange, o.Group, o.Set = n.peek(numberInterchange), n.peek(numberGroup), n.peek(numberSet)
	text, count, err := e.partner.reply(e.verdict, o)
	switch {
	case errors.Is(err, ack.ErrNowhere):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("acknowledge interchange %s of %s: %w", e.verdict.head.ControlNumber, e.partner.name, err)
	case len(text) == 0:
		return "", nil
	}
	for sequence, taken := range map[string]int{numberInterchange: count.Interchanges, numberGroup: count.Groups, numberSet: count.Sets} {
		for range taken {
			n.next(sequence)
		}
	}
	b := interchange{
		Partner: e.partner.name, Standard: e.partner.Standard, Control: e.partner.control(o.Interchange), Test: e.verdict.head.Test,
		Sets: count.Sets, Acknowledges: e.row.Key, Bytes: text,
	}
	b.Name = e.partner.fileName(b.Control, now)
	row, err := e.newRow(ctx, tx, e.partner, b.Control, now)
	if err != nil {
		return "", err
	}
	if err := n.save(ctx); err != nil {
		return "", err
	}
	return row.Key, put(ctx, tx, row, b)
}

// reply makes the answer; nothing for a partner whom CONTRL is not sent to.
func (p *partner) reply(v *verdict, o ack.Options) ([]byte, ack.Count, error) {
	if p.standard == edi.EDIFACT && p.Acknowledge.With.Value == "none" {
		return nil, ack.Count{}, nil
	}
	return ack.Acknowledge(v.Report, o)
}

// acknowledging says how the partner is answered.
func (p *partner) acknowledging(v *verdict, now time.Time) ack.Options {
	o := ack.Options{Time: now.UTC(), Newlines: p.LineBreaks}
	switch p.Acknowledge.With.Value {
	case "997":
		o.Functional = ack.Use997
	case "999":
		o.Functional = ack.Use999
	case "none":
		o.Functional = ack.NoFunctional
	}
	switch p.Acknowledge.TA1.Value {
	case "always":
		o.TA1 = ack.Always
	case "never":
		o.TA1 = ack.Never
	case "errors":
		if o.TA1 = ack.Never; v.Broken() {
			o.TA1 = ack.Always
		}
	}
	return o
}

// again has an answer handed over once more, as it was.
func (e *entry) again(ctx context.Context, tx connectors.LedgerTx, key string) error {
	rows, err := tx.Rows(ctx, kindInterchange, key)
	r, there := rows[key]
	if err != nil || !there {
		return err // it is forgotten by now
	}
	r.State = stateReady
	return tx.Put(ctx, r)
}
