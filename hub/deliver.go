package hub

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// claimTime is how long a claimed row is one process's to work on.
const claimTime = 2 * time.Minute

// reconciler keeps one target in step with the store: it works off the target's dirty rows, loads
// the current state of each subject, and sends what the target lacks.
type reconciler struct {
	hub    *Hub
	target *target
	writer connectors.Target
	log    *slog.Logger
	size   int // of the next round, in rows
}

// A round takes as many rows as are done in about roundTime: few from a slow target, so that
// claims do not run out, many from a fast one, so that the store is not asked for each.
const (
	roundTime = 2 * time.Second
	roundMost = 2000
)

// paced sets the size of the next round by how long one took.
func (r *reconciler) paced(rows int, took time.Duration) {
	switch {
	case took > roundTime:
		r.size = max(r.target.Policy.Batch, rows/2)
	case rows == r.size && took < roundTime/2:
		r.size = min(roundMost, 2*r.size)
	}
}

// deliver reconciles one target until ctx ends. A row that fails holds up only itself; a target
// that cannot be reached or refuses the credentials is left alone for a while.
func (h *Hub) deliver(ctx context.Context, t *target) {
	log := h.log.With("target", t.String())
	h.supervise(ctx, log, t.String(), func(ctx context.Context) error {
		writer, err := t.connector.Target(t.Name, h.env(t.System, t.Name, log))
		if err != nil {
			return err
		}
		if c, ok := writer.(io.Closer); ok {
			defer func() {
				if err := c.Close(); err != nil {
					log.Warn("target not closed cleanly", "error", err)
				}
			}()
		}
		r := &reconciler{hub: h, target: t, writer: writer, log: log, size: t.Policy.Batch}
		return r.run(ctx)
	})
}

func (r *reconciler) run(ctx context.Context) error {
	wakes := r.hub.wake.changes.listen()
	for ctx.Err() == nil {
		rows, err := r.hub.store.ClaimDirty(ctx, r.target.String(), r.hub.owner, r.size, claimTime)
		if err != nil {
			return fmt.Errorf("claim work: %w", err)
		}
		if len(rows) == 0 {
			if err := r.idle(ctx, wakes); err != nil {
				return err
			}
			continue
		}
		if err := r.reconcile(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// idle waits until there may be work.
func (r *reconciler) idle(ctx context.Context, wakes <-chan struct{}) error {
	wait := time.Second // another process may have marked rows
	next, err := r.hub.store.NextDirty(ctx, r.target.String())
	if err != nil {
		return fmt.Errorf("look for work: %w", err)
	}
	if !next.IsZero() {
		wait = min(wait, max(time.Until(next), 10*time.Millisecond))
	}
	select {
	case <-ctx.Done():
	case <-wakes:
	case <-time.After(wait):
	}
	return nil
}

// reconcile works off claimed rows: plan what to write, note the creates that are begun, write,
// note what became of it.
func (r *reconciler) reconcile(ctx context.Context, rows []golden.Dirty) error {
	began := time.Now()
	round := &round{reconciler: r, rows: rows, results: make([]rowResult, len(rows))}
	if err := round.plan(ctx); err != nil {
		return err
	}
	if err := round.begin(ctx); err != nil {
		return fmt.Errorf("note what is begun: %w", err)
	}
	round.send(ctx)
	// what was sent is noted even where the hub is being stopped
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := round.finish(finish); err != nil {
		return fmt.Errorf("note what was delivered: %w", err)
	}
	took := time.Since(began)
	r.paced(len(rows), took)
	r.hub.metrics.deliverSeconds.WithLabelValues(r.target.String()).Observe(took.Seconds())
	return round.halt()
}

// retryAt is when a failing row is looked at again: twice as long after every attempt, with
// jitter, not before what the target asked for.
func (r *reconciler) retryAt(attempt int, after time.Duration) time.Time {
	p := r.target.Policy
	wait := p.Backoff << min(attempt, 20)
	if wait <= 0 || wait > p.MaxBackoff {
		wait = p.MaxBackoff
	}
	wait = wait/2 + rand.N(wait/2+1)
	return time.Now().Add(max(wait, after))
}
