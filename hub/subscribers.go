package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/golden"
)

// Webhooks are sent by a loop over the feed in the store, with watermill's middleware around every
// event, and not by watermill's Router over golden.customer. On a cluster that topic is compacted,
// so that a receiver that was down would miss the steps between; a group's offsets cannot be moved
// back to send again; and the feed is in order per customer while customers are told of side by
// side.

// subscriberRound is how many events one round sends at most.
const subscriberRound = 100

// notifier sends the feed to one subscriber. It lives while this process holds the lease.
type notifier struct {
	hub    *Hub
	set    SubscriberSettings
	hook   *webhook
	log    *slog.Logger
	state  subscriberState
	stored []byte    // the state as it is stored
	leased time.Time // when the lease was known to be ours

	mu       sync.Mutex
	attempts []Attempt // newest last
	logged   time.Time // when they were stored
	fresh    bool      // there are some that are not
}

// notify tells one subscriber of changes until ctx ends; one process at a time does so.
func (h *Hub) notify(ctx context.Context, s SubscriberSettings) {
	log := h.log.With("subscriber", s.Name)
	hook, err := newWebhook(s, h.tracer)
	if err != nil {
		h.trouble("subscriber "+s.Name, err)
		return
	}
	defer hook.client.CloseIdleConnections()
	h.leased(ctx, subscriberLease+s.Name, func(ctx context.Context) {
		n := &notifier{hub: h, set: s, hook: hook, log: log}
		if err := n.run(ctx); err != nil && ctx.Err() == nil {
			h.trouble("subscriber "+s.Name, err)
		}
	})
}

func (n *notifier) run(ctx context.Context) error {
	if err := n.load(ctx); err != nil {
		return err
	}
	defer func() {
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := n.keep(finish, true); err != nil && !errors.Is(err, golden.ErrLeaseLost) {
			n.log.Warn("what was sent last is sent again at the next start", "error", err)
		}
	}()
	wakes, leave := n.hub.FeedWakes()
	defer leave()
	asks, leaveAsks := n.hub.wake.asks.listen()
	defer leaveAsks()
	for ctx.Err() == nil {
		if err := n.obey(ctx); err != nil {
			return err
		}
		more := false
		if n.state.Disabled.IsZero() && !time.Now().Before(n.state.Next) {
			var err error
			if more, err = n.round(ctx); err != nil {
				return err
			}
		}
		if err := n.keep(ctx, !more); err != nil {
			return err
		}
		n.hub.fine("subscriber " + n.set.Name)
		if more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wakes:
		case <-asks:
		case <-time.After(n.pause(time.Now())):
		}
	}
	return nil
}

// load reads the state, or begins one.
func (n *notifier) load(ctx context.Context) error {
	state, known, err := n.hub.subscriberState(ctx, n.set.Name)
	if err != nil {
		return err
	}
	if _, err := n.hub.loadJSON(ctx, subscriberLog+n.set.Name, &n.attempts); err != nil {
		return err
	}
	if n.state = state; !known {
		n.state.Cursor = FeedStart
		if n.set.Begin != "oldest" {
			if n.state.Cursor, err = n.hub.FeedEnd(ctx); err != nil {
				return err
			}
		}
	}
	return n.keep(ctx, false)
}

// keep stores the state where it changed, and the log now and then. A process that slept while the
// lease ran out must not undo what its successor noted, so the lease is looked at first.
func (n *notifier) keep(ctx context.Context, idle bool) error {
	text, err := json.Marshal(n.state)
	if err != nil {
		return fmt.Errorf("write the state of the subscriber: %w", err)
	}
	n.mu.Lock()
	log := n.fresh && (idle || time.Since(n.logged) > time.Second)
	n.mu.Unlock()
	changed := !bytes.Equal(text, n.stored)
	if !changed && !log {
		return nil
	}
	if at := time.Now(); at.Sub(n.leased) > leaseTime/3 {
		if err := n.hub.store.Lease(ctx, subscriberLease+n.set.Name, n.hub.owner, leaseTime); err != nil {
			return err
		}
		n.leased = at
	}
	if changed {
		if err := n.hub.store.SaveCheckpoint(ctx, subscriberName+n.set.Name, text); err != nil {
			return err
		}
		n.stored = text
	}
	if log {
		n.fresh, n.logged = false, time.Now()
		return n.hub.saveJSON(ctx, subscriberLog+n.set.Name, n.attempts)
	}
	return nil
}

// obey does what an operator asked for since.
func (n *notifier) obey(ctx context.Context) error {
	var a ask
	if _, err := n.hub.loadJSON(ctx, subscriberAsk+n.set.Name, &a); err != nil || a.No <= n.state.Ask {
		return err
	}
	n.state.Ask = a.No
	n.state.Disabled, n.state.FailingSince, n.state.Next, n.state.Failures = time.Time{}, time.Time{}, time.Time{}, 0
	if a.From != nil {
		n.state.Cursor = *a.From
	}
	if a.ID != "" {
		subject, version, err := parseEventID(a.ID)
		if err != nil {
			return nil // it was checked when it was asked for
		}
		if i := n.heldAt(subject); i >= 0 {
			n.state.Held[i].Version, n.state.Held[i].Next = min(version, n.state.Held[i].Version), time.Time{}
		} else {
			n.state.Held = append(n.state.Held, held{Subject: subject, Version: version, Last: version})
		}
	}
	n.log.Info("subscriber is sent to again", "from", a.From, "event", a.ID)
	return nil
}

func (n *notifier) heldAt(subject string) int {
	return slices.IndexFunc(n.state.Held, func(h held) bool { return h.Subject == subject })
}

// pause is how long there is nothing to do unless something happens.
func (n *notifier) pause(now time.Time) time.Duration {
	wait := time.Second // another process may have published, or was asked
	if until := n.state.Next.Sub(now); until > 0 {
		return min(wait, until)
	}
	for _, h := range n.state.Held {
		wait = min(wait, max(h.Next.Sub(now), 10*time.Millisecond))
	}
	return wait
}

// lane are the events of one customer, in order.
type lane struct {
	subject string
	events  []Event
	held    bool  // its customer was held before the round
	upTo    int64 // of a held customer: the version after those that were looked at
	more    bool  // of a held customer: there may be more
	taken   int
	err     error // why the event after those taken was not
}

// round sends one stretch of the feed and what is due of the held customers. more says that there
// may be more to send at once.
func (n *notifier) round(ctx context.Context) (more bool, err error) {
	lanes, err := n.heldLanes(ctx, time.Now())
	if err != nil {
		return false, err
	}
	page := FeedPage{Next: n.state.Cursor}
	if len(n.state.Held) < heldMost {
		if page, err = n.page(ctx); err != nil {
			return false, err
		}
	}
	heldCount := len(lanes)
	lanes = append(lanes, n.laneUp(page.Events)...)
	n.send(ctx, lanes)
	if ctx.Err() != nil {
		if slices.ContainsFunc(lanes, func(l *lane) bool { return l.taken > 0 }) {
			n.well(time.Now())
			n.hold(lanes, time.Now()) // what was taken is not sent again
			n.pass(page, lanes)
		}
		return false, nil
	}
	if n.judge(lanes, heldCount) {
		n.pass(page, lanes)
		return page.More, nil
	}
	return false, nil
}

// page reads the next stretch of the feed. Where that is not kept any more, it says so and goes on
// with the oldest.
func (n *notifier) page(ctx context.Context) (FeedPage, error) {
	page, err := n.hub.Feed(ctx, n.state.Cursor, subscriberRound, n.set.filter, n.set.Current)
	if errors.Is(err, ErrFeedGone) {
		n.log.Error("changes that this subscriber has not got are kept no more; it needs a snapshot", "cursor", n.state.Cursor)
		n.state.Gaps++
		n.state.Cursor = FeedStart
		page, err = n.hub.Feed(ctx, FeedStart, subscriberRound, n.set.filter, n.set.Current)
	}
	return page, err
}

// heldLanes are the held customers that are due.
func (n *notifier) heldLanes(ctx context.Context, now time.Time) ([]*lane, error) {
	var lanes []*lane
	for _, h := range n.state.Held {
		if h.Next.After(now) || len(lanes) == subscriberRound {
			continue
		}
		changes, err := n.hub.changesOf(ctx, h.Subject, h.Version, subscriberRound)
		if err != nil {
			return nil, err
		}
		l := &lane{subject: h.Subject, held: true, upTo: h.Version, more: len(changes) == subscriberRound}
		if len(changes) > 0 {
			l.upTo = changes[len(changes)-1].Version + 1
		}
		changes = slices.DeleteFunc(changes, func(c golden.Change) bool { return c.Version > h.Last || !n.set.filter.match(&c) })
		if l.events, err = n.hub.events(ctx, changes, n.set.Current); err != nil {
			return nil, err
		}
		lanes = append(lanes, l)
	}
	return lanes, nil
}

// laneUp sorts events by customer. Those of held customers wait.
func (n *notifier) laneUp(events []Event) []*lane {
	var lanes []*lane
	of := map[string]*lane{}
	for _, e := range events {
		if n.heldAt(e.Subject) >= 0 {
			continue
		}
		l := of[e.Subject]
		if l == nil {
			l = &lane{subject: e.Subject}
			of[e.Subject] = l
			lanes = append(lanes, l)
		}
		l.events = append(l.events, e)
	}
	return lanes
}

// send sends the lanes side by side, each in order up to its first failure.
func (n *notifier) send(ctx context.Context, lanes []*lane) {
	var group errgroup.Group
	group.SetLimit(n.set.Concurrency)
	for _, l := range lanes {
		group.Go(func() error {
			for _, e := range l.events {
				if l.err = n.attempt(ctx, e); l.err != nil {
					return nil
				}
				l.taken++
			}
			return nil
		})
	}
	_ = group.Wait()
}

// errStopping says that an event was not sent, or not answered, because the hub is being stopped.
var errStopping = errors.New("the hub was stopped")

// stopGrace is how long a receiver has to answer while the hub is being stopped.
const stopGrace = time.Second

// attempt sends one event and keeps what became of it for the log.
func (n *notifier) attempt(ctx context.Context, e Event) error {
	if ctx.Err() != nil {
		return errStopping
	}
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { // what is under way may still be answered
		rest(sending, stopGrace)
		cancel()
	})()
	began := time.Now()
	status, head, err := n.hook.send(sending, e)
	switch {
	case untried(err):
		return err
	case err != nil && ctx.Err() != nil:
		return errStopping
	}
	took := time.Since(began)
	a := Attempt{
		Time: began.UTC(), Event: e.ID, Type: e.Type, Cursor: e.Cursor, Status: status, Millis: took.Milliseconds(), Response: head,
	}
	if err != nil {
		a.Error = firstLine(err.Error())
	}
	n.hub.metrics.webhooks.WithLabelValues(n.set.Name, result(err)).Inc()
	n.hub.metrics.webhookSeconds.WithLabelValues(n.set.Name).Observe(took.Seconds())
	n.mu.Lock()
	defer n.mu.Unlock()
	n.attempts = append(n.attempts, a)
	if over := len(n.attempts) - logLength; over > 0 {
		n.attempts = slices.Delete(n.attempts, 0, over)
	}
	n.fresh = true
	return err
}

// judge decides what the failures of a round mean. Where something was taken, or an event was
// refused for itself, the receiver is there, and only the customers concerned are held. Where
// nothing was, the subscriber as a whole waits: it gives false, and the cursor stays.
func (n *notifier) judge(lanes []*lane, heldCount int) (there bool) {
	var worst *attemptError
	var failure error
	taken, refused, failed := 0, 0, 0
	for _, l := range lanes {
		taken += l.taken
		if l.err == nil {
			continue
		}
		failed++
		if failure == nil || untried(failure) {
			failure = l.err
		}
		var a *attemptError
		if errors.As(l.err, &a) {
			if a.refused {
				refused++
			}
			if worst == nil || a.gone || a.after > worst.after {
				worst = a
			}
		}
	}
	if worst != nil && worst.gone {
		n.disable("it answered 410 Gone")
		return false
	}
	now := time.Now()
	if taken+refused > 0 || failed == 0 {
		if taken > 0 {
			n.well(now)
		}
		if worst != nil && worst.after > 0 && !worst.refused {
			n.state.Next = now.Add(worst.after)
		}
		n.hold(lanes, now)
		return true
	}
	if len(lanes) == heldCount { // only held ones were tried: there was nothing else
		n.hold(lanes, now)
		return true
	}
	n.troubled(failure, worst, now)
	return false
}

// hold notes how held customers fared and holds those that failed now.
func (n *notifier) hold(lanes []*lane, now time.Time) {
	for _, l := range lanes {
		i := n.heldAt(l.subject)
		if i >= 0 && l.held && l.taken > 0 {
			n.state.Held[i].Version = eventVersion(l.events[l.taken-1]) + 1
			n.state.Held[i].Attempts = 0
		}
		switch {
		case l.err == nil && l.held && i >= 0:
			if h := &n.state.Held[i]; l.more && l.upTo <= h.Last {
				h.Version, h.Next = l.upTo, time.Time{} // the rest in the next round
				continue
			}
			n.state.Held = slices.Delete(n.state.Held, i, i+1)
		case l.err != nil:
			if i < 0 {
				n.state.Held = append(n.state.Held, held{
					Subject: l.subject, Version: eventVersion(l.events[l.taken]), Last: eventVersion(l.events[len(l.events)-1]),
				})
				i = len(n.state.Held) - 1
			}
			h := &n.state.Held[i]
			h.Error = firstLine(l.err.Error())
			switch {
			case errors.Is(l.err, errStopping):
				continue
			case untried(l.err):
				h.Next = now.Add(n.set.Backoff)
				continue
			}
			h.Attempts++
			h.Next = now.Add(n.wait(h.Attempts, l.err))
		}
	}
}

// pass moves the cursor over a page: everything in it was taken or is held.
func (n *notifier) pass(page FeedPage, lanes []*lane) {
	for _, e := range page.Events {
		if i := n.heldAt(e.Subject); i >= 0 {
			n.state.Held[i].Last = max(n.state.Held[i].Last, eventVersion(e))
			continue
		}
		// its customer was held when the page was read, and is held no more: it waits in a lane of its own
		if slices.ContainsFunc(lanes, func(l *lane) bool { return l.held && l.subject == e.Subject }) {
			n.state.Held = append(n.state.Held, held{Subject: e.Subject, Version: eventVersion(e), Last: eventVersion(e)})
		}
	}
	n.state.Cursor = page.Next
}

func eventVersion(e Event) int64 { return number(e.Sequence, 0) }

// wait is how long after a failure it is tried again: twice as long each time, with jitter, and
// not before what the receiver asked for.
func (n *notifier) wait(failures int, err error) time.Duration {
	wait := n.set.Backoff << min(failures-1, 20)
	if wait <= 0 || wait > n.set.MaxBackoff {
		wait = n.set.MaxBackoff
	}
	wait = wait/2 + rand.N(wait/2+1)
	var a *attemptError
	if errors.As(err, &a) {
		wait = max(wait, a.after)
	}
	return wait
}

// troubled notes a round in which the receiver took nothing.
func (n *notifier) troubled(failure error, worst *attemptError, now time.Time) {
	text := firstLine(failure.Error())
	if n.state.FailingSince.IsZero() {
		n.state.FailingSince = now.UTC()
		n.log.Error("subscriber takes nothing, will be tried again", "error", text)
	}
	n.state.Failures++
	n.state.Error = text
	if worst != nil {
		failure = worst
	}
	n.state.Next = now.Add(n.wait(n.state.Failures, failure)).UTC()
	n.hub.status.source("subscriber "+n.set.Name, errors.New(text), n.state.Next)
	if now.Sub(n.state.FailingSince) >= n.set.DisableAfter {
		n.disable(fmt.Sprintf("it took nothing for %v: %s", n.set.DisableAfter, text))
	}
}

func (n *notifier) well(now time.Time) {
	if !n.state.FailingSince.IsZero() {
		n.log.Info("subscriber goes on")
	}
	n.hub.status.source("subscriber "+n.set.Name, nil, time.Time{})
	n.state.LastSuccess, n.state.FailingSince, n.state.Failures, n.state.Error = now.UTC(), time.Time{}, 0, ""
	n.state.Next = time.Time{}
}

func (n *notifier) disable(why string) {
	n.state.Disabled, n.state.Error, n.state.Next = time.Now().UTC(), why, time.Time{}
	n.log.Error("subscriber is disabled until it is sent to again", "error", why)
	n.hub.status.source("subscriber "+n.set.Name, errors.New("disabled: "+why), time.Time{})
}

// firstLine leaves out a panic's stack.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
