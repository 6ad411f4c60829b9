package bus_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/touchstone-hub/touchstone/bus"
)

func TestEnsureTopics_namesWhatDiffers(t *testing.T) {
	t.Run("kafka", func(t *testing.T) { namesWhatDiffers(t, onKafka(t), prefix(t)) })
	t.Run("embedded", func(t *testing.T) {
		c := startBroker(t).Config()
		c.Owned = false // as if it were somebody else's
		namesWhatDiffers(t, open(t, c), "")
	})
}

func namesWhatDiffers(t *testing.T, b *bus.Bus, prefix string) {
	ensure(t, b,
		bus.Topic{Name: "golden", Partitions: 2, Compacted: true},
		bus.Topic{Name: "raw", Partitions: 4, Retention: time.Hour, RetentionBytes: 1 << 30, MaxMessageBytes: 1 << 21},
	)
	// The same again, and less than there is, are fine.
	ensure(t, b,
		bus.Topic{Name: "golden", Compacted: true},
		bus.Topic{Name: "raw", Partitions: 3, Retention: time.Hour, MaxMessageBytes: 1 << 20},
	)
	err := b.EnsureTopics(t.Context(), []bus.Topic{
		{Name: "golden", Partitions: 3},
		{Name: "raw", Partitions: 4, Retention: 2 * time.Hour, RetentionBytes: -1, MaxMessageBytes: 1 << 22},
		{Name: "new"},
	})
	want := strings.ReplaceAll(`topic PREFIXgolden: partitions is 2, expected at least 3
topic PREFIXgolden: cleanup.policy is compact, expected delete
topic PREFIXraw: retention.ms is 3600000, expected 7200000
topic PREFIXraw: retention.bytes is 1073741824, expected -1
topic PREFIXraw: max.message.bytes is 2097152, expected at least 4194304`, "PREFIX", prefix)
	if err == nil {
		t.Fatal("nothing was found")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-expected +got):\n%s", diff)
	}
	var first *bus.TopicError
	if !errors.As(err, &first) || first.Setting != "partitions" {
		t.Errorf("the first difference is %+v", first)
	}
	if spans, err := b.Spans(t.Context(), "new"); err != nil || len(spans) != 1 {
		t.Errorf("the new topic: %v, %v", spans, err)
	}
}

func TestSince_findsTheFirstRecordOfATimeInEveryPartition(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t"})
		publish(t, b, "t", numbered(0, 3, 1)...)
		var last bus.Position
		for m, err := range b.Read(t.Context(), "t", 0, 0, -1) {
			if err != nil {
				t.Fatal(err)
			}
			last, _ = bus.PositionOf(m)
		}
		for _, c := range []struct {
			at   time.Time
			want int64
		}{{last.Time.Add(-time.Hour), 0}, {last.Time.Add(time.Hour), 3}} {
			got, err := b.Since(t.Context(), "t", c.at)
			if err != nil || len(got) != 1 || got[0] != c.want {
				t.Errorf("since %v: %v, %v; expected offset %d", c.at, got, err, c.want)
			}
		}
	})
}

func TestCompactedTopic_keepsATombstone(t *testing.T) {
	b := onKafka(t)
	ensure(t, b, bus.Topic{Name: "t", Compacted: true})
	msgs := numbered(0, 2, 1)
	msgs[1].Payload = nil
	publish(t, b, "t", msgs...)
	for m, err := range b.Read(t.Context(), "t", 0, 1, -1) {
		if err != nil || m.Payload != nil || m.Metadata[bus.KeyMetadata] != "key-0" {
			t.Errorf("got %+v, %v", m, err)
		}
	}
}
