package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

func TestKeys_areAskedForEverywhereButForHealth(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{Keys: []api.Key{{Name: "desk", Key: "secret-1"}, {Name: "bi", Key: "secret-2"}}}, records...)
	for _, path := range []string{"/v1/customers?name=anna", "/v1/status", "/openapi.json", "/metrics", "/v1/deadletters"} {
		for _, header := range [][]string{nil, {"Authorization", "Bearer wrong"}, {"X-API-Key", "secret"}, {"Authorization", "secret-1"}, {"Authorization", "Bearer "}} {
			a := f.get(path, header...)
			a.problem(http.StatusUnauthorized)
			if a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with %v: no WWW-Authenticate", path, header)
			}
			if strings.Contains(string(a.body), "secret-") {
				t.Errorf("%s tells a key: %s", path, a.body)
			}
		}
		for _, header := range [][]string{{"Authorization", "Bearer secret-1"}, {"X-API-Key", "secret-2"}} {
			if a := f.get(path, header...); a.status != http.StatusOK {
				t.Errorf("%s with %v: %d %s", path, header, a.status, a.body)
			}
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := f.get(path); a.status != http.StatusOK {
			t.Errorf("%s without a key: %d", path, a.status)
		}
	}
}

func TestLocal_answersToNamesOfThisMachineOnly(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{Local: true}, records...)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "[::1]": 200,
		"customers.example": 421, "customers.example:8080": 421, "10.0.0.1": 421, "localhost.example": 421, "": 421,
	} {
		q := httptest.NewRequest(http.MethodGet, "/v1/status", nil)
		q.Host = host
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, q)
		if w.Code != want {
			t.Errorf("a request to %q is answered with %d, expected %d", host, w.Code, want)
		}
	}
}

func TestReady_saysWhyNot(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	text := "name: test\napi: {listen: \"127.0.0.1:0\"}\nintake: {listen: \"127.0.0.1:0\"}\nlimits: {free_disk: 900000TB}\n"
	if err := os.WriteFile(filepath.Join(root, "hub.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	folder, problems := hub.Load(root, os.LookupEnv)
	if folder == nil {
		t.Fatal(problems.Err())
	}
	h, err := hub.Open(t.Context(), folder, hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f := &fixture{t: t, Hub: h, handler: api.New(h, api.Options{})}
	a := f.get("/readyz")
	var said struct {
		Ready   bool
		Reasons map[string]string
	}
	if err := json.Unmarshal(a.body, &said); err != nil || a.status != http.StatusServiceUnavailable || said.Ready || !strings.Contains(said.Reasons["broker"], "disk is nearly full") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := f.get("/healthz"); a.status != http.StatusOK || string(a.body) != "ok\n" {
		t.Errorf("the process is well all the same: %d %s", a.status, a.body)
	}
	var s struct{ NotReady map[string]string }
	f.get("/v1/status").ok(&s)
	if s.NotReady["broker"] == "" {
		t.Errorf("status: %v", s)
	}
}

func TestStatus_countsWhatTheStoreHolds(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{}, records...)
	f.fill()
	var s api.Status
	f.get("/v1/status").ok(&s)
	if s.Name != "test" || s.Customers != 3 || s.Records["erp/customers"] != 2 || s.Records["shop/customers"] != 2 || s.DeadLetters["translate"] != 9 ||
		s.Dirty["shop.customers"] != 7 || s.Deliveries["shop.customers"]["settled"] != 12 || s.Reviews["outcome"] != 5 || s.Documents["Order"] != 11 || s.Outbox != 3 {
		t.Errorf("%+v", s)
	}
}

func TestMetrics_haveTheirNames(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{})
	a := f.get("/metrics")
	for _, name := range []string{
		"touchstone_publish_changes_total", "touchstone_publish_outbox_rows", "go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(string(a.body), "\n"+name+" ") {
			t.Errorf("no metric %s", name)
		}
	}
}

// The description is OpenAPI 3.1, has every path that is served, and every schema in it is one.
func TestOpenAPI_describesEveryPath(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{Version: "1.2.3"}, records...)
	var d struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Tags        []string
			Responses   map[string]struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
		Components struct{ Schemas map[string]any }
	}
	f.get("/openapi.json").ok(&d)
	if !strings.HasPrefix(d.OpenAPI, "3.1.") || d.Info.Version != "1.2.3" || d.Info.Title != "Touchstone" {
		t.Errorf("openapi %s, %+v", d.OpenAPI, d.Info)
	}
	want := []string{
		"/v1/changes", "/v1/changes/stream", "/v1/snapshot", "/v1/customers", "/v1/customers/{id}", "/v1/customers/{id}/explain", "/v1/customers/{id}/history",
		"/v1/customers/{id}/sources", "/v1/customers/{id}/timeline", "/v1/deadletters", "/v1/deadletters/{id}", "/v1/deliveries",
		"/v1/deliveries/pending", "/v1/records", "/v1/reviews", "/v1/sources/{system}/{stream}/{id}", "/v1/status", "/v1/trace",
		"/v1/match/explain", "/v1/match/report", "/v1/exchanges", "/v1/exchanges/counts", "/v1/exchanges/one",
	}
	changing := []string{"/v1/subscribers/{name}/resend", "/v1/exchanges/resend", "/v1/replays", "/v1/replays/{id}/stop", "/v1/deadletters/replay", "/v1/deadletters/drop"}
	changing = append(changing, "/v1/customers/{id}/merge", "/v1/customers/{id}/split", "/v1/customers/{id}/move", "/v1/customers/{id}/pin",
		"/v1/customers/{id}/unpin", "/v1/decisions", "/v1/decisions/{id}/undo", "/v1/reviews/{id}/answer", "/v1/match/training", "/v1/plans", "/v1/privacy/erasures", "/v1/privacy/erasures/{id}/lift", "/v1/privacy/erasures/{id}/receipts/close")
	want = append(append(want, changing...), "/v1/decisions/{id}", "/v1/reviews/{id}", "/v1/replays/{id}", "/v1/privacy/erasures/{id}", "/v1/deadletters/groups", "/v1/subscribers", "/v1/subscribers/{name}/log")
	for _, path := range want {
		if _, ok := d.Paths[path]; !ok {
			t.Errorf("%s is not described", path)
		}
	}
	var ids []string
	for path, operations := range d.Paths {
		if !slices.Contains(want, path) {
			t.Errorf("%s is described and not known to this test", path)
		}
		for method, o := range operations {
			if method != "get" && !slices.Contains(changing, path) {
				t.Errorf("%s %s: nothing changes here", method, path)
			}
			if o.OperationID == "" || o.Summary == "" || len(o.Tags) != 1 || slices.Contains(ids, o.OperationID) {
				t.Errorf("%s: %+v", path, o)
			}
			ids = append(ids, o.OperationID)
			if o.Responses["202"].Content["application/json"].Schema != nil {
				continue
			}
			if schema := o.Responses["200"].Content; schema["application/json"].Schema == nil && schema["text/event-stream"].Schema == nil && schema["application/x-ndjson"].Schema == nil {
				t.Errorf("%s: no schema of what it answers", path)
			}
		}
	}
	compileSchemas(t, f.get("/openapi.json").body, d.Components.Schemas)
	if a := f.get("/openapi.yaml"); a.status != http.StatusOK || !strings.Contains(string(a.body), "openapi: 3.1") {
		t.Errorf("as YAML: %d", a.status)
	}
}

// compileSchemas compiles every schema of the description, references included, and holds an
// answer against the one that describes it.
func compileSchemas(t *testing.T, description []byte, schemas map[string]any) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(description)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	for name := range schemas {
		if _, err := c.Compile("openapi.json#/components/schemas/" + name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
	if len(schemas) < 10 {
		t.Errorf("%d schemas", len(schemas))
	}
}

func TestKeys_writeByRole(t *testing.T) {
	t.Parallel()
	keys := []api.Key{{Name: "desk", Key: "k-reader", Role: "reader"}, {Name: "phone", Key: "k-agent", Role: "agent"}, {Name: "data", Key: "k-steward", Role: "steward"}}
	guarded, local := open(t, api.Options{Keys: keys}), open(t, api.Options{Local: true})
	for _, c := range []struct {
		name, key string
		on        *fixture
		refused   bool
	}{
		{"a reader", "k-reader", guarded, true},
		{"an agent", "k-agent", guarded, true},
		{"a steward", "k-steward", guarded, false},
		{"nobody in particular, on loopback", "", local, true},
	} {
		q := httptest.NewRequest(http.MethodPost, "http://localhost/v1/deadletters/drop", strings.NewReader(`{}`))
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("X-API-Key", c.key)
		w := httptest.NewRecorder()
		c.on.handler.ServeHTTP(w, q)
		if (w.Code == http.StatusForbidden) != c.refused {
			t.Errorf("%s writes: answered with %d %s", c.name, w.Code, w.Body)
		}
	}
}

func TestKeys_eraseByRole(t *testing.T) {
	t.Parallel()
	f := open(t, api.Options{Keys: []api.Key{{Name: "data", Key: "k-steward", Role: "steward"}, {Name: "dpo", Key: "k-admin", Role: "admin"}}})
	for key, want := range map[string]int{"k-steward": http.StatusForbidden, "k-admin": http.StatusNotFound} {
		q := httptest.NewRequest(http.MethodPost, "http://localhost/v1/privacy/erasures/E1/lift", strings.NewReader(`{"record":"erp/customers/1","reason":"consent"}`))
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("X-API-Key", key)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, q)
		if w.Code != want {
			t.Errorf("%s: answered with %d %s, expected %d", key, w.Code, w.Body, want)
		}
	}
}
