package systems

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/touchstone-hub/touchstone/api"
)

// Deleted is the event of a report that a record is gone, in the header X-Event.
const Deleted = "deleted"

// report is a webhook.
type report struct {
	body  []byte
	event string
}

// ReportTo says where the hub takes webhooks, host:port. Reports go to /in/NAME/customers.
func (s *System) ReportTo(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hub = address
}

// Hold keeps reports back until they are taken out by [System.Held] or sent by [System.Release].
func (s *System) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = true
}

// Held takes out what was kept back: the test sends it in its own way, or never.
func (s *System) Held() (bodies [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.held {
		bodies = append(bodies, r.body)
	}
	s.held = nil
	return bodies
}

// Release sends what was kept back, and keeps nothing back any more.
func (s *System) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = false
	for _, r := range s.held {
		s.busy.Add(1)
		s.queue <- r
	}
	s.held = nil
}

// report queues a record as it stands. s.mu is held.
func (s *System) report(r Record, event string) {
	body, err := json.Marshal(r)
	if err != nil {
		s.t.Errorf("write a report of %s: %v", s.Name, err)
		return
	}
	if s.hold {
		s.held = append(s.held, report{body, event})
		return
	}
	if s.hub == "" {
		return
	}
	s.busy.Add(1)
	s.queue <- report{body, event}
}

// send posts a report until the hub has taken it, as a system does that loses nothing.
func (s *System) send(r report) {
	defer s.busy.Add(-1)
	if s.o.Delay != nil {
		time.Sleep(s.o.Delay())
	}
	for !s.closed.Load() {
		if s.try(r) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *System) try(r report) (taken bool) {
	s.mu.Lock()
	hub := s.hub
	s.mu.Unlock()
	q, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, "http://"+hub+"/in/"+s.Name+"/customers", bytes.NewReader(r.body))
	if err != nil {
		return false
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("X-Event", r.event)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// Missing says how many reports of the systems the hub has yet to be sent; for hubtest's Rest.
func Missing(all ...*System) func(*api.Status) string {
	return func(*api.Status) string {
		for _, s := range all {
			if n := s.busy.Load(); n > 0 {
				return fmt.Sprintf("%d reports of %s are on their way", n, s.Name)
			}
		}
		return ""
	}
}
