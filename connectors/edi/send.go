package edi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
)

// lookEvery is how often the ledger is looked at where nothing tells of news: another process may
// have queued a document.
const lookEvery = time.Second

// send numbers and hands over what is due until ctx ends.
func (w *worker) send(ctx context.Context) error {
	for {
		err := w.sendDue(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-time.After(min(lookEvery, w.soonest())):
		}
	}
}

// soonest is how long a document waits at least before it has to leave.
func (w *worker) soonest() time.Duration {
	wait := lookEvery
	for _, p := range w.partners {
		if p.schedule == nil && p.Collect.After > 0 {
			wait = min(wait, p.Collect.After)
		}
	}
	return max(wait, 10*time.Millisecond)
}

// sendDue hands over what was numbered before, then numbers and hands over what is due now.
func (w *worker) sendDue(ctx context.Context) error {
	if err := w.handOver(ctx); err != nil {
		return err
	}
	for _, p := range w.partners {
		for {
			sent, err := w.collect(ctx, p)
			if err != nil {
				return fmt.Errorf("collect documents for %s: %w", p.name, err)
			}
			if !sent {
				break
			}
			if err := w.handOver(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect makes one interchange of the documents for a partner that are due, and says whether it did.
func (w *worker) collect(ctx context.Context, p *partner) (bool, error) {
	rows, err := w.env.Ledger.List(ctx, connectors.RowQuery{Kind: kindDocument, States: []string{queued(p)}, Limit: p.Collect.Count})
	if err != nil {
		return false, err
	}
	now := w.env.Clock()
	rows = p.due(rows, now)
	if len(rows) == 0 {
		return false, nil
	}
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	done := false
	err = w.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		done, err = w.number(ctx, tx, p, keys, now)
		return err
	})
	return done, err
}

// due gives the documents that are to leave now, of those that wait, the oldest first.
func (p *partner) due(rows []connectors.Row, now time.Time) []connectors.Row {
	switch {
	case len(rows) == 0:
		return nil
	case len(rows) >= p.Collect.Count:
		return rows
	case p.schedule == nil:
		if now.Sub(rows[0].At) >= p.Collect.After {
			return rows
		}
		return nil
	}
	// what came before the last time that the schedule names
	return slices.DeleteFunc(rows, func(r connectors.Row) bool { return p.schedule.Next(r.At).After(now) })
}

// number gives documents their control numbers and the interchange that holds them, and writes down
// all of it, in one transaction. Documents that another process has numbered are left out.
func (w *worker) number(ctx context.Context, tx connectors.LedgerTx, p *partner, keys []string, now time.Time) (bool, error) {
	known, err := tx.Rows(ctx, kindDocument, keys...)
	if err != nil {
		return false, err
	}
	var rows []connectors.Row
	var docs []document
	for _, key := range keys {
		r, there := known[key]
		if !there || r.State != queued(p) {
			continue
		}
		d, err := body[document](r)
		if err != nil {
			return false, err
		}
		rows, docs = append(rows, r), append(docs, d)
	}
	if len(rows) == 0 {
		return false, nil
	}
	numbers, err := newNumbers(ctx, tx, p, now)
	if err != nil {
		return false, err
	}
	c := &content{}
	for i, d := range docs {
		c.sets = append(c.sets, outgoing{set: d.Bytes, kind: d.Type, version: d.Version, document: i})
	}
	// groups hold sets of one kind; within it the order of the documents stays
	slices.SortStableFunc(c.sets, func(a, b outgoing) int {
		return cmp.Or(cmp.Compare(functionalID(a.kind), functionalID(b.kind)), cmp.Compare(a.version, b.version))
	})
	ours, row, err := w.seal(ctx, tx, p, c, numbers, now)
	if err != nil {
		return false, err
	}
	for _, s := range c.sets {
		d := &docs[s.document]
		d.Interchange, d.Group, d.Set = row.Key, s.group, s.control
		r := rows[s.document]
		r.State = stateReady
		if err := put(ctx, tx, r, *d); err != nil {
			return false, err
		}
		ours.Documents = append(ours.Documents, sent{Key: r.Key, Group: s.group, Set: s.control, Type: s.kind, Target: d.Target, Subject: d.Subject})
	}
	return true, put(ctx, tx, row, ours)
}

// seal makes an interchange of content, numbers it, and writes down numbers and groups. The caller
// writes the interchange's row.
func (w *worker) seal(ctx context.Context, tx connectors.LedgerTx, p *partner, c *content, n *numbers, now time.Time) (interchange, connectors.Row, error) {
	control := n.next(numberInterchange)
	for i := range c.sets {
		c.sets[i].control = p.setControl(n.next(numberSet))
	}
	b := interchange{Partner: p.name, Standard: p.Standard, Control: p.control(control), Test: p.Test, Sets: len(c.sets)}
	b.Bytes = p.wrap(c, control, func() int64 { return n.next(numberGroup) }, now)
	b.Name = p.fileName(b.Control, now)
	row, err := w.newRow(ctx, tx, p, b.Control, now)
	if err != nil {
		return b, row, err
	}
	for _, s := range c.sets {
		if s.group != "" && !slices.Contains(b.Groups, s.group) {
			b.Groups = append(b.Groups, s.group)
		}
	}
	if err := w.refer(ctx, tx, p, c, b.Groups, row.Key, now); err != nil {
		return b, row, err
	}
	return b, row, n.save(ctx)
}

// newRow is the row of an interchange of ours that is to be handed over. Numbers come again after the
// highest one: what had this one before makes room.
func (w *worker) newRow(ctx context.Context, tx connectors.LedgerTx, p *partner, control string, now time.Time) (connectors.Row, error) {
	row := connectors.Row{Kind: kindInterchange, Key: "out/" + p.name + "/" + control, State: stateReady, At: now}
	old, err := tx.Rows(ctx, kindInterchange, row.Key)
	row.Version = old[row.Key].Version
	return row, err
}

// refer notes which interchange holds a group or message: some acknowledgements name nothing else.
func (w *worker) refer(ctx context.Context, tx connectors.LedgerTx, p *partner, c *content, groups []string, key string, now time.Time) error {
	var keys []string
	for _, g := range groups {
		keys = append(keys, p.name+"/group/"+g)
	}
	if p.standard == edi.EDIFACT {
		for _, s := range c.sets {
			keys = append(keys, p.name+"/message/"+s.control)
		}
	}
	old, err := tx.Rows(ctx, kindReference, keys...)
	if err != nil {
		return err
	}
	rows := make([]connectors.Row, len(keys))
	for i, k := range keys {
		rows[i] = with(connectors.Row{Kind: kindReference, Key: k, Version: old[k].Version, State: "holds", At: now}, key)
	}
	return tx.Put(ctx, rows...)
}

// control is an interchange's control number as the partner's standard writes it.
func (p *partner) control(n int64) string {
	if p.Standard == "x12" {
		return padded(n, 9)
	}
	return fmt.Sprint(n)
}

// handOver hands over every interchange that is ready, in the order of their numbers.
func (w *worker) handOver(ctx context.Context) error {
	for {
		rows, err := w.env.Ledger.List(ctx, connectors.RowQuery{Kind: kindInterchange, States: []string{stateReady}, Limit: 100})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			b, err := body[interchange](r)
			if err != nil {
				return err
			}
			if err := w.out.Put(b.Name, b.Bytes); err != nil {
				return fmt.Errorf("hand over interchange %s to %s: %w", b.Control, b.Partner, err)
			}
			if err := w.handedOver(ctx, r.Key); err != nil {
				return err
			}
			w.log.Info("interchange was handed over", "partner", b.Partner, "control", b.Control, "sets", b.Sets, "file", b.Name)
		}
	}
}

// handedOver notes that an interchange has left, with all that is in it.
func (w *worker) handedOver(ctx context.Context, key string) error {
	return w.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		rows, err := tx.Rows(ctx, kindInterchange, key)
		r := rows[key]
		if err != nil || r.State != stateReady {
			return err
		}
		b, err := body[interchange](r)
		if err != nil {
			return err
		}
		r.State, r.Due = stateDone, time.Time{}
		if p := w.partner(b.Partner); p != nil && p.Await > 0 && len(b.Documents) > 0 {
			r.State, r.Due = stateSent, w.env.Clock().Add(p.Await)
		}
		if err := tx.Put(ctx, r); err != nil {
			return err
		}
		return w.documents(ctx, tx, b.Documents, func(r *connectors.Row, _ *document, _ sent) {
			if r.State == stateReady || r.State == stateOverdue {
				r.State = stateSent
				if b.awaitsNothing(w) {
					r.State = stateDone
				}
			}
		})
	})
}

func (b *interchange) awaitsNothing(w *worker) bool {
	p := w.partner(b.Partner)
	return p == nil || p.Await == 0
}

// Resend has an interchange of ours handed over once more, with the same bytes under the same numbers;
// see [connectors.Resender]. Its acknowledgement is awaited anew.
func (c *connector) Resend(ctx context.Context, l connectors.Ledger, key string) error {
	defer c.poke()
	return l.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		rows, err := tx.Rows(ctx, kindInterchange, key)
		if err != nil {
			return err
		}
		r, there := rows[key]
		if !there || !strings.HasPrefix(key, "out/") {
			return fmt.Errorf("there is no interchange %q that was sent", key)
		}
		switch r.State {
		case stateReady:
			return nil // it is about to be
		case stateSent, stateDone, stateOverdue:
			r.State = stateReady
			return tx.Put(ctx, r)
		}
		return fmt.Errorf("interchange %s is %s; only one that waits, is overdue or is not acknowledged at all can be sent again", key, r.State)
	})
}

// documents changes the rows of documents.
func (w *worker) documents(ctx context.Context, tx connectors.LedgerTx, list []sent, change func(*connectors.Row, *document, sent)) error {
	keys := make([]string, len(list))
	for i, d := range list {
		keys[i] = d.Key
	}
	rows, err := tx.Rows(ctx, kindDocument, keys...)
	if err != nil {
		return err
	}
	var changed []connectors.Row
	for _, s := range list {
		r, there := rows[s.Key]
		if !there {
			continue
		}
		d, err := body[document](r)
		if err != nil {
			return err
		}
		change(&r, &d, s)
		changed = append(changed, with(r, d))
	}
	return tx.Put(ctx, changed...)
}
