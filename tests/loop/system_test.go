//go:build long

package loop

import (
	"bytes"
	"encoding/json"
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

// account is what one of the systems keeps of a customer; its own ID apart, all of it is text.
type account map[string]any

// system is a system of record of some make: it keeps accounts in a form of its own and reports
// every write by webhook, whoever it came from, in order and a while later.
type system struct {
	name   string
	url    string
	hub    string // the address of the hub's intake
	form   func(field, value string) string
	clock  *clock
	delay  func() time.Duration
	closed atomic.Bool
	busy   atomic.Int64 // reports on their way
	writes atomic.Int64 // that came from the hub and took effect

	mu       sync.Mutex
	next     int
	accounts map[string]account
	byKey    map[string]string // idempotency key to ID
	before   func(w http.ResponseWriter, q *http.Request) bool
	after    func(w http.ResponseWriter, q *http.Request) bool

	reports chan []byte
}

// clock gives times that differ, in microseconds: one for all systems.
type clock struct{ last atomic.Int64 }

func (c *clock) now() string {
	for {
		last := c.last.Load()
		at := max(last+1, time.Now().UnixMicro())
		if c.last.CompareAndSwap(last, at) {
			return time.UnixMicro(at).UTC().Format("2006-01-02T15:04:05.000000Z")
		}
	}
}

func newSystem(t *testing.T, name string, c *clock, delay func() time.Duration, form func(field, value string) string) *system {
	s := &system{
		name: name, clock: c, form: form, delay: delay,
		accounts: map[string]account{}, byKey: map[string]string{}, reports: make(chan []byte, 1<<16),
	}
	server := httptest.NewServer(s)
	s.url = server.URL
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for body := range s.reports {
			s.send(body)
		}
	}()
	t.Cleanup(func() { s.closed.Store(true); server.Close(); close(s.reports); <-ended })
	return s
}

// report queues the account as it stands.
func (s *system) report(a account) {
	body, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	s.busy.Add(1)
	s.reports <- body
}

// send posts a report until the hub has taken it, as a system does that loses nothing.
func (s *system) send(body []byte) {
	defer s.busy.Add(-1)
	time.Sleep(s.delay())
	for !s.closed.Load() {
		s.mu.Lock()
		hub := s.hub
		s.mu.Unlock()
		answer, err := http.Post("http://"+hub+"/in/"+s.name+"/customers", "application/json", bytes.NewReader(body))
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// normal is an account in the system's own form.
func (s *system) normal(a account) account {
	out := account{}
	for field, value := range a {
		if text, ok := value.(string); ok && text != "" {
			if text = s.form(field, text); text != "" {
				out[field] = text
			}
		}
	}
	return out
}

// put stores an account and reports it. Fields that are null or absent are forgotten.
func (s *system) put(id string, a account) account {
	a = s.normal(a)
	a["id"], a["at"] = id, s.clock.now()
	s.accounts[id] = a
	s.report(a)
	return a
}

// person adds an account as somebody at the system's own screen does.
func (s *system) person(a account) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	id = fmt.Sprintf("%s%d", s.name, s.next)
	s.put(id, a)
	return id
}

// change changes one field of the account that has the mail address; "" deletes it. It returns
// false where there is none.
func (s *system) change(mail, field, value string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.accounts {
		if a["mail"] == mail {
			a = maps.Clone(a)
			a[field] = value
			s.put(id, a)
			return true
		}
	}
	return false
}

// again reports every account once more, as exports by night do, with a new time or the old one.
func (s *system) again(touch bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		a := maps.Clone(s.accounts[id])
		if touch {
			a["at"] = s.clock.now()
			s.accounts[id] = a
		}
		s.report(a)
	}
}

// all are the accounts by mail address, several as one text each.
func (s *system) all() map[string][]account {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string][]account{}
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		mail := fmt.Sprint(s.accounts[id]["mail"])
		all[mail] = append(all[mail], maps.Clone(s.accounts[id]))
	}
	return all
}

func (s *system) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// ServeHTTP takes the hub's writes: POST /customers, PUT and DELETE /customers/ID, PUT
// /customers/ID/off.
func (s *system) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil && before(w, q) {
		return
	}
	var body account
	_ = json.NewDecoder(q.Body).Decode(&body)
	record, status := s.write(q, body)
	if after != nil && after(w, q) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(record)
}

func (s *system) write(q *http.Request, body account) (account, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, off := strings.CutSuffix(strings.TrimPrefix(strings.TrimPrefix(q.URL.Path, "/customers"), "/"), "/off")
	key := q.Header.Get("Idempotency-Key")
	if q.Method == http.MethodPost {
		if known := s.byKey[key]; known != "" {
			return s.accounts[known], http.StatusOK
		}
		s.next++
		id = fmt.Sprintf("%s%d", s.name, s.next)
		s.byKey[key] = id
		s.writes.Add(1)
		return s.put(id, body), http.StatusCreated
	}
	a, known := s.accounts[id]
	switch {
	case !known:
		return account{"error": "no such account"}, http.StatusNotFound
	case off:
		a = maps.Clone(a)
		a["off"] = "true"
		s.put(id, a)
	case q.Method == http.MethodDelete:
		delete(s.accounts, id)
	default:
		a = s.put(id, body)
	}
	s.writes.Add(1)
	return a, http.StatusOK
}

// The makes of system.
func upper(field, value string) string {
	if field == "name" || field == "street" {
		return strings.ToUpper(value)
	}
	return value
}

// national writes German numbers as one dials them inside the country.
func national(field, value string) string {
	if digits, found := strings.CutPrefix(value, "+49"); field == "phone" && found {
		return "0" + digits[:2] + " " + digits[2:]
	}
	return value
}

const cutAt = 20

func cut(_, value string) string {
	letters := []rune(strings.TrimSpace(value))
	return strings.TrimSpace(string(letters[:min(cutAt, len(letters))]))
}
