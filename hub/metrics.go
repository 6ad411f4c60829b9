package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/touchstone-hub/touchstone/canonical"
)

// metrics are what operators watch. Labels are bounded: systems, streams, targets and results.
type metrics struct {
	ingested       *prometheus.CounterVec
	translated     *prometheus.CounterVec
	resolved       *prometheus.CounterVec
	documents      *prometheus.CounterVec
	published      prometheus.Counter
	deliveries     *prometheus.CounterVec
	deadLetters    *prometheus.CounterVec
	sourceErrors   *prometheus.CounterVec
	stageSeconds   *prometheus.HistogramVec
	deliverSeconds *prometheus.HistogramVec
	lag            *prometheus.GaugeVec
	stored         *prometheus.GaugeVec
	dirty          *prometheus.GaugeVec
	oldest         *prometheus.GaugeVec
	outbox         prometheus.Gauge
}

func newMetrics(r *prometheus.Registry) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "touchstone_" + name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "touchstone_" + name, Help: help}, labels)
		r.MustRegister(g)
		return g
	}
	seconds := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "touchstone_" + name, Help: help, Buckets: prometheus.ExponentialBuckets(0.001, 2, 15),
		}, labels)
		r.MustRegister(h)
		return h
	}
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &metrics{
		ingested:       counter("ingest_records_total", "Frames made durable, by system, stream and result.", "system", "stream", "result"),
		translated:     counter("translate_records_total", "Records translated, by system and result.", "system", "result"),
		resolved:       counter("resolve_records_total", "Customer records resolved, by result.", "result"),
		documents:      counter("document_records_total", "Orders, interactions and products stored, by entity and result.", "entity", "result"),
		published:      counter("publish_changes_total", "Changes published to golden.customer.").WithLabelValues(),
		deliveries:     counter("deliver_writes_total", "Writes to targets, by operation and result.", "target", "operation", "result"),
		deadLetters:    counter("dead_letters_total", "Dead letters written, by stage and system.", "stage", "system"),
		sourceErrors:   counter("connector_errors_total", "Failures of sources and targets, by class.", "connector", "class"),
		stageSeconds:   seconds("stage_batch_seconds", "Time that a stage takes for one batch.", "stage"),
		deliverSeconds: seconds("deliver_round_seconds", "Time that a target's reconciler takes for one round.", "target"),
		lag:            gauge("stage_lag_records", "Records published and not yet taken by a stage.", "stage", "topic"),
		stored:         gauge("store_rows", "What the store holds: customers, records, documents, tasks, open dead letters.", "what"),
		dirty:          gauge("deliver_dirty_rows", "Subjects that a target's reconciler has yet to look at.", "target"),
		oldest:         gauge("deliver_oldest_seconds", "Age of the oldest subject that a target lacks.", "target"),
		outbox:         gauge("publish_outbox_rows", "Changes not yet published.").WithLabelValues(),
	}
}

// watchEvery is how often lag and stock are measured.
const watchEvery = 5 * time.Second

// watch measures what no stage sees by itself, until ctx ends.
func (h *Hub) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(h.measureStore(ctx), h.measureLag(ctx)); err != nil && ctx.Err() == nil {
			h.trouble("watch", err)
		} else {
			h.fine("watch")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (h *Hub) measureStore(ctx context.Context) error {
	s, err := h.store.Statistics(ctx)
	if err != nil {
		return err
	}
	stored := h.metrics.stored.WithLabelValues
	stored("customers").Set(float64(s.Customers))
	stored("merged_ids").Set(float64(s.Merged))
	stored("records").Set(float64(sum(s.Records)))
	stored("deleted_records").Set(float64(sum(s.Deleted)))
	stored("documents").Set(float64(sum(s.Documents)))
	stored("tasks").Set(float64(sum(s.Tasks)))
	stored("dead_letters").Set(float64(sum(s.DeadLetters)))
	h.metrics.outbox.Set(float64(s.Outbox))
	for _, t := range h.folder.targets {
		name := t.String()
		h.metrics.dirty.WithLabelValues(name).Set(float64(s.Dirty[name]))
		age := 0.0
		if since, ok := s.Oldest[name]; ok && !since.IsZero() {
			age = time.Since(since).Seconds()
		}
		h.metrics.oldest.WithLabelValues(name).Set(age)
	}
	return nil
}

func sum[K comparable](m map[K]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// stageTopics are the topics that each consuming group reads.
func (f *Folder) stageTopics() map[string][]string {
	stages := map[string][]string{"resolve": {CanonicalTopic(canonical.EntityCustomer)}}
	for _, c := range f.Connectors {
		if len(c.Streams) > 0 {
			stages["translate"] = append(stages["translate"], RawTopic(c.System))
		}
	}
	for _, e := range documentEntities {
		stages["documents"] = append(stages["documents"], CanonicalTopic(e))
	}
	return stages
}

func (h *Hub) measureLag(ctx context.Context) error {
	for stage, topics := range h.folder.stageTopics() {
		behind, err := h.behind(ctx, stage, topics)
		if err != nil {
			return err
		}
		for topic, n := range behind {
			h.metrics.lag.WithLabelValues(stage, topic).Set(float64(n))
		}
	}
	return nil
}

// behind is by topic how many records a stage has yet to take.
func (h *Hub) behind(ctx context.Context, stage string, topics []string) (map[string]int64, error) {
	lags, err := h.bus.Lag(ctx, stage, topics)
	if err != nil {
		return nil, fmt.Errorf("measure the lag of %s: %w", stage, err)
	}
	behind := map[string]int64{}
	for _, l := range lags {
		// the stages that write the store keep their offsets there; Kafka hears of them later
		next, known, err := h.store.NextOffset(ctx, stage, l.Topic, l.Partition)
		if err != nil {
			return nil, fmt.Errorf("measure the lag of %s: %w", stage, err)
		}
		if known {
			l.Behind = max(0, l.End-next)
		}
		behind[l.Topic] += l.Behind
	}
	return behind, nil
}

// Lag is by stage how many records it has yet to take; empty where only the store is open.
func (h *Hub) Lag(ctx context.Context) (map[string]int64, error) {
	lag := map[string]int64{}
	if h.bus == nil {
		return lag, nil
	}
	for stage, topics := range h.folder.stageTopics() {
		behind, err := h.behind(ctx, stage, topics)
		if err != nil {
			return nil, err
		}
		lag[stage] = sum(behind)
	}
	return lag, nil
}
