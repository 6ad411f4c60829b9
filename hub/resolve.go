package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

// resolve turns canonical.customer into golden records until ctx ends. Offsets live in the store,
// in the same transaction as what they stand for.
func (h *Hub) resolve(ctx context.Context) error {
	first := h.firstLoad(ctx)
	defer first.wait()
	return h.bus.Batches(ctx, bus.BatchConfig{
		Topics: []string{CanonicalTopic(canonical.EntityCustomer)}, Group: "resolve", MaxRecords: 2000, MaxBytes: 4 << 20,
		Offsets: storeOffsets{h.store}, SessionTimeout: h.folder.Settings.Bus.Session,
	}, h.staged("resolve", first.before(h.resolveBatch)))
}

// resolveBatch resolves one batch in one transaction. Where that fails for a reason that lies in
// a record, the batch is halved until the record stands alone, and that becomes a dead letter.
func (h *Hub) resolveBatch(ctx context.Context, batch *bus.Batch) error {
	began := time.Now()
	ctx, spans := h.takingAll(ctx, "resolve", batch)
	err := h.span(ctx, batch, h.resolveSpan, h.buryOne("resolve"))
	spans.end(err)
	h.metrics.stageSeconds.WithLabelValues("resolve").Observe(time.Since(began).Seconds())
	return err
}

// resolveSpan resolves the messages of a batch and moves the offset from first to next.
func (h *Hub) resolveSpan(ctx context.Context, batch *bus.Batch) error {
	spans := takenOf(ctx)
	incoming := make([]golden.Incoming, 0, len(batch.Messages))
	for _, m := range batch.Messages {
		in, err := golden.ParseIncoming(m.Payload)
		if err != nil {
			return &recordError{cause: "canonical", err: err}
		}
		in.Trace = string(spans.onward(m))
		incoming = append(incoming, in)
	}
	h.turn.RLock()
	defer h.turn.RUnlock()
	result, err := h.generation().resolver.Resolve(ctx, golden.Batch{Records: incoming, Offset: advance(batch)})
	if err != nil {
		return storeError(err)
	}
	h.metrics.resolved.WithLabelValues("applied").Add(float64(result.Accepted))
	h.metrics.resolved.WithLabelValues("unchanged").Add(float64(result.Touched))
	h.metrics.resolved.WithLabelValues("stale").Add(float64(result.Stale))
	for system, n := range result.Suppressed {
		h.leftOut(system, "resolve", n)
	}
	if len(result.Changes) > 0 {
		h.wake.changes.signal()
	}
	return nil
}

// markChanged marks, in the resolver's own transaction, what targets now lack: every target that
// a route leads customers to has to look at every customer that changed.
func (h *Hub) markChanged(ctx context.Context, tx golden.Tx, changes []golden.Change, records map[golden.EntityNo]golden.GoldenRecord) error {
	return h.generation().markChanged(ctx, tx, changes, records)
}

func (f *Folder) markChanged(ctx context.Context, tx golden.Tx, changes []golden.Change, _ map[golden.EntityNo]golden.GoldenRecord) error {
	targets := f.targetsOf(canonical.EntityCustomer)
	marks := make([]golden.Dirty, 0, len(changes)*len(targets))
	now := time.Now()
	for _, t := range targets {
		for _, c := range changes {
			marks = append(marks, golden.Dirty{
				Target: t.String(), Subject: c.ID, Entity: "customer", Since: now, Correlation: c.Correlation, Trace: c.Trace,
			})
		}
	}
	if len(marks) == 0 {
		return nil
	}
	return tx.MarkDirty(ctx, marks)
}

// advance is the step of the batch's offset.
func advance(b *bus.Batch) *golden.OffsetAdvance {
	return &golden.OffsetAdvance{Group: b.Group, Topic: b.Topic, Partition: b.Partition, Expected: b.First, Next: b.Next}
}

// storeError turns the store's fence into the bus's, and what no store will ever take into the
// fault of a record.
func storeError(err error) error {
	switch {
	case errors.Is(err, golden.ErrFenced):
		return fmt.Errorf("%w: %w", bus.ErrFenced, err)
	case errors.Is(err, golden.ErrText):
		return &recordError{cause: "text", err: err}
	}
	return err
}

// staged makes a stage's failures show in readiness for as long as they last.
func (h *Hub) staged(stage string, handle func(context.Context, *bus.Batch) error) func(context.Context, *bus.Batch) error {
	return func(ctx context.Context, batch *bus.Batch) error {
		err := handle(ctx, batch)
		switch {
		case err == nil:
			h.fine(stage)
		case ctx.Err() == nil && !errors.Is(err, bus.ErrFenced) && !errors.Is(err, bus.ErrPassed):
			h.trouble(stage, err)
		}
		return err
	}
}

// storeOffsets lets the bus start where the store stands.
type storeOffsets struct{ store golden.Store }

func (o storeOffsets) Next(ctx context.Context, group, topic string, partition int) (int64, bool, error) {
	return o.store.NextOffset(ctx, group, topic, partition)
}

// recordError is a failure that lies in a record, not in the hub's surroundings: trying again
// would not help.
type recordError struct {
	cause string
	err   error
}

func (e *recordError) Error() string { return e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// span runs do over batch. A recordError halves the batch; a single message that still fails is
// given to bury together with the step over it.
func (h *Hub) span(ctx context.Context, batch *bus.Batch, do func(context.Context, *bus.Batch) error, bury func(context.Context, *bus.Batch, *recordError) error) error {
	err := do(ctx, batch)
	var bad *recordError
	if !errors.As(err, &bad) {
		return err
	}
	if len(batch.Messages) <= 1 {
		return bury(ctx, batch, bad)
	}
	for _, half := range halves(batch) {
		if err := h.span(ctx, half, do, bury); err != nil {
			return err
		}
	}
	return nil
}

// halves cuts a batch in two that join without a gap.
func halves(b *bus.Batch) [2]*bus.Batch {
	middle := len(b.Messages) / 2
	at, _ := bus.PositionOf(b.Messages[middle])
	low, high := *b, *b
	low.Messages, low.Next = b.Messages[:middle:middle], at.Offset
	high.Messages, high.First = b.Messages[middle:], at.Offset
	return [2]*bus.Batch{&low, &high}
}

// buryOne stores the dead letter of a batch's only message and moves the offset over it, in one
// transaction.
func (h *Hub) buryOne(stage string) func(context.Context, *bus.Batch, *recordError) error {
	return func(ctx context.Context, b *bus.Batch, bad *recordError) error {
		letters := make([]golden.DeadLetter, 0, 1)
		for _, m := range b.Messages {
			letters = append(letters, h.letterFrom(stage, bad.cause, m, bad.err))
		}
		a := advance(b)
		err := h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
			if err := tx.AdvanceOffset(ctx, a.Group, a.Topic, a.Partition, a.Expected, a.Next); err != nil {
				return err
			}
			return h.addLetters(ctx, tx, letters)
		})
		if err == nil {
			h.noteBuried(letters)
			for _, m := range b.Messages {
				takenOf(ctx).buried(m, bad)
			}
		}
		return storeError(err)
	}
}

// letterFrom is the dead letter of a canonical message.
func (h *Hub) letterFrom(stage, cause string, m *message.Message, err error) golden.DeadLetter {
	l := letterOf(stage, cause, m, err)
	l.System, l.At = systemOf(m), time.Now()
	return l
}
