package bus_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/touchstone-hub/touchstone/bus"
)

// customers are records of 400 B with the headers of a canonical message.
func customers(n int) []*message.Message {
	payload := bytes.Repeat([]byte("customer"), 50)
	out := make([]*message.Message, n)
	for i := range out {
		m := message.NewMessage("", payload)
		m.Metadata = message.Metadata{
			bus.KeyMetadata: fmt.Sprintf("erp/customers/%d", i), "ce_id": fmt.Sprint(i), "ce_source": "erp/customers",
			"ce_type": "customer.v1", "ce_time": "2026-01-02T03:04:05Z",
		}
		out[i] = m
	}
	return out
}

// BenchmarkThroughput publishes and consumes b.N records of 400 B, 500 a call
// and a batch, every write synced.
func BenchmarkThroughput(b *testing.B) {
	bb := onEmbedded(b)
	ensure(b, bb, bus.Topic{Name: "t"})
	all := customers(b.N)
	b.ResetTimer()
	begun := time.Now()
	for part := range slices.Chunk(all, 500) {
		publish(b, bb, "t", part...)
	}
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "published/s")
	begun = time.Now()
	ctx, cancel := context.WithCancel(b.Context())
	n := 0
	err := bb.Batches(ctx, bus.BatchConfig{Topics: []string{"t"}, Group: "g"}, func(_ context.Context, batch *bus.Batch) error {
		if n += len(batch.Messages); n >= b.N {
			cancel()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "consumed/s")
}

// BenchmarkSinglePublish publishes one record after the other, every one
// synced, and reports the 99th percentile.
func BenchmarkSinglePublish(b *testing.B) {
	bb := onEmbedded(b)
	ensure(b, bb, bus.Topic{Name: "t"})
	all := customers(b.N)
	took := make([]time.Duration, 0, b.N)
	for _, m := range all {
		begun := time.Now()
		publish(b, bb, "t", m)
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
