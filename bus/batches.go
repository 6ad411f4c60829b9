package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/segmentio/kafka-go"
)

// ErrFenced is what a handle function returns, wrapped or not, when the store
// says that the batch is not its to write: the expected next offset did not
// hold. The batch is dropped and the partition begins again at the store's
// offset, here or wherever it has gone to.
var ErrFenced = errors.New("fenced: the partition has moved on")

// ErrPassed is what a handle function returns, wrapped or not, when it has
// itself moved the group past the batch: the partition goes on where the store
// stands.
var ErrPassed = errors.New("passed: the group has moved on itself")

// Offsets tells where a group goes on reading, from the store that handle
// writes the next offset to in the same transaction.
type Offsets interface {
	// Next gives the offset of the first record not yet applied; known is false
	// if the store has never seen the partition, which then begins at its start.
	Next(ctx context.Context, group, topic string, partition int) (next int64, known bool, err error)
}

// BatchConfig says what to read as whom, and how much at a time.
type BatchConfig struct {
	Topics []string
	Group  string

	MaxRecords int           // in one batch; default 500
	MaxBytes   int           // of payloads and keys in one batch, exceeded by a single larger record; default 1 MiB
	Linger     time.Duration // how long a batch that is not full waits for more; default 0

	// Offsets, if set, says where to begin; Kafka's committed offset is then
	// for showing lag only. Without it the committed offset is where to begin.
	Offsets Offsets

	// SessionTimeout is after how long without a heartbeat this process loses
	// its partitions; default 10 s, Kafka takes no less than 6 s. When
	// partitions move or ctx ends, handle has a third of it to finish; then its
	// context is cancelled.
	SessionTimeout time.Duration

	// Window bounds the bytes fetched ahead of handle, for each partition;
	// default 4 MiB.
	Window int
}

func (c BatchConfig) withDefaults() (BatchConfig, error) {
	if len(c.Topics) == 0 || c.Group == "" {
		return c, errors.New("batches need topics and a group")
	}
	if c.MaxRecords <= 0 {
		c.MaxRecords = 500
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 20
	}
	if c.SessionTimeout <= 0 {
		c.SessionTimeout = 10 * time.Second
	}
	if c.Window <= 0 {
		c.Window = 4 << 20
	}
	return c, nil
}

// drain is how long a handle may go on once its generation ends. No heartbeats
// are sent in that time.
func (c BatchConfig) drain() time.Duration { return c.SessionTimeout / 3 }

// Batch is a run of one partition, in order.
type Batch struct {
	Group     string
	Topic     string // without the bus's prefix
	Partition int

	// The batch covers offsets First up to, not including, Next. First is the
	// Next of the batch before it, or what Offsets said: what a fence expects.
	// Offsets between may be missing (compaction, retention).
	First, Next int64

	Messages []*message.Message
}

// Batches joins the group and calls handle for each batch of each partition
// that falls to this process: batches of one partition one after the other, of
// several partitions at the same time. It reconnects through outages and
// returns when ctx has ended and the last handle returned; its error is nil
// then.
//
// When handle returns nil, the batch is done. ErrFenced and ErrPassed drop it
// (see there). Any other error has the same batch tried again, with backoff, and
// nothing behind it in that partition before it: whoever wants to get past a bad
// record has to find it and return nil. The context of handle is cancelled when
// the partition may no longer be its own.
func (b *Bus) Batches(ctx context.Context, cfg BatchConfig, handle func(context.Context, *Batch) error) error {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	log := b.log.With("group", cfg.Group)
	topics := make([]string, len(cfg.Topics))
	for i, t := range cfg.Topics {
		topics[i] = b.wire(t)
	}
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                     b.wire(cfg.Group),
		Brokers:                b.cfg.Brokers,
		Dialer:                 b.dialer,
		Topics:                 topics,
		GroupBalancers:         []kafka.GroupBalancer{spread{}},
		HeartbeatInterval:      cfg.SessionTimeout / 10,
		SessionTimeout:         cfg.SessionTimeout,
		RebalanceTimeout:       cfg.SessionTimeout,
		JoinGroupBackoff:       500 * time.Millisecond,
		Timeout:                min(5*time.Second, cfg.SessionTimeout/2),
		WatchPartitionChanges:  true,
		PartitionWatchInterval: 5 * time.Second,
		StartOffset:            kafka.FirstOffset,
		ErrorLogger:            kafka.LoggerFunc(func(string, ...any) {}), // the errors come back from Next
	})
	if err != nil {
		return fmt.Errorf("join group %s: %w", cfg.Group, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.closed, cancel)()
	for {
		gen, err := group.Next(ctx)
		switch {
		case gen != nil:
			b.outage.ok()
			g := &generation{bus: b, cfg: cfg, handle: handle, log: log, group: group, gen: gen}
			ended := make(chan struct{})
			gen.Start(func(genCtx context.Context) {
				defer close(ended)
				g.run(ctx, genCtx)
			})
			<-ended
			if g.left {
				return nil
			}
		case ctx.Err() == nil:
			b.groupTrouble(log, err) // the group waits before it tries again
		default:
			b.groups.Go(func() { leave(group) })
			return nil
		}
	}
}

// leave leaves a group between two generations. kafka-go forgets to leave when
// it is closed while others rebalance, which would keep them waiting for this
// member until its session times out: so the next generation is awaited first,
// for a time. Bus.Close waits for this, the caller of Batches does not.
func leave(group *kafka.ConsumerGroup) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for {
		_, err := group.Next(ctx)
		if !errors.Is(err, kafka.RebalanceInProgress) {
			break
		}
	}
	_ = group.Close()
}

func (b *Bus) groupTrouble(log *slog.Logger, err error) {
	if errors.Is(err, kafka.RebalanceInProgress) || errors.Is(err, kafka.UnknownMemberId) || errors.Is(err, kafka.IllegalGeneration) {
		log.Debug("group is rebalancing", "error", err)
		return
	}
	b.outage.failed("join a group", err)
}

// generation is the time between two rebalances: the partitions that this
// process holds do not change in it.
type generation struct {
	bus    *Bus
	cfg    BatchConfig
	handle func(context.Context, *Batch) error
	log    *slog.Logger
	group  *kafka.ConsumerGroup
	gen    *kafka.Generation
	marks  marks
	left   bool // the group, because ctx has ended
}

// run consumes until the generation or ctx ends. Heartbeats go on while it
// drains because ctx has ended, and have stopped when the generation has.
func (g *generation) run(ctx, genCtx context.Context) {
	ending, end := context.WithCancel(ctx)
	defer end()
	stop := context.AfterFunc(genCtx, end)
	defer stop()

	// handle's own context outlives the generation by the drain.
	working, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	context.AfterFunc(ending, func() {
		time.AfterFunc(g.cfg.drain(), func() { cancel(ErrDrained) })
	})

	var partitions sync.WaitGroup
	count := 0
	for wire, assigned := range g.gen.Assignments {
		for _, a := range assigned {
			p := g.partition(wire, a)
			partitions.Go(func() { p.run(ending, working) })
			count++
		}
	}
	g.log.Debug("partitions assigned", "generation", g.gen.ID, "partitions", count)

	committed := make(chan struct{})
	go func() {
		defer close(committed)
		g.commitEverySecond(ending)
	}()
	partitions.Wait()
	<-ending.Done() // also with nothing assigned: returning would end the generation
	<-committed
	g.commit()
	if ctx.Err() != nil {
		// Returning first would have the group join again.
		g.left = true
		g.bus.groups.Go(func() { _ = g.group.Close() })
		<-genCtx.Done()
	}
}

// ErrDrained is the cause of a handle's context that was cancelled because the
// partition moved, or ctx ended, and the time to finish ran out.
var ErrDrained = errors.New("time to finish the batch ran out")
