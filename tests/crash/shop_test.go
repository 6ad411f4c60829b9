//go:build long

package crash

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// shop is a target that records every call. A create with a key that it knows makes nothing new and
// changes nothing, whatever its payload.
type shop struct {
	url string

	mu        sync.Mutex
	next      int
	accounts  map[string]string // payload by ID
	keys      map[string]string // ID by idempotency key
	calls     map[string]int    // by method
	repeated  int               // creates with a known key
	differing int               // those of them with another payload
	unknown   []string          // writes to accounts that there are not
}

func newShop(t *testing.T) *shop {
	s := &shop{accounts: map[string]string{}, keys: map[string]string{}, calls: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// ServeHTTP takes POST /accounts, PUT and DELETE /accounts/ID.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the writer died while it wrote
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[r.Method]++
	id := filepath.Base(r.URL.Path)
	_, found := s.accounts[id]
	switch {
	case r.Method == http.MethodPost:
		key := r.Header.Get("Idempotency-Key")
		if id, found = s.keys[key]; found {
			s.repeated++
			if s.accounts[id] != "" && s.accounts[id] != string(body) {
				s.differing++
			}
		} else {
			s.next++
			id = fmt.Sprintf("S%d", s.next)
			s.keys[key], s.accounts[id] = id, string(body)
		}
	case !found:
		s.unknown = append(s.unknown, r.Method+" "+id)
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method == http.MethodDelete:
		delete(s.accounts, id)
	default:
		s.accounts[id] = string(body)
	}
	fmt.Fprintf(w, `{"id":%q}`, id)
}

// requests are the calls so far.
func (s *shop) requests() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, calls := range s.calls {
		n += calls
	}
	return n
}

// held is what the shop holds, without its own IDs.
func (s *shop) held(t *testing.T) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]string, 0, len(s.accounts))
	for _, body := range s.accounts {
		all = append(all, canonicalText(t, []byte(body)))
	}
	slices.Sort(all)
	return all
}

// exported is what stands in the files of a folder, without their names.
func exported(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, 0, len(names))
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, canonicalText(t, content))
	}
	slices.Sort(all)
	return all
}

// canonicalText is JSON with its names in order.
func canonicalText(t *testing.T, text []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
