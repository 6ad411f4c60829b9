// Package systems are outside systems for tests: they keep records in a form of their own, take the
// hub's writes over HTTP, and report every write by webhook, whoever it came from.
//
// In come what people enter at a system's own screen and what the hub sends; out go webhooks, the
// records as the system holds them, and a list of the writes that took effect. A system never
// forgets what it acknowledged, and does wrong only what a test tells it to.
package systems

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Record is what a system keeps of a customer. Its "id" and "at", the time of its last change, are
// the system's own; all other fields are text, and one that is empty is absent.
type Record map[string]any

// Options say of what make a system is.
type Options struct {
	Clock *Clock                           // shared by systems whose times are compared; nil: the system's own
	Form  func(field, value string) string // how the system writes a value; nil: as it was given
	Delay func() time.Duration             // before a report leaves; nil: none
}

// System is one system of record.
type System struct {
	Name string
	URL  string

	t      testing.TB
	o      Options
	closed atomic.Bool
	busy   atomic.Int64 // reports on their way
	queue  chan report

	mu      sync.Mutex
	hub     string // the address of the hub's intake
	hold    bool
	held    []report
	next    int
	records map[string]Record
	byKey   map[string]string // idempotency key to ID
	writes  []string
	asked   int
	before  Answer
	after   Answer
}

// Answer is asked about a request of the hub's; true: it has answered, or will never do so.
type Answer func(w http.ResponseWriter, q *http.Request) bool

// New starts a system that runs as long as the test. It reports to nobody before [System.ReportTo].
func New(t testing.TB, name string, o Options) *System {
	t.Helper()
	if o.Clock == nil {
		o.Clock = &Clock{}
	}
	if o.Form == nil {
		o.Form = func(_, value string) string { return value }
	}
	s := &System{Name: name, t: t, o: o, queue: make(chan report, 1<<16), records: map[string]Record{}, byKey: map[string]string{}}
	server := httptest.NewServer(s)
	s.URL = server.URL
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for r := range s.queue {
			s.send(r)
		}
	}()
	t.Cleanup(func() { s.closed.Store(true); server.Close(); close(s.queue); <-ended })
	return s
}

// Clock gives times that differ, in microseconds.
type Clock struct{ last atomic.Int64 }

// Now is a time by RFC 3339, later than all that the clock gave before.
func (c *Clock) Now() string {
	for {
		last := c.last.Load()
		at := max(last+1, time.Now().UnixMicro())
		if c.last.CompareAndSwap(last, at) {
			return time.UnixMicro(at).UTC().Format("2006-01-02T15:04:05.000000Z")
		}
	}
}

// Person adds a record as somebody at the system's own screen does, and returns its ID.
func (s *System) Person(r Record) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = s.newID()
	s.put(id, r)
	return id
}

// Change is somebody changing one field at the system's own screen; "" empties it. It returns the
// time that the system gave the change.
func (s *System) Change(id, field, value string) (at string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.records[id]
	if !known {
		s.t.Errorf("%s has no record %s to change", s.Name, id)
		return ""
	}
	r = maps.Clone(r)
	r[field] = value
	return fmt.Sprint(s.put(id, r)["at"])
}

// Remove is somebody deleting a record at the system's own screen.
func (s *System) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(id)
}

// Again reports every record once more, as exports by night do; with new times if touch is set.
func (s *System) Again(touch bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.records)) {
		if touch {
			s.records[id] = maps.Clone(s.records[id])
			s.records[id]["at"] = s.o.Clock.Now()
		}
		s.report(s.records[id], "")
	}
}

// Normal is a record in the system's own form, without what is empty.
func (s *System) Normal(r Record) Record {
	out := Record{}
	for field, value := range r {
		if text, ok := value.(string); ok && text != "" {
			if text = s.o.Form(field, text); text != "" {
				out[field] = text
			}
		}
	}
	return out
}

func (s *System) newID() string {
	s.next++
	return fmt.Sprintf("%s%d", s.Name, s.next)
}

// put stores a record and reports it. s.mu is held.
func (s *System) put(id string, r Record) Record {
	r = s.Normal(r)
	r["id"], r["at"] = id, s.o.Clock.Now()
	s.records[id] = r
	s.report(r, "")
	return r
}

// remove forgets a record and reports that. s.mu is held.
func (s *System) remove(id string) {
	delete(s.records, id)
	s.report(Record{"id": id, "at": s.o.Clock.Now()}, Deleted)
}

// Records are the system's records by ID.
func (s *System) Records() map[string]Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]Record, len(s.records))
	for id, r := range s.records {
		all[id] = maps.Clone(r)
	}
	return all
}

// Show is what the system holds, in these fields: "a1 name=Anna phone=030; a2 name=Ben".
func (s *System) Show(fields ...string) string {
	all := s.Records()
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		line := id
		for _, f := range fields {
			if v, ok := all[id][f]; ok {
				line += fmt.Sprintf(" %s=%v", f, v)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// Writes are the hub's writes that took effect, in order: "POST a1", "PUT a1", "PUT a1/off",
// "DELETE a1".
func (s *System) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// Asked is how many requests came from the hub, whatever became of them.
func (s *System) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}
