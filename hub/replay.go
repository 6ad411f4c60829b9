package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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
	ReplayWaiting ReplayState = "waiting" // for another one, or for a process to go on with it
	ReplayRunning ReplayState = "running"
	ReplayDone    ReplayState = "done"
	ReplayStopped ReplayState = "stopped" // by a person
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
	Erased    int64 `json:"erased,omitempty" doc:"of erased people: left out"`
}

// Replay is one replay, as far as it is. It is a job in the store: where the process that runs it
// ends, by whatever cause, the next one goes on where it was noted last.
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
	Resumed  int           `json:"resumed,omitempty" doc:"how often it was gone on with after its process had ended"`
	Stopping bool          `json:"stopping,omitempty" doc:"a person has stopped it, and its process has yet to notice"`
}

func (r *Replay) pending() bool { return r.State == ReplayWaiting || r.State == ReplayRunning }

// replay is one replay in the process that runs it.
type replay struct {
	mu sync.Mutex
	Replay
	from, to point
}

// StartReplay checks a request and has it run, after those that were asked for before, by this
// process or another one on the same store. The error is a *RequestError where the request is wrong,
// ErrNotRunning where only the store is open.
func (h *Hub) StartReplay(ctx context.Context, q ReplayRequest, keep Keep) (Replay, error) {
	if h.bus == nil {
		return Replay{}, ErrNotRunning
	}
	var before *Replay
	if q.Resume != "" {
		stopped, err := h.Replay(ctx, q.Resume)
		if err != nil {
			return Replay{}, err
		}
		if q != (ReplayRequest{Resume: q.Resume}) || stopped.pending() || stopped.State == ReplayDone {
			return Replay{}, &RequestError{"resume", q.Resume, "the ID of a replay that stopped, and nothing beside it"}
		}
		before, q = &stopped, stopped.Request
	}
	r := &replay{Replay: Replay{Request: q, State: ReplayWaiting, Topic: RawTopic(q.System), Asked: time.Now()}}
	if err := r.read(h.generation().Folder); err != nil {
		return Replay{}, err
	}
	if err := h.spansOf(ctx, r, before); err != nil {
		return Replay{}, err
	}
	if err := h.addReplay(ctx, &r.Replay, keep); err != nil {
		return Replay{}, err
	}
	h.replays.asked.signal()
	return r.Replay, nil
}

// read reads the request by a state of the folder.
func (r *replay) read(f *Folder) (err error) {
	q := r.Request
	var systems, streams []string
	for _, s := range f.streamList() {
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
	_, err = f.where(q.Where)
	return err
}

// where compiles a request's condition by a state of the folder; nil for none.
func (f *Folder) where(text string) (*mappings.Filter, error) {
	if text == "" {
		return nil, nil
	}
	filter, err := mappings.NewFilter("where", text, mappings.Options{Region: f.Settings.Region, Folder: f.Root})
	if err != nil {
		return nil, &RequestError{"where", text, err.Error()}
	}
	return filter, nil
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
