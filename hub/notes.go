package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/touchstone-hub/touchstone/golden"
)

// notes are what one round of deliveries leaves in the store.
type notes struct {
	states  []golden.DeliveryState
	creates []golden.PendingCreate
	created []string // subjects whose create is done
	links   []golden.Link
	written []*reached
	letters []golden.DeadLetter
	tasks   []golden.Task
	// answered are the IDs of questions about creates that the target's own reports have answered.
	answered []string
	// Of erased people: receipts, and records that are gone. ending are those, by remote ID, that are
	// being ended; late the keys of records that targets made after the person was erased.
	receipts []golden.Receipt
	gone     []golden.DeliveryState
	ending   map[string]bool
	late     []string
	keys     map[string]string // of creates that were done, by remote ID
}

func (n *notes) write(ctx context.Context, tx golden.Tx, h *Hub, target string, done, retry []golden.Dirty) error {
	rules := h.generation().resolver.Ruleset()
	late := &n.late
	n, err := n.heed(ctx, tx, h.suppressions.Suppressor, target)
	if err != nil {
		return err
	}
	*late = n.late
	steps := []struct {
		needed bool
		do     func() error
	}{
		{len(n.states) > 0, func() error { return tx.PutDeliveries(ctx, n.states) }},
		{len(n.creates) > 0, func() error { return tx.PutPendingCreates(ctx, n.creates) }},
		{len(n.created) > 0, func() error { return tx.DeletePendingCreates(ctx, target, n.created) }},
		{len(n.links) > 0, func() error { return tx.PutLinks(ctx, n.links) }},
		{len(n.written) > 0, func() error { return noteWritten(ctx, tx, rules, n.written) }},
		{len(n.letters) > 0, func() error { return h.addLetters(ctx, tx, n.letters) }},
		{len(n.tasks) > 0, func() error { return tx.PutTasks(ctx, n.tasks) }},
		{len(n.answered) > 0, func() error { return tx.SettleTasks(ctx, n.answered, time.Now()) }},
		{len(n.receipts) > 0, func() error { return tx.SettleReceipts(ctx, n.receipts) }},
		{len(n.gone) > 0, func() error { _, err := tx.EraseDeliveries(ctx, n.gone); return err }},
		{true, func() error { return tx.SettleDirty(ctx, done, retry) }},
	}
	for _, s := range steps {
		if !s.needed {
			continue
		}
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

// unsent is the dead letter of a payload that the target will not take, or did not often enough.
func (r *reconciler) unsent(cause string, w *write, err error) golden.DeadLetter {
	l := r.letter(cause, w.Subject, fmt.Errorf("%s of %s: %w", w.Operation, w.Subject, err))
	l.Bytes, l.Correlation = w.Payload, w.Correlation
	return l
}

// unmapped is the dead letter of a subject from which no payload could be made.
func (r *reconciler) unmapped(row golden.Dirty, bad *recordError) golden.DeadLetter {
	l := r.letter(bad.cause, row.Subject, bad.err)
	l.Correlation = row.Correlation
	return l
}

func (r *reconciler) letter(cause, subject string, err error) golden.DeadLetter {
	return golden.DeadLetter{
		Stage: "deliver", System: r.target.System, Stream: r.target.Name, Key: subject, Cause: cause,
		Error: err.Error(), Offset: -1, Attempts: 1, At: time.Now(), State: golden.DeadOpen,
	}
}

// outcomeTask asks a person whether a create whose outcome is unknown was done.
func outcomeTask(target string, w *write, err error) golden.Task {
	detail, _ := json.Marshal(map[string]string{
		"target": target, "subject": w.Subject, "key": w.Key, "error": text(err),
	})
	records := []string{}
	if w.origin != "" {
		records = append(records, w.origin)
	}
	return golden.Task{
		ID:   outcomeID(target, w.Subject),
		Kind: golden.TaskOutcome, Records: records, Detail: detail, At: time.Now(),
	}
}

func outcomeID(target, subject string) string {
	return fmt.Sprintf("%016x", xxhash.Sum64String("outcome\x00"+target+"\x00"+subject))
}
