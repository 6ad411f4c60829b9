package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/bus/embedded"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
	"github.com/touchstone-hub/touchstone/tests/ports"
)

// testBroker is an embedded broker that can go away and come back at the same
// address.
type testBroker struct {
	cfg embedded.Config
	mu  sync.Mutex
	*embedded.Broker
}

func startBroker(t testing.TB) *testBroker {
	t.Helper()
	b := &testBroker{cfg: embedded.Config{Folder: t.TempDir(), Addr: ports.Address(t)}}
	b.start(t)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *testBroker) start(t testing.TB) {
	t.Helper()
	broker, err := embedded.Start(context.Background(), b.cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Broker = broker
}

func (b *testBroker) restart() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.Close(); err != nil {
		return err
	}
	broker, err := embedded.Start(context.Background(), b.cfg)
	b.Broker = broker
	return err
}

// onEmbedded opens a bus on an embedded broker of its own.
func onEmbedded(t testing.TB) *bus.Bus {
	t.Helper()
	return open(t, startBroker(t).Config())
}

// onKafka opens a bus on the real Kafka, with names of its own.
func onKafka(t testing.TB) *bus.Bus {
	t.Helper()
	return open(t, bus.Config{Brokers: kafkatest.Start(t), Prefix: prefix(t)})
}

func prefix(t testing.TB) string { return strings.ReplaceAll(t.Name(), "/", "-") + "." }

// onBoth runs a test on each kind of broker.
func onBoth(t *testing.T, test func(t *testing.T, b *bus.Bus)) {
	t.Run("embedded", func(t *testing.T) { test(t, onEmbedded(t)) })
	t.Run("kafka", func(t *testing.T) { test(t, onKafka(t)) })
}

// open opens a bus that logs to the test and ends with it.
func open(t testing.TB, c bus.Config) *bus.Bus {
	t.Helper()
	c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	b, err := bus.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func ensure(t testing.TB, b *bus.Bus, topics ...bus.Topic) {
	t.Helper()
	if err := b.EnsureTopics(t.Context(), topics); err != nil {
		t.Fatal(err)
	}
}

func publish(t testing.TB, b *bus.Bus, topic string, msgs ...*message.Message) {
	t.Helper()
	if err := b.Publish(t.Context(), topic, msgs...); err != nil {
		t.Fatal(err)
	}
}

// numbered gives messages with the payloads from..to-1 and one of keys keys.
func numbered(from, to, keys int) []*message.Message {
	var out []*message.Message
	for i := from; i < to; i++ {
		m := message.NewMessage(fmt.Sprintf("id-%d", i), fmt.Appendf(nil, "%d", i))
		m.Metadata[bus.KeyMetadata] = fmt.Sprintf("key-%d", i%keys)
		out = append(out, m)
	}
	return out
}

// consume runs Batches in the background until stop, which waits for its end.
func consume(t testing.TB, b *bus.Bus, cfg bus.BatchConfig, handle func(context.Context, *bus.Batch) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Batches(ctx, cfg, handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("batches: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}
