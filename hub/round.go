package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// round is one pass of a reconciler over claimed rows.
type round struct {
	*reconciler
	rows    []golden.Dirty
	results []rowResult // by row
	spans   spans       // by row
	writes  []*write
	of      []int // row of each write
	out     []connectors.Outcome
	stopped bool // the hub is being stopped
	// halt is an answer that concerns all writes that are yet to be sent: credentials refused, or too
	// many requests.
	halt atomic.Pointer[connectors.Outcome]

	refused error         // the target refused the credentials
	failed  error         // the first write that may work later
	done    bool          // some write was done
	pause   time.Duration // for which the target asks
}

// rowResult is what became of a row.
type rowResult struct {
	err   error
	after time.Duration
	held  bool // nothing was tried: the row waits without counting it as an attempt
}

func (r *rowResult) fail(err error) { r.err = errors.Join(r.err, err) }

func (r *rowResult) hold(err error, after time.Duration) {
	r.held, r.after = true, max(r.after, after)
	r.fail(err)
}

// notBegun is the outcome of a write that the hub itself held back.
type notBegun struct{ err error }

func (e *notBegun) Error() string { return "not begun: " + e.err.Error() }
func (e *notBegun) Unwrap() error { return e.err }

// plan gathers the writes that the rows' subjects lack. What fails for one row fails that row.
// Customers that were merged come first: those that they were merged into may be among the rows.
func (r *round) plan(ctx context.Context) error {
	found, at, err := r.survey(ctx, r.rows)
	if err != nil {
		return err
	}
	handed := make([]bool, len(r.rows))
	for i, one := range found {
		if handed[i] = one.survivor != nil; handed[i] {
			r.try(i, func() ([]*write, error) { return r.handOver(ctx, r.rows[i], *one.survivor) })
		}
	}
	if slices.Contains(handed, true) {
		if found, at, err = r.survey(ctx, r.rows); err != nil {
			return err
		}
	}
	for i, one := range found {
		if handed[i] {
			continue
		}
		r.try(i, func() ([]*write, error) {
			switch {
			case one.err != nil:
				return nil, one.err
			case one.survivor != nil:
				return r.handOver(ctx, r.rows[i], *one.survivor)
			}
			return r.reconciler.plan(ctx, r.rows[i], one.subject, at)
		})
	}
	return nil
}

// try adds the writes that do gives for a row; its failure, or panic, is the row's alone.
func (r *round) try(row int, do func() ([]*write, error)) {
	var writes []*write
	err := contained(func() (err error) { writes, err = do(); return err })
	if err != nil {
		r.results[row].fail(err)
		return
	}
	r.add(row, writes)
}

func (r *round) add(row int, writes []*write) {
	for _, w := range writes {
		w.Correlation = r.rows[row].Correlation
		r.writes = append(r.writes, w)
		r.of = append(r.of, row)
	}
}

// drop gives up the round before anything was sent: every row that has not failed by itself waits.
func (r *round) drop(err error) {
	for i := range r.results {
		if r.results[i].err == nil {
			r.results[i].hold(err, r.target.Policy.Backoff)
		}
	}
	r.writes, r.of = nil, nil
}

// begin notes, before any request leaves, which creates are begun and which values are about to
// be written, so that neither a crash nor an echo that comes before the answer makes a second
// record or takes the hub's own value for the target's. Where a create cannot be repeated, it
// stands as one of unknown outcome until the outcome is known.
func (r *round) begin(ctx context.Context) error {
	var creates []golden.PendingCreate
	var written []*reached
	for i, w := range r.writes {
		if !w.sent() {
			continue
		}
		if w.Operation == connectors.Update && w.state.Record != "" && w.golden != nil {
			written = append(written, &reached{write: w, record: w.state.Record})
		}
		if w.Operation == connectors.Create {
			if err := r.sending(w); err != nil {
				return err
			}
			c := r.pending(w, golden.Failing, true, nil)
			c.Attempts = r.rows[r.of[i]].Attempt + 1
			if r.writer.Repeat() == connectors.RepeatNone {
				c.Status = golden.Review
			}
			creates = append(creates, c)
		}
	}
	if len(creates) == 0 && len(written) == 0 {
		return nil
	}
	var erased map[string]erasedAs
	err := r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) (err error) {
		var subjects []string
		for _, w := range r.writes {
			subjects = append(subjects, w.Subject)
		}
		if erased, err = r.hub.erasedSince(ctx, tx, subjects); err != nil {
			return err
		}
		creates, written := creates, written
		if len(erased) > 0 {
			creates = slices.DeleteFunc(slices.Clone(creates), func(c golden.PendingCreate) bool { return erased[c.Subject].entity != "" })
			written = slices.DeleteFunc(slices.Clone(written), func(w *reached) bool { return erased[w.Subject].entity != "" })
		}
		if err := noteWritten(ctx, tx, r.hub.generation().resolver.Ruleset(), written); err != nil {
			return err
		}
		return tx.PutPendingCreates(ctx, creates)
	})
	if err == nil {
		r.dropErased(erased)
	}
	return err
}

// dropErased takes back what was planned for people who were erased meanwhile: their rows are marked
// again.
func (r *round) dropErased(erased map[string]erasedAs) {
	var writes []*write
	var of []int
	for i, w := range r.writes {
		if erased[w.Subject].entity == "" || w.erased {
			writes, of = append(writes, w), append(of, r.of[i])
		}
	}
	r.writes, r.of = writes, of
}

// sending notes since when a create is tried, and which values it and those before it have sent.
func (r *round) sending(w *write) (err error) {
	if w.started = time.Now(); w.begun.Key == w.Key {
		w.started = w.begun.StartedAt
	}
	if w.golden != nil {
		w.written, err = r.hub.generation().resolver.Ruleset().Written(*w.golden, "", w.begun.Written, w.reads(), time.Now())
	}
	return err
}

// pending is a create that is begun, or that was not done. perhaps: its payload may be in the target.
func (r *round) pending(w *write, status golden.DeliveryStatus, perhaps bool, err error) golden.PendingCreate {
	c := golden.PendingCreate{
		Target: r.target.String(), Subject: w.Subject, Route: w.route.Name, Key: w.Key, PayloadHash: w.hash,
		Arrived: w.begun.Arrived, Version: w.state.SentVersion, Status: status, Error: text(err), StartedAt: w.started,
		Written: w.begun.Written,
	}
	if perhaps {
		c.MayHold(w.hash)
		c.Written = w.written
	}
	return c
}

// send writes to the target, as many at once and as many in one call as its policy says.
func (r *round) send(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	r.out = make([]connectors.Outcome, len(r.writes))
	var chosen []int
	for i, w := range r.writes {
		if w.sent() {
			chosen = append(chosen, i)
		}
	}
	at := max(1, r.target.Policy.Concurrency)
	size := min(r.target.Policy.Batch, max(1, (len(chosen)+at-1)/at))
	if r.rate != nil {
		size = min(size, r.rate.Burst())
	}
	var wg sync.WaitGroup
	free := make(chan struct{}, at)
	for len(chosen) > 0 {
		part := chosen[:min(size, len(chosen))]
		chosen = chosen[len(part):]
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			r.sendPart(ctx, part)
		})
	}
	wg.Wait()
}

// sendPart makes one call of the target.
func (r *round) sendPart(ctx context.Context, part []int) {
	if halt := r.halt.Load(); halt != nil {
		for _, n := range part {
			r.out[n] = connectors.Outcome{Status: halt.Status, After: halt.After, Err: &notBegun{orStatus(*halt)}}
		}
		return
	}
	if after, err := r.turn(ctx, len(part)); err != nil {
		for _, n := range part {
			r.out[n] = connectors.Outcome{Status: connectors.Retry, After: after, Err: &notBegun{err}}
		}
		return
	}
	batch, begun := make([]connectors.Delivery, len(part)), make(spans, len(part))
	for i, n := range part {
		begun[i] = r.writing(n)
		batch[i] = r.writes[n].Delivery
	}
	var out []connectors.Outcome
	err := contained(func() error { out = r.writer.Deliver(ctx, batch); return nil })
	if err == nil && len(out) != len(batch) {
		err = fmt.Errorf("the target gave %d outcomes for %d writes", len(out), len(batch))
	}
	for i, n := range part {
		if err != nil {
			r.out[n] = connectors.Outcome{Status: connectors.Unknown, Err: err}
		} else {
			r.out[n] = out[i]
		}
		written(begun[i], r.out[n])
		if err != nil {
			continue
		}
		if s := out[i].Status; s == connectors.Unauthorised || s == connectors.Retry && out[i].After > 0 {
			r.halt.CompareAndSwap(nil, &out[i])
		}
	}
}

// turn waits until the target's rate lets n writes through. Where that takes longer than the round,
// they are held back for the time given.
func (r *round) turn(ctx context.Context, n int) (after time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if r.rate == nil {
		return 0, nil
	}
	place := r.rate.ReserveN(time.Now(), n)
	delay := place.Delay()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < delay {
		place.Cancel()
		return delay, errors.New("the target's rate is used up")
	}
	rest(ctx, delay)
	if err := ctx.Err(); err != nil {
		place.Cancel()
		return 0, err
	}
	return 0, nil
}

// finish notes every outcome and settles the rows, in one transaction. Where creates are linked to
// what they were made from, the records that the target has reported already are resolved again
// in it.
func (r *round) finish(ctx context.Context) error {
	notes := &notes{ending: map[string]bool{}, keys: map[string]string{}}
	for i, w := range r.writes {
		r.note(notes, r.of[i], w, r.out[i])
	}
	done, retry := r.settle(notes)
	var err error
	if len(notes.links)+len(notes.written) > 0 {
		var result golden.Result
		result, err = r.hub.generation().resolver.Within(ctx, func(ctx context.Context, tx golden.Tx) (keys []string, err error) {
			if keys, err = golden.Relinked(ctx, tx, notes.links); err != nil {
				return nil, err
			}
			for _, w := range notes.written {
				keys = append(keys, w.record)
			}
			return keys, notes.write(ctx, tx, r.hub, r.target.String(), done, retry)
		})
		if len(result.Changes) > 0 {
			r.hub.wake.changes.signal()
		}
	} else {
		err = r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
			return notes.write(ctx, tx, r.hub, r.target.String(), done, retry)
		})
	}
	if err == nil {
		r.hub.noteBuried(notes.letters)
		err = r.hub.eraseLate(ctx, notes.late)
	}
	return err
}

// settle divides the rows into those that are done and those to look at again.
func (r *round) settle(n *notes) (done, retry []golden.Dirty) {
	for i, row := range r.rows {
		var bad *recordError
		switch res := r.results[i]; {
		case res.err == nil:
			done = append(done, row)
		case errors.As(res.err, &bad):
			n.letters = append(n.letters, r.unmapped(row, bad))
			done = append(done, row)
		case res.held, r.stopped:
			row.Error, row.NotSent = res.err.Error(), time.Now().Add(res.after)
			retry = append(retry, row)
		default:
			row.Attempt++
			row.Error, row.NotSent = res.err.Error(), r.retryAt(row.Attempt, res.after)
			retry = append(retry, row)
		}
	}
	return done, retry
}

// verdict tells operators how the target does, and says how long to leave it alone. The error is
// set where the credentials were refused.
func (r *round) verdict() (time.Duration, error) {
	switch {
	case r.refused != nil:
		return 0, &connectors.UnauthorisedError{Err: r.refused}
	case r.done:
		r.link.well()
		return 0, nil // what asks for time is one record, or will ask again
	case r.failed != nil && !r.stopped:
		r.link.troubled(r.failed, max(r.pause, r.target.Policy.Backoff))
	}
	return r.pause, nil
}
