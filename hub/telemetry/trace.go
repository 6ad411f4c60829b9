package telemetry

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Trace is a W3C trace context as messages, the store and requests carry it: a traceparent and,
// after a blank, the tracestate where there is one. "" is none. W3C Trace Context, sections 3.2
// and 3.3.
type Trace string

const (
	parentLength = 55  // of a traceparent of version 00
	mostState    = 512 // longest tracestate that has to be handed on; what is longer is left out
)

// Parse takes the two headers of a request or message. What is no traceparent gives "": whoever
// sent it is not followed.
func Parse(parent, state string) Trace {
	if len(parent) < parentLength {
		return ""
	}
	if len(state) > mostState {
		state = ""
	}
	carrier := propagation.MapCarrier{"traceparent": parent, "tracestate": state}
	return traceOf(trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier)))
}

// Trusted joins the two headers of a message that the hub wrote itself.
func Trusted(parent, state string) Trace {
	if state == "" {
		return Trace(parent)
	}
	return Trace(parent + " " + state)
}

// Parent is the traceparent; "" where there is none.
func (t Trace) Parent() string {
	parent, _, _ := strings.Cut(string(t), " ")
	return parent
}

// State is the tracestate; "" where there is none.
func (t Trace) State() string {
	_, state, _ := strings.Cut(string(t), " ")
	return state
}

// ID is the trace ID, 32 hexadecimal digits; "" where there is none.
func (t Trace) ID() string {
	if len(t) < parentLength {
		return ""
	}
	return string(t[3:35])
}

// Sampled says whether the trace is recorded: the last bit of the flags.
func (t Trace) Sampled() bool {
	return len(t) >= parentLength && strings.IndexByte("13579bdf", t[parentLength-1]) >= 0
}

// unsampled is the same place in the same trace, for those who shall not record it.
func (t Trace) unsampled() Trace {
	if !t.Sampled() {
		return t
	}
	return t[:parentLength-2] + "00" + t[parentLength:]
}

// contextOf reads a traceparent that Parse took or the hub wrote.
func contextOf(t Trace) trace.SpanContext {
	var at trace.SpanContextConfig
	parent := t.Parent()
	if len(parent) < parentLength {
		return trace.SpanContext{}
	}
	at.TraceID, _ = trace.TraceIDFromHex(parent[3:35])
	at.SpanID, _ = trace.SpanIDFromHex(parent[36:52])
	if t.Sampled() {
		at.TraceFlags = trace.FlagsSampled
	}
	if state := t.State(); state != "" {
		at.TraceState, _ = trace.ParseTraceState(state)
	}
	at.Remote = true
	return trace.NewSpanContext(at)
}

func traceOf(at trace.SpanContext) Trace {
	if !at.IsValid() {
		return ""
	}
	return Trusted("00-"+at.TraceID().String()+"-"+at.SpanID().String()+"-"+at.TraceFlags().String(), at.TraceState().String())
}
