package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Topic is what EnsureTopics wants to be true of one topic.
type Topic struct {
	Name       string
	Partitions int // default 1. An existing topic may have more

	// Retention and RetentionBytes (of one partition) end a record's life. 0
	// leaves the setting to the broker and unchecked, below 0 means forever.
	Retention      time.Duration
	RetentionBytes int64

	// MaxMessageBytes is the largest record that the topic takes; 0 leaves it
	// to the broker (Kafka: 1 MiB). An existing topic may take more.
	MaxMessageBytes int

	// Compacted keeps the newest record of each key; one without a payload
	// deletes its key. An owned (embedded) broker retains by time instead.
	Compacted bool
}

// TopicError says in what an existing topic differs from what the hub needs.
type TopicError struct {
	Topic    string // as it is called in the cluster
	Setting  string // a Kafka topic setting, or "partitions"
	Found    string
	Expected string
}

func (e *TopicError) Error() string {
	return fmt.Sprintf("topic %s: %s is %s, expected %s", e.Topic, e.Setting, e.Found, e.Expected)
}

// EnsureTopics creates the topics that are missing and checks the others: all
// differences come back joined, each a *TopicError. On an owned cluster they
// are mended instead.
func (b *Bus) EnsureTopics(ctx context.Context, topics []Topic) error {
	if len(topics) == 0 {
		return nil
	}
	for i := range topics {
		topics[i].Partitions = max(1, topics[i].Partitions)
	}
	var created map[string]bool
	err := b.again(ctx, func() (err error) {
		created, err = b.createTopics(ctx, topics)
		return err
	})
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	counts, err := b.awaitTopics(ctx, topics)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	var existing []Topic
	for _, t := range topics {
		if !created[t.Name] {
			existing = append(existing, t)
		}
	}
	if len(existing) == 0 {
		return nil
	}
	return b.checkTopics(ctx, existing, counts)
}

// compactionLag is within what time a new compacted topic forgets what has been replaced or deleted.
const compactionLag = 24 * time.Hour

func (b *Bus) createTopics(ctx context.Context, topics []Topic) (created map[string]bool, err error) {
	req := &kafka.CreateTopicsRequest{}
	for _, t := range topics {
		c := kafka.TopicConfig{Topic: b.wire(t.Name), NumPartitions: t.Partitions, ReplicationFactor: -1}
		if b.cfg.Replication > 0 {
			c.ReplicationFactor = b.cfg.Replication
		}
		for _, s := range b.settings(t) {
			c.ConfigEntries = append(c.ConfigEntries, kafka.ConfigEntry{ConfigName: s.name, ConfigValue: s.value})
		}
		if t.Compacted && !b.cfg.Owned { // an existing topic may have another limit, or none
			c.ConfigEntries = append(c.ConfigEntries, kafka.ConfigEntry{ConfigName: "max.compaction.lag.ms", ConfigValue: limit(compactionLag.Milliseconds(), false)})
		}
		req.Topics = append(req.Topics, c)
	}
	res, err := b.client.CreateTopics(ctx, req)
	if err != nil {
		return nil, err
	}
	created = make(map[string]bool, len(topics))
	for _, t := range topics {
		switch err := res.Errors[b.wire(t.Name)]; {
		case err == nil:
			created[t.Name] = true
		case !errors.Is(err, kafka.TopicAlreadyExists):
			return nil, fmt.Errorf("topic %s: %w", b.wire(t.Name), err)
		}
	}
	return created, nil
}

// setting is one topic setting that the hub cares for. atLeast means that a
// larger number will do as well.
type setting struct {
	name, value string
	atLeast     bool
}

func (b *Bus) settings(t Topic) []setting {
	policy := "delete"
	if t.Compacted && !b.cfg.Owned {
		policy = "compact"
	}
	out := []setting{{name: "cleanup.policy", value: policy}}
	if t.Retention != 0 {
		out = append(out, setting{name: "retention.ms", value: limit(t.Retention.Milliseconds(), t.Retention < 0)})
	}
	if t.RetentionBytes != 0 {
		out = append(out, setting{name: "retention.bytes", value: limit(t.RetentionBytes, t.RetentionBytes < 0)})
	}
	if t.MaxMessageBytes > 0 {
		out = append(out, setting{name: "max.message.bytes", value: strconv.Itoa(t.MaxMessageBytes), atLeast: true})
	}
	if b.cfg.Replication >= 3 {
		out = append(out, setting{name: "min.insync.replicas", value: "2", atLeast: true})
	}
	return out
}

// limit writes a number as Kafka's settings do, where -1 means none.
func limit(n int64, none bool) string {
	if none {
		n = -1
	}
	return strconv.FormatInt(n, 10)
}

func (s setting) metBy(found string) bool {
	if found == s.value {
		return true
	}
	want, err1 := strconv.ParseInt(s.value, 10, 64)
	have, err2 := strconv.ParseInt(found, 10, 64)
	return s.atLeast && err1 == nil && err2 == nil && have >= want
}

func (s setting) expected() string {
	if s.atLeast {
		return "at least " + s.value
	}
	return s.value
}

// awaitTopics waits until each topic with all its partitions has a leader, and
// gives the partition counts by name.
func (b *Bus) awaitTopics(ctx context.Context, topics []Topic) (map[string]int, error) {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		counts, err := b.partitions(ctx, names)
		if err == nil {
			return counts, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(wait):
		}
	}
}

// partitions reads the partition counts of topics; it is an error if one is
// unknown or still without a leader.
func (b *Bus) partitions(ctx context.Context, names []string) (map[string]int, error) {
	wire := make([]string, len(names))
	for i, n := range names {
		wire[i] = b.wire(n)
	}
	meta, err := b.client.Metadata(ctx, &kafka.MetadataRequest{Topics: wire})
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(names))
	for _, t := range meta.Topics {
		err := t.Error
		for _, p := range t.Partitions {
			err = errors.Join(err, p.Error)
		}
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", t.Name, err)
		}
		counts[strings.TrimPrefix(t.Name, b.cfg.Prefix)] = len(t.Partitions)
	}
	for _, n := range names {
		if counts[n] == 0 {
			return nil, fmt.Errorf("topic %s: %w", b.wire(n), kafka.UnknownTopicOrPartition)
		}
	}
	return counts, nil
}

func (b *Bus) checkTopics(ctx context.Context, topics []Topic, counts map[string]int) error {
	req := &kafka.DescribeConfigsRequest{}
	for _, t := range topics {
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: b.wire(t.Name),
		})
	}
	var res *kafka.DescribeConfigsResponse
	err := b.again(ctx, func() (err error) {
		res, err = b.client.DescribeConfigs(ctx, req)
		return err
	})
	if err != nil {
		return fmt.Errorf("check topics: %w", err)
	}
	found := make(map[string]map[string]string, len(topics))
	for _, r := range res.Resources {
		if r.Error != nil {
			return fmt.Errorf("check topic %s: %w", r.ResourceName, r.Error)
		}
		values := make(map[string]string, len(r.ConfigEntries))
		for _, e := range r.ConfigEntries {
			values[e.ConfigName] = e.ConfigValue
		}
		found[r.ResourceName] = values
	}
	var problems []error
	for _, t := range topics {
		diffs := b.differences(t, counts[t.Name], found[b.wire(t.Name)])
		if len(diffs) > 0 && b.cfg.Owned {
			if err := b.mend(ctx, t, diffs); err != nil {
				return err
			}
			continue
		}
		for _, d := range diffs {
			problems = append(problems, d)
		}
	}
	return errors.Join(problems...)
}

func (b *Bus) differences(t Topic, partitions int, found map[string]string) []*TopicError {
	var out []*TopicError
	if partitions < t.Partitions {
		out = append(out, &TopicError{b.wire(t.Name), "partitions", strconv.Itoa(partitions), "at least " + strconv.Itoa(t.Partitions)})
	}
	for _, s := range b.settings(t) {
		if value := found[s.name]; !s.metBy(value) {
			out = append(out, &TopicError{b.wire(t.Name), s.name, value, s.expected()})
		}
	}
	return out
}

// mend brings an owned topic to what is wanted.
func (b *Bus) mend(ctx context.Context, t Topic, diffs []*TopicError) error {
	req := kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: b.wire(t.Name)}
	for _, d := range diffs {
		if d.Setting == "partitions" {
			if err := b.raisePartitions(ctx, t); err != nil {
				return err
			}
			continue
		}
		for _, s := range b.settings(t) {
			if s.name == d.Setting {
				req.Configs = append(req.Configs, kafka.IncrementalAlterConfigsRequestConfig{
					Name: s.name, Value: s.value, ConfigOperation: kafka.ConfigOperationSet,
				})
			}
		}
	}
	if len(req.Configs) == 0 {
		return nil
	}
	res, err := b.client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{req},
	})
	if err == nil {
		err = res.Resources[0].Error
	}
	if err != nil {
		return fmt.Errorf("change settings of topic %s: %w", b.wire(t.Name), err)
	}
	return nil
}

func (b *Bus) raisePartitions(ctx context.Context, t Topic) error {
	name := b.wire(t.Name)
	res, err := b.client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: name, Count: int32(t.Partitions)}},
	})
	if err == nil {
		err = res.Errors[name]
	}
	if err != nil {
		return fmt.Errorf("raise partitions of topic %s to %d: %w", name, t.Partitions, err)
	}
	return nil
}

// partitionCounts remembers for a moment how many partitions topics have.
type partitionCounts struct {
	mu   sync.Mutex
	seen map[string]partitionCount
}

type partitionCount struct {
	n  int
	at time.Time
}

// partitionsOf is the number of partitions to publish to. A topic that is not
// there is waited for as long as another process's creation may take to be
// seen here.
func (b *Bus) partitionsOf(ctx context.Context, topic string) (int, error) {
	b.counts.mu.Lock()
	c, ok := b.counts.seen[topic]
	b.counts.mu.Unlock()
	if ok && time.Since(c.at) < 2*time.Second {
		return c.n, nil
	}
	n, err := b.lookUpPartitions(ctx, topic)
	if err != nil {
		if ok && !errors.Is(err, kafka.UnknownTopicOrPartition) {
			return c.n, nil // an outage: the lane retries, with what is known
		}
		return 0, err
	}
	b.counts.mu.Lock()
	defer b.counts.mu.Unlock()
	if b.counts.seen == nil {
		b.counts.seen = make(map[string]partitionCount)
	}
	b.counts.seen[topic] = partitionCount{n, time.Now()}
	return n, nil
}

func (b *Bus) lookUpPartitions(ctx context.Context, topic string) (int, error) {
	for deadline := time.Now().Add(3 * time.Second); ; {
		counts, err := b.partitions(ctx, []string{topic})
		if err == nil {
			return counts[topic], nil
		}
		unknown := errors.Is(err, kafka.UnknownTopicOrPartition)
		if ctx.Err() != nil || unknown && time.Now().After(deadline) {
			return 0, err
		}
		if !unknown {
			b.outage.failed("metadata", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
