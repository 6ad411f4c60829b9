package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// round is one pass of a reconciler over claimed rows.
type round struct {
	*reconciler
	rows    []golden.Dirty
	results []rowResult // by row
	writes  []*write
	of      []int // row of each write
	out     []connectors.Outcome
	stop    error // why the whole target has to wait
}

// rowResult is what became of a row.
type rowResult struct {
	err   error
	after time.Duration
}

func (r *rowResult) fail(err error) { r.err = errors.Join(r.err, err) }

// plan gathers the writes that the rows' subjects lack. What fails for one row fails that row.
func (r *round) plan(ctx context.Context) error {
	subjects := make([]*subject, len(r.rows))
	var there []*subject
	for i, row := range r.rows {
		s, err := r.load(ctx, row)
		if err != nil {
			r.results[i].fail(err)
		} else if s != nil {
			subjects[i] = s
			there = append(there, s)
		}
	}
	states, err := r.states(ctx, there)
	if err != nil {
		return err
	}
	for i, s := range subjects {
		if s == nil {
			continue
		}
		writes, err := r.reconciler.plan(s, states[s.id])
		if err != nil {
			r.results[i].fail(err)
			continue
		}
		r.add(i, writes)
	}
	return nil
}

func (r *round) add(row int, writes []*write) {
	for _, w := range writes {
		w.Correlation = r.rows[row].Correlation
		r.writes = append(r.writes, w)
		r.of = append(r.of, row)
	}
}

// begin notes, before any request leaves, which creates are begun and which values are about to
// be written, so that neither a crash nor an echo that comes before the answer makes a second
// record or takes the hub's own value for the target's.
func (r *round) begin(ctx context.Context) error {
	var creates []golden.PendingCreate
	written := map[string][]golden.WrittenValue{}
	for i, w := range r.writes {
		if w.Operation == connectors.Update && w.state.Record != "" && !w.settled {
			written[w.state.Record] = w.written
		}
		if w.Operation == connectors.Create {
			creates = append(creates, golden.PendingCreate{
				Target: r.target.String(), Subject: w.Subject, Route: w.route.Name, Key: w.Key,
				PayloadHash: w.hash, Version: w.state.SentVersion, Status: golden.Failing,
				Attempts: r.rows[r.of[i]].Attempt + 1, StartedAt: time.Now(),
			})
		}
	}
	if len(creates) == 0 && len(written) == 0 {
		return nil
	}
	return r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.PutPendingCreates(ctx, creates); err != nil {
			return err
		}
		return tx.PutWritten(ctx, written)
	})
}

// send writes to the target, as many at once and as many in one call as its policy says.
func (r *round) send(ctx context.Context) {
	r.out = make([]connectors.Outcome, len(r.writes))
	var chosen []int
	for i, w := range r.writes {
		if w.settled {
			r.out[i] = connectors.Outcome{Status: connectors.Done}
			continue
		}
		chosen = append(chosen, i)
	}
	workers := max(1, r.target.Policy.Concurrency)
	size := min(r.target.Policy.Batch, max(1, (len(chosen)+workers-1)/workers))
	var calls errgroup.Group
	calls.SetLimit(workers)
	for part := range slices.Chunk(chosen, size) {
		calls.Go(func() error { r.sendPart(ctx, part); return nil })
	}
	_ = calls.Wait() // outcomes hold what failed
}

func (r *round) sendPart(ctx context.Context, part []int) {
	batch := make([]connectors.Delivery, len(part))
	for i, n := range part {
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
			continue
		}
		r.out[n] = out[i]
	}
}

// finish notes every outcome and settles the rows, in one transaction.
func (r *round) finish(ctx context.Context) error {
	notes := &notes{written: map[string][]golden.WrittenValue{}}
	for i, w := range r.writes {
		r.note(notes, r.of[i], w, r.out[i])
	}
	done, retry := r.settle(notes)
	err := r.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		return notes.write(ctx, tx, r.target.String(), done, retry)
	})
	if err == nil {
		r.hub.noteBuried(notes.letters)
	}
	return err
}

// note translates one outcome into what the store has to know.
func (r *round) note(n *notes, row int, w *write, out connectors.Outcome) {
	if !w.settled {
		r.hub.metrics.deliveries.WithLabelValues(r.target.String(), string(w.Operation), string(out.Status)).Inc()
	}
	state := w.state
	state.UpdatedAt = time.Now()
	switch out.Status {
	case connectors.Done:
		r.noteDone(n, w, state, out)
	case connectors.Missing:
		state.Status, state.SentHash = golden.Gone, 0
		n.states = append(n.states, state)
		if w.Operation == connectors.Update {
			r.results[row].fail(fmt.Errorf("%s: the remote record is gone and will be created again", w.RemoteID))
		}
	case connectors.Refused:
		r.noteFailed(n, w, state, golden.Refused, out.Err)
		n.letters = append(n.letters, r.refused(w, out))
	case connectors.Unknown:
		if w.Operation == connectors.Create && r.writer.Repeat() == connectors.RepeatNone {
			r.noteFailed(n, w, state, golden.Review, out.Err)
			n.tasks = append(n.tasks, outcomeTask(r.target.String(), w, out.Err))
			return
		}
		r.noteRetry(n, row, w, state, out)
	case connectors.Unauthorised:
		r.stop = &connectors.UnauthorisedError{Err: out.Err}
		r.noteRetry(n, row, w, state, out)
	default:
		r.noteRetry(n, row, w, state, out)
	}
}

func (r *round) noteDone(n *notes, w *write, state golden.DeliveryState, out connectors.Outcome) {
	if out.RemoteID != "" {
		state.RemoteID = out.RemoteID
	}
	if out.RemoteVersion != "" {
		state.RemoteVersion = out.RemoteVersion
	}
	if w.Operation == connectors.Create {
		n.created = append(n.created, w.Subject)
	}
	if r.isSource() && state.Record == "" {
		state.Record = r.target.System + "/" + r.target.Name + "/" + state.RemoteID
	}
	n.states = append(n.states, state)
	if state.Record == "" || w.route.Entity() != "Customer" {
		return
	}
	if w.origin != "" {
		n.links = append(n.links, golden.Link{Remote: state.Record, Origin: w.origin, Target: r.target.String(), At: state.UpdatedAt})
	}
	if w.Operation == connectors.Create {
		n.written[state.Record] = w.written
	}
}

// isSource says whether the target's records come back as source records.
func (r *reconciler) isSource() bool {
	_, ok := r.hub.folder.streams[r.target.System+"/"+r.target.Name]
	return ok
}

func (r *round) noteFailed(n *notes, w *write, state golden.DeliveryState, status golden.DeliveryStatus, err error) {
	if w.Operation == connectors.Create {
		n.creates = append(n.creates, golden.PendingCreate{
			Target: r.target.String(), Subject: w.Subject, Route: w.route.Name, Key: w.Key, PayloadHash: w.hash,
			Version: state.SentVersion, Status: status, Error: text(err), StartedAt: state.UpdatedAt,
		})
		return
	}
	if status == golden.Failing {
		state.SentHash = 0 // not known what it holds now
	}
	state.Status, state.Error = status, text(err)
	state.Attempts++
	n.states = append(n.states, state)
}

func (r *round) noteRetry(n *notes, row int, w *write, state golden.DeliveryState, out connectors.Outcome) {
	r.noteFailed(n, w, state, golden.Failing, out.Err)
	err := out.Err
	if err == nil {
		err = errors.New(string(out.Status))
	}
	r.results[row].fail(err)
	r.results[row].after = max(r.results[row].after, out.After)
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
		default:
			row.Attempt++
			row.Error, row.NotSent = res.err.Error(), r.retryAt(row.Attempt, res.after)
			retry = append(retry, row)
		}
	}
	return done, retry
}

// halt is the error that stops the whole target, nil where it may go on.
func (r *round) halt() error { return r.stop }

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
