package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

// post asks for a change and reads the answer into v. Sent again after an answer that was lost, the
// hub knows it by its key.
func (cl *client) post(ctx context.Context, path string, body, v any) error {
	return cl.act(ctx, path, "", body, v)
}

// act is post for what is about customers as they were seen: tags are their ETags, "" for none.
func (cl *client) act(ctx context.Context, path, tags string, body, v any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://hub"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", uuid.NewString())
	if tags != "" {
		r.Header.Set("If-Match", tags)
	}
	return cl.exchange(r, v)
}

// with connects, has do ask, and closes.
func (a *app) with(c *cobra.Command, do func(cl *client) error) error {
	cl, err := a.connect(c)
	if err != nil {
		return err
	}
	return errors.Join(do(cl), cl.close())
}
