package bus_test

import (
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/bus"
)

func TestRetentions_tellHowLongBytesStay(t *testing.T) {
	read := func(t *testing.T, b *bus.Bus) (raw, golden bus.Retention) {
		ensure(t, b, bus.Topic{Name: "raw", Retention: time.Hour}, bus.Topic{Name: "golden", Compacted: true, Retention: 2 * time.Hour})
		found, err := b.Retentions(t.Context(), []string{"raw", "golden"})
		if err != nil {
			t.Fatal(err)
		}
		raw, golden = found["raw"], found["golden"]
		if raw.Keep != time.Hour || raw.Compacted || raw.Segment <= 0 {
			t.Errorf("raw: %+v", raw)
		}
		return raw, golden
	}
	t.Run("kafka", func(t *testing.T) {
		if _, golden := read(t, onKafka(t)); !golden.Compacted || golden.Compaction != 24*time.Hour {
			t.Errorf("golden: %+v", golden)
		}
	})
	t.Run("embedded", func(t *testing.T) {
		if _, golden := read(t, onEmbedded(t)); golden.Compacted || golden.Keep != 2*time.Hour {
			t.Errorf("golden: %+v", golden)
		}
	})
}
