package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Config says where spans go. What it leaves out comes from the environment variables that
// OpenTelemetry defines (OpenTelemetry specification, "Environment Variable Specification" and
// "OpenTelemetry Protocol Exporter").
type Config struct {
	Endpoint string            // URL of the collector; "" for OTEL_EXPORTER_OTLP_ENDPOINT
	Protocol string            // "http" or "grpc"; "" for OTEL_EXPORTER_OTLP_PROTOCOL, else http
	Headers  map[string]string // sent to the collector beside OTEL_EXPORTER_OTLP_HEADERS
	Sample   *float64          // share of the records that are traced; nil for OTEL_TRACES_SAMPLER, else DefaultSample
	Hub      string            // the hub's name
	Instance string            // names this process among those of the hub
	Version  string            // of the program; "" for that of the build
	Log      *slog.Logger
	// Sent is told of every batch: how many spans, and whether the collector took them; nil: nobody is.
	Sent func(spans int, err error)
}

// DefaultSample is the share of the records that are traced where nothing else is said.
const DefaultSample = 0.01

// Open gives the Tracer of a hub: nil where neither the configuration nor the environment names a
// collector. It does not wait for the collector.
func Open(ctx context.Context, c Config) (*Tracer, error) {
	if !c.wanted() {
		return nil, nil
	}
	sampling, err := c.sampling()
	if err != nil {
		return nil, err
	}
	exporter, err := c.exporter(ctx)
	if err != nil {
		return nil, err
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		semconv.ServiceName("touchstone"), semconv.ServiceVersion(cmp.Or(c.Version, built())), semconv.ServiceInstanceID(c.Instance),
		attribute.String("touchstone.hub", c.Hub),
	), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("describe the hub for traces: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&watched{SpanExporter: exporter, log: c.Log, sent: c.Sent}),
		sdk.WithResource(described), sdk.WithSampler(sdk.AlwaysSample()), // Sample has decided
	)
	return &Tracer{provider: provider, sampling: sampling, tracer: provider.Tracer("github.com/touchstone-hub/touchstone/hub")}, nil
}

// wanted says whether spans are to be sent anywhere.
func (c Config) wanted() bool {
	if on, _ := strconv.ParseBool(os.Getenv("OTEL_SDK_DISABLED")); on {
		return false
	}
	if c.Endpoint != "" {
		return true
	}
	switch os.Getenv("OTEL_TRACES_EXPORTER") {
	case "otlp":
		return true
	case "":
		return firstOf("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT") != ""
	}
	return false
}

// exporterRetry is how long one batch is tried again where the collector is away: others wait in a
// bounded queue meanwhile.
const exporterRetry = 5 * time.Second

func (c Config) exporter(ctx context.Context) (sdk.SpanExporter, error) {
	protocol := c.Protocol
	if protocol == "" {
		protocol = firstOf("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
	}
	var client otlptrace.Client
	switch protocol {
	case "", "http", "http/protobuf":
		options := []otlptracehttp.Option{otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: exporterRetry / 5, MaxInterval: exporterRetry, MaxElapsedTime: exporterRetry,
		})}
		if c.Endpoint != "" {
			options = append(options, otlptracehttp.WithEndpointURL(withPath(c.Endpoint)))
		}
		if len(c.Headers) > 0 {
			options = append(options, otlptracehttp.WithHeaders(c.Headers))
		}
		client = otlptracehttp.NewClient(options...)
	case "grpc":
		options := []otlptracegrpc.Option{otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
			Enabled: true, InitialInterval: exporterRetry / 5, MaxInterval: exporterRetry, MaxElapsedTime: exporterRetry,
		})}
		if c.Endpoint != "" {
			options = append(options, otlptracegrpc.WithEndpointURL(c.Endpoint))
		}
		if len(c.Headers) > 0 {
			options = append(options, otlptracegrpc.WithHeaders(c.Headers))
		}
		client = otlptracegrpc.NewClient(options...)
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q; expected http/protobuf or grpc", protocol)
	}
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("prepare to send traces: %w", err)
	}
	return exporter, nil
}

// withPath gives a collector's URL the path that OTLP over HTTP has where it names none
// (OpenTelemetry Protocol Exporter, "Endpoint URLs for OTLP/HTTP").
func withPath(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return endpoint
	}
	return u.JoinPath("/v1/traces").String()
}

// sampling is that of the configuration, else that of OTEL_TRACES_SAMPLER.
func (c Config) sampling() (sampling, error) {
	if c.Sample != nil {
		return sampling{*c.Sample, true}, nil
	}
	name := os.Getenv("OTEL_TRACES_SAMPLER")
	kind, follow := strings.CutPrefix(name, "parentbased_")
	switch kind {
	case "":
		return sampling{DefaultSample, true}, nil
	case "always_on":
		return sampling{1, follow}, nil
	case "always_off":
		return sampling{0, follow}, nil
	case "traceidratio":
		text := os.Getenv("OTEL_TRACES_SAMPLER_ARG")
		if text == "" {
			return sampling{1, follow}, nil
		}
		ratio, err := strconv.ParseFloat(text, 64)
		if err != nil || ratio < 0 || ratio > 1 {
			return sampling{}, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG is %q; expected a share from 0 to 1", text)
		}
		return sampling{ratio, follow}, nil
	}
	return sampling{}, fmt.Errorf("OTEL_TRACES_SAMPLER is %q; expected always_on, always_off or traceidratio, or one of them after parentbased_", name)
}

func firstOf(names ...string) string {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// built is the version by which the program was built.
func built() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "dev"
}

// watched tells operators once that the collector is away, and once that it is back.
type watched struct {
	sdk.SpanExporter
	log  *slog.Logger
	sent func(spans int, err error)
	away atomic.Bool
}

// ExportSpans sends one batch. It swallows the error: there is nothing to be done about it.
func (w *watched) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := w.SpanExporter.ExportSpans(ctx, spans)
	if w.sent != nil {
		w.sent(len(spans), err)
	}
	switch {
	case err != nil && !w.away.Swap(true):
		w.log.Warn("traces cannot be sent, they are dropped until the collector takes them", "error", err)
	case err == nil && w.away.Swap(false):
		w.log.Info("traces are sent again")
	}
	return nil
}
