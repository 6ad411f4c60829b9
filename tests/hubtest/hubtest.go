// Package hubtest runs whole hubs inside tests.
//
// In comes a hub folder; out go a running hub with its API, a way to wait until it has nothing left
// to do, and what it then holds in a form that two hubs can be compared by. The package never takes
// a pause for a signal: whoever waits names what has to have come.
package hubtest

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/hub"
)

// Folder copies a hub folder, which is read alone, into one of the test's own and returns that.
func Folder(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(from))
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatalf("copy the hub folder: %v", err)
	}
	return to
}

// Data is the path of a file or folder of the data for tests, which is not part of the repository.
// Where it is absent the test is skipped, or fails if TOUCHSTONE_REQUIRE_DATA=1.
func Data(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("TOUCHSTONE_DATA")
	if root == "" {
		root = filepath.Join(repository(t), "..", "shared", "data")
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	_, err := os.Stat(path)
	if err != nil && os.Getenv("TOUCHSTONE_REQUIRE_DATA") == "1" {
		t.Fatalf("the data for tests is missing: %v", err)
	}
	if err != nil {
		t.Skipf("the data for tests is missing (TOUCHSTONE_DATA names its folder): %v", err)
	}
	return path
}

// repository is the folder that go.mod stands in.
func repository(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder
		}
		if filepath.Dir(folder) == folder {
			err = errors.New("there is no go.mod")
		}
		folder = filepath.Dir(folder)
	}
	t.Fatalf("look for the repository: %v", err)
	return ""
}

// Hub is a running hub.
type Hub struct {
	*hub.Hub
	URL string // of the API

	t      testing.TB
	api    *httptest.Server
	cancel context.CancelFunc
	ended  chan struct{} // closed when Run has returned
	err    error         // of Run, once ended is closed
	stop   sync.Once
}

// What fails is tried again soon: tests have no operators to spare.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = time.Second
)

func load(folder string, env map[string]string) (*hub.Folder, *config.Problems) {
	return hub.Load(folder, func(name string) (string, bool) {
		value, found := env[name]
		return value, found
	})
}

// Start runs the hub in folder until the test ends or Stop is called. ${NAME} in its files stands
// for what env holds, and for nothing else. The hub's log is shown if the test fails.
func Start(t testing.TB, folder string, env map[string]string) *Hub {
	t.Helper()
	f, problems := load(folder, env)
	for _, p := range problems.Sorted() {
		t.Log(p)
	}
	if f == nil {
		t.Fatal("the hub folder has errors")
	}
	h, err := hub.Open(t.Context(), f, hub.Options{
		Log: logger(t), RetryFirst: retryFirst, RetryMost: retryMost,
	})
	if err != nil {
		t.Fatalf("open the hub: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	one := &Hub{Hub: h, t: t, cancel: cancel, ended: make(chan struct{})}
	one.api = httptest.NewServer(api.New(h, api.Options{Version: "test"}))
	one.URL = one.api.URL
	go func() {
		defer close(one.ended)
		one.err = h.Run(ctx)
	}()
	t.Cleanup(one.Stop)
	return one
}

// Stop ends the hub as Ctrl-C does. What it says about that fails the test. Stopping twice is
// stopping once.
func (h *Hub) Stop() {
	h.t.Helper()
	h.stop.Do(func() {
		h.cancel()
		select {
		case <-h.ended:
		case <-time.After(90 * time.Second):
			h.t.Error("the hub did not end within 90 s")
			return // closing what it still uses would hide where it hangs
		}
		h.api.Close()
		if h.err != nil && !errors.Is(h.err, context.Canceled) {
			h.t.Errorf("the hub ended with %v", h.err)
		}
		if err := h.Close(); err != nil {
			h.t.Errorf("close the hub: %v", err)
		}
	})
}

// logger keeps a hub's log and shows it if the test fails.
func logger(t testing.TB) *slog.Logger {
	log := &buffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the hub's log:\n%s", log.text())
		}
	})
	return slog.New(slog.NewTextHandler(log, nil))
}

// buffer holds the end of a log.
type buffer struct {
	mu    sync.Mutex
	bytes []byte
}

const longestLog = 64 << 10

func (b *buffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes = append(b.bytes, line...)
	if over := len(b.bytes) - longestLog; over > 0 {
		b.bytes = b.bytes[over:]
	}
	return len(line), nil
}

func (b *buffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.bytes)
}
