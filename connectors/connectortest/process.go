package connectortest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// Intake is a hub's listener for webhooks on a loopback port, for harnesses of kinds that take them.
type Intake struct {
	*httptest.Server
	mu       sync.Mutex
	handlers map[string]http.Handler
}

// NewIntake listens until the test ends.
func NewIntake(t testing.TB) *Intake {
	in := &Intake{handlers: map[string]http.Handler{}}
	in.Server = httptest.NewServer(in)
	t.Cleanup(in.Close)
	return in
}

// ServeHTTP passes a request on, or answers 503 where no source has asked for it yet.
func (in *Intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in.mu.Lock()
	h := in.handlers[r.URL.Path]
	in.mu.Unlock()
	if h == nil {
		http.Error(w, "not yet", http.StatusServiceUnavailable)
		return
	}
	h.ServeHTTP(w, r)
}

// Handle serves /in/<system>/<stream>; see [connectors.Intake].
func (in *Intake) Handle(system, stream string, h http.Handler) (remove func()) {
	path := "/in/" + system + "/" + stream
	var underWay sync.WaitGroup
	in.mu.Lock()
	in.handlers[path] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		underWay.Add(1)
		defer underWay.Done()
		h.ServeHTTP(w, r)
	})
	in.mu.Unlock()
	return func() {
		in.mu.Lock()
		delete(in.handlers, path)
		in.mu.Unlock()
		underWay.Wait()
	}
}

// paths are those that are served.
func (in *Intake) paths() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Collect(maps.Keys(in.handlers))
}

// Memory is what a hub's store keeps for one stream: its checkpoint and webhook deliveries.
type Memory struct {
	mu    sync.Mutex
	state []byte
	ids   map[string]bool
}

// Load returns the last state that was saved.
func (m *Memory) Load(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.state), nil
}

// Save keeps the state.
func (m *Memory) Save(_ context.Context, state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = slices.Clone(state)
	return nil
}

// Seen tells whether the ID was recorded.
func (m *Memory) Seen(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ids[id], nil
}

// Record records the ID.
func (m *Memory) Record(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ids == nil {
		m.ids = map[string]bool{}
	}
	m.ids[id] = true
	return nil
}

// errKilled is what everything outside answers to a process that was killed.
var errKilled = errors.New("the process was killed")

// site is what outlives a process: the data folder, the store, the broker's log.
type site struct {
	folder string
	intake *Intake
	memory Memory
	ledger Ledger

	mu    sync.Mutex
	log   []formats.Frame // durable, in order
	moved chan struct{}   // closed and made anew when log grows
}

func newSite(t *testing.T) *site {
	s := &site{folder: t.TempDir(), intake: NewIntake(t), moved: make(chan struct{})}
	s.ledger.Buried = s.bury
	return s
}

func (s *site) write(frames []formats.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range frames {
		f.Bytes = slices.Clone(f.Bytes)
		s.log = append(s.log, f)
	}
	close(s.moved)
	s.moved = make(chan struct{})
}

// durable returns what was written so far, and what to wait for.
func (s *site) durable() ([]formats.Frame, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clip(s.log), s.moved
}

// process is one life of a source. It can be killed at its n-th step, a step being a call of emit,
// of Checkpoint.Save, of Deliveries.Record or of Ledger.InTx: from then on nothing it does has any effect.
type process struct {
	site   *site
	killAt int  // 0: never
	half   bool // the step at which it is killed has its effect, though the process does not see it

	killed chan struct{} // closed when it is; set with killAt
	cancel context.CancelFunc

	mu    sync.Mutex
	steps int
	dead  bool
}

func (p *process) wasKilled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// step runs one effect, unless the process is dead.
func (p *process) step(effect func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return errKilled
	}
	p.steps++
	if p.steps != p.killAt {
		return effect()
	}
	p.dead = true
	defer close(p.killed)
	if p.half {
		if err := effect(); err != nil {
			return err
		}
	}
	p.cancel()
	return errKilled
}

func (p *process) emit(ctx context.Context, frames []formats.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.step(func() error { p.site.write(frames); return nil })
}

func (p *process) Load(ctx context.Context) ([]byte, error) { return p.site.memory.Load(ctx) }

func (p *process) Save(ctx context.Context, state []byte) error {
	return p.step(func() error { return p.site.memory.Save(ctx, state) })
}

func (p *process) Seen(ctx context.Context, id string) (bool, error) {
	return p.site.memory.Seen(ctx, id)
}

func (p *process) Record(ctx context.Context, id string) error {
	return p.step(func() error { return p.site.memory.Record(ctx, id) })
}

func (p *process) env() connectors.Env {
	return connectors.Env{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DataFolder: p.site.folder,
		Checkpoint: p, Deliveries: p, Ledger: stepped{p}, Intake: p.site.intake, Clock: time.Now,
	}
}

// leftNothing fails the test where goroutines of the kind still run.
func (h Harness) leftNothing(t *testing.T) {
	t.Helper()
	if h.Package == "" {
		return
	}
	var left string
	for deadline := time.Now().Add(h.Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if left = h.goroutines(); left == "" {
			return
		}
	}
	t.Errorf("a goroutine of %s was left behind:\n%s", h.Package, left)
}

// goroutines returns the stack of a goroutine that runs the kind's code, "" where there is none.
func (h Harness) goroutines() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, h.Package+".") {
			return stack
		}
	}
	return ""
}
