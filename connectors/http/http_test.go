package http_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	kind "github.com/touchstone-hub/touchstone/connectors/http"
	"github.com/touchstone-hub/touchstone/connectors/presets"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// load reads a connector file named shop.yaml; ${SECRET_X} is "secret-x".
func load(t testing.TB, text string) (*connectors.Configured, []string) {
	t.Helper()
	return loadIn(t, t.TempDir(), text)
}

func loadIn(t testing.TB, folder, text string) (*connectors.Configured, []string) {
	t.Helper()
	env := func(name string) (string, bool) {
		return strings.ReplaceAll(strings.ToLower(name), "_", "-"), strings.HasPrefix(name, "SECRET_")
	}
	var ps config.Problems
	c := connectors.Load(config.Parse("shop.yaml", []byte(text), env, &ps), "shop", connectors.LoadOptions{
		Kinds: []connectors.Kind{kind.Kind}, Formats: []formats.Kind{json.JSON, json.NDJSON}, Presets: []fs.FS{presets.FS}, Env: env, Folder: folder,
	}, &ps)
	var lines []string
	for _, p := range ps.Sorted() {
		lines = append(lines, p.String())
	}
	return c, lines
}

// must is load for a file without problems, warnings aside.
func must(t testing.TB, text string) *connectors.Configured {
	t.Helper()
	return mustIn(t, t.TempDir(), text)
}

func mustIn(t testing.TB, folder, text string) *connectors.Configured {
	t.Helper()
	c, problems := loadIn(t, folder, text)
	if c == nil {
		t.Fatal(strings.Join(problems, "\n"))
	}
	return c
}

// intake is the hub's listener.
type intake struct {
	*httptest.Server
	mu       sync.Mutex
	handlers map[string]http.Handler
	mounted  chan struct{} // gets one for each handler that comes or goes
}

func newIntake(t testing.TB) *intake {
	in := &intake{handlers: map[string]http.Handler{}, mounted: make(chan struct{}, 64)}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.mu.Lock()
		h := in.handlers[r.URL.Path]
		in.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *intake) Handle(system, stream string, h http.Handler) func() {
	path := "/in/" + system + "/" + stream
	var underWay sync.WaitGroup
	in.mu.Lock()
	in.handlers[path] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		underWay.Add(1)
		defer underWay.Done()
		h.ServeHTTP(w, r)
	})
	in.mu.Unlock()
	in.mounted <- struct{}{}
	return func() {
		in.mu.Lock()
		delete(in.handlers, path)
		in.mu.Unlock()
		underWay.Wait()
		in.mounted <- struct{}{}
	}
}

// memory is a checkpoint and a memory of deliveries.
type memory struct {
	mu    sync.Mutex
	state []byte
	ids   map[string]bool
}

func (m *memory) Load(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

func (m *memory) Save(_ context.Context, state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = slices.Clone(state)
	return nil
}

func (m *memory) Seen(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ids[id], nil
}

func (m *memory) Record(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids[id] = true
	return nil
}

// hub is what a source runs in: it keeps what was emitted.
type hub struct {
	*intake
	memory
	log bytes.Buffer

	frames  []formats.Frame
	refuse  error
	emitted chan struct{} // gets one for each emit
}

func newHub(t testing.TB) *hub {
	return &hub{intake: newIntake(t), memory: memory{ids: map[string]bool{}}, emitted: make(chan struct{}, 1024)}
}

func (h *hub) env() connectors.Env {
	return connectors.Env{Log: slog.New(slog.NewTextHandler(&h.log, nil)), Checkpoint: &h.memory, Intake: h.intake, Deliveries: &h.memory}
}

func (h *hub) emit(_ context.Context, frames []formats.Frame) error {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	defer func() { h.emitted <- struct{}{} }()
	if h.refuse != nil {
		return h.refuse
	}
	h.frames = append(h.frames, frames...)
	return nil
}

func (h *hub) refuseWith(err error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.refuse = err
}

// kept is what was emitted since the last call.
func (h *hub) kept() []formats.Frame {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	frames := h.frames
	h.frames = nil
	return frames
}

// run runs a stream until the test ends.
func (h *hub) run(t testing.TB, c *connectors.Configured, stream string) {
	t.Helper()
	source, err := c.Connector.Source(stream, h.env())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- source.Run(ctx, h.emit) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the source ended with %v", err)
		}
	})
	<-h.mounted
}

// post sends a webhook and returns the answer's status, body and header.
func (h *hub) post(t testing.TB, path, body string, header map[string]string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := h.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(answer)), resp.Header
}

func with(a map[string]string, more ...string) map[string]string {
	b := maps.Clone(a)
	if b == nil {
		b = map[string]string{}
	}
	for i := 0; i < len(more); i += 2 {
		b[more[i]] = more[i+1]
	}
	return b
}

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

func within(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(90 * time.Second):
		t.Fatalf("%s did not happen", what)
	}
}

// data is a file of the development data; the test is skipped where it is absent.
func data(t testing.TB, name string) []byte {
	t.Helper()
	folder := os.Getenv("TOUCHSTONE_DATA")
	if folder == "" {
		folder = "../../../shared/data"
	}
	b, err := os.ReadFile(folder + "/" + name)
	if err != nil {
		t.Skipf("the development data is not there: %v", err)
	}
	return b
}
