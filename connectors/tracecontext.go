package connectors

import "context"

type traceContextKey struct{}

type traceContext struct{ parent, state string }

// WithTraceContext gives the ctx by which a source hands over frames the W3C trace context of the
// request or message that they came with: its traceparent and tracestate headers as they are.
func WithTraceContext(ctx context.Context, parent, state string) context.Context {
	if parent == "" {
		return ctx
	}
	return context.WithValue(ctx, traceContextKey{}, traceContext{parent, state})
}

// TraceContext is what WithTraceContext put into ctx; "" where there is none.
func TraceContext(ctx context.Context) (parent, state string) {
	t, _ := ctx.Value(traceContextKey{}).(traceContext)
	return t.parent, t.state
}
