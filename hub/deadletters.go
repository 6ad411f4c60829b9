package hub

import (
	"context"
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/golden"
)

// bury stores dead letters in a transaction of their own.
func (h *Hub) bury(ctx context.Context, letters []golden.DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	err := h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		return h.addLetters(ctx, tx, letters)
	})
	if err != nil {
		return fmt.Errorf("store %d dead letters: %w", len(letters), err)
	}
	h.noteBuried(letters)
	return nil
}

// addLetters stores dead letters, and opens those again that failed before: those with an ID, and
// those of deliveries that were replayed. Letters keep their ID 0: the transaction may run again.
// Those of erased people are not stored.
func (h *Hub) addLetters(ctx context.Context, tx golden.Tx, letters []golden.DeadLetter) error {
	letters, err := lettersLeft(ctx, tx, h.suppressions.Suppressor, letters)
	if err != nil {
		return err
	}
	var fresh, again []golden.DeadLetter
	for _, l := range letters {
		if l.ID > 0 {
			again = append(again, l)
		} else {
			fresh = append(fresh, l)
		}
	}
	fresh, failed, err := unsentAgain(ctx, tx, fresh)
	if err != nil {
		return err
	}
	if err := tx.ReopenDeadLetters(ctx, append(again, failed...)); err != nil {
		return err
	}
	return tx.AddDeadLetters(ctx, fresh)
}

// unsentAgain takes from letters those of deliveries that have one which was replayed, and gives
// them its ID.
func unsentAgain(ctx context.Context, tx golden.Tx, letters []golden.DeadLetter) (fresh, again []golden.DeadLetter, err error) {
	type place struct{ system, stream, key, cause string }
	of := func(l golden.DeadLetter) place { return place{l.System, l.Stream, l.Key, l.Cause} }
	keys := map[[2]string][]string{} // by target
	for _, l := range letters {
		if l.Stage == "deliver" {
			target := [2]string{l.System, l.Stream}
			keys[target] = append(keys[target], l.Key)
		}
	}
	replayed := map[place]int64{}
	for target, subjects := range keys {
		found, err := tx.ReplayedDeadLetters(ctx, "deliver", target[0], target[1], subjects)
		if err != nil {
			return nil, nil, err
		}
		for _, l := range found {
			replayed[of(l)] = max(l.ID, replayed[of(l)])
		}
	}
	for _, l := range letters {
		if id, ok := replayed[of(l)]; ok && l.Stage == "deliver" {
			l.ID = id
			again = append(again, l)
			delete(replayed, of(l))
			continue
		}
		fresh = append(fresh, l)
	}
	return fresh, again, nil
}

// noteBuried tells operators of dead letters that are stored.
func (h *Hub) noteBuried(letters []golden.DeadLetter) {
	for _, l := range letters {
		h.metrics.deadLetters.WithLabelValues(l.Stage, l.System).Inc()
		h.log.Warn("dead letter", "stage", l.Stage, "system", l.System, "stream", l.Stream, "key", l.Key, "error", l.Error)
	}
}

// letterOf is the dead letter of a message that a stage could not process.
func letterOf(stage, cause string, m *message.Message, err error) golden.DeadLetter {
	at := ingestSequence(m)
	f := readFrame(m)
	return golden.DeadLetter{
		ID:    number(m.Metadata[headerLetter], 0),
		Stage: stage, System: systemOf(m), Stream: m.Metadata[headerStream], Key: f.Key, Cause: cause, Error: err.Error(),
		Position: f.Position.String(), Topic: at.Topic, Partition: at.Partition, Offset: at.Offset,
		Bytes: m.Payload, Context: f.Context, Header: letterHeader(f, at), Attempts: 1,
		State: golden.DeadOpen, Correlation: m.Metadata[headerCorrelation],
	}
}

// systemOf is the system that a message's source header names: "/system/stream".
func systemOf(m *message.Message) string {
	system, _, _ := strings.Cut(strings.TrimPrefix(m.Metadata["ce_source"], "/"), "/")
	return system
}
