package hub

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// Attributes of spans that no convention of OpenTelemetry names. They name records, and never hold
// what those say.
const (
	spanRecord      = attribute.Key("touchstone.record")      // system/stream/id
	spanCorrelation = attribute.Key("touchstone.correlation") // what `touchstone trace` takes
	spanCustomer    = attribute.Key("touchstone.customer")    // golden ID
	spanVersion     = attribute.Key("touchstone.version")     // of the golden record
	spanTarget      = attribute.Key("touchstone.target")
	spanAttempt     = attribute.Key("touchstone.attempt")
	spanOperation   = attribute.Key("touchstone.operation")
	spanOutcome     = attribute.Key("touchstone.outcome")
	spanWaited      = attribute.Key("touchstone.waited_seconds") // since the target was marked
	spanGeneration  = attribute.Key("touchstone.generation")
)

// traceIn is the trace context that a message carries; "" for none.
func traceIn(m *message.Message) telemetry.Trace {
	parent := m.Metadata[headerTraceParent]
	if parent == "" {
		return ""
	}
	return telemetry.Trusted(parent, m.Metadata[headerTraceState])
}

// carry has a message carry a trace context.
func carry(m *message.Message, t telemetry.Trace) {
	if t == "" {
		return
	}
	m.Metadata[headerTraceParent] = t.Parent()
	if state := t.State(); state != "" {
		m.Metadata[headerTraceState] = state
	}
}

// spans are those of the traced records of one batch; nil where there is none.
type spans []telemetry.Span

func (s spans) end(err error) {
	for _, one := range s {
		one.End(failure(err))
	}
}

// failure says of an error what a span may hold: of one that lies in a record the class alone.
func failure(err error) string {
	var bad *recordError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &bad):
		return bad.cause
	case errors.Is(err, bus.ErrFenced):
		return "the partition belongs to another process"
	}
	return err.Error()
}

// arriving decides for each raw record whether it is traced, and begins the spans of those that
// are. A webhook's own trace context comes with ctx.
func (h *Hub) arriving(ctx context.Context, s *Stream, began time.Time, messages []*message.Message) spans {
	from, kind := telemetry.Trace(""), trace.SpanKindInternal
	if parent, state := connectors.TraceContext(ctx); parent != "" {
		from, kind = telemetry.Parse(parent, state), trace.SpanKindServer
	}
	if h.tracer == nil && from == "" {
		return nil
	}
	var begun spans
	for _, m := range messages {
		recorded, onward := h.tracer.Sample(from)
		if recorded {
			span := h.tracer.StartAt(began, from, kind, "ingest "+s.String(),
				spanRecord.String(s.String()+"/"+m.Metadata[headerRecord]), spanCorrelation.String(m.Metadata[headerCorrelation]))
			begun, onward = append(begun, span), span.Trace()
		}
		carry(m, onward)
	}
	return begun
}

// send publishes messages, each traced one below a span of its own, whose context it carries.
func (h *Hub) send(ctx context.Context, topic string, messages ...*message.Message) error {
	var begun spans
	for _, m := range messages {
		parent := traceIn(m)
		if !h.tracer.Follows(parent) {
			continue
		}
		name := h.folder.Settings.Bus.Prefix + topic
		span := h.tracer.Start(parent, trace.SpanKindProducer, "send "+name,
			semconv.MessagingSystemKafka, semconv.MessagingOperationTypeSend, semconv.MessagingOperationName("send"),
			semconv.MessagingDestinationName(name), semconv.MessagingMessageID(m.UUID),
			semconv.MessagingKafkaMessageKey(m.Metadata[bus.KeyMetadata]), semconv.MessagingMessageBodySize(len(m.Payload)))
		carry(m, span.Trace())
		begun = append(begun, span)
	}
	err := h.bus.Publish(ctx, topic, messages...)
	begun.end(err)
	return err
}

// taking begins the span of a stage over one message; the zero Span where that is not traced.
func (h *Hub) taking(stage string, m *message.Message, batch *bus.Batch) telemetry.Span {
	parent := traceIn(m)
	if !h.tracer.Follows(parent) {
		return telemetry.Span{}
	}
	at, _ := bus.PositionOf(m)
	name, prefix := at.Topic, h.folder.Settings.Bus.Prefix
	return h.tracer.Start(parent, trace.SpanKindConsumer, stage+" "+prefix+name,
		semconv.MessagingSystemKafka, semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName(stage),
		semconv.MessagingDestinationName(prefix+name), semconv.MessagingDestinationPartitionID(strconv.Itoa(at.Partition)),
		semconv.MessagingKafkaOffset(int(at.Offset)), semconv.MessagingConsumerGroupName(prefix+stage),
		semconv.MessagingMessageID(m.UUID), semconv.MessagingKafkaMessageKey(m.Metadata[bus.KeyMetadata]),
		semconv.MessagingBatchMessageCount(len(batch.Messages)), spanCorrelation.String(m.Metadata[headerCorrelation]),
		spanGeneration.Int64(h.generation().number))
}

// taken are the spans of a stage over the messages of one batch, by message. They go with the
// batch's context, since a batch that is halved stays one.
type taken map[*message.Message]telemetry.Span

type takenKey struct{}

// takingAll begins a stage's spans over the traced messages of a batch.
func (h *Hub) takingAll(ctx context.Context, stage string, batch *bus.Batch) (context.Context, taken) {
	var all taken
	for _, m := range batch.Messages {
		if span := h.taking(stage, m, batch); span.Recorded() {
			if all == nil {
				all = taken{}
			}
			all[m] = span
		}
	}
	if all == nil {
		return ctx, nil
	}
	return context.WithValue(ctx, takenKey{}, all), all
}

func (t taken) end(err error) {
	for _, span := range t {
		span.End(failure(err))
	}
}

// buried ends the span of a message that became a dead letter.
func (t taken) buried(m *message.Message, bad *recordError) {
	if span, ok := t[m]; ok {
		span.End(failure(bad))
		delete(t, m)
	}
}

// takenOf are the spans that takingAll put into ctx.
func takenOf(ctx context.Context) taken {
	all, _ := ctx.Value(takenKey{}).(taken)
	return all
}

// onward is the trace context of what a message causes.
func (t taken) onward(m *message.Message) telemetry.Trace {
	if span, ok := t[m]; ok {
		return span.Trace()
	}
	return traceIn(m)
}
