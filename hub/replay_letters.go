package hub

import (
	"context"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/golden"
)

// letters closes the dead letters of records that are translated now, and keeps those of records
// that are not.
func (p *pass) letters(ctx context.Context, span *ReplaySpan, batch []*message.Message, items []item) error {
	last, _ := bus.PositionOf(batch[len(batch)-1])
	open, err := p.hub.store.DeadLetters(ctx, golden.DeadLetterQuery{
		Stage: "translate", Topic: p.replay.Topic, Partition: span.Partition, From: span.Next, To: last.Offset + 1, Limit: 10 * replayBatch,
	})
	if err != nil {
		return err
	}
	known := map[int64][]golden.DeadLetter{}
	for _, l := range open {
		known[l.Offset] = append(known[l.Offset], l)
	}
	var failed, done []golden.DeadLetter
	for i := range items {
		it := &items[i]
		before := known[it.input.ingest.Offset]
		switch {
		case it.err == nil:
			done = append(done, before...)
		case it.cause == causeWhere:
		case len(before) == 0:
			failed = append(failed, letterOfInput(it.stream, it.input, it.cause, it.err))
		default:
			for _, l := range before {
				l.Cause, l.Error, l.At = it.cause, it.err.Error(), time.Now()
				failed = append(failed, l)
			}
		}
	}
	if len(failed)+len(done) == 0 {
		return nil
	}
	err = p.hub.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.SettleDeadLetters(ctx, done, golden.DeadReplayed, "by replay "+p.replay.ID); err != nil {
			return err
		}
		return p.hub.addLetters(ctx, tx, failed)
	})
	if err == nil {
		p.hub.noteBuried(failed)
	}
	return err
}

// letterOfInput is the dead letter of a raw record that could not be translated again.
func letterOfInput(s *Stream, in rawInput, cause string, err error) golden.DeadLetter {
	f := in.frame
	return golden.DeadLetter{
		Stage: "translate", System: s.System, Stream: s.Name, Key: f.Key, Cause: cause, Error: err.Error(),
		Position: f.Position.String(), Topic: in.ingest.Topic, Partition: in.ingest.Partition, Offset: in.ingest.Offset,
		Bytes: f.Bytes, Context: f.Context, Header: letterHeader(f, in.ingest), Attempts: 1, At: time.Now(),
		State: golden.DeadOpen, Correlation: in.correlation,
	}
}
