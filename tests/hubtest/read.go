package hubtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
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

// Status is what the hub says of itself.
func (h *Hub) Status() (s api.Status) {
	h.t.Helper()
	h.Get("/v1/status", &s)
	return s
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

// IDOf is the golden ID of a source record, "system/stream/id".
func (h *Hub) IDOf(key string) string {
	h.t.Helper()
	var c struct{ ID string }
	h.Get("/v1/sources/"+key, &c)
	return c.ID
}

// Source is the canonical record of one system, "system/stream/id".
func (h *Hub) Source(key string) canonical.Customer {
	h.t.Helper()
	var list api.List[struct {
		Key      string
		Document canonical.Customer
	}]
	h.Get("/v1/customers/"+h.IDOf(key)+"/sources", &list)
	for _, one := range list.Items {
		if one.Key == key {
			return one.Document
		}
	}
	h.t.Fatalf("%s is not among the sources of its customer", key)
	return canonical.Customer{}
}

// Ingested is how many frames of a stream this hub has made durable since it was started.
func (h *Hub) Ingested(stream string) (n int) {
	h.t.Helper()
	families, err := h.Metrics().Gather()
	if err != nil {
		h.t.Fatalf("read the metrics: %v", err)
	}
	system, name, _ := strings.Cut(stream, "/")
	for _, f := range families {
		if f.GetName() != "touchstone_ingest_records_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["system"] == system && labels["stream"] == name {
				n += int(m.GetCounter().GetValue())
			}
		}
	}
	return n
}
