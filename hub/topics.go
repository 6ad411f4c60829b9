package hub

import (
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/canonical"
)

// GoldenTopic carries changes of golden records to subscribers.
const GoldenTopic = "golden.customer"

// RawTopic is where a system's frames are kept.
func RawTopic(system string) string { return "raw." + system }

// CanonicalTopic is where translated entities are published.
func CanonicalTopic(e canonical.Entity) string { return "canonical." + strings.ToLower(string(e)) }

// topics lists the topics that the folder needs.
func (f *Folder) topics() []bus.Topic {
	partitions := f.Settings.Bus.Partitions
	if partitions == 0 {
		partitions = 6
		if len(f.Settings.Bus.Brokers) == 0 {
			partitions = 1 // one loop serves them all, so more only cost fsyncs
		}
	}
	topic := func(name string) bus.Topic {
		return bus.Topic{
			Name: name, Partitions: partitions, Retention: f.Settings.Bus.Retention,
			MaxMessageBytes: int(f.Settings.Limits.Record) + 1<<20,
		}
	}
	var topics []bus.Topic
	for _, c := range f.Connectors {
		if len(c.Streams) > 0 {
			topics = append(topics, topic(RawTopic(c.System)))
		}
	}
	for _, e := range canonical.Entities {
		topics = append(topics, topic(CanonicalTopic(e)))
	}
	golden := topic(GoldenTopic)
	golden.Compacted, golden.Retention = true, 30*24*time.Hour
	return append(topics, golden)
}
