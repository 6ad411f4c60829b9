package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"time"

	"github.com/schollz/progressbar/v3"
)

// teller says how far the demo is: a bar on a terminal, a line now and then elsewhere.
type teller struct {
	w     io.Writer
	began time.Time
	bar   *progressbar.ProgressBar // nil: none is shown
	fancy bool
	told  time.Time
}

func newTeller(w io.Writer) *teller {
	return &teller{w: w, began: time.Now(), fancy: terminal(w)}
}

// step says that something is done.
func (t *teller) step(what string) {
	if t.bar != nil {
		_ = t.bar.Clear() // a bar that cannot be cleared is only ugly
		t.bar = nil
	}
	fmt.Fprintf(t.w, "%6.1fs  %s\n", time.Since(t.began).Seconds(), what)
}

// progress says how much of something is done.
func (t *teller) progress(what string, done, total int) {
	if !t.fancy {
		if time.Since(t.told) >= time.Second {
			t.told = time.Now()
			fmt.Fprintf(t.w, "%6.1fs  %s: %d of %d\n", time.Since(t.began).Seconds(), what, done, total)
		}
		return
	}
	if t.bar == nil {
		t.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(t.w), progressbar.OptionShowCount(),
			progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(false))
	}
	t.bar.ChangeMax(total)
	t.bar.Describe(fmt.Sprintf("%6.1fs  %s", time.Since(t.began).Seconds(), what))
	_ = t.bar.Set(min(done, total))
}

// every yields at once and then at intervals, until ctx ends.
func every(ctx context.Context, interval time.Duration) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for now := time.Now(); ctx.Err() == nil && yield(now); {
			select {
			case now = <-ticker.C:
			case <-ctx.Done():
			}
		}
	}
}

// freeAddress is the address where nobody listens there, and else one on a free port.
func freeAddress(ctx context.Context, wanted string) string {
	for _, address := range []string{wanted, "127.0.0.1:0"} {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err == nil {
			defer func() { _ = l.Close() }()
			return l.Addr().String()
		}
	}
	return "" // the company looks for itself, and says what is wrong
}
