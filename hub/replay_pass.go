package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/mappings"
)

const (
	// replayBatch is how many records a replay translates, compares and publishes in one step.
	replayBatch = 500
	// replayAhead is how many records may be before a stage for a replay to go on: what live
	// traffic has to wait for, at most.
	replayAhead = 2000
	// replayLook is how often a replay looks at that, and replayNote how often it notes how far it
	// is: what was done since is done again where the process is killed.
	replayLook = 100 * time.Millisecond
	replayNote = 200 * time.Millisecond
)

// pass is one run of a replay.
type pass struct {
	hub    *Hub
	replay *replay
	doc    *formats.Doc
	live   *generation // of the batch under way
	filter *mappings.Filter
	looked time.Time
	noted  time.Time
}

// step replays one batch of a span, and then lets live traffic go first.
func (p *pass) step(ctx context.Context, span *ReplaySpan, batch []*message.Message) error {
	if err := ctx.Err(); err != nil || len(batch) == 0 {
		return err
	}
	if err := p.follow(); err != nil {
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

// follow has the batch use the live generation, and the condition compiled by it.
func (p *pass) follow() (err error) {
	live := p.hub.generation()
	if live == p.live {
		return nil
	}
	if p.filter, err = live.where(p.replay.Request.Where); err == nil {
		p.live = live
	}
	return err
}

// note saves how far the replay is, and learns whether it is to go on.
func (p *pass) note(ctx context.Context) error {
	p.noted = time.Now()
	stop, err := p.hub.noteReplay(ctx, p.replay.snapshot())
	if err == nil && stop {
		err = errStopped
	}
	return err
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
	q := p.replay.Request
	items := make([]item, 0, len(batch))
	for _, m := range batch {
		counts.Read++
		it := item{input: inputOf(m)}
		stream := m.Metadata[headerStream]
		it.stream = p.live.streams[q.System+"/"+stream]
		at, _ := bus.PositionOf(m)
		switch {
		case q.Stream != "" && q.Stream != stream, !p.replay.within(at.Time), q.Key != "" && it.input.frame.Key != "" && it.input.frame.Key != q.Key:
			counts.Passed++
			continue
		case it.stream == nil || it.stream.Mapping == nil:
			counts.LeftOut++
			continue
		}
		if p.hub.suppressions.of(it.stream, it.input.frame.Key) {
			p.hub.leftOut(q.System, "replay", 1)
			counts.Erased++
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
		case p.hub.suppressions.of(it.stream, idIn(it.err)), it.entity != nil && p.hub.suppressions.of(it.stream, it.entity.Metadata[headerRecord]):
			p.hub.leftOut(q.System, "replay", 1)
			counts.Erased++
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
	f := p.filter
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
