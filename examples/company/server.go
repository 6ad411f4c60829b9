package company

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// server is an HTTP API on loopback that logs what it is asked.
type server struct {
	URL string
	calls
	http *http.Server

	faults sync.Mutex
	fault  Fault
	left   int // requests that the fault still strikes; below zero: all
}

// Fault is what goes wrong with a request that is meant to change something.
type Fault int

// The faults.
const (
	None        Fault = iota
	Unavailable       // 503, and nothing is done
	Lost              // it is done, and the connection breaks before the answer
)

// Break makes the next n writes go wrong; below zero all, until it is called again.
func (s *server) Break(f Fault, n int) {
	s.faults.Lock()
	defer s.faults.Unlock()
	s.fault, s.left = f, n
}

// strikes gives the fault of a request.
func (s *server) strikes(write bool) Fault {
	s.faults.Lock()
	defer s.faults.Unlock()
	if !write || s.left == 0 {
		return None
	}
	s.left--
	return s.fault
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
		call := Call{At: time.Now(), Method: r.Method, Path: r.URL.RequestURI(), Body: string(body), Key: r.Header.Get("Idempotency-Key")}
		fault := s.strikes(call.Write())
		if fault == Lost {
			w = &nowhere{}
		}
		recorder := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		switch {
		case err != nil:
			fail(recorder, http.StatusBadRequest, "the body cannot be read")
		case !authorised(r):
			fail(recorder, http.StatusUnauthorized, "the token is missing or wrong")
		case fault == Unavailable:
			fail(recorder, http.StatusServiceUnavailable, "come again later")
		default:
			r.Body = io.NopCloser(bytes.NewReader(body))
			handler.ServeHTTP(recorder, r)
		}
		call.Status = recorder.status
		s.add(call)
		if fault == Lost {
			panic(http.ErrAbortHandler)
		}
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

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// nowhere takes an answer that nobody gets.
type nowhere struct{ header http.Header }

// Header implements http.ResponseWriter.
func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}

// Write implements http.ResponseWriter.
func (*nowhere) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (*nowhere) WriteHeader(int) {}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever hung up asks again
}

func fail(w http.ResponseWriter, status int, reason string) {
	answer(w, status, map[string]string{"errors": reason})
}
