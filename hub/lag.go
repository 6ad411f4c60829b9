package hub

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/touchstone-hub/touchstone/bus"
)

// Behind is what a stage has yet to take of a topic.
type Behind struct {
	Records int64
	Oldest  time.Time // when the oldest of them was published; zero where there is none
}

func (b Behind) seconds() float64 {
	if b.Oldest.IsZero() {
		return 0
	}
	return max(0, time.Since(b.Oldest).Seconds())
}

// add joins what stands in several partitions or topics.
func (b *Behind) add(other Behind) {
	b.Records += other.Records
	if !other.Oldest.IsZero() && (b.Oldest.IsZero() || other.Oldest.Before(b.Oldest)) {
		b.Oldest = other.Oldest
	}
}

func (h *Hub) measureLag(ctx context.Context) error {
	for stage, topics := range h.generation().stageTopics() {
		behind, err := h.behind(ctx, stage, topics)
		if err != nil {
			return err
		}
		for topic, b := range behind {
			h.metrics.lag.WithLabelValues(stage, topic).Set(float64(b.Records))
			h.metrics.behindSeconds.WithLabelValues(stage, topic).Set(b.seconds())
		}
	}
	b, err := h.unpublished(ctx)
	h.metrics.behindSeconds.WithLabelValues("publish", GoldenTopic).Set(b.seconds())
	return err
}

// behind is by topic what a stage has yet to take.
func (h *Hub) behind(ctx context.Context, stage string, topics []string) (map[string]Behind, error) {
	lags, err := h.bus.Lag(ctx, stage, topics)
	if err != nil {
		return nil, fmt.Errorf("measure the lag of %s: %w", stage, err)
	}
	behind := map[string]Behind{}
	for _, l := range lags {
		// the stages that write the store keep their offsets there; Kafka hears of them later
		next, known, err := h.store.NextOffset(ctx, stage, l.Topic, l.Partition)
		if err != nil {
			return nil, fmt.Errorf("measure the lag of %s: %w", stage, err)
		}
		if known {
			l.Behind = max(0, l.End-next)
		} else {
			next = max(0, l.Committed)
		}
		one := Behind{Records: l.Behind}
		if one.Records > 0 {
			if one.Oldest, err = h.publishedAt(ctx, l.Topic, l.Partition, next); err != nil {
				return nil, fmt.Errorf("measure the lag of %s: %w", stage, err)
			}
		}
		all := behind[l.Topic]
		all.add(one)
		behind[l.Topic] = all
	}
	return behind, nil
}

// publishedAt is when the first record at an offset or after it was published; zero where there is
// none any more.
func (h *Hub) publishedAt(ctx context.Context, topic string, partition int, offset int64) (time.Time, error) {
	for m, err := range h.bus.Read(ctx, topic, partition, offset, -1) {
		if err != nil {
			return time.Time{}, err
		}
		at, _ := bus.PositionOf(m)
		return at.Time, nil
	}
	return time.Time{}, nil
}

// unpublished is what the relay has yet to publish.
func (h *Hub) unpublished(ctx context.Context) (Behind, error) {
	first, err := h.store.Outbox(ctx, 1)
	if err != nil || len(first) == 0 {
		return Behind{}, err
	}
	return Behind{Records: 1, Oldest: first[0].At}, nil
}

func (h *Hub) measureSubscribers(ctx context.Context) error {
	list, err := h.Subscribers(ctx)
	for _, s := range list {
		h.metrics.webhookBehind.WithLabelValues(s.Name).Set(float64(s.Behind))
		h.metrics.webhookHeld.WithLabelValues(s.Name).Set(float64(s.Held))
	}
	return err
}

// lags is by stage what it has yet to take; empty where only the store is open.
func (h *Hub) lags(ctx context.Context) (map[string]Behind, error) {
	lag := map[string]Behind{}
	if h.bus == nil {
		return lag, nil
	}
	for stage, topics := range h.generation().stageTopics() {
		behind, err := h.behind(ctx, stage, topics)
		if err != nil {
			return nil, err
		}
		var all Behind
		for _, b := range behind {
			all.add(b)
		}
		lag[stage] = all
	}
	return lag, nil
}

// Lag is by stage how many records it has yet to take; empty where only the store is open.
func (h *Hub) Lag(ctx context.Context) (map[string]int64, error) {
	lags, err := h.lags(ctx)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int64, len(lags))
	for stage, b := range lags {
		counts[stage] = b.Records
	}
	return counts, nil
}

// Stage is what one stage, target or subscriber has done since this process started, and what it
// has yet to do.
type Stage struct {
	Name    string  `json:"name" doc:"ingest, translate, resolve, documents, publish, deliver SYSTEM.STREAM or webhook NAME"`
	Done    int64   `json:"done" doc:"records, changes or writes since the process started that is asked"`
	Failed  int64   `json:"failed" doc:"those that failed: dead letters, refused or failing writes"`
	Behind  int64   `json:"behind" doc:"what it has yet to take"`
	Seconds float64 `json:"oldestSeconds" doc:"age of the oldest of those; 0 where there is none"`
}

// Stages are the stages of the hub in the order in which records pass them. Counts are those of
// this process, what is behind is that of the hub.
func (h *Hub) Stages(ctx context.Context) ([]Stage, error) {
	lags, err := h.lags(ctx)
	if err != nil {
		return nil, err
	}
	stats, err := h.store.Statistics(ctx)
	if err != nil {
		return nil, err
	}
	m := h.metrics
	failed := func(stage string) int64 { return counted(m.deadLetters, "stage", stage) }
	stages := []Stage{
		{Name: "ingest", Done: counted(m.ingested, "result", "ok"), Failed: counted(m.ingested, "result", "dead")},
		{Name: "translate", Done: counted(m.translated, "result", "ok"), Failed: counted(m.translated, "result", "error")},
		{Name: "resolve", Done: counted(m.resolved), Failed: failed("resolve")},
		{Name: "documents", Done: counted(m.documents), Failed: failed("documents")},
	}
	for i := range stages {
		b := lags[stages[i].Name]
		stages[i].Behind, stages[i].Seconds = b.Records, b.seconds()
	}
	b, err := h.unpublished(ctx)
	if err != nil {
		return nil, err
	}
	stages = append(stages, Stage{Name: "publish", Done: counted(m.published), Behind: stats.Outbox, Seconds: b.seconds()})
	for _, t := range h.generation().targets {
		name := t.String()
		s := Stage{Name: "deliver " + name, Behind: stats.Dirty[name], Seconds: Behind{Oldest: stats.Oldest[name]}.seconds()}
		s.Done = counted(m.deliveries, "target", name, "result", "done")
		s.Failed = counted(m.deliveries, "target", name) - s.Done
		stages = append(stages, s)
	}
	return h.subscriberStages(ctx, stages)
}

func (h *Hub) subscriberStages(ctx context.Context, stages []Stage) ([]Stage, error) {
	list, err := h.Subscribers(ctx)
	for _, sub := range list {
		s := Stage{Name: "webhook " + sub.Name, Behind: sub.Behind}
		s.Done = counted(h.metrics.webhooks, "subscriber", sub.Name, "result", "ok")
		s.Failed = counted(h.metrics.webhooks, "subscriber", sub.Name) - s.Done
		if at, err := ParseFeedCursor(sub.Cursor); err == nil && sub.Behind > 0 {
			if changes, _, err := h.store.Feed(ctx, max(0, at), 1); err == nil && len(changes) > 0 {
				s.Seconds = Behind{Oldest: changes[0].At}.seconds()
			}
		}
		stages = append(stages, s)
	}
	return stages, err
}

// counted sums a counter over the series whose labels are as given, in pairs of name and value.
func counted(c prometheus.Collector, labels ...string) int64 {
	series := make(chan prometheus.Metric, 16)
	go func() {
		c.Collect(series)
		close(series)
	}()
	sum := 0.0
	for one := range series {
		var d dto.Metric
		if err := one.Write(&d); err == nil && labelled(&d, labels) {
			sum += d.GetCounter().GetValue()
		}
	}
	return int64(sum)
}

func labelled(d *dto.Metric, pairs []string) bool {
	for i := 0; i+1 < len(pairs); i += 2 {
		found := false
		for _, l := range d.GetLabel() {
			found = found || l.GetName() == pairs[i] && l.GetValue() == pairs[i+1]
		}
		if !found {
			return false
		}
	}
	return true
}
