package systems

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Before has every request of the hub's answered by a before it takes effect; nil: none.
func (s *System) Before(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = a
}

// After has every request of the hub's answered by a after it took effect; nil: none.
func (s *System) After(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = a
}

// Unavailable answers that the system has no time now.
func Unavailable(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

// Silence never answers: it returns when the hub has given up waiting.
func Silence(_ http.ResponseWriter, q *http.Request) bool {
	<-q.Context().Done()
	return true
}

// ServeHTTP takes what the hub asks for: POST /customers (with an Idempotency-Key, or without), PUT
// and DELETE /customers/ID, PUT /customers/ID/off, GET /customers?mail=…, and PUT /new/ID, which
// creates the record where there is none.
func (s *System) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var body Record
	_ = json.NewDecoder(q.Body).Decode(&body)
	s.mu.Lock()
	s.asked++
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil && before(w, q) {
		return
	}
	answer, status := s.serve(q, body)
	if after != nil && after(w, q) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *System) serve(q *http.Request, body Record) (answer any, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch path := q.URL.Path; {
	case q.Method == http.MethodGet:
		return s.find(q.URL.Query().Get("mail")), http.StatusOK
	case q.Method == http.MethodPost:
		return s.create(q.Header.Get("Idempotency-Key"), body)
	case strings.HasPrefix(path, "/new/"):
		id := strings.TrimPrefix(path, "/new/")
		return s.wrote("PUT", id, s.put(id, body))
	default:
		return s.write(q.Method, strings.TrimPrefix(path, "/customers/"), body)
	}
}

func (s *System) find(mail string) []Record {
	all := []Record{}
	for _, id := range slices.Sorted(maps.Keys(s.records)) {
		if s.records[id]["mail"] == mail {
			all = append(all, s.records[id])
		}
	}
	return all
}

func (s *System) create(key string, body Record) (Record, int) {
	if known := s.byKey[key]; key != "" && known != "" {
		return s.records[known], http.StatusOK
	}
	id := s.newID()
	s.byKey[key] = id
	return s.wrote("POST", id, s.put(id, body))
}

func (s *System) write(method, path string, body Record) (Record, int) {
	id, off := strings.CutSuffix(path, "/off")
	r, known := s.records[id]
	switch {
	case !known:
		return Record{"error": "no such record"}, http.StatusNotFound
	case method == http.MethodDelete:
		s.remove(id)
	case off:
		r = maps.Clone(r)
		r["off"] = "true"
		r = s.put(id, r)
	default:
		r = s.put(id, body)
	}
	return s.wrote(method, path, r)
}

func (s *System) wrote(method, path string, r Record) (Record, int) {
	s.writes = append(s.writes, method+" "+path)
	return r, http.StatusOK
}
