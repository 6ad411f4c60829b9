package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// intake is the listener for webhooks: POST /in/<system>/<stream>. Sources come and go; a request
// for a stream whose source is not there just now is told to come again.
type intake struct {
	settings IntakeSettings
	log      *slog.Logger
	listener net.Listener

	mu      sync.RWMutex
	streams map[string]*mounted
}

// mounted is one stream's handler with the requests under way in it.
type mounted struct {
	http.Handler
	running sync.WaitGroup
	gone    bool // guarded by intake.mu
}

func newIntake(s IntakeSettings, log *slog.Logger) (*intake, error) {
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	return &intake{settings: s, log: log, listener: l, streams: map[string]*mounted{}}, nil
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

func (in *intake) serve(ctx context.Context) error {
	server := &http.Server{
		Handler: in, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(in.log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(stop)
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
		w.Header().Set("Retry-After", "5")
		http.Error(w, "no webhook stream is open at this path", http.StatusNotFound)
		return
	}
	m.running.Add(1)
	in.mu.RUnlock()
	defer m.running.Done()
	m.ServeHTTP(w, r)
}
