package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *app) runCommand() *cobra.Command {
	var format, level string
	c := &cobra.Command{
		Use:   "run [FOLDER]",
		Short: "Run the hub until Ctrl-C",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a.use(args)
			if a.json && !c.Flags().Changed("log-format") {
				format = "json"
			}
			var l slog.Level
			if err := l.UnmarshalText([]byte(level)); err != nil {
				return misuse(c, fmt.Errorf("--log-level is %q; expected debug, info, warn or error", level))
			}
			if format != "text" && format != "json" {
				return misuse(c, fmt.Errorf("--log-format is %q; expected text or json", format))
			}
			folder, err := a.load(c)
			if err != nil {
				return err
			}
			return runHub(c.Context(), folder, logger(c.ErrOrStderr(), format, l))
		},
	}
	c.Flags().StringVar(&format, "log-format", "text", "text or json; json with --json")
	c.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	return c
}

// runHub opens the hub, serves its API on the address of hub.yaml and on the folder's socket, and
// runs it until ctx ends.
func runHub(ctx context.Context, folder *hub.Folder, log *slog.Logger) (err error) {
	var h *hub.Hub
	wait := 2 * time.Second
	if other := socketClient(folder.SocketPath()); other != nil {
		wait = 0 // a hub runs on the folder
		err = other.close()
	}
	err = errors.Join(err, whileLocked(ctx, wait, func() (err error) {
		h, err = hub.Open(ctx, folder, hub.Options{Log: log, Version: version})
		return err
	}))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // stopped while it started
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	s, err := listen(h, log)
	if err != nil {
		return err
	}
	log.Info("hub is up", "name", folder.Settings.Name, "api", s.url(), "webhooks", h.IntakeAddress(), "data", folder.Settings.Data)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.serve(ctx) })
	group.Go(func() error { return h.Run(ctx) })
	group.Go(func() error { reloadOnHangup(ctx, h); return nil })
	err = group.Wait()
	log.Info("hub is down", "name", folder.Settings.Name)
	return err
}

// reloadOnHangup takes the folder anew at each SIGHUP; what comes of it is logged by the hub.
func reloadOnHangup(ctx context.Context, h *hub.Hub) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			_, _ = h.Reload(ctx)
		}
	}
}

// servers are the API's listeners: the address of hub.yaml and the folder's socket.
type servers struct {
	settings    hub.APISettings
	tcp, socket net.Listener
	guarded     http.Handler // asks for keys
	open        http.Handler // for the socket, which only the folder's owner can reach
	log         *slog.Logger
}

func listen(h *hub.Hub, log *slog.Logger) (*servers, error) {
	s := &servers{settings: h.Folder().Settings.API, log: log}
	keys := make([]api.Key, len(s.settings.Keys))
	for i, k := range s.settings.Keys {
		keys[i] = api.Key{Name: k.Name, Key: k.Key.Reveal(), Role: k.Role}
	}
	s.guarded = api.New(h, api.Options{Version: version, Keys: keys, Local: len(keys) == 0, Log: log})
	s.open = forOwner(h, api.New(h, api.Options{Version: version, Log: log}))
	var err error
	if s.tcp, err = net.Listen("tcp", s.settings.Listen); err != nil {
		return nil, fmt.Errorf("listen for the API: %w", err)
	}
	path := h.Folder().SocketPath()
	// what is left there belongs to a hub that was killed: the folder's lock is ours
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("listen on the folder's socket: %w", err), s.tcp.Close())
	}
	if s.socket, err = listenUnix(path); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on the folder's socket: %w", err), s.tcp.Close())
	}
	return s, nil
}

// forOwner adds the reload and the profiles of a running hub, for those who may reach the folder's socket:
// curl --unix-socket .touchstone/touchstone.sock http://hub/debug/pprof/profile
func forOwner(h *hub.Hub, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", next)
	mux.Handle("POST /v1/reload", api.Reload(h))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	return mux
}

// listenUnix makes the socket reachable for the user alone.
func listenUnix(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (s *servers) url() string {
	scheme := "http"
	if s.settings.Cert != "" {
		scheme = "https"
	}
	return scheme + "://" + s.tcp.Addr().String()
}

func (s *servers) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return serveOn(ctx, s.tcp, s.guarded, s.log, func(h *http.Server, l net.Listener) error {
			if s.settings.Cert != "" {
				return h.ServeTLS(l, s.settings.Cert, s.settings.Key)
			}
			return h.Serve(l)
		})
	})
	group.Go(func() error {
		return serveOn(ctx, s.socket, s.open, s.log, (*http.Server).Serve)
	})
	return group.Wait()
}

func serveOn(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, serve func(*http.Server, net.Listener) error) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	answered := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(answered)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := server.Shutdown(end); err != nil {
			_ = server.Close()
		}
	})
	if err := serve(server, l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the API: %w", err)
	}
	<-answered // requests under way still read the store
	return nil
}
