package telemetry

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parent, state string
		want          Trace
		sampled       bool
	}{
		{parent + "01", "", parent + "01", true},
		{parent + "00", "a=1,b=2", parent + "00 a=1,b=2", false},
		{parent + "03", "", parent + "03", true},
		{"cc" + parent[2:] + "01-later", "", parent + "01", true}, // a later version, as far as it is known
		{parent + "01", "no state at all", parent + "01", true},
		{parent + "01", "a=" + strings.Repeat("x", 600), parent + "01", true},
		{strings.ToUpper(parent) + "01", "", "", false},
		{"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", "", "", false},
		{"ff" + parent[2:] + "01", "", "", false},
		{"", "a=1", "", false},
		{"01", "", "", false},
	} {
		got := Parse(c.parent, c.state)
		if got != c.want || got.Sampled() != c.sampled {
			t.Errorf("%q, %q: %q, sampled %v", c.parent, c.state, got, got.Sampled())
		}
		if got != "" && (got.Parent() != string(c.want[:parentLength]) || got.ID() != parent[3:35]) {
			t.Errorf("%q taken apart: %q, %q", got, got.Parent(), got.ID())
		}
	}
	if s := Trace(parent + "01 a=1"); s.unsampled() != parent+"00 a=1" || s.State() != "a=1" {
		t.Errorf("%q unsampled: %q", s, s.unsampled())
	}
}

func share(v float64) *float64 { return &v }

func open(t testing.TB, c Config) *Tracer {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	tracer, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tracer.Close() })
	return tracer
}

func TestSample(t *testing.T) {
	t.Parallel()
	yes, no := Trace(parent+"01 a=1"), Trace(parent+"00 a=1")
	for _, c := range []struct {
		tracer   *Tracer
		from     Trace
		recorded bool
		onward   Trace
	}{
		{nil, yes, false, yes},
		{nil, "", false, ""},
		{&Tracer{sampling: sampling{0, true}}, yes, true, yes},
		{&Tracer{sampling: sampling{1, true}}, no, false, no},
		{&Tracer{sampling: sampling{1, true}}, "", true, ""},
		{&Tracer{sampling: sampling{0, true}}, "", false, ""},
		{&Tracer{sampling: sampling{0, false}}, yes, false, no},
	} {
		if recorded, onward := c.tracer.Sample(c.from); recorded != c.recorded || !recorded && onward != c.onward {
			t.Errorf("%+v of %q: %v, %q", c.tracer, c.from, recorded, onward)
		}
	}
	tenth := &Tracer{sampling: sampling{0.1, true}}
	count := 0
	for range 100_000 {
		if recorded, _ := tenth.Sample(""); recorded {
			count++
		}
	}
	if count < 9_000 || count > 11_000 { // ten standard deviations
		t.Errorf("%d of 100,000 at 0.1", count)
	}
}

func TestOpen_environment(t *testing.T) {
	for _, c := range []struct {
		env  string
		set  Config
		want string
	}{
		{"", Config{}, "off"},
		{"", Config{Endpoint: "http://127.0.0.1:1"}, "{0.01 true}"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", Config{}, "{0.01 true}"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:1", Config{Sample: share(0.5)}, "{0.5 true}"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_TRACES_SAMPLER=always_on", Config{}, "{1 false}"},
		{"OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.2", Config{Endpoint: "http://127.0.0.1:1"}, "{0.2 true}"},
		{"OTEL_TRACES_SAMPLER=parentbased_always_off", Config{Endpoint: "http://127.0.0.1:1", Protocol: "grpc"}, "{0 true}"},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", Config{}, "off"},
		{"OTEL_SDK_DISABLED=true", Config{Endpoint: "http://127.0.0.1:1"}, "off"},
		{"OTEL_TRACES_SAMPLER=sometimes", Config{Endpoint: "http://127.0.0.1:1"}, `OTEL_TRACES_SAMPLER is "sometimes"; expected always_on, always_off or traceidratio, or one of them after parentbased_`},
		{"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=2", Config{Endpoint: "http://127.0.0.1:1"}, `OTEL_TRACES_SAMPLER_ARG is "2"; expected a share from 0 to 1`},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=http/json", Config{Endpoint: "http://127.0.0.1:1"}, `OTEL_EXPORTER_OTLP_PROTOCOL is "http/json"; expected http/protobuf or grpc`},
	} {
		t.Run(c.env, func(t *testing.T) {
			for _, one := range strings.Fields(c.env) {
				name, value, _ := strings.Cut(one, "=")
				t.Setenv(name, value)
			}
			tracer, err := Open(t.Context(), c.set)
			got := "off"
			switch {
			case err != nil:
				got = err.Error()
			case tracer != nil:
				got = fmt.Sprint(tracer.sampling)
			}
			if got != c.want {
				t.Errorf("%s, expected %s", got, c.want)
			}
			if err := tracer.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpen_keepsTheCollectorsPath(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "/v1/traces", "/": "/v1/traces", "/otlp/mine": "/otlp/mine"} {
		var asked atomic.Pointer[string]
		collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { asked.Store(&q.URL.Path) }))
		tracer := open(t, Config{Endpoint: collector.URL + given, Sample: share(1)})
		tracer.Start("", trace.SpanKindInternal, "test").End("")
		if err := tracer.Close(); err != nil {
			t.Error(err)
		}
		if got := asked.Load(); got == nil || *got != want {
			t.Errorf("%q: asked for %v, expected %s", given, got, want)
		}
		collector.Close()
	}
}

// BenchmarkRecord is what tracing adds to one record on its way through ingest, translate, resolve
// and a target: off, at one in a hundred, and for each.
func BenchmarkRecord(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.Cleanup(collector.Close)
	for name, tracer := range map[string]*Tracer{
		"off":     nil,
		"sampled": open(b, Config{Endpoint: collector.URL, Sample: share(0.01)}),
		"all":     open(b, Config{Endpoint: collector.URL, Sample: share(1)}),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				recorded, at := tracer.Sample("")
				if recorded {
					span := tracer.Start("", trace.SpanKindServer, "ingest")
					at = span.Trace()
					span.End("")
				}
				for range 7 {
					if tracer.Follows(at) {
						span := tracer.Start(at, trace.SpanKindConsumer, "stage")
						at = span.Trace()
						span.End("")
					}
				}
			}
		})
	}
}
