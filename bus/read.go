package bus

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
)

// Read goes over a partition's records with from ≤ offset < to, outside any
// group: for replays, and for looking. A from before the first record that is
// retained begins there; to < 0 means the end as it is now. It stops at the
// first error.
func (b *Bus) Read(ctx context.Context, topic string, partition int, from, to int64) iter.Seq2[*message.Message, error] {
	return func(yield func(*message.Message, error) bool) {
		first, last, err := b.bounds(ctx, topic, partition)
		if err != nil {
			yield(nil, fmt.Errorf("read %s/%d: %w", topic, partition, err))
			return
		}
		if to < 0 || to > last {
			to = last
		}
		f := &fetcher{
			bus: b, wire: b.wire(topic), topic: topic, partition: partition,
			bytes: 1 << 20, log: b.log, offset: max(from, first),
		}
		for f.offset < to {
			c := f.next(ctx)
			if c == nil {
				yield(nil, ctx.Err())
				return
			}
			if c.err != nil {
				yield(nil, c.err)
				return
			}
			for i, m := range c.messages {
				if c.standing[i].Offset >= to {
					return
				}
				c.standing[i].Context = ctx
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

// Span is what a topic's partition holds.
type Span struct {
	Partition   int
	First, Next int64 // offset of the first record still retained, and after the last
}

// Spans tells what the partitions of a topic hold.
func (b *Bus) Spans(ctx context.Context, topic string) ([]Span, error) {
	var counts map[string]int
	err := b.again(ctx, func() (err error) {
		counts, err = b.partitions(ctx, []string{topic})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("spans of %s: %w", topic, err)
	}
	out := make([]Span, counts[topic])
	for i := range out {
		first, last, err := b.bounds(ctx, topic, i)
		if err != nil {
			return nil, err
		}
		out[i] = Span{Partition: i, First: first, Next: last}
	}
	return out, nil
}

// Since gives, by partition, the offset of the first record that was published at a time or later,
// by the publishers' clocks; the end, where there is none.
func (b *Bus) Since(ctx context.Context, topic string, at time.Time) (map[int]int64, error) {
	spans, err := b.Spans(ctx, topic)
	if err != nil {
		return nil, err
	}
	wire := b.wire(topic)
	req := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	out := make(map[int]int64, len(spans))
	for _, s := range spans {
		out[s.Partition] = s.Next
		req.Topics[wire] = append(req.Topics[wire], kafka.TimeOffsetOf(s.Partition, at))
	}
	var res *kafka.ListOffsetsResponse
	if err := b.again(ctx, func() (err error) { res, err = b.client.ListOffsets(ctx, req); return err }); err != nil {
		return nil, fmt.Errorf("offsets of %s since %s: %w", topic, at.UTC().Format(time.RFC3339), err)
	}
	for _, p := range res.Topics[wire] {
		if p.Error != nil {
			return nil, fmt.Errorf("offsets of %s/%d since %s: %w", topic, p.Partition, at.UTC().Format(time.RFC3339), p.Error)
		}
		for offset := range p.Offsets {
			if offset >= 0 {
				out[p.Partition] = offset
			}
		}
	}
	return out, nil
}

// Lag is how far a group is behind in one partition.
type Lag struct {
	Topic     string
	Partition int
	End       int64 // high-water mark: the offset after the last record
	Committed int64 // the group's next offset as Kafka knows it, up to a second old; -1 if it has none
	Behind    int64 // records between the two, counted from the first retained one if nothing is committed
}

// Lag tells how far a group is behind in topics.
func (b *Bus) Lag(ctx context.Context, group string, topics []string) ([]Lag, error) {
	req := &kafka.OffsetFetchRequest{GroupID: b.wire(group), Topics: make(map[string][]int)}
	spans := make(map[string][]Span, len(topics))
	for _, t := range topics {
		s, err := b.Spans(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("lag of %s: %w", group, err)
		}
		spans[t] = s
		for _, p := range s {
			req.Topics[b.wire(t)] = append(req.Topics[b.wire(t)], p.Partition)
		}
	}
	var res *kafka.OffsetFetchResponse
	err := b.again(ctx, func() (err error) {
		if res, err = b.client.OffsetFetch(ctx, req); err == nil {
			err = res.Error
		}
		if errors.Is(err, kafka.GroupIdNotFound) {
			res, err = &kafka.OffsetFetchResponse{}, nil // it has committed nothing yet
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lag of %s: %w", group, err)
	}
	var out []Lag
	for _, t := range topics {
		committed := make(map[int]int64)
		for _, p := range res.Topics[b.wire(t)] {
			if p.Error != nil {
				return nil, fmt.Errorf("lag of %s in %s/%d: %w", group, t, p.Partition, p.Error)
			}
			committed[p.Partition] = p.CommittedOffset
		}
		for _, s := range spans[t] {
			at, ok := committed[s.Partition]
			if !ok {
				at = -1
			}
			out = append(out, Lag{Topic: t, Partition: s.Partition, End: s.Next, Committed: at, Behind: max(0, s.Next-max(at, s.First))})
		}
	}
	return out, nil
}
