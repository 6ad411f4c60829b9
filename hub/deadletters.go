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
		return tx.AddDeadLetters(ctx, letters)
	})
	if err != nil {
		return fmt.Errorf("store %d dead letters: %w", len(letters), err)
	}
	h.noteBuried(letters)
	return nil
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
		Stage: stage, System: systemOf(m), Stream: m.Metadata[headerStream], Key: f.Key, Cause: cause, Error: err.Error(),
		Position: f.Position.String(), Topic: at.Topic, Partition: at.Partition, Offset: at.Offset,
		Bytes: m.Payload, Context: f.Context, Header: f.Header, Attempts: 1,
		State: golden.DeadOpen, Correlation: m.Metadata[headerCorrelation],
	}
}

// systemOf is the system that a message's source header names: "/system/stream".
func systemOf(m *message.Message) string {
	system, _, _ := strings.Cut(strings.TrimPrefix(m.Metadata["ce_source"], "/"), "/")
	return system
}
