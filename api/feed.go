package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerFeed(api huma.API) {
	operation := func(path, id, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Tags: []string{"changes"},
			Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusGone},
		}
	}
	huma.Register(api, operation("/v1/changes", "list-changes", "Changes of all customers in the order of the feed, as CloudEvents"), handler(a, a.changes))
	o := operation("/v1/changes/stream", "stream-changes", "Changes as they happen, as server-sent events")
	o.Responses = streamed("text/event-stream", "events, one after the other")
	huma.Register(api, o, handler(a, a.stream))
	o = operation("/v1/snapshot", "get-snapshot", "All live golden records, and the cursor to go on from")
	o.Responses = streamed("application/x-ndjson", "golden records, one a line, and a last line that says so")
	huma.Register(api, o, handler(a, a.snapshot))
}

// streamed describes an answer that is no JSON document.
func streamed(content, what string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: what, Content: map[string]*huma.MediaType{content: {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
}

// batchType asks for the events alone. CloudEvents 1.0.2, JSON batch format.
const batchType = "application/cloudevents-batch+json"

// cursorHeader carries the cursor where the body cannot.
const cursorHeader = "Touchstone-Cursor"

// FeedQuery are the parameters that choose changes.
type FeedQuery struct {
	Types    []string `query:"type" doc:"only these: created, changed, merged, split, deleted, erased"`
	Paths    []string `query:"path" doc:"of changed customers only those where one of these changed: JSON pointers such as /phones"`
	Systems  []string `query:"system" doc:"only changes that came from these: system, or system/stream"`
	Subjects []string `query:"subject" doc:"only of these golden IDs"`
	Current  bool     `query:"current" doc:"with each event the customer as it is now"`
}

func (q FeedQuery) filter() (hub.FeedFilter, error) {
	f := hub.FeedFilter{Paths: q.Paths, Systems: q.Systems, Subjects: q.Subjects}
	if err := f.SetTypes(q.Types); err != nil {
		return f, invalid("type", strings.Join(q.Types, ","), "created, changed, merged, split, deleted or erased")
	}
	for _, p := range q.Paths {
		if !strings.HasPrefix(p, "/") {
			return f, invalid("path", p, "a JSON pointer such as /phones")
		}
	}
	return f, nil
}

// feedPlace reads a cursor of the feed; "now" is its end.
func (a *API) feedPlace(ctx context.Context, parameter, text string) (int64, error) {
	if text == "now" {
		return a.hub.FeedEnd(ctx)
	}
	at, err := hub.ParseFeedCursor(text)
	if err != nil {
		return 0, invalid(parameter, text, "the next of an earlier answer, or now")
	}
	return at, nil
}

type changesInput struct {
	FeedQuery
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"most events in the answer"`
	Cursor string `query:"cursor" doc:"next of the answer before; now for what happens from here on; absent for the oldest that is kept"`
	Wait   string `query:"wait" doc:"how long to wait for an event where there is none, such as 30s; at most 60s"`
}

// Feed is a stretch of the feed.
type Feed struct {
	Items []hub.Event `json:"items"`
	Next  string      `json:"next" doc:"cursor to go on with; always there, since the feed has no end"`
}

type changesOutput struct {
	Cursor string `header:"Touchstone-Cursor" doc:"the same as next, for batches"`
	Body   Feed
}

// waitMost bounds a long poll.
const waitMost = time.Minute

func (in *changesInput) wait() (time.Duration, error) {
	if in.Wait == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(in.Wait)
	if err != nil || d < 0 || d > waitMost {
		return 0, invalid("wait", in.Wait, "a duration up to 60s such as 30s")
	}
	return d, nil
}

func (a *API) changes(ctx context.Context, in *changesInput) (*changesOutput, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	wait, err := in.wait()
	if err != nil {
		return nil, err
	}
	after, err := a.feedPlace(ctx, "cursor", in.Cursor)
	if err != nil {
		return nil, err
	}
	wakes, leave := a.hub.FeedWakes()
	defer leave()
	late := time.After(wait)
	for {
		page, err := a.hub.Feed(ctx, after, in.Limit, filter, in.Current)
		if err != nil {
			return nil, feedGone(err)
		}
		after = page.Next
		if len(page.Events) > 0 || wait == 0 || !page.More && !a.next(ctx, wakes, late) {
			next := hub.FeedCursor(after)
			return &changesOutput{Cursor: next, Body: Feed{Items: page.Events, Next: next}}, nil
		}
	}
}

// feedPoll is how often the feed is looked at for what another process has published.
const feedPoll = 500 * time.Millisecond

// next waits until there may be more in the feed; false where it is time to answer.
func (a *API) next(ctx context.Context, wakes <-chan struct{}, late <-chan time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-a.hub.Stopping():
		return false
	case <-late:
		return false
	case <-wakes:
	case <-time.After(feedPoll):
	}
	return true
}

// feedGone is the answer to a cursor that cannot be gone on from.
func feedGone(err error) error {
	if !errors.Is(err, hub.ErrFeedGone) {
		return err
	}
	return huma.ErrorWithHeaders(
		huma.NewError(http.StatusGone, "changes that follow this cursor are kept no more, or it is of another hub: read GET /v1/snapshot, and go on from the cursor that it gives"),
		http.Header{"Link": {`</v1/snapshot>; rel="alternate"; type="application/x-ndjson"`}},
	)
}

// batchFormat writes of a stretch of the feed only the events.
var batchFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		if feed, ok := v.(Feed); ok {
			v = feed.Items
		}
		return json.NewEncoder(w).Encode(v)
	},
	Unmarshal: func([]byte, any) error { return fmt.Errorf("%s is not taken", batchType) },
}
