package bus

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Publisher is the bus as watermill's message.Publisher. A topic that does not
// exist is created with the broker's settings and one partition; the hub's own
// topics come from EnsureTopics before.
type Publisher struct {
	bus   *Bus
	topic ensured
	ctx   context.Context
	stop  context.CancelFunc
}

// NewPublisher gives a publisher over b. Closing it leaves b open.
func NewPublisher(b *Bus) *Publisher {
	ctx, stop := context.WithCancel(context.Background())
	return &Publisher{bus: b, topic: ensured{bus: b}, ctx: ctx, stop: stop}
}

// Publish returns when all messages are durable; see Bus.Publish. It waits for
// as long as the first message's context lives.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if p.ctx.Err() != nil {
		return ErrClosed
	}
	if len(messages) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(messages[0].Context())
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	if err := p.topic.ensure(ctx, topic); err != nil {
		return err
	}
	return p.bus.Publish(ctx, topic, messages...)
}

// Close refuses what comes later and gives up what is waiting.
func (p *Publisher) Close() error {
	p.stop()
	return nil
}

// SubscriberConfig says as whom to read.
type SubscriberConfig struct {
	Group string // required: subscriptions of one group share a topic's messages

	// Batch tunes the reading; its Topics and Group are set by Subscribe.
	Batch BatchConfig
}

// Subscriber is the bus as watermill's message.Subscriber, for work that is one
// message at a time by nature. Each partition has one message out at a time,
// and the next after its Ack; a Nack brings it again.
type Subscriber struct {
	bus   *Bus
	cfg   SubscriberConfig
	topic ensured
	ctx   context.Context
	stop  context.CancelFunc

	mu   sync.Mutex // guards adding to open against Close
	open sync.WaitGroup
}

// NewSubscriber gives a subscriber over b. Closing it leaves b open.
func NewSubscriber(b *Bus, c SubscriberConfig) *Subscriber {
	ctx, stop := context.WithCancel(context.Background())
	return &Subscriber{bus: b, cfg: c, topic: ensured{bus: b}, ctx: ctx, stop: stop}
}

// SubscribeInitialize creates the topic if it does not exist.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	return s.topic.ensure(s.ctx, topic)
}

// Subscribe reads a topic until ctx ends or the subscriber is closed; then it
// closes the channel. What is not acknowledged by then comes again later.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	cfg := s.cfg.Batch
	cfg.Topics, cfg.Group = []string{topic}, s.cfg.Group
	if _, err := cfg.withDefaults(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if err := s.topic.ensure(ctx, topic); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	out := make(chan *message.Message)
	d := &delivery{ctx: ctx, out: out}
	s.open.Go(func() {
		defer cancel()
		defer stop()
		defer close(out)
		if err := s.bus.Batches(ctx, cfg, d.deliver); err != nil {
			s.bus.log.Error("subscription ended", "topic", topic, "group", cfg.Group, "error", err)
		}
	})
	return out, nil
}

// Close ends all subscriptions and waits until their channels are closed.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	s.open.Wait()
	return nil
}

// delivery hands the messages of one subscription out one by one.
type delivery struct {
	ctx context.Context // the subscription's
	out chan<- *message.Message
}

// deliver remembers in the batch how far it came, so that a retry goes on
// behind the last message acknowledged.
func (d *delivery) deliver(working context.Context, b *Batch) error {
	for len(b.Messages) > 0 {
		if err := d.one(working, b.Messages[0]); err != nil {
			return err
		}
		b.Messages = b.Messages[1:]
	}
	return nil
}

// one sends a message until it is acknowledged. The subscription's end does not
// wait for that: the message comes again.
func (d *delivery) one(working context.Context, m *message.Message) error {
	at, _ := m.Context().(*standing)
	for {
		ctx, cancel := context.WithCancel(d.ctx)
		defer cancel()
		out := message.NewMessage(m.UUID, m.Payload)
		for k, v := range m.Metadata {
			out.Metadata[k] = v
		}
		out.SetContext(&standing{Context: ctx, Position: at.Position})
		select {
		case d.out <- out:
		case <-d.ctx.Done():
			return d.ctx.Err()
		case <-working.Done():
			return context.Cause(working)
		}
		select {
		case <-out.Acked():
			return nil
		case <-out.Nacked():
			cancel()
		case <-d.ctx.Done():
			return d.ctx.Err()
		case <-working.Done():
			return context.Cause(working)
		}
	}
}

// ensured creates each topic at most once.
type ensured struct {
	bus  *Bus
	done sync.Map
}

func (e *ensured) ensure(ctx context.Context, topic string) error {
	if _, ok := e.done.Load(topic); ok {
		return nil
	}
	if _, err := e.bus.partitions(ctx, []string{topic}); err != nil {
		if _, err := e.bus.createTopics(ctx, []Topic{{Name: topic, Partitions: 1}}); err != nil {
			return err
		}
		if _, err := e.bus.awaitTopics(ctx, []Topic{{Name: topic}}); err != nil {
			return err
		}
	}
	e.done.Store(topic, true)
	return nil
}
