package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/touchstone-hub/touchstone/bus"
)

func TestPublish_bringsEverythingBackExactly(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t"})
		payloads := [][]byte{[]byte("plain"), {0, 0xff, '\r', '\n', 0}, {}, nil, []byte(strings.Repeat("客户", 5000))}
		var sent []*message.Message
		for i, p := range payloads {
			m := message.NewMessage(fmt.Sprint(i), p)
			m.Metadata = message.Metadata{bus.KeyMetadata: "schlüssel", "ce_type": "客户", "empty": ""}
			sent = append(sent, m)
		}
		publish(t, b, "t", sent...)
		offset := int64(0)
		for m, err := range b.Read(t.Context(), "t", 0, 0, -1) {
			if err != nil {
				t.Fatal(err)
			}
			want := sent[offset]
			if m.UUID != want.UUID || !slices.Equal(m.Payload, want.Payload) || (m.Payload == nil) != (want.Payload == nil) {
				t.Errorf("record %d: got %q with %d bytes (nil: %t)", offset, m.UUID, len(m.Payload), m.Payload == nil)
			}
			if diff := cmp.Diff(want.Metadata, m.Metadata); diff != "" {
				t.Errorf("metadata of %d (-sent +got):\n%s", offset, diff)
			}
			at, ok := bus.PositionOf(m)
			if want := (bus.Position{Topic: "t", Offset: offset, Time: at.Time, Epoch: 1}); !ok || at != want || time.Since(at.Time) > time.Minute {
				t.Errorf("position is %+v, expected %+v", at, want)
			}
			m.SetContext(context.WithValue(m.Context(), wrapped{}, true))
			if again, _ := bus.PositionOf(m); again != at {
				t.Errorf("position through a wrapped context is %+v", again)
			}
			offset++
		}
		if int(offset) != len(sent) {
			t.Errorf("%d records came back of %d", offset, len(sent))
		}
	})
}

func TestPublish_keepsOrderPerKeyAcrossCallers(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t", Partitions: 3})
		var callers sync.WaitGroup
		for c := range 8 {
			callers.Go(func() {
				for i := 0; i < 200; i += 10 {
					var msgs []*message.Message
					for j := range 10 {
						m := message.NewMessage("", fmt.Appendf(nil, "%d", i+j))
						m.Metadata[bus.KeyMetadata] = fmt.Sprint("caller ", c)
						msgs = append(msgs, m)
					}
					if err := b.Publish(t.Context(), "t", msgs...); err != nil {
						t.Error(err)
					}
				}
			})
		}
		callers.Wait()
		next := make(map[string]int)
		for p := range 3 {
			for m, err := range b.Read(t.Context(), "t", p, 0, -1) {
				if err != nil {
					t.Fatal(err)
				}
				key := m.Metadata[bus.KeyMetadata]
				if want := fmt.Sprint(next[key]); string(m.Payload) != want {
					t.Fatalf("%s: got %s, expected %s", key, m.Payload, want)
				}
				next[key]++
				if at, _ := bus.PositionOf(m); at.Epoch != 3 {
					t.Fatalf("epoch is %d, expected the number of partitions", at.Epoch)
				}
			}
		}
		for c := range 8 {
			if n := next[fmt.Sprint("caller ", c)]; n != 200 {
				t.Errorf("caller %d: %d of 200", c, n)
			}
		}
	})
}

func TestPublish_namesOnlyWhatFailed(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t", MaxMessageBytes: 10_000})
		msgs := numbered(0, 5, 1)
		msgs[2].Payload = make([]byte, 20_000)
		err := b.Publish(t.Context(), "t", msgs...)
		var failed *bus.PublishError
		if !errors.As(err, &failed) || len(failed.Failed) != 1 || !errors.Is(failed.Failed[2], kafka.MessageSizeTooLarge) {
			t.Fatalf("got %v, expected only number 2 as too large", err)
		}
		var got []string
		for m, err := range b.Read(t.Context(), "t", 0, 0, -1) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(m.Payload))
		}
		if want := []string{"0", "1", "3", "4"}; !slices.Equal(got, want) {
			t.Errorf("topic holds %v, expected %v", got, want)
		}
	})
}

func TestPublish_refuses(t *testing.T) {
	t.Parallel()
	broker := startBroker(t)
	full := errors.New("disk full")
	cfg := broker.Config()
	cfg.Healthy = func() error { return full }
	if err := open(t, cfg).Publish(t.Context(), "t", numbered(0, 1, 1)...); !errors.Is(err, full) {
		t.Errorf("unhealthy: got %v", err)
	}
	b := open(t, broker.Config())
	if err := b.Publish(t.Context(), "nowhere", numbered(0, 1, 1)...); !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Errorf("unknown topic: got %v", err)
	}
	ensure(t, b, bus.Topic{Name: "t"})
	_ = b.Close()
	if err := b.Publish(t.Context(), "t", numbered(0, 1, 1)...); err == nil {
		t.Error("published on a closed bus")
	}
}

func TestPublish_waitsThroughAnOutage(t *testing.T) {
	t.Parallel()
	broker := startBroker(t)
	b := open(t, broker.Config())
	ensure(t, b, bus.Topic{Name: "t"})
	publish(t, b, "t", numbered(0, 1, 1)...)
	_ = broker.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := b.Publish(ctx, "t", numbered(1, 2, 1)...); !errors.Is(err, bus.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while the broker is away: got %v, expected an unknown outcome after the deadline", err)
	}
	done := make(chan error, 1)
	go func() { done <- b.Publish(t.Context(), "t", numbered(2, 3, 1)...) }()
	broker.start(t)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// The one with the unknown outcome did arrive, before the next and once.
	var got []string
	for m, err := range b.Read(t.Context(), "t", 0, 0, -1) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(m.Payload))
	}
	if want := []string{"0", "1", "2"}; !slices.Equal(got, want) {
		t.Errorf("topic holds %v, expected %v", got, want)
	}
}

// wrapped is the key of a value that a test puts around a message's context.
type wrapped struct{}
