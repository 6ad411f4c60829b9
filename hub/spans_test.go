package hub_test

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// otlp is a collector: it takes spans as OTLP over HTTP.
type otlp struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	spans    []*spans.Span
	resource map[string]string
	header   http.Header
}

func newOTLP(t testing.TB) *otlp {
	c := &otlp{t: t}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *otlp) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	var batch collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &batch)
	}
	if err != nil || q.URL.Path != "/v1/traces" {
		c.t.Errorf("%s %s: %v", q.Method, q.URL, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header = q.Header
	for _, r := range batch.ResourceSpans {
		c.resource = attributes(r.Resource.Attributes)
		for _, s := range r.ScopeSpans {
			c.spans = append(c.spans, s.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func attributes(all []*common.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range all {
		switch v := kv.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			m[kv.Key] = v.StringValue
		case *common.AnyValue_IntValue:
			m[kv.Key] = fmt.Sprint(v.IntValue)
		case *common.AnyValue_DoubleValue:
			m[kv.Key] = fmt.Sprint(v.DoubleValue)
		}
	}
	return m
}

// tree is the spans of a trace, each below its parent; what has no parent among them stands below
// the parent's ID.
func (c *otlp) tree(trace string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	children := map[string][]*spans.Span{}
	known := map[string]bool{}
	for _, s := range c.spans {
		if hex.EncodeToString(s.TraceId) == trace {
			children[hex.EncodeToString(s.ParentSpanId)] = append(children[hex.EncodeToString(s.ParentSpanId)], s)
			known[hex.EncodeToString(s.SpanId)] = true
		}
	}
	var lines []string
	var show func(indent, id string)
	show = func(indent, id string) {
		slices.SortFunc(children[id], func(a, b *spans.Span) int { return cmp.Compare(a.Name, b.Name) })
		for _, s := range children[id] {
			line := indent + s.Name + " " + strings.ToLower(strings.TrimPrefix(s.Kind.String(), "SPAN_KIND_"))
			if s.Status.GetCode() == spans.Status_STATUS_CODE_ERROR {
				line += " failed: " + s.Status.Message
			}
			if s.EndTimeUnixNano < s.StartTimeUnixNano {
				line += " ends before it begins"
			}
			lines = append(lines, line)
			show(indent+"  ", hex.EncodeToString(s.SpanId))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(children)) {
		if !known[id] {
			lines = append(lines, id)
			show("  ", id)
		}
	}
	return strings.Join(lines, "\n")
}

func (c *otlp) span(name string) *spans.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name {
			return s
		}
	}
	c.t.Errorf("no span %q", name)
	return &spans.Span{}
}

func parentOf(s *spans.Span) string { return fmt.Sprintf("00-%x-%x-01", s.TraceId, s.SpanId) }

// traced is the base with a subscriber, orders for the shop, and traces.
func traced(traces string) map[string]string {
	return with(map[string]string{
		"hub.yaml": base["hub.yaml"] + `
bus: {brokers: ["${BROKERS:}"], prefix: "${PREFIX:}"}
store: {url: "${DATABASE:}"}
subscribers: [{name: crm, url: "${CRM}", secrets: ["${SECRET}"]}]
telemetry: {traces: ` + traces + `}
`,
		"connectors/shop.yaml": base["connectors/shop.yaml"] + "  orders:\n    create: {path: /customers, remote_id: id}\n    idempotency: Idempotency-Key\n",
		"routes/orders.yaml":   "route: orders\nfrom: canonical.order\nto: shop.orders\nmapping: booking\n",
	})
}

// heard are the requests that a server got, by what they ask.
type heard struct {
	*httptest.Server
	mu     sync.Mutex
	header []http.Header
	bodies []string
}

func listen(t testing.TB, answer http.Handler) *heard {
	h := &heard{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		h.mu.Lock()
		h.header, h.bodies = append(h.header, q.Header), append(h.bodies, string(body))
		h.mu.Unlock()
		if answer != nil {
			q.Body = io.NopCloser(strings.NewReader(string(body)))
			answer.ServeHTTP(w, q)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.header)
}

// sendTraced posts a record with a trace context of the sender's.
func (r *rig) sendTraced(stream, record, parent string) {
	r.t.Helper()
	r.await("webhook accepted", func() error {
		q, err := http.NewRequest(http.MethodPost, "http://"+r.IntakeAddress()+"/in/"+stream, strings.NewReader(record))
		if err != nil {
			return err
		}
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("traceparent", parent)
		q.Header.Set("tracestate", "vendor=x")
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		if a.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %d", a.StatusCode)
		}
		return nil
	})
}

const (
	senderTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	senderSpan  = "00f067aa0ba902b7"
	orderTrace  = "0af7651916cd43dd8448eb211c80319c"
)

func TestTraces_oneTraceFromWebhookToTarget(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) { t.Parallel(); oneTrace(t, nil) })
	t.Run("Kafka and PostgreSQL", func(t *testing.T) {
		t.Parallel()
		oneTrace(t, map[string]string{"BROKERS": strings.Join(kafkatest.Start(t), ","), "PREFIX": "traces.", "DATABASE": pgtest.Start(t)})
	})
}

func oneTrace(t *testing.T, env map[string]string) {
	to := newOTLP(t)
	shop, crm := listen(t, newRemote(t)), listen(t, nil)
	all := map[string]string{"SHOP": shop.URL, "CRM": crm.URL + "/hooks/s3cr3t", "SECRET": whsec(newKey), "COLLECTOR": to.URL, "TOKEN": "let me in"}
	maps.Copy(all, env)
	r := start(t, traced(`{endpoint: "${COLLECTOR}", sample: 0, headers: {X-Token: "${TOKEN}"}}`), all)
	r.send("erp/customers", `{"id": 8, "v": 1, "name": "Ben", "mail": "b@post.example"}`) // not traced
	r.sendTraced("erp/customers", `{"id": 7, "v": 1, "name": "Anna", "mail": "a@post.example"}`, "00-"+senderTrace+"-"+senderSpan+"-01")
	r.sendTraced("erp/orders", `{"id": 5, "v": 1, "mail": "a@post.example", "total": 1}`, "00-"+orderTrace+"-"+senderSpan+"-01")
	r.await("everything is delivered", func() error {
		if shop.count() < 3 || crm.count() < 2 {
			return fmt.Errorf("%d writes, %d webhooks", shop.count(), crm.count())
		}
		return nil
	})
	r.settled()
	sent, err := hub.GoldenHeaders(t.Context(), r.Hub)
	if err != nil {
		t.Fatal(err)
	}
	r.stop()

	p := env["PREFIX"]
	if got, want := to.tree(senderTrace), strings.ReplaceAll(senderSpan+`
  ingest erp/customers server
    send @raw.erp producer
      translate @raw.erp consumer
        send @canonical.customer producer
          resolve @canonical.customer consumer
            deliver shop.customers internal
              create shop.customers client
            send @golden.customer producer
            webhook crm client`, "@", p); got != want {
		t.Errorf("spans of the customer:\n%s\nexpected:\n%s", got, want)
	}
	if got, want := to.tree(orderTrace), strings.ReplaceAll(senderSpan+`
  ingest erp/orders server
    send @raw.erp producer
      translate @raw.erp consumer
        send @canonical.order producer
          documents @canonical.order consumer
            deliver shop.orders internal
              create shop.orders client`, "@", p); got != want {
		t.Errorf("spans of the order:\n%s\nexpected:\n%s", got, want)
	}
	to.mu.Lock()
	count := len(to.spans)
	to.mu.Unlock()
	if count != 9+7 {
		t.Errorf("%d spans: the record without a trace context is not to have any", count)
	}
	if to.resource["service.name"] != "touchstone" || to.resource["touchstone.hub"] != "test" || to.resource["service.version"] == "" || to.header.Get("X-Token") != "let me in" {
		t.Errorf("the collector was told of %v with token %q", to.resource, to.header.Get("X-Token"))
	}
	handedOn(t, to, shop, crm, sent)
	taking := to.span("translate " + p + "raw.erp")
	a := attributes(taking.Attributes)
	if a["messaging.system"] != "kafka" || a["messaging.destination.name"] != p+"raw.erp" || a["messaging.destination.partition.id"] == "" ||
		a["messaging.kafka.offset"] == "" || a["messaging.operation.type"] != "process" || a["messaging.consumer.group.name"] != p+"translate" {
		t.Errorf("attributes of translating: %v", a)
	}
	if taking.TraceState != "vendor=x" {
		t.Errorf("tracestate %q", taking.TraceState)
	}
}

// handedOn checks who was given which trace context.
func handedOn(t *testing.T, to *otlp, shop, crm *heard, sent []map[string]string) {
	var writes []string
	for _, h := range shop.header {
		if parent := h.Get("traceparent"); parent != "" {
			writes = append(writes, parent+" "+h.Get("tracestate"))
		}
	}
	slices.Sort(writes)
	want := []string{parentOf(to.span("create shop.customers")) + " vendor=x", parentOf(to.span("create shop.orders")) + " vendor=x"}
	slices.Sort(want)
	if !slices.Equal(writes, want) {
		t.Errorf("the target was given %v, expected %v", writes, want)
	}
	made, posted := parentOf(to.span("resolve "+strings.TrimPrefix(to.span("send "+canonicalName(to)).Name, "send "))), 0
	for i, h := range crm.header {
		var e hub.Event
		if err := json.Unmarshal([]byte(crm.bodies[i]), &e); err != nil {
			t.Fatal(err)
		}
		if e.TraceParent == "" {
			continue
		}
		posted++
		if e.TraceParent != made || h.Get("traceparent") != parentOf(to.span("webhook crm")) {
			t.Errorf("the subscriber was given %q with an event of %q", h.Get("traceparent"), e.TraceParent)
		}
	}
	published := 0
	for _, m := range sent {
		if m["ce_traceparent"] == made {
			published++
			if !strings.Contains(m["traceparent"], senderTrace) || m["traceparent"] == made || m["tracestate"] != "vendor=x" {
				t.Errorf("golden.customer carries %v", m)
			}
		}
	}
	if posted != 1 || published != 1 {
		t.Errorf("%d events and %d messages carry the trace context of the change", posted, published)
	}
}

func canonicalName(to *otlp) string {
	to.mu.Lock()
	defer to.mu.Unlock()
	for _, s := range to.spans {
		if name, ok := strings.CutPrefix(s.Name, "resolve "); ok {
			return name
		}
	}
	return ""
}

func TestTraces_failuresAndRetriesStandInTheTrace(t *testing.T) {
	t.Parallel()
	to, shop := newOTLP(t), newRemote(t)
	failing := true
	shop.before = func(w http.ResponseWriter, _ *http.Request, _ map[string]any) bool {
		shop.mu.Lock()
		defer shop.mu.Unlock()
		if failing {
			failing = false
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	r := start(t, traced(`{endpoint: "${COLLECTOR}/", sample: 1}`), map[string]string{"SHOP": shop.URL, "CRM": "http://127.0.0.1:1", "SECRET": whsec(newKey), "COLLECTOR": to.URL})
	r.send("erp/customers", `{"id": 7, "v": 1, "name": "Anna", "mail": "a@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.settled()
	r.send("erp/customers", `{"id": 9, "v": "nine", "name": "Carl"}`)
	r.await("the dead letter", func() error {
		if n := len(r.letters()); n != 1 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	if err := hub.PublishCanonical(t.Context(), r.Hub, canonical.EntityCustomer, "x", `{}`); err != nil { // not traced, buried alone
		t.Fatal(err)
	}
	r.settled()
	r.stop()
	var lines []string
	to.mu.Lock()
	roots := map[string]bool{}
	for _, s := range to.spans {
		if len(s.ParentSpanId) == 0 {
			roots[hex.EncodeToString(s.TraceId)] = true
		}
	}
	to.mu.Unlock()
	for root := range roots {
		lines = append(lines, strings.TrimSpace(to.tree(root)))
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n")
	for _, want := range []string{
		"create shop.customers client failed: retry", "create shop.customers client\n",
		"deliver shop.customers internal failed: to be looked at again", "webhook crm client failed: no answer",
		"translate raw.erp consumer failed: mapping",
	} {
		if !strings.Contains(got+"\n", want) {
			t.Errorf("there is no %q in:\n%s", want, got)
		}
	}
	if len(roots) != 2 || strings.Contains(got, "nine") {
		t.Errorf("%d traces:\n%s", len(roots), got)
	}
}

func TestTraces_offHandsTheSendersContextOn(t *testing.T) {
	t.Parallel()
	shop := listen(t, newRemote(t))
	r := start(t, base, map[string]string{"SHOP": shop.URL})
	sender := "00-" + senderTrace + "-" + senderSpan + "-01"
	r.sendTraced("erp/customers", `{"id": 7, "v": 1, "name": "Anna", "mail": "a@post.example"}`, sender)
	r.sendTraced("erp/customers", `{"id": 8, "v": 1, "name": "Ben", "mail": "b@post.example"}`, "00-nonsense")
	r.await("the writes", func() error {
		if n := shop.count(); n != 2 {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	var given []string
	for _, h := range shop.header {
		given = append(given, h.Get("traceparent"))
	}
	slices.Sort(given)
	if want := []string{"", sender}; !slices.Equal(given, want) {
		t.Errorf("the target was given %q, expected %q", given, want)
	}
}

func TestTraces_collectorThatIsAwayIsLoggedOnce(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	r := start(t, traced(`{endpoint: "http://127.0.0.1:1", sample: 1}`), map[string]string{"SHOP": shop.URL, "CRM": "http://127.0.0.1:1", "SECRET": whsec(newKey)})
	r.send("erp/customers", `{"id": 7, "v": 1, "name": "Anna", "mail": "a@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.await("the log tells of it", func() error {
		if n := strings.Count(r.log.String(), "traces cannot be sent"); n != 1 {
			return fmt.Errorf("%d times", n)
		}
		return nil
	})
	r.send("erp/customers", `{"id": 7, "v": 2, "name": "Anna B", "mail": "a@post.example"}`)
	shop.holds("1 name=Anna B", "name")
	r.stop() // in time, though the last spans go nowhere
	if n := strings.Count(r.log.String(), "traces cannot be sent"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}
