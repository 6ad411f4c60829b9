package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

type streamInput struct {
	FeedQuery
	Cursor string `query:"cursor" doc:"where to begin: next of an earlier answer; now for what happens from here on; absent for the oldest that is kept"`
	Last   string `header:"Last-Event-ID" doc:"where to go on, as browsers say it by themselves; comes before cursor"`
}

const (
	// streamPage is how many events are read at a time: what a slow reader makes the hub hold.
	streamPage = 100
	// heartbeat is how long a stream stays silent.
	heartbeat = 15 * time.Second
	// slowest is how long a reader may take for what was written, before it is left alone. It goes
	// on from its last event when it comes back.
	slowest = 30 * time.Second
)

// stream sends events until the reader goes or the hub is stopped. (HTML Living Standard, section
// 9.2, server-sent events.)
func (a *API) stream(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	parameter, text := "cursor", in.Cursor
	if in.Last != "" {
		parameter, text = "Last-Event-ID", in.Last
	}
	after, err := a.feedPlace(ctx, parameter, text)
	if err != nil {
		return nil, err
	}
	page, err := a.hub.Feed(ctx, after, streamPage, filter, in.Current)
	if err != nil {
		return nil, feedGone(err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "text/event-stream")
		c.SetHeader("Cache-Control", "no-store")
		c.SetHeader("X-Accel-Buffering", "no") // proxies must not collect it
		s := &eventStream{newWriter(c)}
		s.follow(c.Context(), a, page, func(after int64) (hub.FeedPage, error) {
			return a.hub.Feed(c.Context(), after, streamPage, filter, in.Current)
		})
	}}, nil
}

// eventStream is one reader of the feed.
type eventStream struct{ *writer }

// follow writes page after page, and now and then that it is still there.
func (s *eventStream) follow(ctx context.Context, a *API, page hub.FeedPage, read func(int64) (hub.FeedPage, error)) {
	wakes, leave := a.hub.FeedWakes()
	defer leave()
	silent := time.After(heartbeat)
	if s.text("retry: 2000\n\n") != nil {
		return
	}
	for {
		if err := s.page(page); err != nil {
			return
		}
		if len(page.Events) > 0 {
			silent = time.After(heartbeat)
		}
		if !page.More && !a.next(ctx, wakes, silent) {
			if ctx.Err() != nil || closed(a.hub.Stopping()) {
				return
			}
			// the cursor goes with it: where nothing was chosen for long, the reader need not begin there
			if s.text(fmt.Sprintf(": still here\nid: %s\n\n", hub.FeedCursor(page.Next))) != nil {
				return
			}
			silent = time.After(heartbeat)
		}
		var err error
		if page, err = read(page.Next); err != nil {
			return // the reader comes again and is told why it cannot go on
		}
		if closed(a.hub.Stopping()) {
			return
		}
	}
}

func (s *eventStream) page(page hub.FeedPage) error {
	for _, e := range page.Events {
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if err := s.text("id: " + e.Cursor + "\nevent: " + e.Type + "\ndata: " + string(text) + "\n\n"); err != nil {
			return err
		}
	}
	return s.flush()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// writer writes an answer that takes its time. Each write has a deadline of its own.
type writer struct {
	huma.Context
	control *http.ResponseController
}

func newWriter(c huma.Context) *writer {
	w := &writer{Context: c}
	if rw, ok := c.BodyWriter().(http.ResponseWriter); ok {
		w.control = http.NewResponseController(rw)
		_ = w.control.SetReadDeadline(time.Time{}) // the request was read; its deadline would end the answer
	}
	return w
}

// text writes and hands over at once.
func (w *writer) text(text string) error {
	if err := w.write([]byte(text)); err != nil {
		return err
	}
	return w.flush()
}

func (w *writer) write(text []byte) error {
	if w.control != nil {
		_ = w.control.SetWriteDeadline(time.Now().Add(slowest)) // not every writer has deadlines
	}
	_, err := w.BodyWriter().Write(text)
	return err
}

func (w *writer) flush() error {
	if w.control == nil {
		return nil
	}
	return w.control.Flush()
}
