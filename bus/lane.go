package bus

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// lane writes to one partition: one request at a time, the next one carrying
// what came in meanwhile. A request that may have arrived is repeated, byte by
// byte, until the broker has said yes or no: only then may another follow, or
// an old copy could land behind a newer record.
type lane struct {
	bus       *Bus
	topic     string
	partition int
	wake      chan struct{} // holds one token while records wait

	mu     sync.Mutex
	queue  []*record
	since  time.Time // when the first of the queue came
	queued int       // bytes in the queue

	// Identity towards the broker, for its duplicate check (KIP-98). Used by
	// run alone.
	id identity
}

type identity struct {
	known    bool
	producer int64 // -1: the broker lets us have none
	epoch    int16
	sequence int32 // of the next record
}

func (l *lane) enqueue(records []*record) {
	l.mu.Lock()
	if len(l.queue) == 0 {
		l.since = time.Now()
	}
	l.queue = append(l.queue, records...)
	for _, r := range records {
		l.queued += r.size
	}
	l.mu.Unlock()
	l.poke()
}

func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// withdraw takes a call's records out of the queue: they were not tried.
func (l *lane) withdraw(c *call, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.queue[:0]
	for _, r := range l.queue {
		if r.call != c {
			kept = append(kept, r)
			continue
		}
		l.queued -= r.size
		c.settle(r.index, err)
	}
	clear(l.queue[len(kept):])
	l.queue = kept
}

func (l *lane) run() {
	ctx := l.bus.closed
	for {
		select {
		case <-ctx.Done():
			for _, r := range l.take(1 << 62) {
				r.call.settle(r.index, ErrClosed)
			}
			return
		case <-l.wake:
		}
		l.wait(ctx)
		if records := l.take(maxRequest); len(records) > 0 {
			l.write(ctx, records)
		}
	}
}

// wait lets the first record linger for company.
func (l *lane) wait(ctx context.Context) {
	l.mu.Lock()
	left := linger - time.Since(l.since)
	full := l.queued >= company
	l.mu.Unlock()
	if left <= 0 || full {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(left):
	}
}

// take removes records for one request from the head of the queue, at least
// one.
func (l *lane) take(limit int) []*record {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, size := 0, 0
	for n < len(l.queue) && (n == 0 || size+l.queue[n].size <= limit) {
		size += l.queue[n].size
		n++
	}
	out := l.queue[:n:n]
	l.queue = l.queue[n:]
	l.queued -= size
	if len(l.queue) == 0 {
		l.queue = nil
	} else {
		l.since = time.Time{} // these have waited long enough
		l.poke()
	}
	return out
}

// write makes records durable and settles them.
func (l *lane) write(ctx context.Context, records []*record) {
	err := l.produce(ctx, records)
	if errors.Is(err, kafka.MessageSizeTooLarge) && len(records) > 1 {
		// The topic's limit is below ours: find the record that is too large.
		half := len(records) / 2
		l.write(ctx, records[:half])
		l.write(ctx, records[half:])
		return
	}
	for _, r := range records {
		r.call.settle(r.index, err)
	}
}

// produce repeats one request until the broker accepts or refuses it.
func (l *lane) produce(ctx context.Context, records []*record) error {
	doing := fmt.Sprintf("publish to %s/%d", l.bus.wire(l.topic), l.partition)
	var batch []byte
	var wait backoff
	for {
		err := l.identify(ctx)
		if err == nil {
			if batch == nil {
				if batch, err = l.encode(records); err != nil {
					return fmt.Errorf("encode records: %w", err)
				}
			}
			err = l.request(ctx, batch)
		}
		switch {
		case err == nil, errors.Is(err, kafka.DuplicateSequenceNumber):
			l.id.sequence = (l.id.sequence + int32(len(records))) & 0x7fffffff
			l.bus.outage.ok()
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrUnknown, ErrClosed)
		case isIdentityLost(err):
			// The broker has forgotten this producer, or lost what it wrote.
			l.id, batch = identity{}, nil
		case isRefusal(err):
			return err
		case wait.n > 1: // an idle connection that died, or a new leader, is no outage
			l.bus.outage.failed(doing, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait.next()):
		}
	}
}

// identify asks the broker for a producer ID once. Where that is not allowed,
// the lane works without, and a repeated request may write twice.
func (l *lane) identify(ctx context.Context) error {
	if l.id.known {
		return nil
	}
	res, err := l.bus.client.InitProducerID(ctx, &kafka.InitProducerIDRequest{ProducerID: -1, ProducerEpoch: -1})
	if err == nil {
		err = res.Error
	}
	switch {
	case err == nil:
		l.id = identity{known: true, producer: int64(res.Producer.ProducerID), epoch: int16(res.Producer.ProducerEpoch)}
	case isRefusal(err):
		l.bus.log.Warn("kafka gives no producer id: a repeated publish may write twice", "topic", l.topic, "error", err)
		l.id = identity{known: true, producer: -1, epoch: -1}
	default:
		return err
	}
	return nil
}

// request sends one batch once.
func (l *lane) request(ctx context.Context, batch []byte) error {
	res, err := l.bus.client.RawProduce(ctx, &kafka.RawProduceRequest{
		Topic:        l.bus.wire(l.topic),
		Partition:    l.partition,
		RequiredAcks: kafka.RequireAll,
		RawRecords:   protocol.RawRecordSet{Reader: bytes.NewReader(batch)},
	})
	if err == nil {
		err = res.Error
	}
	return err
}

// encode writes records as one batch of the wire format, version 2, with its
// size before it. kafka-go writes batches without a producer, so the producer's
// three fields are put in afterwards and the checksum renewed (offsets: Kafka
// documentation, section "Record Batch").
func (l *lane) encode(records []*record) ([]byte, error) {
	list := make([]protocol.Record, len(records))
	for i, r := range records {
		list[i] = r.Record
		rewind(list[i].Key)
		rewind(list[i].Value)
	}
	var buf bytes.Buffer
	set := protocol.RecordSet{Version: 2, Records: protocol.NewRecordReader(list...)}
	if _, err := set.WriteTo(&buf); err != nil {
		return nil, err
	}
	if l.id.producer >= 0 {
		batch := buf.Bytes()[4:]
		binary.BigEndian.PutUint64(batch[43:], uint64(l.id.producer))
		binary.BigEndian.PutUint16(batch[51:], uint16(l.id.epoch))
		binary.BigEndian.PutUint32(batch[53:], uint32(l.id.sequence))
		binary.BigEndian.PutUint32(batch[17:], crc32.Checksum(batch[21:], crc32.MakeTable(crc32.Castagnoli)))
	}
	return buf.Bytes(), nil
}

// rewind lets a key or value be encoded a second time.
func rewind(b protocol.Bytes) {
	if s, ok := b.(interface {
		Seek(int64, int) (int64, error)
	}); ok {
		_, _ = s.Seek(0, 0)
	}
}

func isIdentityLost(err error) bool {
	for _, e := range []kafka.Error{
		kafka.OutOfOrderSequenceNumber, kafka.UnknownProducerId,
		kafka.InvalidProducerEpoch, kafka.InvalidProducerIDMapping,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// isRefusal tells an answer that will not change by asking again from an
// outage. A topic may be unknown for a moment to a broker that just started.
func isRefusal(err error) bool {
	var k kafka.Error
	return errors.As(err, &k) && !k.Temporary() && k != kafka.Unknown
}
