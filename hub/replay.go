package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

// ErrNotRunning says that something needs a hub that runs: Kafka, and all of the folder.
var ErrNotRunning = errors.New("no hub runs on this folder; start one with touchstone run")

// RequestError says what is wrong with a request of a person.
type RequestError struct {
	Field, Found, Expected string
}

func (e *RequestError) Error() string {
	return fmt.Sprintf("%s is %q; expected %s", e.Field, e.Found, e.Expected)
}

// ReplayRequest says which raw records to run again through today's mappings.
type ReplayRequest struct {
	System string `json:"system" doc:"whose raw records"`
	Stream string `json:"stream,omitempty" doc:"only of this stream"`
	From   string `json:"from,omitempty" doc:"a time by RFC 3339, a day, or an offset; the first record that is retained where absent"`
	To     string `json:"to,omitempty" doc:"likewise, and not included; the end as it is now where absent"`
	Where  string `json:"where,omitempty" doc:"only records for which this expression holds"`
	Key    string `json:"key,omitempty" doc:"only of this record"`
	DryRun bool   `json:"dryRun,omitempty" doc:"count what would change, and change nothing"`
	Resume string `json:"resume,omitempty" doc:"go on where this replay stopped; nothing else is said then"`
}

// ReplayState is how far a replay is.
type ReplayState string

// The states of a replay.
const (
	ReplayWaiting ReplayState = "waiting" // for another one
	ReplayRunning ReplayState = "running"
	ReplayDone    ReplayState = "done"
	ReplayStopped ReplayState = "stopped" // by a person, or with the hub
	ReplayFailed  ReplayState = "failed"
)

// ReplaySpan is what is replayed of one partition.
type ReplaySpan struct {
	Partition int   `json:"partition"`
	Retained  int64 `json:"retained" doc:"offset of the first record that is retained"`
	// Since is when that record arrived.
	Since time.Time `json:"since,omitzero" doc:"when the first record that is retained arrived"`
	Next  int64     `json:"next" doc:"offset of the next record to read"`
	To    int64     `json:"to" doc:"offset at which to stop"`
}

// ReplayCounts say what became of the records that were read.
type ReplayCounts struct {
	Read      int64 `json:"read" doc:"records read"`
	Passed    int64 `json:"passed" doc:"not asked for"`
	LeftOut   int64 `json:"leftOut" doc:"left out by their mapping, or in a stream without one"`
	Changed   int64 `json:"changed" doc:"that say something else than the store holds"`
	Unchanged int64 `json:"unchanged" doc:"that say what the store holds"`
	Older     int64 `json:"older" doc:"of which the store holds a newer version"`
	Failed    int64 `json:"failed" doc:"that cannot be translated"`
}

// Replay is one replay, as far as it is.
type Replay struct {
	ID       string        `json:"id"`
	Request  ReplayRequest `json:"request"`
	State    ReplayState   `json:"state" enum:"waiting,running,done,stopped,failed"`
	Topic    string        `json:"topic"`
	Revision int64         `json:"revision" doc:"translation revision of what it publishes"`
	Spans    []ReplaySpan  `json:"spans"`
	Total    int64         `json:"total" doc:"records between the spans' beginnings and their ends"`
	Done     int64         `json:"done" doc:"of them behind it"`
	Counts   ReplayCounts  `json:"counts"`
	Errors   []string      `json:"errors,omitempty" doc:"the first errors, each once"`
	Error    string        `json:"error,omitempty" doc:"why it failed"`
	Asked    time.Time     `json:"asked"`
	Started  time.Time     `json:"started,omitzero"`
	Ended    time.Time     `json:"ended,omitzero"`
	Owner    string        `json:"owner,omitempty" doc:"the process that runs it"`
}

// replays are the replays of this process: one runs at a time, the others wait.
type replays struct {
	numbering sync.Mutex

	mu     sync.Mutex
	asked  signal
	queue  []*replay
	known  map[string]*replay
	cancel context.CancelFunc // of the one that runs
	runs   string             // its ID
}

// replay is one replay of this process.
type replay struct {
	mu sync.Mutex
	Replay
	filter   *mappings.Filter
	from, to point
}

// keptReplays is how many replays the store remembers.
const keptReplays = 20

// StartReplay checks a request and has it run, after those that were asked for before. The error is
// a *RequestError where the request is wrong, ErrNotRunning where only the store is open.
func (h *Hub) StartReplay(ctx context.Context, q ReplayRequest) (Replay, error) {
	if h.bus == nil {
		return Replay{}, ErrNotRunning
	}
	var before *Replay
	if q.Resume != "" {
		stopped, err := h.Replay(ctx, q.Resume)
		if err != nil {
			return Replay{}, err
		}
		if q != (ReplayRequest{Resume: q.Resume}) || stopped.State == ReplayWaiting || stopped.State == ReplayRunning || stopped.State == ReplayDone {
			return Replay{}, &RequestError{"resume", q.Resume, "the ID of a replay that stopped, and nothing beside it"}
		}
		before, q = &stopped, stopped.Request
	}
	r := &replay{Replay: Replay{Request: q, State: ReplayWaiting, Topic: RawTopic(q.System), Asked: time.Now(), Owner: h.owner}}
	if err := h.checkReplay(r); err != nil {
		return Replay{}, err
	}
	if err := h.spansOf(ctx, r, before); err != nil {
		return Replay{}, err
	}
	number, revision, err := h.nextReplay(ctx)
	if err != nil {
		return Replay{}, err
	}
	r.ID, r.Revision = "R"+strconv.FormatInt(number, 10), revision
	if err := h.saveReplay(ctx, r.Replay); err != nil {
		return Replay{}, err
	}
	h.replays.mu.Lock()
	if h.replays.known == nil {
		h.replays.known = map[string]*replay{}
	}
	h.replays.known[r.ID] = r
	h.replays.queue = append(h.replays.queue, r)
	h.replays.mu.Unlock()
	h.replays.asked.signal()
	return r.snapshot(), nil
}

// checkReplay reads a request.
func (h *Hub) checkReplay(r *replay) (err error) {
	q := r.Request
	var systems, streams []string
	for _, s := range h.generation().streamList() {
		if !slices.Contains(systems, s.System) {
			systems = append(systems, s.System)
		}
		if s.System == q.System {
			streams = append(streams, s.Name)
		}
	}
	if !slices.Contains(systems, q.System) {
		return &RequestError{"system", q.System, "one of " + strings.Join(systems, ", ")}
	}
	if q.Stream != "" && !slices.Contains(streams, q.Stream) {
		return &RequestError{"stream", q.Stream, "one of " + strings.Join(streams, ", ")}
	}
	if r.from, err = parsePoint("from", q.From); err != nil {
		return err
	}
	if r.to, err = parsePoint("to", q.To); err != nil {
		return err
	}
	if q.Where != "" {
		r.filter, err = mappings.NewFilter("where", q.Where, mappings.Options{Region: h.folder.Settings.Region, Folder: h.folder.Root})
		if err != nil {
			return &RequestError{"where", q.Where, err.Error()}
		}
	}
	return nil
}

// point is a place in time or in a topic.
type point struct {
	set    bool
	offset int64 // where time is zero
	time   time.Time
}

func parsePoint(field, text string) (point, error) {
	if text == "" {
		return point{}, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return point{set: true, offset: n}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return point{set: true, time: t}, nil
		}
	}
	return point{}, &RequestError{field, text, "a time such as 2026-01-31T12:00:00Z, a day such as 2026-01-31, or an offset"}
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

// nextReplay is a number that no replay had before, and a revision higher than that of all.
func (h *Hub) nextReplay(ctx context.Context) (number, revision int64, err error) {
	const name = "$replay/next"
	h.replays.numbering.Lock() // the lease is the process's
	defer h.replays.numbering.Unlock()
	for ; ; rest(ctx, 20*time.Millisecond) {
		err := h.store.Lease(ctx, name, h.owner, 10*time.Second)
		if err == nil {
			break
		}
		if !errors.Is(err, golden.ErrLeaseLost) || ctx.Err() != nil {
			return 0, 0, fmt.Errorf("number a replay: %w", err)
		}
	}
	defer func() { err = errors.Join(err, h.store.ReleaseLease(ctx, name, h.owner)) }()
	var last struct{ Number, Revision int64 }
	state, err := h.store.LoadCheckpoint(ctx, name)
	if err == nil && state != nil {
		err = json.Unmarshal(state, &last)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("number a replay: %w", err)
	}
	last.Number++
	last.Revision = max(last.Revision+1, time.Now().UnixMilli())
	if state, err = json.Marshal(last); err == nil {
		err = h.store.SaveCheckpoint(ctx, name, state)
	}
	return last.Number, last.Revision, err
}

func replaySlot(number int64) string { return fmt.Sprintf("$replay/%d", number%keptReplays) }

func replayNumber(id string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, "R"), 10, 64)
	return n, err == nil && strings.HasPrefix(id, "R") && n > 0
}

func (h *Hub) saveReplay(ctx context.Context, r Replay) error {
	n, _ := replayNumber(r.ID)
	state, err := json.Marshal(r)
	if err == nil {
		err = h.store.SaveCheckpoint(ctx, replaySlot(n), state)
	}
	if err != nil {
		return fmt.Errorf("note replay %s: %w", r.ID, err)
	}
	return nil
}

// Replay is one of the last replays, golden.ErrNotFound where there is none of that ID.
func (h *Hub) Replay(ctx context.Context, id string) (Replay, error) {
	n, ok := replayNumber(id)
	if ok {
		r, err := h.replayIn(ctx, replaySlot(n))
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
		r, err := h.replayIn(ctx, replaySlot(n))
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

// replayIn reads one slot. One of this process is known more precisely; one of a process that is
// gone has stopped where it was noted last.
func (h *Hub) replayIn(ctx context.Context, slot string) (*Replay, error) {
	state, err := h.store.LoadCheckpoint(ctx, slot)
	if err != nil || state == nil {
		return nil, err
	}
	r := &Replay{}
	if err := json.Unmarshal(state, r); err != nil {
		return nil, fmt.Errorf("read %s: %w", slot, err)
	}
	h.replays.mu.Lock()
	own := h.replays.known[r.ID]
	h.replays.mu.Unlock()
	switch {
	case own != nil:
		*r = own.snapshot()
	case r.State == ReplayRunning:
		lease := h.store.Lease(ctx, "$replay/"+r.ID, h.owner, time.Millisecond)
		if lease == nil { // nobody runs it any more
			r.State, r.Error = ReplayStopped, "its hub ended"
		} else if !errors.Is(lease, golden.ErrLeaseLost) {
			return nil, lease
		}
	}
	return r, nil
}

// StopReplay stops a replay of this process; what it published stands.
func (h *Hub) StopReplay(ctx context.Context, id string) (Replay, error) {
	h.replays.mu.Lock()
	own := h.replays.known[id]
	if own != nil && h.replays.runs == id {
		h.replays.cancel()
	}
	h.replays.queue = slices.DeleteFunc(h.replays.queue, func(r *replay) bool { return r.ID == id })
	h.replays.mu.Unlock()
	if own == nil {
		r, err := h.Replay(ctx, id)
		if err == nil && (r.State == ReplayRunning || r.State == ReplayWaiting) {
			err = &RequestError{"id", id, "a replay of the process that is asked; this one runs in " + r.Owner}
		}
		return r, err
	}
	own.set(func(r *Replay) {
		if r.State == ReplayWaiting {
			r.State, r.Ended = ReplayStopped, time.Now()
		}
	})
	r := own.snapshot()
	if r.State == ReplayStopped {
		return r, h.saveReplay(ctx, r)
	}
	return r, nil
}

func (r *replay) set(change func(*Replay)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.Replay)
}

func (r *replay) snapshot() Replay {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Replay
	now.Spans, now.Errors = slices.Clone(r.Spans), slices.Clone(r.Errors)
	return now
}

// note keeps the first errors, each once.
func (r *Replay) note(text string) {
	if len(r.Errors) < 10 && !slices.Contains(r.Errors, text) {
		r.Errors = append(r.Errors, text)
	}
}
