package hub

import (
	"net/url"

	"github.com/ThreeDotsLabs/watermill/message"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// calling begins the span of one post of an event, whose context the request carries. The event
// itself names the context of its change, however often it is sent.
func (w *webhook) calling(e Event, m *message.Message) telemetry.Span {
	if !w.tracer.Follows(e.trace()) {
		return telemetry.Span{}
	}
	host := ""
	if u, err := url.Parse(w.url); err == nil {
		host = u.Hostname() // the path may hold a token
	}
	span := w.tracer.Start(e.trace(), trace.SpanKindClient, "webhook "+w.name,
		semconv.HTTPRequestMethodPost, semconv.ServerAddress(host),
		spanCustomer.String(e.Subject), spanVersion.String(e.Sequence), spanCorrelation.String(e.Correlation))
	carry(m, span.Trace())
	return span
}

func (w *webhook) called(span telemetry.Span, status int, err error) {
	if status > 0 {
		span.Set(semconv.HTTPResponseStatusCode(status))
	}
	switch {
	case err == nil:
		span.End("")
	case status > 0:
		span.End("not taken")
	default:
		span.End(firstLine(err.Error()))
	}
}
