package bus

import (
	"context"
	"maps"
	"sync"
	"time"
)

// marks are the next offsets of a generation's partitions that are not yet
// committed to Kafka, by topic (as the cluster calls it) and partition.
type marks struct {
	mu   sync.Mutex
	next map[string]map[int]int64
}

func (m *marks) set(topic string, partition int, next int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next == nil {
		m.next = make(map[string]map[int]int64)
	}
	if m.next[topic] == nil {
		m.next[topic] = make(map[int]int64)
	}
	m.next[topic][partition] = next
}

func (m *marks) take() map[string]map[int]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.next
	m.next = nil
	return out
}

// restore puts back what could not be committed, where nothing newer came.
func (m *marks) restore(old map[string]map[int]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next == nil {
		m.next = old
		return
	}
	for topic, partitions := range old {
		if m.next[topic] == nil {
			m.next[topic] = partitions
			continue
		}
		newer := m.next[topic]
		maps.Copy(partitions, newer)
		m.next[topic] = partitions
	}
}

// commitEverySecond commits while the generation lives. More often would cost
// the embedded broker an fsync each.
func (g *generation) commitEverySecond(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			g.commit()
		}
	}
}

// commit writes the marks with the generation's number, so that Kafka refuses
// them if the partitions have gone elsewhere.
func (g *generation) commit() {
	next := g.marks.take()
	if len(next) == 0 {
		return
	}
	if err := g.gen.CommitOffsets(next); err != nil {
		g.log.Debug("offsets not committed", "error", err)
		g.marks.restore(next)
	}
}
