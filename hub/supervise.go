package hub

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/touchstone-hub/touchstone/connectors"
)

// supervise runs one source again and again until ctx ends. A failure is logged once for as long
// as it stays the same, and every new attempt waits longer, up to a minute; where the system says
// how long, that long. Refused credentials and permanent failures wait for the longest time at
// once: an operator has to act, and the hub notices when that has been done.
func (h *Hub) supervise(ctx context.Context, log *slog.Logger, name string, run func(context.Context) error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = h.options.RetryFirst, h.options.RetryMost
	last := ""
	for ctx.Err() == nil {
		began := time.Now()
		err := contained(func() error { return run(ctx) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			last = ""
			wait.Reset()
			continue
		}
		class, after := connectors.Classify(err)
		h.metrics.sourceErrors.WithLabelValues(name, string(class)).Inc()
		if text := err.Error(); text != last {
			log.Error("source failed, will be tried again", "class", class, "error", err)
			last = text
		}
		if time.Since(began) > 2*wait.MaxInterval {
			wait.Reset()
		}
		pause := max(wait.NextBackOff(), after)
		if class != connectors.ClassRetryable {
			pause = wait.MaxInterval
		}
		h.status.source(name, err, time.Now().Add(pause))
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// contained turns a panic into an error: one connector's fault must not end the hub.
func contained(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return do()
}
