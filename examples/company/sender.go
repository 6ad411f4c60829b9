package company

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// senders is how many requests are under way at the same time.
const senders = 8

// hook is one event to be sent.
type hook struct {
	lane   int64 // those of one lane are sent in order
	header map[string]string
	body   []byte
	url    string
}

// sender sends events until they are taken: any answer but 2xx, or none, is tried again.
type sender struct {
	http    *http.Client
	lanes   [senders]chan hook
	waiting atomic.Int64
	sent    atomic.Int64
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

func newSender() *sender {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sender{cancel: cancel, http: &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders},
	}}
	for i := range s.lanes {
		s.lanes[i] = make(chan hook, 10_000)
		s.done.Go(func() { s.work(ctx, s.lanes[i]) })
	}
	return s
}

// send queues an event. Beyond what a lane holds it waits, as a busy system would.
func (s *sender) send(h hook) {
	s.waiting.Add(1)
	s.lanes[uint64(h.lane)%senders] <- h //nolint:gosec // lanes are counted up from one
}

func (s *sender) unsent() int { return int(s.waiting.Load()) }

func (s *sender) work(ctx context.Context, lane <-chan hook) {
	for {
		select {
		case <-ctx.Done():
			return
		case h := <-lane:
			s.insist(ctx, h)
			s.waiting.Add(-1)
		}
	}
}

// insist sends one event until it is taken.
func (s *sender) insist(ctx context.Context, h hook) {
	for wait := 50 * time.Millisecond; !s.once(ctx, h); wait = min(2*wait, time.Second) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
	s.sent.Add(1)
}

func (s *sender) once(ctx context.Context, h hook) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(h.body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range h.header {
		r.Header.Set(name, value)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode/100 == 2
}

// Close gives up what was not taken.
func (s *sender) Close() error {
	s.cancel()
	s.done.Wait()
	s.http.CloseIdleConnections()
	return nil
}
