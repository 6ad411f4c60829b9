package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/golden"
)

const (
	publishLease = "publish"
	leaseTime    = 10 * time.Second
	publishBatch = 2000
)

// publish relays the outbox to golden.customer until ctx ends. One process at a time does it, by
// lease; the others look now and then whether the lease is free.
func (h *Hub) publish(ctx context.Context) error {
	defer func() {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := h.store.ReleaseLease(release, publishLease, h.owner); err != nil {
			h.log.Debug("lease not released, it will run out", "lease", publishLease, "error", err)
		}
	}()
	wakes, leave := h.wake.changes.listen()
	defer leave()
	var leased time.Time
	for ctx.Err() == nil {
		n, err := h.publishSome(ctx, &leased)
		switch {
		case err != nil && !errors.Is(err, golden.ErrLeaseLost) && ctx.Err() == nil:
			h.trouble("publish", err)
		case err == nil:
			h.fine("publish")
		}
		if n == publishBatch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wakes:
		case <-time.After(time.Second): // another process may have written
		}
	}
	return nil
}

// publishSome relays one batch. leased is when the lease was taken or renewed last.
func (h *Hub) publishSome(ctx context.Context, leased *time.Time) (int, error) {
	if time.Since(*leased) > leaseTime/3 {
		at := time.Now()
		if err := h.store.Lease(ctx, publishLease, h.owner, leaseTime); err != nil {
			return 0, err
		}
		*leased = at
	}
	changes, err := h.store.Outbox(ctx, publishBatch)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	events, err := h.events(ctx, changes, true)
	if err != nil {
		return 0, err
	}
	messages := make([]*message.Message, 0, len(events))
	for i, e := range events {
		m, err := e.binary()
		if err != nil {
			return 0, err
		}
		messages = append(messages, m)
		if changes[i].Type == golden.ErasedT {
			messages = append(messages, e.tombstone())
		}
	}
	if err := h.send(ctx, GoldenTopic, messages...); err != nil {
		return 0, err
	}
	if err := h.store.Published(ctx, changes); err != nil {
		return 0, err
	}
	h.metrics.published.Add(float64(len(changes)))
	h.wake.feed.signal()
	return len(changes), nil
}

// recordsOf reads the golden records of changes as they are now.
func (h *Hub) recordsOf(ctx context.Context, changes []golden.Change) (map[string]golden.GoldenRecord, error) {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.ID
	}
	records, err := h.store.Customers(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read changed customers: %w", err)
	}
	byID := make(map[string]golden.GoldenRecord, len(records))
	for _, r := range records {
		byID[r.ID] = r
	}
	return byID, nil
}
