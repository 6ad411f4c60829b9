package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// SnapshotCustomer is one line of a snapshot.
type SnapshotCustomer struct {
	ID       string          `json:"id"`
	Version  int64           `json:"version"`
	Sources  []string        `json:"sources"`
	Customer json.RawMessage `json:"customer"`
}

// snapshotEnd is the last line of a snapshot: without it, the snapshot was cut off.
type snapshotEnd struct {
	End struct {
		Cursor    string `json:"cursor"`
		Customers int64  `json:"customers"`
	} `json:"end"`
}

// snapshotsMost bounds how many snapshots are read at the same time: each holds a view of the
// store for as long as its reader takes.
const snapshotsMost = 2

// snapshot sends all live golden records from one view of the store. The header's cursor is that of
// the moment before: changes after it may be in the snapshot already, which their versions tell.
func (a *API) snapshot(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	select {
	case a.snapshots <- struct{}{}:
	default:
		return nil, huma.ErrorWithHeaders(
			huma.NewError(http.StatusServiceUnavailable, "as many snapshots as the hub reads at once are being read; try again later"),
			http.Header{"Retry-After": {"30"}},
		)
	}
	before, err := a.hub.FeedEnd(ctx)
	if err != nil {
		<-a.snapshots
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { <-a.snapshots }()
		c.SetHeader("Content-Type", "application/x-ndjson")
		c.SetHeader("Cache-Control", "no-store")
		c.SetHeader(cursorHeader, hub.FeedCursor(before))
		w := newWriter(c)
		var end snapshotEnd
		at, err := a.store.Snapshot(c.Context(), func(g golden.GoldenRecord) error {
			if closed(a.hub.Stopping()) {
				return context.Canceled
			}
			end.End.Customers++
			return w.line(SnapshotCustomer{ID: g.ID, Version: g.Version, Sources: g.Sources, Customer: g.Doc})
		})
		if err != nil {
			a.log.WarnContext(ctx, "snapshot ended early", "customers", end.End.Customers, "error", err)
			return // without the last line
		}
		end.End.Cursor = hub.FeedCursor(at)
		if w.line(end) == nil {
			_ = w.flush()
		}
	}}, nil
}

func (w *writer) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.write(append(text, '\n'))
}
