package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

// client asks the hub that runs on the folder, through its socket; where none runs, it opens the
// folder's store itself and asks that, through the same interface.
type client struct {
	do    func(*http.Request) (*http.Response, error)
	close func() error
}

func (a *app) connect(c *cobra.Command) (*client, error) { return a.connectBy(c, hub.OpenStore) }

// opener opens as much of a hub as a command needs where none runs.
type opener func(context.Context, *hub.Folder, hub.Options) (*hub.Hub, error)

func (a *app) connectBy(c *cobra.Command, open opener) (*client, error) {
	folder, problems := hub.LoadSettings(a.folder, os.LookupEnv)
	if folder == nil {
		printProblems(c.ErrOrStderr(), problems)
		return nil, errReported
	}
	var running *client
	var h *hub.Hub
	err := whileLocked(c.Context(), 5*time.Second, func() (err error) {
		if running = socketClient(folder.SocketPath()); running != nil {
			return nil
		}
		h, err = open(c.Context(), folder, hub.Options{Log: logger(io.Discard, "", 0)})
		return err
	})
	if err != nil || running != nil {
		return running, err
	}
	handler := api.New(h, api.Options{Version: version})
	return &client{close: h.Close, do: func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result(), nil
	}}, nil
}

// whileLocked tries again for a while where another process has the data folder: one that asks it
// is done soon, and a hub that starts will answer on its socket.
func whileLocked(ctx context.Context, most time.Duration, do func() error) error {
	late := time.After(most)
	for {
		err := do()
		if !errors.Is(err, hub.ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-late:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// socketClient is nil where nobody listens on the socket.
func socketClient(path string) *client {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil
	}
	_ = conn.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	h := &http.Client{Transport: transport}
	return &client{do: h.Do, close: func() error { transport.CloseIdleConnections(); return nil }}
}

// get reads one resource into v; what stands in its path is escaped already. A problem document becomes an error.
func (cl *client) get(ctx context.Context, path string, query url.Values, v any) error {
	target := "http://hub" + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	return cl.exchange(r, v)
}

// exchange sends a request and reads the answer into v. A problem document becomes an error.
func (cl *client) exchange(r *http.Request, v any) error {
	answer, err := cl.do(r)
	if err != nil {
		return fmt.Errorf("ask the hub: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= http.StatusBadRequest {
		return answerError(answer)
	}
	if err := json.NewDecoder(answer.Body).Decode(v); err != nil {
		return fmt.Errorf("read the hub's answer to %s: %w", r.URL.Path, err)
	}
	return nil
}

func answerError(answer *http.Response) error {
	var p struct {
		Detail string
		Errors []struct{ Message, Location string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || p.Detail == "" {
		return errors.New(answer.Status)
	}
	text := p.Detail
	for _, e := range p.Errors {
		text += fmt.Sprintf("; %s: %s", e.Location, e.Message)
	}
	return errors.New(text)
}

// ask connects, reads one resource and closes.
func (a *app) ask(c *cobra.Command, path string, query url.Values, v any) error {
	cl, err := a.connect(c)
	if err != nil {
		return err
	}
	return errors.Join(cl.get(c.Context(), path, query, v), cl.close())
}
