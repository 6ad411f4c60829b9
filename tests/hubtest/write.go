package hubtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// Act posts what a person decides to a path of the API, in whatever state the customers are, and reads
// the answer into into, which has to be 200.
func (h *Hub) Act(path string, body map[string]any, into any) {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.URL+path, strings.NewReader(string(text)))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("If-Match", "*")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err = io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		h.t.Fatalf("%s was answered %s: %s", path, answer.Status, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		h.t.Fatalf("read the answer to %s: %v", path, err)
	}
}
