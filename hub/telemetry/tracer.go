// Package telemetry records what happens to sampled records as spans of OpenTelemetry.
// Trace contexts come in as text, as requests, messages and the store carry them; spans go out to a
// collector in OTLP, in batches, in the background.
// It never holds up the work that it tells of: what is not sampled costs a look at a text, what the
// collector does not take is dropped, and no span holds what a record says.
package telemetry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes spans. The nil Tracer makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	sampling sampling
}

// sampling decides on the records that come in.
type sampling struct {
	ratio  float64 // of those on which nobody decided
	follow bool    // whoever sent a record with a trace context has decided on it
}

// closeTime is how long Close waits for the collector.
const closeTime = 2 * time.Second

// Close sends what was recorded, as far as the collector takes it within two seconds.
func (t *Tracer) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil // a collector that is away has been logged
}

// Sample decides on a record that comes in with a trace context, or with "": whether its spans are
// recorded, and which context goes on with it where they are not.
func (t *Tracer) Sample(from Trace) (recorded bool, onward Trace) {
	switch {
	case t == nil:
		return false, from // it is others' who read it after us
	case from != "" && t.sampling.follow:
		return from.Sampled(), from
	}
	return rand.Float64() < t.sampling.ratio, from.unsampled()
}

// Follows says whether spans of a record that is under way are recorded. Ask before putting
// together what Start needs.
func (t *Tracer) Follows(parent Trace) bool { return t != nil && parent.Sampled() }

// Start begins a span under a parent; under "" a trace. It is for records of which Sample or
// Follows said so.
func (t *Tracer) Start(parent Trace, kind trace.SpanKind, name string, attributes ...attribute.KeyValue) Span {
	return t.StartAt(time.Time{}, parent, kind, name, attributes...)
}

// StartAt is Start for what began before it was known whose it is.
func (t *Tracer) StartAt(began time.Time, parent Trace, kind trace.SpanKind, name string, attributes ...attribute.KeyValue) Span {
	if t == nil {
		return Span{}
	}
	ctx := context.Background()
	if parent != "" {
		ctx = trace.ContextWithRemoteSpanContext(ctx, contextOf(parent))
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(attributes...)}
	if !began.IsZero() {
		options = append(options, trace.WithTimestamp(began))
	}
	_, s := t.tracer.Start(ctx, name, options...)
	return Span{s}
}

// Span is something that happens to one record. The zero Span is of one that is not recorded.
type Span struct{ span trace.Span }

// Recorded says whether there is such a span.
func (s Span) Recorded() bool { return s.span != nil }

// Trace is the context to hand on, so that what follows stands below the span; "" of the zero Span.
func (s Span) Trace() Trace {
	if s.span == nil {
		return ""
	}
	return traceOf(s.span.SpanContext())
}

// Set adds what became known of the span.
func (s Span) Set(attributes ...attribute.KeyValue) {
	if s.span != nil {
		s.span.SetAttributes(attributes...)
	}
}

// End ends the span; failure is why it failed, in words that hold nothing of the record, "" where
// it did not.
func (s Span) End(failure string) {
	if s.span == nil {
		return
	}
	if failure != "" {
		s.span.SetStatus(codes.Error, failure)
	}
	s.span.End()
}
