package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/canonical"
)

// Page are the parameters of every list.
type Page struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"most entries in the answer"`
	Cursor string `query:"cursor" doc:"next of the answer before"`
}

// cursor makes an opaque cursor of the place after which to go on.
func cursor(parts ...string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x1f")))
}

// after reads a cursor of n parts; all of them are empty at the beginning.
func (p Page) after(n int) ([]string, error) {
	if p.Cursor == "" {
		return make([]string, n), nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	parts := strings.Split(string(text), "\x1f")
	if err != nil || len(parts) != n {
		return nil, invalid("cursor", p.Cursor, "the next of an earlier answer to the same question")
	}
	return parts, nil
}

// List is one page of entries.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
}

// page cuts the entries read with one more than the limit and sets the cursor from the last kept.
func page[T any](items []T, limit int, place func(T) string) List[T] {
	l := List[T]{Items: items}
	if len(items) > limit {
		l.Items = items[:limit]
		l.Next = place(items[limit-1])
	}
	if l.Items == nil {
		l.Items = []T{}
	}
	return l
}

// Document is a canonical document as the store keeps it.
type Document[T any] json.RawMessage

// MarshalJSON gives the document as it is.
func (d Document[T]) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("null"), nil
	}
	return d, nil
}

// UnmarshalJSON keeps the document as it is.
func (d *Document[T]) UnmarshalJSON(text []byte) error {
	*d = slices.Clone(text)
	return nil
}

// Schema describes the document by the canonical type.
func (Document[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "Document")
}

// choose leaves only the named top-level attributes of a document.
func choose(doc []byte, e canonical.Entity, fields []string) ([]byte, error) {
	if len(fields) == 0 {
		return doc, nil
	}
	for _, f := range fields {
		if canonical.SchemaOf(e).Field(f) == nil {
			return nil, invalid("fields", f, fmt.Sprintf("top-level attributes of %s", e))
		}
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	for name := range members {
		if !slices.Contains(fields, name) {
			delete(members, name)
		}
	}
	return json.Marshal(members)
}
