package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// What the hub keeps of a subscriber, as checkpoints in the store: its state, its log, and what it
// was last asked to do. The first two are written by the process that holds the lease.
const (
	subscriberLease = "webhooks:"
	subscriberName  = "webhooks:"
	subscriberLog   = "webhooks-log:"
	subscriberAsk   = "webhooks-ask:"
)

// logLength is how many attempts the log of a subscriber keeps.
const logLength = 100

// heldMost is how many customers may be held back before a subscriber as a whole waits for them.
const heldMost = 1000

// subscriberState is what must not be forgotten.
type subscriberState struct {
	Cursor       int64     `json:"cursor"` // everything up to it was taken, but for what is held
	Held         []held    `json:"held,omitempty"`
	LastSuccess  time.Time `json:"lastSuccess,omitzero"`
	FailingSince time.Time `json:"failingSince,omitzero"`
	Failures     int       `json:"failures,omitempty"` // rounds in a row in which nothing was taken
	Next         time.Time `json:"next,omitzero"`      // when it is tried again
	Error        string    `json:"error,omitempty"`
	Disabled     time.Time `json:"disabled,omitzero"`
	Gaps         int       `json:"gaps,omitempty"` // how often the feed was not kept long enough
	Ask          int64     `json:"ask,omitempty"`  // number of the last ask that was done
}

// held is a customer whose event was not taken while others' were: the events from there on wait,
// so that they stay in order, and the rest of the feed goes on.
type held struct {
	Subject  string    `json:"subject"`
	Version  int64     `json:"version"` // of the first event that waits
	Last     int64     `json:"last"`    // of the last that the cursor has passed
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next,omitzero"`
	Error    string    `json:"error,omitempty"`
}

// Attempt is one try to deliver an event to a subscriber.
type Attempt struct {
	Time     time.Time `json:"time"`
	Event    string    `json:"event" doc:"the event's ID"`
	Type     string    `json:"type"`
	Cursor   string    `json:"cursor,omitempty" doc:"the event's place in the feed"`
	Status   int       `json:"status,omitempty" doc:"HTTP status of the answer; absent where there was none"`
	Millis   int64     `json:"durationMs"`
	Error    string    `json:"error,omitempty"`
	Response string    `json:"response,omitempty" doc:"how the answer begins"`
}

// ask is what an operator wants of a subscriber; it is also taken up again where it was disabled.
type ask struct {
	No   int64  `json:"no"` // ascending
	From *int64 `json:"from,omitempty"`
	ID   string `json:"id,omitempty"`
}

// Subscriber is the state of a subscriber for operators.
type Subscriber struct {
	Name         string    `json:"name"`
	URL          string    `json:"url" doc:"without what may hold a secret"`
	State        string    `json:"state" enum:"active,failing,disabled"`
	Cursor       string    `json:"cursor,omitempty" doc:"everything up to it was taken, but for what is held; absent before it has begun"`
	Behind       int64     `json:"behind" doc:"changes that it has yet to look at"`
	Held         int       `json:"held" doc:"customers held back because an event of theirs was not taken"`
	HeldFirst    string    `json:"heldFirst,omitempty" doc:"the event that one of them waits with"`
	LastSuccess  time.Time `json:"lastSuccess,omitzero"`
	FailingSince time.Time `json:"failingSince,omitzero"`
	Next         time.Time `json:"next,omitzero" doc:"when it is tried again"`
	Disabled     time.Time `json:"disabled,omitzero"`
	Error        string    `json:"error,omitempty"`
	Gaps         int       `json:"gaps,omitempty" doc:"how often the feed was not kept long enough for it"`
}

// ErrPending says that a subscriber has yet to do what it was asked before.
var ErrPending = errors.New("an earlier request to this subscriber is not done yet")

// Subscribers are the states of all subscribers, in the order of hub.yaml.
func (h *Hub) Subscribers(ctx context.Context) ([]Subscriber, error) {
	end, err := h.store.FeedEnd(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Subscriber, 0, len(h.folder.Settings.Subscribers))
	for _, s := range h.folder.Settings.Subscribers {
		state, known, err := h.subscriberState(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		one := Subscriber{
			Name: s.Name, URL: plainURL(s.URL), State: "active", Held: len(state.Held), LastSuccess: state.LastSuccess,
			FailingSince: state.FailingSince, Next: state.Next, Disabled: state.Disabled, Error: state.Error, Gaps: state.Gaps,
		}
		if known {
			one.Cursor, one.Behind = FeedCursor(max(0, state.Cursor)), max(0, end-max(0, state.Cursor))
		}
		switch {
		case !state.Disabled.IsZero():
			one.State = "disabled"
		case !state.FailingSince.IsZero():
			one.State = "failing"
		}
		if len(state.Held) > 0 {
			one.HeldFirst = fmt.Sprintf("%s-%d: %s", state.Held[0].Subject, state.Held[0].Version, state.Held[0].Error)
		}
		list = append(list, one)
	}
	return list, nil
}

// plainURL leaves out what may hold a secret.
func plainURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	u.User, u.Fragment = nil, ""
	return u.String()
}

// SubscriberLog are the last attempts of a subscriber, newest first.
func (h *Hub) SubscriberLog(ctx context.Context, name string) ([]Attempt, error) {
	if err := h.knownSubscriber(name); err != nil {
		return nil, err
	}
	var log []Attempt
	if _, err := h.loadJSON(ctx, subscriberLog+name, &log); err != nil {
		return nil, err
	}
	slices.Reverse(log)
	return log, nil
}

// Resend asks a subscriber to send again: everything after a cursor of the feed, or, where id is
// not "", one event. It also takes up a subscriber again that was disabled. The process that serves
// the subscriber does it within a second or so; ErrPending where an earlier request is not done.
func (h *Hub) Resend(ctx context.Context, name string, from int64, id string) error {
	if err := h.knownSubscriber(name); err != nil {
		return err
	}
	a := ask{No: time.Now().UnixMicro(), ID: id}
	if id == "" {
		if _, err := h.feedAfter(ctx, from, 1); err != nil {
			return err
		}
		a.From = &from
	} else if _, err := h.eventsOf(ctx, id); err != nil {
		return err
	}
	state, _, err := h.subscriberState(ctx, name)
	if err != nil {
		return err
	}
	var before ask
	if _, err := h.loadJSON(ctx, subscriberAsk+name, &before); err != nil {
		return err
	}
	if before.No > state.Ask {
		return fmt.Errorf("subscriber %s: %w", name, ErrPending)
	}
	if err := h.saveJSON(ctx, subscriberAsk+name, a); err != nil {
		return err
	}
	h.wake.asks.signal()
	return nil
}

// eventsOf reads the change of an event's ID.
func (h *Hub) eventsOf(ctx context.Context, id string) (golden.Change, error) {
	subject, version, err := parseEventID(id)
	if err != nil {
		return golden.Change{}, err
	}
	changes, err := h.changesOf(ctx, subject, version, 1)
	if err != nil {
		return golden.Change{}, err
	}
	if len(changes) == 0 || changes[0].Version != version {
		return golden.Change{}, fmt.Errorf("event %s: %w", id, golden.ErrNotFound)
	}
	return changes[0], nil
}

// changesOf reads the changes of a customer from a version on.
func (h *Hub) changesOf(ctx context.Context, subject string, version int64, limit int) ([]golden.Change, error) {
	records, err := h.store.Customers(ctx, []string{subject})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	return h.store.History(ctx, records[0].No, version, limit)
}

func (h *Hub) knownSubscriber(name string) error {
	for _, s := range h.folder.Settings.Subscribers {
		if s.Name == name {
			return nil
		}
	}
	return fmt.Errorf("subscriber %q: %w", name, golden.ErrNotFound)
}

func (h *Hub) subscriberState(ctx context.Context, name string) (state subscriberState, known bool, err error) {
	known, err = h.loadJSON(ctx, subscriberName+name, &state)
	return state, known, err
}

func (h *Hub) loadJSON(ctx context.Context, name string, into any) (known bool, err error) {
	text, err := h.store.LoadCheckpoint(ctx, name)
	if err != nil || text == nil {
		return false, err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	return true, nil
}

func (h *Hub) saveJSON(ctx context.Context, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return h.store.SaveCheckpoint(ctx, name, text)
}
