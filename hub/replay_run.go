package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/mappings"
)

const (
	// replayBatch is how many records a replay translates, compares and publishes in one step.
	replayBatch = 500
	// replayAhead is how many records may be before a stage for a replay to go on: what live
	// traffic has to wait for, at most.
	replayAhead = 2000
	// replayLook is how often a replay looks at that, and notes how far it is.
	replayLook = 100 * time.Millisecond
	replayNote = time.Second
	// replayLease tells other processes that a replay runs.
	replayLease = 15 * time.Second
)

// replay runs the replays that are asked for, one after the other, until ctx ends.
func (h *Hub) replay(ctx context.Context) error {
	asked, leave := h.replays.asked.listen()
	defer leave()
	for ctx.Err() == nil {
		r, run, cancel := h.nextOfQueue(ctx)
		if r == nil {
			select {
			case <-ctx.Done():
			case <-asked:
			}
			continue
		}
		err := contained(func() error { return h.replayOne(run, r) })
		stopped := run.Err() != nil
		cancel()
		h.endReplay(ctx, r, stopped, err)
	}
	return nil
}

func (h *Hub) nextOfQueue(ctx context.Context) (*replay, context.Context, context.CancelFunc) {
	h.replays.mu.Lock()
	defer h.replays.mu.Unlock()
	if len(h.replays.queue) == 0 {
		return nil, nil, nil
	}
	r := h.replays.queue[0]
	h.replays.queue = h.replays.queue[1:]
	run, cancel := context.WithCancel(ctx)
	h.replays.runs, h.replays.cancel = r.ID, cancel
	return r, run, cancel
}

// endReplay notes how a replay ended, also where the hub is being stopped.
func (h *Hub) endReplay(ctx context.Context, r *replay, stopped bool, err error) {
	h.replays.mu.Lock()
	h.replays.runs = ""
	h.replays.mu.Unlock()
	r.set(func(r *Replay) {
		r.Ended = time.Now()
		switch {
		case stopped:
			r.State = ReplayStopped
		case err != nil:
			r.State, r.Error = ReplayFailed, err.Error()
		default:
			r.State = ReplayDone
		}
	})
	now := r.snapshot()
	h.log.Info("replay ended", "replay", r.ID, "state", now.State, "read", now.Counts.Read, "changed", now.Counts.Changed, "failed", now.Counts.Failed, "error", now.Error)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := errors.Join(h.saveReplay(end, now), h.store.ReleaseLease(end, "$replay/"+r.ID, h.owner)); err != nil {
		h.log.Error("the end of a replay was not noted", "replay", r.ID, "error", err)
	}
}

// replayOne reads the spans of a replay, one after the other.
func (h *Hub) replayOne(ctx context.Context, r *replay) error {
	r.set(func(r *Replay) { r.State, r.Started = ReplayRunning, time.Now() })
	h.log.Info("replay begins", "replay", r.ID, "system", r.Request.System, "records", r.Total, "dry", r.Request.DryRun)
	p := &pass{hub: h, replay: r, doc: docs.Get().(*formats.Doc)}
	defer docs.Put(p.doc)
	if err := p.note(ctx); err != nil {
		return err
	}
	for i := range r.Spans {
		span := &r.Spans[i]
		batch := make([]*message.Message, 0, replayBatch)
		for m, err := range h.bus.Read(ctx, r.Topic, span.Partition, span.Next, span.To) {
			if err != nil {
				return err
			}
			if batch = append(batch, m); len(batch) == replayBatch {
				if err := p.step(ctx, span, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if err := p.step(ctx, span, batch); err != nil {
			return err
		}
		r.set(func(r *Replay) {
			r.Done += max(0, span.To-span.Next) // what is not there any more
			span.Next = max(span.Next, span.To)
		})
	}
	return nil
}

// firstTime is when the first record of a span arrived.
func (h *Hub) firstTime(ctx context.Context, topic string, partition int, first, next int64) (time.Time, error) {
	if first >= next {
		return time.Time{}, nil
	}
	for m, err := range h.bus.Read(ctx, topic, partition, first, first+1) {
		if err != nil {
			return time.Time{}, err
		}
		at, _ := bus.PositionOf(m)
		return at.Time.UTC(), nil
	}
	return time.Time{}, nil
}

// pass is one run of a replay.
type pass struct {
	hub    *Hub
	replay *replay
	doc    *formats.Doc
	looked time.Time
	noted  time.Time
}

// step replays one batch of a span, and then lets live traffic go first.
func (p *pass) step(ctx context.Context, span *ReplaySpan, batch []*message.Message) error {
	if err := ctx.Err(); err != nil || len(batch) == 0 {
		return err
	}
	var counts ReplayCounts
	items := p.translate(batch, &counts)
	if err := p.hub.compare(ctx, items); err != nil {
		return err
	}
	for i := range items {
		counts.add(&items[i])
	}
	if !p.replay.Request.DryRun {
		if err := p.hub.publishItems(ctx, items); err != nil {
			return err
		}
		if err := p.letters(ctx, span, batch, items); err != nil {
			return err
		}
	}
	last, _ := bus.PositionOf(batch[len(batch)-1])
	p.replay.set(func(r *Replay) {
		r.Done += last.Offset + 1 - span.Next
		span.Next = last.Offset + 1
		r.Counts.join(counts)
		for i := range items {
			if items[i].err != nil {
				r.note(items[i].err.Error())
			}
		}
	})
	if time.Since(p.noted) > replayNote {
		if err := p.note(ctx); err != nil {
			return err
		}
	}
	return p.giveWay(ctx)
}

// note saves how far the replay is, and renews the sign that it runs.
func (p *pass) note(ctx context.Context) error {
	p.noted = time.Now()
	err := p.hub.saveReplay(ctx, p.replay.snapshot())
	return errors.Join(err, p.hub.store.Lease(ctx, "$replay/"+p.replay.ID, p.hub.owner, replayLease))
}

// giveWay waits while a stage is behind, be it with live records or with replayed ones.
func (p *pass) giveWay(ctx context.Context) error {
	if time.Since(p.looked) < replayLook {
		return nil
	}
	for ctx.Err() == nil {
		lag, err := p.hub.Lag(ctx)
		if err != nil {
			return err
		}
		p.looked = time.Now()
		if max(lag["translate"], lag["resolve"], lag["documents"]) <= replayAhead {
			break
		}
		if time.Since(p.noted) > replayNote {
			if err := p.note(ctx); err != nil {
				return err
			}
		}
		rest(ctx, replayLook/2)
	}
	return ctx.Err()
}

// item is one raw record that is replayed.
type item struct {
	stream *Stream
	input  rawInput
	entity *message.Message // nil where it is left out, or failed
	cause  string
	err    error
	verdict
}

// translate gives the records of a batch that are asked for, translated.
func (p *pass) translate(batch []*message.Message, counts *ReplayCounts) []item {
	h, q := p.hub, p.replay.Request
	items := make([]item, 0, len(batch))
	for _, m := range batch {
		counts.Read++
		it := item{input: inputOf(m)}
		stream := m.Metadata[headerStream]
		it.stream = h.generation().streams[q.System+"/"+stream]
		at, _ := bus.PositionOf(m)
		switch {
		case q.Stream != "" && q.Stream != stream, !p.replay.within(at.Time), q.Key != "" && it.input.frame.Key != "" && it.input.frame.Key != q.Key:
			counts.Passed++
			continue
		case it.stream == nil || it.stream.Mapping == nil:
			counts.LeftOut++
			continue
		}
		it.input.revision = p.replay.Revision
		yes, err := p.chosen(&it)
		if err == nil && yes {
			it.err = contained(func() (err error) { it.entity, it.cause, err = translateInput(p.doc, it.stream, it.input); return err })
		}
		switch {
		case err != nil:
			it.err, it.cause = fmt.Errorf("where: %w", err), causeWhere
		case !yes, q.Key != "" && it.entity != nil && it.entity.Metadata[headerRecord] != q.Key:
			counts.Passed++
			continue
		}
		items = append(items, it)
	}
	return items
}

// causeWhere is that of records for which the request's condition could not be answered: they are
// no dead letters.
const causeWhere = "where"

// within says whether a record arrived within the request's times.
func (r *replay) within(at time.Time) bool {
	return (r.from.time.IsZero() || !at.Before(r.from.time)) && (r.to.time.IsZero() || at.Before(r.to.time))
}

// chosen says whether the request's condition holds for a record. Bytes that cannot be read are
// chosen: why is for translating to say.
func (p *pass) chosen(it *item) (bool, error) {
	f := p.replay.filter
	if f == nil {
		return true, nil
	}
	if err := it.stream.Format.Decode(p.doc, it.input.frame, f.Shape()); err != nil {
		return true, nil
	}
	in := it.input.frame
	return f.Match(mappings.Input{
		Root: &p.doc.Root, Position: in.Position, Header: in.Header, Deleted: in.Deleted, Key: in.Key,
		Source: canonical.Source{System: it.stream.System, Stream: it.stream.Name},
	})
}

// publishItems publishes what is to be published of items, one call a topic.
func (h *Hub) publishItems(ctx context.Context, items []item) error {
	out := map[canonical.Entity][]*message.Message{}
	for i := range items {
		if it := &items[i]; it.entity != nil && it.publish {
			e := it.stream.Mapping.Entity()
			out[e] = append(out[e], it.entity)
		}
	}
	for e, messages := range out {
		if err := h.bus.Publish(ctx, CanonicalTopic(e), messages...); err != nil {
			return err
		}
	}
	return nil
}

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
		return addLetters(ctx, tx, failed)
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
