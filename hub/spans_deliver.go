package hub

import (
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// looking begins the span of a target's look at one subject; the zero Span where what marked it is
// not traced.
func (r *reconciler) looking(row golden.Dirty) telemetry.Span {
	parent := telemetry.Trace(row.Trace)
	if !r.hub.tracer.Follows(parent) {
		return telemetry.Span{}
	}
	subject := spanCustomer
	if row.Entity != "customer" {
		subject = spanRecord
	}
	return r.hub.tracer.Start(parent, trace.SpanKindInternal, "deliver "+row.Target,
		spanTarget.String(row.Target), subject.String(row.Subject), spanAttempt.Int(row.Attempt+1),
		spanCorrelation.String(row.Correlation), spanWaited.Float64(max(0, time.Since(row.Since).Seconds())),
		spanGeneration.Int64(r.hub.Generation()))
}

// onward is the trace context of what comes of a row.
func (r *round) onward(row int) telemetry.Trace {
	if span := r.spans[row]; span.Recorded() {
		return span.Trace()
	}
	return telemetry.Trace(r.rows[row].Trace)
}

// looked ends the spans of the rows. Why a write failed stands in its own span; of a subject
// from which no payload could be made the class of the error is told.
func (r *round) looked(err error) {
	for i, span := range r.spans {
		why := failure(err)
		var bad *recordError
		switch res := r.results[i].err; {
		case why != "" || res == nil:
		case errors.As(res, &bad):
			why = bad.cause
		default:
			why = "to be looked at again"
		}
		span.End(why)
	}
}

// writing begins the span of one write of a traced subject, and has the write hand its context to
// the target.
func (r *round) writing(n int) telemetry.Span {
	w := r.writes[n]
	onward := r.onward(r.of[n])
	span := telemetry.Span{}
	if r.hub.tracer.Follows(onward) {
		span = r.hub.tracer.Start(onward, trace.SpanKindClient, string(w.Operation)+" "+r.target.String(),
			spanTarget.String(r.target.String()), spanOperation.String(string(w.Operation)))
		onward = span.Trace()
	}
	w.TraceParent, w.TraceState = onward.Parent(), onward.State()
	return span
}

// written ends the span of a write.
func written(span telemetry.Span, out connectors.Outcome) {
	if !span.Recorded() {
		return
	}
	span.Set(spanOutcome.String(string(out.Status)))
	if out.Status == connectors.Done {
		span.End("")
		return
	}
	span.End(string(out.Status))
}
