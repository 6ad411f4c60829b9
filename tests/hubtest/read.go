package hubtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
)

// Get reads a path of the API, which has to answer 200.
func (h *Hub) Get(path string, into any) {
	h.t.Helper()
	if err := h.ask(path, into); err != nil {
		h.t.Fatal(err)
	}
}

func (h *Hub) ask(path string, into any) error {
	response, err := http.Get(h.URL + path)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("read the answer to %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered %s: %s", path, response.Status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the answer to %s: %w", path, err)
	}
	return nil
}

// Entry is one order or interaction in a timeline, as the API shows it.
type Entry struct {
	Entity   canonical.Entity
	Key      string
	Time     time.Time
	Document json.RawMessage
}

// Timeline is a customer's timeline, over all pages of the API.
func (h *Hub) Timeline(id string) (entries []Entry) {
	h.t.Helper()
	for cursor := ""; ; {
		var page api.List[Entry]
		h.Get("/v1/customers/"+id+"/timeline?cursor="+url.QueryEscape(cursor), &page)
		entries = append(entries, page.Items...)
		if cursor = page.Next; cursor == "" {
			return entries
		}
	}
}

// Document reads an order, interaction or product from the store.
func (h *Hub) Document(entity canonical.Entity, key string, into any) {
	h.t.Helper()
	d, err := h.Store().Document(h.t.Context(), entity, key)
	if err != nil {
		h.t.Fatalf("read %s %s: %v", entity, key, err)
	}
	if err := json.Unmarshal(d.Doc, into); err != nil {
		h.t.Fatalf("read %s %s: %v", entity, key, err)
	}
}
