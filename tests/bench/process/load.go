package process

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Load calls do at a constant rate, whether earlier calls have ended or not, from at most workers
// goroutines at once, for the time given. It returns how many calls were begun and how much later
// than planned the last one was, which is much where the caller could not keep the rate.
func Load(ctx context.Context, rate int, d time.Duration, workers int, do func(ctx context.Context, i int)) (calls int, late time.Duration) {
	calls = int(float64(rate) * d.Seconds())
	next := make(chan int, workers)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for i := range next {
				do(ctx, i)
			}
		})
	}
	began := time.Now()
	for i := 0; i < calls && ctx.Err() == nil; i++ {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		next <- i
		late = time.Since(due)
	}
	close(next)
	running.Wait()
	return calls, late
}

// Times are how long things took.
type Times []time.Duration

// Quantiles writes p50, p90, p99 and the longest in milliseconds; it sorts t.
func (t Times) Quantiles() string {
	if len(t) == 0 {
		return "none"
	}
	slices.Sort(t)
	at := func(q float64) float64 {
		return float64(t[min(len(t)-1, int(q*float64(len(t))))].Microseconds()) / 1000
	}
	return fmt.Sprintf("p50 %.1f  p90 %.1f  p99 %.1f  max %.1f ms", at(0.5), at(0.9), at(0.99), at(1))
}
