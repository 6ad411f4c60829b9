package parity

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// mailing is a tool that keeps subscribers. A create with a key that it knows makes nothing new.
type mailing struct {
	url string

	mu          sync.Mutex
	next        int
	subscribers map[string]string // payload by ID
	keys        map[string]string // ID by idempotency key
	unknown     []string          // updates and deletes of nobody
}

func newMailing(t *testing.T) *mailing {
	m := &mailing{subscribers: map[string]string{}, keys: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /subscribers", m.create)
	mux.HandleFunc("PUT /subscribers/{id}", func(w http.ResponseWriter, r *http.Request) { m.change(w, r, false) })
	mux.HandleFunc("DELETE /subscribers/{id}", func(w http.ResponseWriter, r *http.Request) { m.change(w, r, true) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *mailing) create(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	key := r.Header.Get("Idempotency-Key")
	if err != nil || key == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id, known := m.keys[key]
	if !known {
		m.next++
		id = fmt.Sprintf("S%d", m.next)
		m.keys[key], m.subscribers[id] = id, string(body)
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"id":%q}`, id)
}

func (m *mailing) change(w http.ResponseWriter, r *http.Request, remove bool) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id := r.PathValue("id")
	if _, found := m.subscribers[id]; !found {
		m.unknown = append(m.unknown, r.Method+" "+id)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if remove {
		delete(m.subscribers, id)
	} else {
		m.subscribers[id] = string(body)
	}
	w.WriteHeader(http.StatusOK)
	fmt.Fprintf(w, `{"id":%q}`, id)
}

// held is what the tool holds, without its own IDs.
func (m *mailing) held(t *testing.T) []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []any
	for id, body := range m.subscribers {
		all = append(all, parsed(t, "subscriber "+id, []byte(body)))
	}
	return sorted(t, all)
}

// exported is what stands in the files of a folder, without their names.
func exported(t *testing.T, folder string) []any {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []any
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parsed(t, name, content))
	}
	return sorted(t, all)
}

func parsed(t *testing.T, what string, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return value
}

func sorted(t *testing.T, all []any) []any {
	t.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	slices.SortFunc(all, func(a, b any) int { return cmp.Compare(text(a), text(b)) })
	return all
}

// drop puts a file into a drop folder, whole.
func drop(t *testing.T, folder, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	hidden := filepath.Join(folder, name+".part")
	if err := os.WriteFile(hidden, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(hidden, filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
}

// waiting are the files in the drop folders that are not taken yet.
func waiting(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "drop", "*", "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		return ""
	}
	return "files are not taken yet: " + strings.Join(names, ", ")
}
