package hub

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

const (
	// claimTime is how long a claimed row is one process's to work on.
	claimTime = time.Minute
	// sendTime is how long the writes of a round may take: well below claimTime, so that no other
	// process begins the same create.
	sendTime = 45 * time.Second
	// noteTime is how long noting what was sent may take where the hub is being stopped.
	noteTime = 5 * time.Second
)

// reconciler keeps one target in step with the store: it works off the target's dirty rows, loads
// the current state of each subject, and sends what the target lacks.
type reconciler struct {
	hub    *Hub
	target *target
	writer connectors.Target
	log    *slog.Logger
	link   *link
	rate   *rate.Limiter // nil: without limit
	size   int           // of the next round, in rows
	tried  *tried        // nil: what is planned is done
}

// deliver reconciles one target until ctx ends. A row that fails holds up only itself; a target
// that asks for time or refuses the credentials is left alone for a while.
func (h *Hub) deliver(ctx context.Context, t *target) {
	log := h.log.With("target", t.String())
	limit := limiter(t.Policy.Rate)
	if h.alone {
		if err := h.unclaim(ctx, t); err != nil && ctx.Err() == nil {
			log.Warn("work claimed before a crash waits until the claim runs out", "after", claimTime, "error", err)
		}
	}
	h.supervise(ctx, log, t.String(), func(ctx context.Context, l *link) error {
		writer, err := t.connector.Target(t.Name, h.env(t.System, t.Name))
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
		r := &reconciler{hub: h, target: t, writer: writer, log: log, link: l, rate: limit, size: t.Policy.Batch}
		return r.run(ctx)
	})
}

// unclaim frees what a process that was killed had claimed: where the store is this process's alone,
// nobody else can be at work on it.
func (h *Hub) unclaim(ctx context.Context, t *target) error {
	q := golden.DeliveryQuery{Target: t.String(), Limit: 1000}
	for {
		rows, err := h.store.ListDirty(ctx, q)
		if err != nil || len(rows) == 0 {
			return err
		}
		last := rows[len(rows)-1]
		q.AfterTarget, q.AfterSubject = last.Target, last.Subject
		claimed := slices.DeleteFunc(rows, func(d golden.Dirty) bool { return d.Owner == "" })
		for i := range claimed {
			claimed[i].Owner, claimed[i].NotSent = "", time.Time{}
		}
		if len(claimed) == 0 {
			continue
		}
		err = h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error { return tx.SettleDirty(ctx, nil, claimed) })
		if err != nil {
			return err
		}
	}
}

// limiter lets a second's worth of writes through at once; nil lets all.
func limiter(perSecond float64) *rate.Limiter {
	if perSecond <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
}

func (r *reconciler) run(ctx context.Context) error {
	wakes, leave := r.hub.wake.changes.listen()
	defer leave()
	for ctx.Err() == nil {
		if !r.renew() {
			<-ctx.Done() // the target is gone from the folder
			return nil
		}
		rows, err := r.hub.store.ClaimDirty(ctx, r.target.String(), r.hub.owner, r.roundSize(), claimTime)
		if err != nil {
			return fmt.Errorf("claim work: %w", err)
		}
		if len(rows) == 0 {
			if err := r.idle(ctx, wakes); err != nil {
				return err
			}
			continue
		}
		pause, err := r.reconcile(ctx, rows)
		if err != nil {
			return err
		}
		rest(ctx, pause)
	}
	return nil
}

// renew takes the target as the live generation has it, with its routes: a round uses one generation.
func (r *reconciler) renew() bool {
	for _, t := range r.hub.generation().targets {
		if t.String() == r.target.String() {
			r.target = t
			return true
		}
	}
	return false
}

// roundSize is how many rows one round takes: no more than the target's rate lets through in half
// the time of a round.
func (r *reconciler) roundSize() int {
	size := r.size
	if r.rate != nil {
		size = min(size, max(1, int(r.target.Policy.Rate*sendTime.Seconds()/2)))
	}
	return size
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
		r.size = min(max(roundMost, r.target.Policy.Batch), 2*r.size)
	}
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

func rest(ctx context.Context, pause time.Duration) {
	if pause <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

// reconcile works off claimed rows: plan what to write, note the creates that are begun, write,
// note what became of it. The pause is what the target asks for before anything else is sent.
func (r *reconciler) reconcile(ctx context.Context, rows []golden.Dirty) (pause time.Duration, err error) {
	began := time.Now()
	round := &round{reconciler: r, rows: rows, results: make([]rowResult, len(rows)), spans: make(spans, len(rows))}
	for i, row := range rows {
		round.spans[i] = r.looking(row)
	}
	if err := round.plan(ctx); err != nil {
		round.drop(err)
	}
	if err := round.begin(ctx); err != nil {
		round.drop(fmt.Errorf("note what is begun: %w", err))
	}
	round.send(ctx)
	round.stopped = ctx.Err() != nil
	// what was sent is noted even where the hub is being stopped
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	err = round.finish(finish)
	round.looked(err)
	if err != nil {
		return 0, fmt.Errorf("note what was delivered: %w", err)
	}
	took := time.Since(began)
	r.paced(len(rows), took)
	r.hub.metrics.deliverSeconds.WithLabelValues(r.target.String()).Observe(took.Seconds())
	return round.verdict()
}

// retryAt is when a failing row is looked at again: twice as long after every attempt, with
// jitter, not before what the target asked for.
func (r *reconciler) retryAt(attempt int, after time.Duration) time.Time {
	p := r.target.Policy
	wait := p.Backoff << min(attempt-1, 20)
	if wait <= 0 || wait > p.MaxBackoff {
		wait = p.MaxBackoff
	}
	wait = wait/2 + rand.N(wait/2+1)
	return time.Now().Add(max(wait, after))
}
