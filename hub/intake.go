package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// intake is the listener for webhooks: POST /in/<system>/<stream>. Sources come and go; a request
// for a stream whose source is not there just now is told to come again.
type intake struct {
	settings   IntakeSettings
	log        *slog.Logger
	listener   net.Listener
	configured map[string]*Stream // by "system/stream"

	mu      sync.RWMutex
	streams map[string]*mounted
}

// mounted is one stream's handler with the requests under way in it.
type mounted struct {
	http.Handler
	running sync.WaitGroup
	gone    bool // guarded by intake.mu
}

func newIntake(f *Folder, log *slog.Logger) (*intake, error) {
	s := f.Settings.Intake
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	return &intake{settings: s, log: log, listener: l, configured: f.streams, streams: map[string]*mounted{}}, nil
}

// Address is host:port.
func (in *intake) Address() string { return in.listener.Addr().String() }

// Close ends listening; serve has ended by then, or never begun.
func (in *intake) Close() error {
	if err := in.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// intakeGrace is how long requests under way may take after the hub was told to stop. (A connection
// on which nothing was sent yet counts as one, as Shutdown sees it.)
const intakeGrace = 2 * time.Second

func (in *intake) serve(ctx context.Context) error {
	server := &http.Server{
		Handler: in, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(in.log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), intakeGrace)
		defer cancel()
		err := server.Shutdown(stop)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // whoever is left was not answered, and sends again
		}
		stopped <- err
	}()
	var err error
	if in.settings.Cert != "" {
		err = server.ServeTLS(in.listener, in.settings.Cert, in.settings.Key)
	} else {
		err = server.Serve(in.listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen for webhooks: %w", err)
	}
	return <-stopped
}

// Handle serves a stream's requests until remove is called, which waits for those under way.
func (in *intake) Handle(system, stream string, h http.Handler) (remove func()) {
	m := &mounted{Handler: h}
	path := "/in/" + system + "/" + stream
	in.mu.Lock()
	in.streams[path] = m
	in.mu.Unlock()
	return func() {
		in.mu.Lock()
		m.gone = true
		if in.streams[path] == m {
			delete(in.streams, path)
		}
		in.mu.Unlock()
		m.running.Wait()
	}
}

// ServeHTTP passes a request to the stream's source.
func (in *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in.mu.RLock()
	m := in.streams[r.URL.Path]
	if m == nil || m.gone {
		in.mu.RUnlock()
		in.notOpen(w, r)
		return
	}
	m.running.Add(1)
	in.mu.RUnlock()
	defer m.running.Done()
	m.ServeHTTP(w, r)
}

// notOpen answers for a path that no source serves: for a stream of the folder it is a matter of time.
func (in *intake) notOpen(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/in/")
	if _, known := in.configured[name]; !ok || !known {
		http.Error(w, "there is no stream at this path; expected /in/<system>/<stream>", http.StatusNotFound)
		return
	}
	w.Header().Set("Retry-After", "5")
	http.Error(w, "the stream is not open just now", http.StatusServiceUnavailable)
}
