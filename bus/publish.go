package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"golang.org/x/sync/semaphore"
)

// ErrUnknown marks a message that was on its way when the caller's context
// ended: it may or may not come to stand in the topic.
var ErrUnknown = errors.New("outcome unknown")

// ErrClosed is returned for messages that met a closed bus.
var ErrClosed = errors.New("bus is closed")

// PublishError says which messages of a call are not durable. Those that it
// does not name are; publish only the others again.
type PublishError struct {
	Topic  string
	Failed map[int]error // by index into the call's messages
	Total  int
}

func (e *PublishError) Error() string {
	first := e.first()
	return fmt.Sprintf("publish to %s: %d of %d messages failed, the first (number %d): %v",
		e.Topic, len(e.Failed), e.Total, first, e.Failed[first])
}

// Unwrap gives the error of the first message that failed.
func (e *PublishError) Unwrap() error { return e.Failed[e.first()] }

func (e *PublishError) first() int {
	first := e.Total
	for i := range e.Failed {
		first = min(first, i)
	}
	return first
}

// Publish writes messages to a topic and returns when all are durable on all
// in-sync replicas. Messages of one key, or to one partition, keep their order,
// within the call and after calls that returned before. Through a broker outage
// it waits until ctx ends. Sequence numbers let the broker tell a repeated request
// from a new one, so that retries do not write twice; only an embedded broker
// that was killed forgets them. The error is a *PublishError, or why nothing was
// tried.
func (b *Bus) Publish(ctx context.Context, topic string, msgs ...*message.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	if b.cfg.Healthy != nil {
		if err := b.cfg.Healthy(); err != nil {
			return fmt.Errorf("publish to %s: %w", topic, err)
		}
	}
	n, err := b.partitionsOf(ctx, topic)
	if err != nil {
		return fmt.Errorf("publish to %s: %w", topic, err)
	}
	return b.producer.publish(ctx, topic, n, msgs)
}

const (
	maxQueued  = 32 << 20             // bytes of messages that wait to be durable, in the whole bus
	maxRequest = 900 << 10            // bytes of one produce request: below Kafka's default max.message.bytes
	linger     = 2 * time.Millisecond // how long a first message waits for others to share its fsync
	company    = 64 << 10             // bytes that are worth an fsync of their own: they do not wait
	overhead   = 32                   // bytes of a record beside its key, value and headers, at most
)

// producer has one lane for each partition that was published to.
type producer struct {
	bus    *Bus
	room   *semaphore.Weighted
	spread sync.Mutex // guards turn
	turn   int        // where the next call's keyless messages go

	mu    sync.Mutex
	lanes map[topicPartition]*lane
	wg    sync.WaitGroup
}

type topicPartition struct {
	topic     string
	partition int
}

func newProducer(b *Bus) *producer {
	return &producer{bus: b, room: semaphore.NewWeighted(maxQueued), lanes: make(map[topicPartition]*lane)}
}

func (p *producer) close() { p.wg.Wait() }

func (p *producer) publish(ctx context.Context, topic string, partitions int, msgs []*message.Message) error {
	c := &call{results: make([]error, len(msgs)), left: len(msgs), done: make(chan struct{})}
	byLane, size := p.assign(topic, partitions, msgs, c)
	// A call that is larger than all the room takes all of it.
	room := min(int64(size), maxQueued)
	if err := p.room.Acquire(ctx, room); err != nil {
		return fmt.Errorf("publish to %s: wait for room: %w", topic, err)
	}
	defer p.room.Release(room)
	for lane, records := range byLane {
		lane.enqueue(records)
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		for lane := range byLane {
			lane.withdraw(c, ctx.Err())
		}
		c.giveUp(fmt.Errorf("%w: %w", ErrUnknown, ctx.Err()))
	}
	return c.err(topic)
}

// assign turns messages into records and finds each its lane.
func (p *producer) assign(topic string, partitions int, msgs []*message.Message, c *call) (map[*lane][]*record, int) {
	p.spread.Lock()
	keyless := p.turn % partitions
	p.turn++
	p.spread.Unlock()

	lanes := make([]*lane, partitions)
	byLane := make(map[*lane][]*record, 1)
	records := make([]record, len(msgs))
	now, size := time.Now(), 0
	for i, m := range msgs {
		partition := keyless
		r := &records[i]
		r.call, r.index = c, i
		r.Time = now
		if key, ok := m.Metadata[KeyMetadata]; ok {
			partition = partitionOf(key, partitions)
			r.Key = kafka.NewBytes([]byte(key))
			r.size += len(key)
		}
		if m.Payload != nil {
			r.Value = kafka.NewBytes(m.Payload)
		}
		r.Headers = headersOf(m, partitions)
		r.size += overhead + len(m.Payload)
		for _, h := range r.Headers {
			r.size += len(h.Key) + len(h.Value) + 6
		}
		size += r.size
		if lanes[partition] == nil {
			lanes[partition] = p.lane(topic, partition)
		}
		byLane[lanes[partition]] = append(byLane[lanes[partition]], r)
	}
	return byLane, size
}

// partitionOf places a key as Java's and librdkafka's murmur2 clients do, so
// that other producers of a topic agree.
func partitionOf(key string, partitions int) int {
	if partitions == 1 {
		return 0
	}
	all := make([]int, partitions)
	for i := range all {
		all[i] = i
	}
	return kafka.Murmur2Balancer{Consistent: true}.Balance(kafka.Message{Key: []byte(key)}, all...)
}

func (p *producer) lane(topic string, partition int) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := topicPartition{topic, partition}
	l := p.lanes[at]
	if l == nil {
		l = &lane{bus: p.bus, topic: topic, partition: partition, wake: make(chan struct{}, 1)}
		p.lanes[at] = l
		p.wg.Go(l.run)
	}
	return l
}

// record is one message on its way through a lane.
type record struct {
	protocol.Record
	size  int
	call  *call
	index int
}

// call collects the results of one Publish.
type call struct {
	mu      sync.Mutex
	results []error
	settled []bool
	left    int
	done    chan struct{}
}

func (c *call) settle(index int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled == nil {
		c.settled = make([]bool, len(c.results))
	}
	if c.settled[index] {
		return
	}
	c.settled[index] = true
	c.results[index] = err
	if c.left--; c.left == 0 {
		close(c.done)
	}
}

// giveUp settles what is still open.
func (c *call) giveUp(err error) {
	for i := range c.results {
		c.settle(i, err)
	}
}

func (c *call) err(topic string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	failed := make(map[int]error)
	for i, err := range c.results {
		if err != nil {
			failed[i] = err
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &PublishError{Topic: topic, Failed: failed, Total: len(c.results)}
}
