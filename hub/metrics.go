package hub

import (
	"context"
	"errors"
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
	unheard        *prometheus.CounterVec
	documents      *prometheus.CounterVec
	published      prometheus.Counter
	deliveries     *prometheus.CounterVec
	deadLetters    *prometheus.CounterVec
	suppressed     *prometheus.CounterVec
	sourceErrors   *prometheus.CounterVec
	stageSeconds   *prometheus.HistogramVec
	deliverSeconds *prometheus.HistogramVec
	lag            *prometheus.GaugeVec
	stored         *prometheus.GaugeVec
	dirty          *prometheus.GaugeVec
	oldest         *prometheus.GaugeVec
	outbox         prometheus.Gauge
	behindSeconds  *prometheus.GaugeVec
	webhooks       *prometheus.CounterVec
	webhookSeconds *prometheus.HistogramVec
	webhookBehind  *prometheus.GaugeVec
	webhookHeld    *prometheus.GaugeVec
	reloads        *prometheus.CounterVec
	generation     prometheus.Gauge
	spans          *prometheus.CounterVec
	ledger         *prometheus.GaugeVec
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
		unheard:        counter("resolve_condition_errors_total", "Conditions of survivorship rules that could not be evaluated for a record, by its system.", "system"),
		documents:      counter("document_records_total", "Orders, interactions and products stored, by entity and result.", "entity", "result"),
		published:      counter("publish_changes_total", "Changes published to golden.customer.").WithLabelValues(),
		deliveries:     counter("deliver_writes_total", "Writes to targets, by operation and result.", "target", "operation", "result"),
		deadLetters:    counter("dead_letters_total", "Dead letters written, by stage and system.", "stage", "system"),
		suppressed:     counter("suppressed_records_total", "Records of erased people that were left out, by stage.", "system", "stage"),
		sourceErrors:   counter("connector_errors_total", "Failures of sources and targets, by class.", "connector", "class"),
		stageSeconds:   seconds("stage_batch_seconds", "Time that a stage takes for one batch.", "stage"),
		deliverSeconds: seconds("deliver_round_seconds", "Time that a target's reconciler takes for one round.", "target"),
		lag:            gauge("stage_lag_records", "Records published and not yet taken by a stage.", "stage", "topic"),
		stored:         gauge("store_rows", "What the store holds: customers, records, documents, tasks, open dead letters.", "what"),
		dirty:          gauge("deliver_dirty_rows", "Subjects that a target's reconciler has yet to look at.", "target"),
		oldest:         gauge("deliver_oldest_seconds", "Age of the oldest subject that a target lacks.", "target"),
		outbox:         gauge("publish_outbox_rows", "Changes not yet published.").WithLabelValues(),
		behindSeconds:  gauge("stage_oldest_seconds", "Age of the oldest record that a stage has yet to take; 0 where there is none.", "stage", "topic"),
		webhooks:       counter("webhook_attempts_total", "Events posted to subscribers, by result.", "subscriber", "result"),
		webhookSeconds: seconds("webhook_seconds", "Time that a subscriber takes to answer.", "subscriber"),
		webhookBehind:  gauge("webhook_behind_changes", "Changes that a subscriber has yet to look at.", "subscriber"),
		webhookHeld:    gauge("webhook_held_customers", "Customers held back because a subscriber did not take an event of theirs.", "subscriber"),
		reloads:        counter("reloads_total", "Changed folders, by result: taken or refused.", "result"),
		spans:          counter("trace_spans_total", "Spans handed to the OpenTelemetry collector, by result.", "result"),
		ledger:         gauge("ledger_rows", "What connectors keep of interchanges and documents with partners, by state.", "system", "kind", "state"),
		generation:     gauge("folder_generation", "Number of the folder's state that runs.").WithLabelValues(),
	}
}

// watchEvery is how often lag and stock are measured. Counting a million customers keeps a database busy
// for a moment, in which others wait: of the time it takes, watchRest times as long goes by until it is
// done again.
const (
	watchEvery = 5 * time.Second
	watchRest  = 200
)

// watch measures what no stage sees by itself, until ctx ends.
func (h *Hub) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var due time.Time
	for {
		began := time.Now()
		var stored error
		if !began.Before(due) {
			stored = h.measureStore(ctx)
			due = nextCount(began, time.Since(began))
		}
		if err := errors.Join(stored, h.measureLag(ctx), h.measureSubscribers(ctx), h.measureLedgers(ctx)); err != nil && ctx.Err() == nil {
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

// nextCount is when a count that began then and took so long is due again.
func nextCount(began time.Time, took time.Duration) time.Time { return began.Add(watchRest * took) }

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
	for _, t := range h.generation().targets {
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
