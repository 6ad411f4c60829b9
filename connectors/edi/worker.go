package edi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/file"
)

// worker is one run of a connector's work.
type worker struct {
	*connector
	env connectors.WorkEnv
	log *slog.Logger
	out outbox

	alarm bool // operators see the connector as failing because something is overdue
}

// run receives and sends until ctx ends. What fails ends all of it: the hub begins it again.
func (w *worker) run(ctx context.Context) (err error) {
	boxes, err := w.openInboxes()
	if err != nil {
		return err
	}
	out, err := file.OpenOutbox(w.root)
	if err != nil {
		return errors.Join(err, closeAll(boxes))
	}
	w.out = out
	defer func() { err = errors.Join(err, closeAll(boxes), out.Close()) }()
	group, inner := errgroup.WithContext(ctx)
	for _, box := range boxes {
		group.Go(func() error { return w.receive(inner, box) })
	}
	group.Go(func() error { return w.send(inner) })
	group.Go(func() error { return w.watch(inner) })
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func closeAll(boxes []inbox) error {
	var errs []error
	for _, b := range boxes {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

const (
	watchEvery = time.Second
	pruneEvery = time.Hour
	// mostPruned bounds one look for what is overdue.
	mostOverdue = 500
)

// watch finds what is overdue, tells operators, and forgets what is old.
func (w *worker) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var pruned time.Time
	for {
		if err := w.overdue(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if err := w.tell(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if now := w.env.Clock(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			if err := w.prune(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// overdue marks interchanges that the partner should have acknowledged by now.
func (w *worker) overdue(ctx context.Context) error {
	now := w.env.Clock()
	rows, err := w.env.Ledger.List(ctx, connectors.RowQuery{Kind: kindInterchange, States: []string{stateSent}, DueBefore: now, Limit: mostOverdue})
	if err != nil {
		return err
	}
	for _, r := range rows {
		b, err := body[interchange](r)
		if err != nil {
			return err
		}
		marked, again := false, false
		err = w.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
			rows, err := tx.Rows(ctx, kindInterchange, r.Key)
			now := rows[r.Key]
			if marked, again = err == nil && now.State == stateSent, false; !marked {
				return err
			}
			if p := w.partner(b.Partner); p != nil && b.Attempts < p.Resend {
				once := b
				once.Attempts++
				now.State, marked, again = stateReady, false, true
				return put(ctx, tx, now, once)
			}
			now.State = stateOverdue
			if err := tx.Put(ctx, now); err != nil {
				return err
			}
			return w.documents(ctx, tx, b.Documents, func(r *connectors.Row, _ *document, _ sent) {
				if r.State == stateSent {
					r.State = stateOverdue
				}
			})
		})
		if err != nil {
			return err
		}
		if again {
			w.poke()
			w.log.Warn("interchange was not acknowledged in time and is handed over again", "partner", b.Partner, "control", b.Control, "due", r.Due)
		}
		if marked {
			w.log.Error("interchange was not acknowledged in time", "partner", b.Partner, "control", b.Control, "sets", b.Sets, "due", r.Due)
		}
	}
	return nil
}

// tell shows the connector as failing for as long as something of ours is overdue.
func (w *worker) tell(ctx context.Context) error {
	rows, err := w.env.Ledger.List(ctx, connectors.RowQuery{Kind: kindInterchange, States: []string{stateOverdue}, Limit: mostOverdue})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		if w.alarm {
			w.env.Well()
		}
		w.alarm = false
		return nil
	}
	w.alarm = true
	b, err := body[interchange](rows[0])
	if err != nil {
		return err
	}
	more := ""
	if len(rows) > 1 {
		more = fmt.Sprintf(", and %d more are overdue", len(rows)-1)
	}
	w.env.Trouble(fmt.Errorf("%s has not acknowledged interchange %s, which was due %s%s", b.Partner, b.Control, rows[0].Due.UTC().Format(time.RFC3339), more))
	return nil
}

// prune forgets what is closed and old.
func (w *worker) prune(ctx context.Context) error {
	keep := time.Duration(0)
	for _, p := range w.partners {
		keep = max(keep, p.Keep)
	}
	before := w.env.Clock().Add(-keep)
	closed := []string{stateAccepted, statePartly, stateRejected, stateDuplicate, stateAnswers, stateDone, stateAcknowledged}
	return w.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		for kind, states := range map[string][]string{kindInterchange: closed, kindDocument: closed, kindReference: {"holds"}, kindLetter: {stateDone}} {
			if _, err := tx.Prune(ctx, kind, states, before); err != nil {
				return err
			}
		}
		return nil
	})
}
