package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// fetcher reads one partition from an exact offset on.
type fetcher struct {
	bus       *Bus
	wire      string // topic as the cluster calls it
	topic     string
	partition int
	bytes     int // of one fetch
	log       *slog.Logger

	offset int64 // of the next fetch
}

// longPoll is how long a broker holds a fetch that finds nothing new.
const longPoll = 2 * time.Second

// begin sets where to fetch from and gives the offset that the first batch
// begins at. Records that retention has removed are skipped over and said to
// the log; an offset beyond the end is an error: the topic is not the one that
// the offset came from, or has lost records.
func (f *fetcher) begin(ctx context.Context, start int64) (int64, error) {
	first, last, err := f.bus.bounds(ctx, f.topic, f.partition)
	if err != nil {
		return 0, err
	}
	switch {
	case start == kafka.FirstOffset:
		start = first
	case start > last:
		return 0, fmt.Errorf("offset %d is beyond the end of %s/%d at %d: the topic was made anew, or has lost records", start, f.wire, f.partition, last)
	case start < first:
		f.log.Error("records were removed by retention before they were read", "from", start, "to", first)
	}
	f.offset = max(start, first)
	return start, nil
}

// bounds are the offsets of a partition's first record and after its last.
func (b *Bus) bounds(ctx context.Context, topic string, partition int) (first, last int64, err error) {
	err = b.again(ctx, func() error {
		first, last, err = b.boundsOnce(ctx, topic, partition)
		return err
	})
	return first, last, err
}

func (b *Bus) boundsOnce(ctx context.Context, topic string, partition int) (first, last int64, err error) {
	wire := b.wire(topic)
	res, err := b.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		wire: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)},
	}})
	if err != nil {
		return 0, 0, fmt.Errorf("list offsets of %s/%d: %w", wire, partition, err)
	}
	for _, p := range res.Topics[wire] {
		if p.Partition == partition {
			if p.Error != nil {
				return 0, 0, fmt.Errorf("list offsets of %s/%d: %w", wire, partition, p.Error)
			}
			return p.FirstOffset, p.LastOffset, nil
		}
	}
	return 0, 0, fmt.Errorf("list offsets of %s/%d: not in the answer", wire, partition)
}

// run fetches in the background, one chunk ahead of the reader, until ctx ends
// or a chunk carries an error; then the channel is closed.
func (f *fetcher) run(ctx context.Context) <-chan *chunk {
	out := make(chan *chunk, 1)
	go func() {
		defer close(out)
		for {
			c := f.next(ctx)
			if c == nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case out <- c:
			}
			if c.err != nil {
				return
			}
		}
	}()
	return out
}

// next fetches until there are records, or an error that fetching again does
// not mend; nil when ctx has ended.
func (f *fetcher) next(ctx context.Context) *chunk {
	var wait backoff
	for ctx.Err() == nil {
		c, err := f.fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.OffsetOutOfRange):
			return &chunk{err: fmt.Errorf("fetch %s/%d from %d: %w", f.wire, f.partition, f.offset, err)}
		case err != nil:
			if wait.n > 1 { // an idle connection that died, or a new leader, is no outage
				f.bus.outage.failed(fmt.Sprintf("fetch %s/%d", f.wire, f.partition), err)
			}
			sleep(ctx, wait.next())
			continue
		}
		f.bus.outage.ok()
		if len(c.messages) > 0 {
			return c
		}
		wait = backoff{}
		if c.idle {
			continue
		}
		// Only batches without records are left (markers, or what compaction
		// leaves of a batch): the broker does not hold such a poll.
		sleep(ctx, longPoll/4)
	}
	return nil
}

// fetch asks once.
func (f *fetcher) fetch(ctx context.Context) (*chunk, error) {
	ctx, cancel := context.WithTimeout(ctx, longPoll+requestTimeout)
	defer cancel()
	res, err := f.bus.poll.Fetch(ctx, &kafka.FetchRequest{
		Topic: f.wire, Partition: f.partition, Offset: f.offset,
		MinBytes: 1, MaxBytes: int64(f.bytes), MaxWait: longPoll,
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return nil, err
	}
	c, err := f.decode(res)
	if len(c.messages) > 0 {
		return c, nil
	}
	c.idle = res.HighWatermark <= f.offset
	return c, err
}

// chunk is what one fetch brought, or why there will be no more.
type chunk struct {
	messages []*message.Message
	standing []standing
	taken    int  // messages that went into batches
	idle     bool // nothing fetched because nothing is there
	err      error
}

// decode turns the records into messages and moves the offset behind them. A
// broker answers with whole record batches: what lies before the offset is
// left out.
func (f *fetcher) decode(res *kafka.FetchResponse) (*chunk, error) {
	records, err := f.records(res.Records)
	c := &chunk{
		messages: make([]*message.Message, 0, len(records)),
		standing: make([]standing, len(records)),
	}
	messages := make([]message.Message, len(records))
	for i, r := range records {
		at := &c.standing[i]
		at.Topic, at.Partition = f.topic, f.partition
		if err := fromRecord(&messages[i], at, r); err != nil {
			return c, err
		}
		c.messages = append(c.messages, &messages[i])
		f.offset = max(f.offset, r.Offset+1)
	}
	return c, err
}

// records reads a record set to its end, or to an error, without control
// records.
func (f *fetcher) records(set kafka.RecordReader) ([]*kafka.Record, error) {
	parts := []kafka.RecordReader{set}
	if stream, ok := set.(*protocol.RecordStream); ok {
		parts = stream.Records
	}
	var out []*kafka.Record
	for _, part := range parts {
		_, control := part.(*protocol.ControlBatch)
		for {
			r, err := part.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return out, err
			}
			if r.Offset < f.offset {
				continue
			}
			if control {
				f.offset = r.Offset + 1
				continue
			}
			record := *r
			out = append(out, &record)
		}
	}
	return out, nil
}

// moveTo fills a batch from the chunk, and tells its size now and whether it
// is full. A batch takes at least one message.
func (c *chunk) moveTo(b *Batch, size int, cfg BatchConfig) (int, bool) {
	for c.taken < len(c.messages) {
		m := c.messages[c.taken]
		next := len(m.Payload) + len(m.Metadata[KeyMetadata])
		if len(b.Messages) > 0 && (len(b.Messages) >= cfg.MaxRecords || size+next > cfg.MaxBytes) {
			return size, true
		}
		size += next
		b.Messages = append(b.Messages, m)
		b.Next = c.standing[c.taken].Offset + 1
		c.taken++
	}
	return size, len(b.Messages) >= cfg.MaxRecords
}
