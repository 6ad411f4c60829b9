package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/touchstone-hub/touchstone/connectors"
)

// link supervises one source or target: what it runs may fail, the hub goes on.
type link struct {
	hub  *Hub
	name string // "system/stream" of a source, "system.stream" of a target
	log  *slog.Logger

	mu   sync.Mutex
	wait *backoff.ExponentialBackOff
	last string // the error it fails with just now
	told bool   // that error came from a run that goes on: lasting proves nothing then
}

// unproven is how many of the first waits a run has to last before it counts as good where nothing
// else proves it.
const unproven = 5

// supervise runs one source or target again and again until ctx ends. A failure is logged once for
// as long as it stays the same, and every new attempt waits longer, up to a minute; where the
// system says how long, that long. Refused credentials and permanent failures wait for the longest
// time at once: an operator has to act, and the hub notices when that has been done.
func (h *Hub) supervise(ctx context.Context, log *slog.Logger, name string, run func(context.Context, *link) error) {
	l := &link{hub: h, name: name, log: log, wait: backoff.NewExponentialBackOff()}
	l.wait.InitialInterval, l.wait.MaxInterval = h.options.RetryFirst, h.options.RetryMost
	var took time.Duration
	for ctx.Err() == nil {
		began := time.Now()
		l.begin()
		proven := time.AfterFunc(2*took+unproven*h.options.RetryFirst, l.lasted)
		err := contained(func() error { return run(ctx, l) })
		proven.Stop()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("it ended by itself")
		}
		took = time.Since(began)
		select {
		case <-ctx.Done():
		case <-time.After(l.failed(err)):
		}
	}
}

// failed notes a failure and says how long to wait.
func (l *link) failed(err error) time.Duration {
	class, after := connectors.Classify(err)
	l.hub.metrics.sourceErrors.WithLabelValues(l.name, string(class)).Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	pause := max(l.wait.NextBackOff(), after)
	if class != connectors.ClassRetryable {
		pause = l.wait.MaxInterval
	}
	l.down(err, pause)
	return pause
}

// troubled notes that the system cannot be worked with just now, where the run goes on itself.
func (l *link) troubled(err error, pause time.Duration) {
	class, _ := connectors.Classify(err)
	l.hub.metrics.sourceErrors.WithLabelValues(l.name, string(class)).Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = true
	l.down(err, pause)
}

// begin notes that a run begins, of which nothing is known yet.
func (l *link) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = false
}

// lasted notes that a run has gone on for long without failing. One that tells of trouble itself
// also tells when it is over.
func (l *link) lasted() {
	l.mu.Lock()
	told := l.told
	l.mu.Unlock()
	if !told {
		l.well()
	}
}

// down is called under l.mu.
func (l *link) down(err error, pause time.Duration) {
	if text := err.Error(); text != l.last {
		class, _ := connectors.Classify(err)
		l.log.Error("connection fails, will be tried again", "class", class, "error", err)
		l.last = text
	}
	l.hub.status.source(l.name, err, time.Now().Add(pause))
}

// well notes that the system can be worked with.
func (l *link) well() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wait.Reset()
	l.told = false
	if l.last != "" {
		l.log.Info("connection goes on")
		l.last = ""
		l.hub.status.source(l.name, nil, time.Time{})
	}
}

// contained turns a panic into an error: one connector's or record's fault must not end the hub.
func contained(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return do()
}
