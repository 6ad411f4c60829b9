package edi

import (
	"context"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
)

// answer writes down the interchange that answers the one that came in, in the transaction that
// closes it, and gives its key; "" where nothing is answered. An acknowledgement is never answered.
func (e *entry) answer(ctx context.Context, tx connectors.LedgerTx) (string, error) {
	switch {
	case e.silent:
		return "", nil
	case e.repeat != "":
		return e.repeat, e.again(ctx, tx, e.repeat)
	}
	now := e.env.Clock()
	c := e.partner.reply(e.verdict, now)
	if c == nil {
		return "", nil
	}
	n, err := newNumbers(ctx, tx, e.partner, now)
	if err != nil {
		return "", err
	}
	b, row, err := e.seal(ctx, tx, e.partner, c, n, now)
	if err != nil {
		return "", err
	}
	b.Acknowledges = e.row.Key
	return row.Key, put(ctx, tx, row, b)
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

// reply is what answers an interchange; nil for nothing.
func (p *partner) reply(v *verdict, now time.Time) *content {
	with := p.Acknowledge.With.Value
	if p.Acknowledge.When == "errors" && !v.broken() || v.state() == stateAnswers {
		return nil
	}
	c := &content{}
	if p.standard == edi.X12 {
		if p.wantsTA1(v) {
			c.loose = append(c.loose, p.ta1(v))
		}
		if with != "none" && !v.refused {
			c.sets = p.functional(v)
		}
	} else if with != "none" {
		c.sets = append(c.sets, p.contrl(v))
	}
	if len(c.loose)+len(c.sets) == 0 {
		return nil
	}
	return c
}

// wantsTA1 says whether a TA1 answers the interchange.
func (p *partner) wantsTA1(v *verdict) bool {
	switch p.Acknowledge.TA1.Value {
	case "always":
		return true
	case "never":
		return false
	case "errors":
		return v.Broken()
	}
	return v.head.Acknowledge || v.Broken()
}
