package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/bus/embedded"
	"github.com/touchstone-hub/touchstone/canonical/standard"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// Hub is a hub folder that is open: its store and, where it is to run, its Kafka.
type Hub struct {
	// folder is what the hub was opened with, for settings that cannot change while it runs; what can
	// stands in the live generation.
	folder   *Folder
	live     atomic.Pointer[generation]
	options  Options
	log      *slog.Logger
	owner    string // of leases and claims: this process
	alone    bool   // no other process can work on the store
	loading  atomic.Pointer[loading]
	store    golden.Store
	broker   *embedded.Broker // nil on a cluster
	bus      *bus.Bus
	standard *standard.Standardiser
	json     formats.Format
	intake   *intake
	tracer   *telemetry.Tracer // nil: no spans are recorded
	metrics  *metrics
	status   *status
	wake     wakes
	replays  replays

	suppressions suppressions
	stopping     chan struct{} // closed when the hub is being stopped
	stop         func()

	connections connections
	reloading   sync.Mutex   // one reload at a time
	turn        sync.RWMutex // read: a batch resolves; written: the generation changes
	sweeping    sync.Mutex   // the list of sweeps
	closers     []io.Closer  // in the order in which they were opened
}

// Options are what a hub needs beside its folder. The zero value is a hub as users run it.
type Options struct {
	Log *slog.Logger
	// Metrics takes the hub's metrics; a registry of its own where nil.
	Metrics *prometheus.Registry
	// RetryFirst and RetryMost bound the wait before a failed source or target is tried again:
	// 1 s and 1 min where zero.
	RetryFirst, RetryMost time.Duration
	// SweepPage is how many customers or documents a background sweep takes at once; 500 where zero.
	SweepPage int
	// Version of the program, which traces name; that of the build where empty.
	Version string
}

// ErrLocked says that another process works on the data folder.
var ErrLocked = embedded.ErrLocked

// Open opens the folder's store, under the lock of the data folder where the store or the broker
// lives in it, and connects to Kafka. Close it again even after Run.
func Open(ctx context.Context, f *Folder, o Options) (h *Hub, err error) {
	h = newHub(f, o)
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
			h = nil
		}
	}()
	if err = h.openStore(ctx); err != nil {
		return h, err
	}
	if h.tracer, err = telemetry.Open(ctx, h.telemetry()); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.tracer)
	if err = h.openBus(ctx); err != nil {
		return h, err
	}
	if h.intake, err = newIntake(f, h.log); err != nil {
		return h, err
	}
	h.closers = append(h.closers, h.intake)
	return h, nil
}

// OpenStore opens the folder's store only, for commands that read it while no hub runs.
func OpenStore(ctx context.Context, f *Folder, o Options) (h *Hub, err error) {
	h = newHub(f, o)
	if err = h.openStore(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func newHub(f *Folder, o Options) *Hub {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.RetryFirst == 0 {
		o.RetryFirst = time.Second
	}
	if o.RetryMost == 0 {
		o.RetryMost = time.Minute
	}
	stopping := make(chan struct{})
	h := &Hub{
		stopping: stopping, stop: sync.OnceFunc(func() { close(stopping) }),
		folder: f, options: o, log: o.Log, owner: uuid.NewString(),
		standard: &standard.Standardiser{Region: f.Settings.Region},
		json:     json.JSON.Open(nil, &config.Problems{}),
		metrics:  newMetrics(o.Metrics), status: newStatus(),
	}
	h.connections = connections{hub: h, running: map[string]*connection{}}
	return h
}

func (h *Hub) openStore(ctx context.Context) (err error) {
	s := h.folder.Settings
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if !s.Store.URL.IsSet() || len(s.Bus.Brokers) == 0 {
		lock, err := embedded.Lock(s.Data)
		if err != nil {
			return err
		}
		h.closers = append(h.closers, closerFunc(lock.Unlock))
	}
	if s.Store.URL.IsSet() {
		h.store, err = postgres.Open(ctx, postgres.Config{
			URL: s.Store.URL.Reveal(), Schema: s.Store.Schema, MaxConns: s.Store.MaxConnections,
		})
	} else {
		h.alone = true // under the folder's lock
		h.store, err = sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(s.Data, "touchstone.db")})
	}
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	h.closers = append(h.closers, h.store)
	if err := h.openSuppressions(ctx); err != nil {
		return err
	}
	h.live.Store(h.newGeneration(h.folder, 1))
	return nil
}

func (h *Hub) openBus(ctx context.Context) (err error) {
	s := h.folder.Settings
	cfg := s.Bus.bus()
	if len(s.Bus.Brokers) == 0 {
		h.broker, err = embedded.Start(ctx, embedded.Config{
			Folder: filepath.Join(s.Data, "kafka"), MinFreeBytes: int64(s.Limits.FreeDisk),
			Retention: s.Bus.Retention,
		})
		if err != nil {
			return fmt.Errorf("start the embedded broker: %w", err)
		}
		h.closers = append(h.closers, h.broker)
		cfg = h.broker.Config()
		cfg.Prefix = s.Bus.Prefix
	}
	cfg.ClientID, cfg.Log = "touchstone-"+s.Name, h.log
	if h.bus, err = bus.Open(ctx, cfg); err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	h.closers = append(h.closers, h.bus)
	return nil
}

// Close gives back everything that Open took, last first.
func (h *Hub) Close() error {
	h.stop()
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i].Close())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// Folder is what the hub runs: the live generation, which a reload replaces.
func (h *Hub) Folder() *Folder {
	if g := h.generation(); g != nil {
		return g.Folder
	}
	return h.folder
}

// Generation is the number of the folder's state that runs. It grows with every change.
func (h *Hub) Generation() int64 { return h.generation().number }

// Store is where the hub keeps what it knows.
func (h *Hub) Store() golden.Store { return h.store }

// Resolver takes decisions of people.
func (h *Hub) Resolver() *golden.Resolver { return h.generation().resolver }

// Metrics is the registry that holds the hub's metrics.
func (h *Hub) Metrics() *prometheus.Registry { return h.options.Metrics }

// IntakeAddress is where webhooks arrive, host:port; "" where only the store is open.
func (h *Hub) IntakeAddress() string {
	if h.intake == nil {
		return ""
	}
	return h.intake.Address()
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }
