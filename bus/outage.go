package bus

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// outage tells the log once that the brokers do not answer, and once that they
// do again, however many parts of the bus are trying meanwhile.
type outage struct {
	log  *slog.Logger
	down atomic.Bool

	mu         sync.Mutex
	since      time.Time
	lastFailed time.Time
}

// settle is how long nothing may fail before an outage counts as over: while
// one broker of several is away, requests to the others succeed.
const settle = 2 * time.Second

func (o *outage) failed(doing string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lastFailed = time.Now()
	if !o.down.Load() {
		o.since = o.lastFailed
		o.down.Store(true)
		o.log.Warn("kafka does not answer; trying again until it does", "doing", doing, "error", err)
	}
}

func (o *outage) ok() {
	if !o.down.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down.Load() && time.Since(o.lastFailed) > settle {
		o.down.Store(false)
		o.log.Info("kafka answers again", "after", o.lastFailed.Sub(o.since).Round(time.Millisecond))
	}
}

// backoff doubles from 50 ms to 1 s: short enough to be back soon after a
// broker is, long enough not to weigh on one that is starting.
type backoff struct{ n int }

func (b *backoff) next() time.Duration {
	d := min(50*time.Millisecond<<min(b.n, 5), time.Second)
	b.n++
	return d
}
