package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
)

const (
	// replayLease is held by the process that runs replays.
	replayLease = "replay"
	// replayPoll is how often a process looks for replays that others were asked for.
	replayPoll = time.Second
	// replayTries is how often in a row a replay may fail at the same place; between the tries it
	// waits as sources do.
	replayTries = 6
)

// errStopped says that a person has stopped a replay.
var errStopped = errors.New("stopped")

// replays are what this process knows of replays beside the store.
type replays struct {
	asked signal

	mu     sync.Mutex
	now    *replay // the one that runs here
	cancel context.CancelCauseFunc
}

func (r *replays) begin(one *replay, cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now, r.cancel = one, cancel
}

// running is the replay of an ID, where it runs in this process.
func (r *replays) running(id string) *replay {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now != nil && r.now.ID == id {
		return r.now
	}
	return nil
}

func (r *replays) stop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now != nil && r.now.ID == id {
		r.cancel(errStopped)
	}
}

// replay runs the replays that are asked for, one after the other, until ctx ends. One process does
// it, by lease; where it ends, another one goes on, or the next that starts.
func (h *Hub) replay(ctx context.Context) error {
	asked, leave := h.replays.asked.listen()
	defer leave()
	for ctx.Err() == nil {
		waiting, err := h.pendingReplays(ctx)
		if err == nil && len(waiting) > 0 {
			if err = h.store.Lease(ctx, replayLease, h.owner, leaseTime); err == nil {
				h.underLease(ctx, replayLease, h.runReplays)
				continue
			}
		}
		var look <-chan time.Time
		switch {
		case err != nil && !errors.Is(err, golden.ErrLeaseLost) && ctx.Err() == nil:
			h.trouble("replay", err)
			look = time.After(replayPoll)
		case len(waiting) > 0 || !h.alone:
			look = time.After(replayPoll)
			h.fine("replay")
		default:
			h.fine("replay")
		}
		select {
		case <-ctx.Done():
		case <-asked:
		case <-look:
		}
	}
	return nil
}

// runReplays runs what waits until nothing does, or ctx ends.
func (h *Hub) runReplays(ctx context.Context) {
	for ctx.Err() == nil {
		waiting, err := h.pendingReplays(ctx)
		if err != nil || len(waiting) == 0 {
			return // what is wrong shows in the next look
		}
		claimed, err := h.claimReplay(ctx, waiting[0].ID)
		switch {
		case errors.Is(err, errTaken), err == nil && !claimed.pending():
			continue
		case err != nil:
			return
		}
		run, cancel := context.WithCancelCause(ctx)
		r := &replay{Replay: claimed}
		h.replays.begin(r, cancel)
		err = h.runReplay(run, r)
		h.endReplay(run, r, err)
		h.replays.begin(nil, nil)
		cancel(nil)
	}
}

// runReplay runs a replay from where it stands. What fails is tried again: a replay of hours must
// not end because a broker was away for a moment.
func (h *Hub) runReplay(ctx context.Context, r *replay) error {
	if err := r.read(h.generation().Folder); err != nil {
		return err
	}
	if err := h.stillThere(ctx, r); err != nil {
		return err
	}
	r.set(func(r *Replay) {
		if r.Started.IsZero() {
			r.Started = time.Now()
		}
	})
	h.log.Info("replay begins", "replay", r.ID, "system", r.Request.System, "records", r.Total, "done", r.Done, "dry", r.Request.DryRun)
	pause := h.options.RetryFirst
	for tries := 1; ; tries++ {
		before := r.snapshot().Done
		err := contained(func() error { return h.replaySpans(ctx, r) })
		if r.snapshot().Done > before {
			tries, pause = 1, h.options.RetryFirst
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, errStopped) || errors.Is(err, errTaken) || tries == replayTries {
			return err
		}
		h.log.Warn("replay fails, will be tried again", "replay", r.ID, "error", err)
		rest(ctx, pause)
		pause = min(2*pause, h.options.RetryMost)
	}
}

// endReplay notes how a replay ended. Where its process is being stopped, or has lost the lease, it
// waits for the next one.
func (h *Hub) endReplay(ctx context.Context, r *replay, err error) {
	if errors.Is(err, errTaken) {
		return
	}
	r.set(func(r *Replay) {
		switch {
		case err == nil:
			r.State, r.Ended = ReplayDone, time.Now()
		case errors.Is(err, errStopped), errors.Is(context.Cause(ctx), errStopped):
			r.State, r.Ended = ReplayStopped, time.Now()
		case ctx.Err() != nil:
			r.State = ReplayWaiting
		default:
			r.State, r.Error, r.Ended = ReplayFailed, err.Error(), time.Now()
		}
	})
	now := r.snapshot()
	h.log.Info("replay ended", "replay", r.ID, "state", now.State, "read", now.Counts.Read, "changed", now.Counts.Changed, "failed", now.Counts.Failed, "error", now.Error)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if _, err := h.noteReplay(end, now); err != nil && !errors.Is(err, errTaken) {
		h.log.Error("the end of a replay was not noted", "replay", r.ID, "error", err)
	}
}

// replaySpans reads the spans of a replay, one after the other, each from where it stands.
func (h *Hub) replaySpans(ctx context.Context, r *replay) error {
	p := &pass{hub: h, replay: r, doc: docs.Get().(*formats.Doc)}
	defer docs.Put(p.doc)
	if err := p.note(ctx); err != nil {
		return err
	}
	for i := range r.Spans {
		span := &r.Spans[i]
		batch := make([]*message.Message, 0, replayBatch)
		for m, err := range h.bus.Read(ctx, r.Topic, span.Partition, span.Next, span.To) {
			if err != nil {
				return err
			}
			if batch = append(batch, m); len(batch) == replayBatch {
				if err := p.step(ctx, span, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if err := errors.Join(p.step(ctx, span, batch), ctx.Err()); err != nil {
			return err
		}
		r.set(func(r *Replay) {
			r.Done += max(0, span.To-span.Next) // what is not there any more
			span.Next = max(span.Next, span.To)
		})
	}
	return nil
}

// spansOf finds what there is to read: what is retained, within the request's bounds, or what an
// earlier replay has left.
func (h *Hub) spansOf(ctx context.Context, r *replay, before *Replay) error {
	spans, err := h.bus.Spans(ctx, r.Topic)
	if err != nil {
		return err
	}
	for _, s := range spans {
		span := ReplaySpan{Partition: s.Partition, Retained: s.First, Next: s.First, To: s.Next}
		if r.from.set && r.from.time.IsZero() {
			span.Next = max(span.Next, r.from.offset)
		}
		if r.to.set && r.to.time.IsZero() {
			span.To = min(span.To, r.to.offset)
		}
		if before != nil {
			for _, old := range before.Spans {
				if old.Partition == s.Partition {
					span.Next, span.To = max(s.First, old.Next), old.To
				}
			}
		}
		span.Next = min(span.Next, max(span.To, s.First))
		if span.Since, err = h.firstTime(ctx, r.Topic, s.Partition, s.First, s.Next); err != nil {
			return err
		}
		r.Spans = append(r.Spans, span)
		r.Total += max(0, span.To-span.Next)
	}
	return nil
}

// stillThere passes over what has gone from Kafka since the replay was asked for.
func (h *Hub) stillThere(ctx context.Context, r *replay) error {
	spans, err := h.bus.Spans(ctx, r.Topic)
	if err != nil {
		return err
	}
	r.set(func(r *Replay) {
		for i := range r.Spans {
			one := &r.Spans[i]
			for _, s := range spans {
				if s.Partition == one.Partition {
					gone := max(0, min(s.First, one.To)-one.Next)
					one.Next, r.Done = one.Next+gone, r.Done+gone
				}
			}
		}
	})
	return nil
}

// firstTime is when the first record of a span arrived.
func (h *Hub) firstTime(ctx context.Context, topic string, partition int, first, next int64) (time.Time, error) {
	if first >= next {
		return time.Time{}, nil
	}
	for m, err := range h.bus.Read(ctx, topic, partition, first, first+1) {
		if err != nil {
			return time.Time{}, err
		}
		at, _ := bus.PositionOf(m)
		return at.Time.UTC(), nil
	}
	return time.Time{}, nil
}
