package bus

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// Retention is for how long a topic keeps bytes.
type Retention struct {
	Compacted bool
	Keep      time.Duration // retention.ms; below 0: for ever
	Segment   time.Duration // segment.ms: bytes go by whole segments, the last of which is open as long
	// Compaction is within what time a record is compacted at the latest (max.compaction.lag.ms);
	// 0 where the broker takes as long as it likes.
	Compaction time.Duration
}

// forever is how Kafka writes that max.compaction.lag.ms has no limit.
const forever = 1<<63 - 1

// Retentions reads from the brokers how long topics keep bytes.
func (b *Bus) Retentions(ctx context.Context, topics []string) (map[string]Retention, error) {
	req := &kafka.DescribeConfigsRequest{}
	for _, t := range topics {
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: b.wire(t),
		})
	}
	var res *kafka.DescribeConfigsResponse
	err := b.again(ctx, func() (err error) { res, err = b.client.DescribeConfigs(ctx, req); return err })
	if err != nil {
		return nil, fmt.Errorf("retention of topics: %w", err)
	}
	found := make(map[string]Retention, len(topics))
	for _, r := range res.Resources {
		if r.Error != nil {
			return nil, fmt.Errorf("retention of topic %s: %w", r.ResourceName, r.Error)
		}
		one := Retention{Keep: -1}
		for _, c := range r.ConfigEntries {
			n, _ := strconv.ParseInt(c.ConfigValue, 10, 64)
			switch c.ConfigName {
			case "cleanup.policy":
				one.Compacted = strings.Contains(c.ConfigValue, "compact")
			case "retention.ms":
				one.Keep = time.Duration(n) * time.Millisecond
			case "segment.ms":
				one.Segment = time.Duration(n) * time.Millisecond
			case "max.compaction.lag.ms":
				if n < forever/int64(time.Millisecond) {
					one.Compaction = time.Duration(n) * time.Millisecond
				}
			}
		}
		found[strings.TrimPrefix(r.ResourceName, b.cfg.Prefix)] = one
	}
	return found, nil
}
