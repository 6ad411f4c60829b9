package hub

import (
	"fmt"
	"net/url"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// TelemetrySettings say what the hub tells of its own work beside metrics.
type TelemetrySettings struct {
	Traces TraceSettings `yaml:"traces" doc:"spans of sampled records, from first byte to last delivery"`
}

// TraceSettings say where spans go. What is left out is taken from the OTEL_ variables.
type TraceSettings struct {
	Endpoint string                        `yaml:"endpoint" doc:"URL of an OpenTelemetry collector, such as http://localhost:4318 (http) or http://localhost:4317 (grpc)"`
	Protocol string                        `yaml:"protocol" enum:"http,grpc" doc:"of OTLP; http, that is http/protobuf, where absent"`
	Sample   *float64                      `yaml:"sample" min:"0" max:"1" doc:"share of the records that are traced; 0.01 where absent. Records that come with a trace context of their own are traced where that says so"`
	Headers  config.Ordered[config.Secret] `yaml:"headers" doc:"sent to the collector"`
}

// checkTelemetry checks what the types of the settings cannot say.
func (l *loader) checkTelemetry(node *config.Node) {
	traces, at := l.Settings.Telemetry.Traces, node.Get("traces")
	if text := traces.Endpoint; text != "" && !at.Get("endpoint").Unreadable() {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			l.ps.Add(config.Problem{
				Position: at.Get("endpoint").Position(), What: fmt.Sprintf("endpoint is %q", text),
				Expected: "the URL of a collector such as http://localhost:4318",
			})
		}
	}
	if at.IsSet() && traces.Endpoint == "" {
		for _, key := range []string{"protocol", "headers"} {
			if n := at.Get(key); n.IsSet() {
				l.ps.Warnf(n.Position(), "%s of traces is used with OTEL_EXPORTER_OTLP_ENDPOINT alone, since no endpoint stands beside it", key)
			}
		}
	}
}

// telemetry is the tracer's view of the settings.
func (h *Hub) telemetry() telemetry.Config {
	s := h.folder.Settings
	t := s.Telemetry.Traces
	c := telemetry.Config{
		Endpoint: t.Endpoint, Protocol: t.Protocol, Sample: t.Sample, Hub: s.Name, Instance: h.owner,
		Version: h.options.Version, Log: h.log, Headers: make(map[string]string, len(t.Headers)),
		Sent: func(spans int, err error) {
			h.metrics.spans.WithLabelValues(result(err)).Add(float64(spans))
		},
	}
	for _, one := range t.Headers {
		c.Headers[one.Name] = one.Value.Reveal()
	}
	return c
}
