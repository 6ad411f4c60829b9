package company

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// server is an HTTP API on loopback that logs what it is asked.
type server struct {
	URL string
	calls
	http *http.Server
}

// serve starts the API. authorised tells whom it answers.
func (s *server) serve(handler http.Handler, authorised func(*http.Request) bool) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.URL = "http://" + l.Addr().String()
	s.http = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		recorder := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		switch {
		case err != nil:
			fail(recorder, http.StatusBadRequest, "the body cannot be read")
		case !authorised(r):
			fail(recorder, http.StatusUnauthorized, "the token is missing or wrong")
		default:
			r.Body = io.NopCloser(bytes.NewReader(body))
			handler.ServeHTTP(recorder, r)
		}
		s.add(Call{
			At: time.Now(), Method: r.Method, Path: r.URL.RequestURI(), Body: string(body),
			Key: r.Header.Get("Idempotency-Key"), Status: recorder.status,
		})
	})}
	go func() { _ = s.http.Serve(l) }() // ends with Close
	return nil
}

// Close stops the API.
func (s *server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return s.http.Close()
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever hung up asks again
}

func fail(w http.ResponseWriter, status int, reason string) {
	answer(w, status, map[string]string{"errors": reason})
}
