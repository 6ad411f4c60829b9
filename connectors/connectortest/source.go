package connectortest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

func runSource(t *testing.T, h Harness) {
	offered := h.Source(t)
	h.all(t, []proof{
		{"reads everything, each key in order", true, readsEverything},
		{"loses nothing when killed at any step", true, losesNothing},
		{"reads again what was not made durable", true, readsAgain},
		{"hands on bad records and reads the rest", offered.PutBad != nil, handsOnBadRecords},
		{"stops cleanly", true, stopsCleanly},
		{"does not read twice what it has acknowledged", true, readsOnce},
		{"tells refused credentials apart", offered.BadCredentials != nil, tellsCredentials},
		{"tells an unreachable system apart", offered.Unreachable != nil, tellsUnreachable},
	})
}

// start runs a source until stop is called, which returns what Run returned.
func (h Harness) start(t *testing.T, p *process, open func(connectors.Env) (connectors.Source, error)) (stop func() error, ended <-chan struct{}) {
	t.Helper()
	source, err := open(p.env())
	if err != nil {
		t.Fatalf("open the source: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	done := make(chan struct{})
	var result error
	go func() {
		defer close(done)
		result = source.Run(ctx, p.emit)
	}()
	return func() error {
		t.Helper()
		cancel()
		select {
		case <-done:
			if left := p.site.intake.paths(); len(left) > 0 {
				t.Errorf("the source has ended and still serves %v", left)
			}
			return result
		case <-time.After(h.Patience):
			t.Fatalf("the source did not stop within %s", h.Patience)
			return nil
		}
	}, done
}

// until waits for the log to fulfil a condition, which returns what is still missing.
func (h Harness) until(t *testing.T, s *site, missing func([]formats.Frame) string) {
	t.Helper()
	late := time.After(h.Patience)
	for {
		frames, moved := s.durable()
		what := missing(frames)
		if what == "" {
			return
		}
		select {
		case <-moved:
		case <-late:
			t.Fatalf("%s is missing after %s; %d frames are durable", what, h.Patience, len(frames))
		}
	}
}

// lacks tells which of the records is not in the frames. A system that shows only the newest
// version may leave out earlier ones.
func lacks(t *testing.T, sys SourceSystem, want []Record) func([]formats.Frame) string {
	return func(frames []formats.Frame) string {
		have, newest := map[Record]bool{}, map[string]int{}
		for _, r := range recordsOf(t, sys, frames) {
			have[r] = true
			newest[r.Key] = max(newest[r.Key], r.Value)
		}
		for _, r := range want {
			if !have[r] && (!sys.LatestOnly || newest[r.Key] < r.Value) {
				return fmt.Sprintf("record %s=%d", r.Key, r.Value)
			}
		}
		return ""
	}
}

func recordsOf(t *testing.T, sys SourceSystem, frames []formats.Frame) []Record {
	t.Helper()
	var records []Record
	for _, f := range frames {
		if f.Err != nil {
			continue
		}
		r, err := sys.Record(f)
		if err != nil {
			t.Errorf("read the frame %q: %v", f.Bytes, err)
		}
		records = append(records, r)
	}
	return records
}

// some are n records with two versions of every third.
func some(n int) []Record {
	var records []Record
	for i := range n {
		records = append(records, Record{Key: fmt.Sprintf("k%d", i), Value: 1})
	}
	for i := 0; i < n; i += 3 {
		records = append(records, Record{Key: fmt.Sprintf("k%d", i), Value: 2})
	}
	return records
}

func readsEverything(t *testing.T, h Harness) {
	sys, site := h.Source(t), newSite(t)
	records := some(10)
	sys.Put(t, records[:4]...)
	stop, _ := h.start(t, &process{site: site}, sys.Open)
	h.until(t, site, lacks(t, sys, records[:4]))
	sys.Put(t, records[4:]...)
	h.until(t, site, lacks(t, sys, records))
	if err := stop(); err != nil {
		t.Errorf("the source ended with %v", err)
	}
	frames, _ := site.durable()
	last := map[string]int{}
	for _, r := range recordsOf(t, sys, frames) {
		if r.Value < last[r.Key] {
			t.Errorf("%s=%d came after %s=%d", r.Key, r.Value, r.Key, last[r.Key])
		}
		last[r.Key] = r.Value
	}
}

// losesNothing kills the process at its first step, at its second and so on, until it gets through
// alive; each time with and without the effect of that step. The next process must bring the rest.
func losesNothing(t *testing.T, h Harness) {
	const most = 12
	records := some(4)
	for _, half := range []bool{false, true} {
		for at := 1; at <= most; at++ {
			sys, site := h.Source(t), newSite(t)
			sys.Put(t, records...)
			first := &process{site: site, killAt: at, half: half, killed: make(chan struct{})}
			stop, ended := h.start(t, first, sys.Open)
			h.killed(t, first, ended, lacks(t, sys, records))
			stop() //nolint:errcheck // a killed process has nothing to say
			stop, _ = h.start(t, &process{site: site}, sys.Open)
			h.until(t, site, lacks(t, sys, records))
			if err := stop(); err != nil {
				t.Errorf("killed at step %d: the next process ended with %v", at, err)
			}
			if !first.wasKilled() {
				break
			}
		}
	}
}

// killed waits until the process has lost its life, or has ended, or has brought everything and had
// a moment more to acknowledge it.
func (h Harness) killed(t *testing.T, p *process, ended <-chan struct{}, missing func([]formats.Frame) string) {
	t.Helper()
	late, complete := time.After(h.Patience), (<-chan time.Time)(nil)
	for {
		frames, moved := p.site.durable()
		if complete == nil && missing(frames) == "" {
			complete = time.After(50 * time.Millisecond)
		}
		select {
		case <-moved:
		case <-p.killed:
			return
		case <-ended:
			return
		case <-complete:
			return
		case <-late:
			t.Fatalf("%s is missing after %s, and the process lives", missing(frames), h.Patience)
		}
	}
}

// readsAgain lets emit fail: nothing may be acknowledged, and the same process or, where Run
// returned, the next run brings the records.
func readsAgain(t *testing.T, h Harness) {
	sys, site := h.Source(t), newSite(t)
	records := some(4)
	sys.Put(t, records...)
	p := &process{site: site}
	source, err := sys.Open(p.env())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := h.waiting(t)
	defer cancel()
	failed := make(chan struct{})
	done := make(chan error, 1)
	emits := 0
	go func() {
		done <- source.Run(ctx, func(context.Context, []formats.Frame) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			if emits++; emits == 1 {
				close(failed)
			}
			return &connectors.RetryableError{Err: errors.New("the broker is away")}
		})
	}()
	select {
	case <-failed:
	case <-ctx.Done():
		t.Fatal("nothing was emitted")
	}
	cancel()
	if err := <-done; err != nil {
		if class, _ := connectors.Classify(err); class != connectors.ClassRetryable {
			t.Errorf("a failed emit ended the source with %v, which is %s", err, class)
		}
	}
	if state, _ := site.memory.Load(t.Context()); state != nil {
		t.Errorf("the checkpoint went ahead to %q of what is durable", state)
	}
	stop, _ := h.start(t, &process{site: site}, sys.Open)
	h.until(t, site, lacks(t, sys, records))
	if err := stop(); err != nil {
		t.Errorf("the source ended with %v", err)
	}
}

func handsOnBadRecords(t *testing.T, h Harness) {
	sys, site := h.Source(t), newSite(t)
	records := some(4)
	sys.Put(t, records[:2]...)
	sys.PutBad(t)
	sys.Put(t, records[2:]...)
	stop, _ := h.start(t, &process{site: site}, sys.Open)
	h.until(t, site, func(frames []formats.Frame) string {
		for _, f := range frames {
			if f.Err != nil {
				if len(f.Bytes) == 0 || f.Position.Origin == "" {
					t.Errorf("the bad record came without its bytes or position: %+v", f)
				}
				return lacks(t, sys, records)(frames)
			}
		}
		return "the bad record"
	})
	if err := stop(); err != nil {
		t.Errorf("a bad record ended the source: %v", err)
	}
}

func stopsCleanly(t *testing.T, h Harness) {
	sys, site := h.Source(t), newSite(t)
	stop, _ := h.start(t, &process{site: site}, sys.Open)
	if err := stop(); err != nil {
		t.Errorf("a source without work ended with %v", err)
	}
}

// readsOnce runs a source to its end and starts it again: what was acknowledged stays so. (Systems
// may show some records again, within an overlap; not all of them.)
func readsOnce(t *testing.T, h Harness) {
	sys, site := h.Source(t), newSite(t)
	records := some(8)
	sys.Put(t, records...)
	stop, _ := h.start(t, &process{site: site}, sys.Open)
	h.until(t, site, lacks(t, sys, records))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	before, _ := site.durable()
	stop, _ = h.start(t, &process{site: site}, sys.Open)
	more := []Record{{Key: "more", Value: 1}}
	sys.Put(t, more...)
	h.until(t, site, lacks(t, sys, more))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	after, _ := site.durable()
	if again := len(after) - len(before) - 1; again >= len(before) {
		t.Errorf("after a restart %d frames came again of %d", again, len(before))
	}
}

func tellsCredentials(t *testing.T, h Harness) {
	h.fails(t, h.Source(t).BadCredentials, connectors.ClassUnauthorised)
}

func tellsUnreachable(t *testing.T, h Harness) {
	h.fails(t, h.Source(t).Unreachable, connectors.ClassRetryable)
}

// fails expects Run to end by itself with an error of the class: telling and trying again are the
// hub's.
func (h Harness) fails(t *testing.T, open func(connectors.Env) (connectors.Source, error), want connectors.Class) {
	t.Helper()
	source, err := open((&process{site: newSite(t)}).env())
	if err == nil {
		ctx, cancel := h.waiting(t)
		defer cancel()
		err = source.Run(ctx, func(context.Context, []formats.Frame) error { return nil })
		if ctx.Err() != nil {
			t.Fatalf("the source went on for %s; expected an error that is %s", h.Patience, want)
		}
	}
	if err == nil {
		t.Fatalf("the source ended without an error; expected one that is %s", want)
	}
	if class, _ := connectors.Classify(err); class != want {
		t.Errorf("the source ended with %v, which is %s; expected %s", err, class, want)
	}
}
