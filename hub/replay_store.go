package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// The last replays stand in the store, a checkpoint each, which the process that runs one, those
// that are asked to start or stop one, and the next one change only as they found them.

// keptReplays is how many replays the store remembers.
const keptReplays = 20

// errTaken says that another process, or a person, was faster.
var errTaken = errors.New("the replay has changed hands")

func replaySlot(number int64) string { return fmt.Sprintf("$replay/%d", number%keptReplays) }

func replayNumber(id string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, "R"), 10, 64)
	return n, err == nil && strings.HasPrefix(id, "R") && n > 0
}

// replayNumbers are those given last.
type replayNumbers struct{ Number, Revision int64 }

// nextRevision is a revision of translation that is higher than those of all replays before. number
// counts the replays: step is 1 for one more.
func (h *Hub) nextRevision(ctx context.Context, step int64) (last replayNumbers, err error) {
	err = amend(ctx, h.store, "$replay/next", func(n *replayNumbers) error {
		n.Number += step
		n.Revision = max(n.Revision+1, time.Now().UnixMilli())
		last = *n
		return nil
	})
	if err != nil {
		return last, fmt.Errorf("number a replay: %w", err)
	}
	return last, nil
}

// addReplay numbers a new replay and stores it, with the answer to who asked for it. A number that comes
// to nothing is passed over.
func (h *Hub) addReplay(ctx context.Context, r *Replay, keep Keep) error {
	last, err := h.nextRevision(ctx, 1)
	if err != nil {
		return err
	}
	r.ID, r.Revision = "R"+strconv.FormatInt(last.Number, 10), last.Revision
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write %s: %w", r.ID, err)
	}
	slot := replaySlot(last.Number)
	// nobody else changes the slot meanwhile: the number is this replay's, and the one before it has ended
	return h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		var stored Replay
		before, err := tx.LoadCheckpoint(ctx, slot)
		if err == nil && before != nil {
			err = json.Unmarshal(before, &stored)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", slot, err)
		}
		if stored.pending() {
			return &RequestError{"system", r.Request.System, fmt.Sprintf("fewer replays: %d wait already, beginning with %s", keptReplays, stored.ID)}
		}
		if err := tx.SaveCheckpoint(ctx, slot, text); err != nil || keep == nil {
			return err
		}
		return keep(ctx, tx, r)
	})
}

// amendReplay changes a replay as it stands in the store. The error is golden.ErrNotFound where
// there is none of that ID.
func (h *Hub) amendReplay(ctx context.Context, id string, change func(*Replay) error) error {
	unknown := fmt.Errorf("replay %s: %w", id, golden.ErrNotFound)
	n, ok := replayNumber(id)
	if !ok {
		return unknown
	}
	return amend(ctx, h.store, replaySlot(n), func(stored *Replay) error {
		if stored.ID != id {
			return unknown
		}
		return change(stored)
	})
}

// claimReplay takes a replay that waits, or whose process is gone; errTaken where neither is so any
// more. Only who holds the lease of replays may call it.
func (h *Hub) claimReplay(ctx context.Context, id string) (claimed Replay, err error) {
	last, err := h.nextRevision(ctx, 0)
	if err != nil {
		return claimed, err
	}
	err = h.amendReplay(ctx, id, func(r *Replay) error {
		switch {
		case !r.pending():
			return errTaken
		case r.Stopping:
			r.State, r.Stopping, r.Ended = ReplayStopped, false, time.Now()
			claimed = *r
			return nil
		}
		if !r.Started.IsZero() {
			// what was published after the last note is published again, perhaps through other mappings:
			// the newer revision wins
			r.Resumed, r.Revision = r.Resumed+1, last.Revision
		}
		r.State, r.Owner = ReplayRunning, h.owner
		claimed = *r
		return nil
	})
	return claimed, err
}

// noteReplay stores how far a replay of this process is. stop says that a person wants it to end;
// errTaken that the replay is another process's by now.
func (h *Hub) noteReplay(ctx context.Context, now Replay) (stop bool, err error) {
	err = h.amendReplay(ctx, now.ID, func(r *Replay) error {
		if r.Owner != h.owner || r.State != ReplayRunning || r.Resumed != now.Resumed {
			return errTaken
		}
		stop = r.Stopping
		*r = now
		r.Stopping = stop && now.pending()
		return nil
	})
	if err != nil {
		return stop, fmt.Errorf("note replay %s: %w", now.ID, err)
	}
	return stop, nil
}

// Replay is one of the last replays, golden.ErrNotFound where there is none of that ID.
func (h *Hub) Replay(ctx context.Context, id string) (Replay, error) {
	if n, ok := replayNumber(id); ok {
		r, err := h.replayIn(ctx, n%keptReplays)
		if err != nil {
			return Replay{}, err
		}
		if r != nil && r.ID == id {
			return *r, nil
		}
	}
	return Replay{}, fmt.Errorf("replay %s: %w", id, golden.ErrNotFound)
}

// Replays are the last replays, newest first.
func (h *Hub) Replays(ctx context.Context) ([]Replay, error) {
	list := []Replay{}
	for n := range int64(keptReplays) {
		r, err := h.replayIn(ctx, n)
		if err != nil {
			return nil, err
		}
		if r != nil {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b Replay) int { return b.Asked.Compare(a.Asked) })
	return list, nil
}

// replayIn reads one slot. The one that this process runs is known more precisely; where no hub
// runs, one that ran waits for the next.
func (h *Hub) replayIn(ctx context.Context, n int64) (*Replay, error) {
	slot := replaySlot(n)
	state, err := h.store.LoadCheckpoint(ctx, slot)
	if err != nil || state == nil {
		return nil, err
	}
	r := &Replay{}
	if err := json.Unmarshal(state, r); err != nil {
		return nil, fmt.Errorf("read %s: %w", slot, err)
	}
	if own := h.replays.running(r.ID); own != nil && r.Owner == h.owner && r.State == ReplayRunning {
		stopping := r.Stopping
		*r = own.snapshot()
		r.Stopping = stopping
	}
	if h.bus == nil && r.State == ReplayRunning {
		r.State = ReplayWaiting
	}
	return r, nil
}

// pendingReplays are those to run, the one that was asked for first at the front.
func (h *Hub) pendingReplays(ctx context.Context) ([]Replay, error) {
	all, err := h.Replays(ctx)
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(r Replay) bool { return !r.pending() }), err
}

// StopReplay stops a replay, whichever process runs it; what it published stands. One that runs
// comes to its end a moment later.
func (h *Hub) StopReplay(ctx context.Context, id string) (Replay, error) {
	err := h.amendReplay(ctx, id, func(r *Replay) error {
		switch r.State {
		case ReplayWaiting:
			r.State, r.Ended = ReplayStopped, time.Now()
		case ReplayRunning:
			r.Stopping = true
		}
		return nil
	})
	if err != nil {
		return Replay{}, err
	}
	h.replays.stop(id)
	return h.Replay(ctx, id)
}
