package bus_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/bus/embedded"
)

// onEmbedded starts a broker and opens a bus on it, both ended with the test.
func onEmbedded(t testing.TB) *bus.Bus {
	t.Helper()
	broker, err := embedded.Start(t.Context(), embedded.Config{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = broker.Close() })
	return open(t, broker.Config())
}

// open opens a bus that logs to the test and ends with it.
func open(t testing.TB, c bus.Config) *bus.Bus {
	t.Helper()
	c.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	b, err := bus.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func ensure(t testing.TB, b *bus.Bus, topics ...bus.Topic) {
	t.Helper()
	if err := b.EnsureTopics(context.WithoutCancel(t.Context()), topics); err != nil {
		t.Fatal(err)
	}
}
