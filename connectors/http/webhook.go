package http

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

const (
	// grace is how long an emit that has begun may take after the source was told to stop.
	grace = 2 * time.Second
	// retryLater is what a sender is told where the hub cannot say when to come again.
	retryLater = 5 * time.Second
	// bodies is how many bytes of webhooks a stream holds at a time, or one of the largest size.
	bodies = 64 << 20
	// longestHeader bounds what is copied of a header into a frame.
	longestHeader = 1024
)

// lasting is a context that ends a moment after ctx, so that what was begun can be finished. It
// does not end with the request: a sender that hangs up does not leave half a delivery behind.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}

// ServeHTTP takes one delivery. It answers 2xx once the records are durable and not before; bodies
// that are not of the stream's format are durable too, as dead letters, since sending them again
// would not mend them.
func (w *webhook) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if p := w.acceptable(r); p != nil {
		w.refuse(rw, r, p)
		return
	}
	leave, err := w.room(r)
	if err != nil {
		w.refuse(rw, r, tryLater(err))
		return
	}
	defer leave()
	raw, err := w.body(rw, r)
	if err != nil {
		w.refuse(rw, r, unreadable(err, int64(w.stream.keys.MaxBody)))
		return
	}
	if err := w.stream.keys.Verify.signature(r.Header, raw, w.env.Clock()); err != nil {
		w.refuse(rw, r, &problem{status: http.StatusUnauthorized, detail: err.Error()})
		return
	}
	result, err := w.take(r, raw)
	if err != nil {
		w.refuse(rw, r, tryLater(err))
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	json.NewEncoder(rw).Encode(result) //nolint:errcheck // a sender that has hung up sends again
}

// body reads the body, for which the sender has as long as the time-out. (A server that cannot set
// a deadline has one of its own.)
func (w *webhook) body(rw http.ResponseWriter, r *http.Request) ([]byte, error) {
	conn := http.NewResponseController(rw)
	_ = conn.SetReadDeadline(time.Now().Add(w.client.set.Timeout))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	return io.ReadAll(http.MaxBytesReader(rw, r.Body, int64(w.stream.keys.MaxBody)))
}

// room waits until there is memory for the body.
func (w *webhook) room(r *http.Request) (leave func(), err error) {
	size := int64(w.stream.keys.MaxBody)
	if r.ContentLength >= 0 {
		size = r.ContentLength
	}
	ctx, cancel := context.WithTimeout(r.Context(), w.client.set.Timeout)
	defer cancel()
	if err := w.memory.Acquire(ctx, size); err != nil {
		return nil, fmt.Errorf("too many webhooks at a time: %w", err)
	}
	return func() { w.memory.Release(size) }, nil
}

// acceptable checks what can be checked before the body is read.
func (w *webhook) acceptable(r *http.Request) *problem {
	keys := &w.stream.keys
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return &problem{status: http.StatusMethodNotAllowed, detail: "webhooks are sent by POST"}
	}
	if err := keys.Verify.credentials(r); err != nil {
		return &problem{status: http.StatusUnauthorized, detail: err.Error()}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return &problem{status: http.StatusUnsupportedMediaType, detail: "the body is encoded"}
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if len(keys.ContentTypes) > 0 && !slices.ContainsFunc(keys.ContentTypes, func(t string) bool { return strings.EqualFold(t, media) }) {
		return &problem{status: http.StatusUnsupportedMediaType, detail: "the body is not one of " + strings.Join(keys.ContentTypes, ", ")}
	}
	if r.ContentLength > int64(keys.MaxBody) {
		return unreadable(&http.MaxBytesError{}, int64(keys.MaxBody))
	}
	return nil
}

// taken is the answer to a delivery.
type taken struct {
	Accepted  int  `json:"accepted"`
	Dead      int  `json:"dead,omitempty"`
	Duplicate bool `json:"duplicate,omitempty"`
}

// take makes the records of one delivery durable, once for each delivery ID.
func (w *webhook) take(r *http.Request, raw []byte) (taken, error) {
	id := ""
	if header := w.stream.keys.DeliveryID; header != "" && w.env.Deliveries != nil {
		id = r.Header.Get(header)
	}
	if id == "" {
		return w.keep(r, raw)
	}
	leave, err := w.enter(r.Context(), id)
	if err != nil {
		return taken{}, err
	}
	defer leave()
	seen, err := w.env.Deliveries.Seen(w.lasting, id)
	if err != nil {
		return taken{}, fmt.Errorf("look for delivery %s: %w", id, err)
	}
	if seen {
		return taken{Duplicate: true}, nil
	}
	result, err := w.keep(r, raw)
	if err != nil {
		return taken{}, err
	}
	if err := w.env.Deliveries.Record(w.lasting, id); err != nil {
		w.env.Log.Warn("a webhook's delivery ID was not recorded; the delivery would be taken twice", "system", w.system, "stream", w.stream.name, "delivery", id, "error", err)
	}
	return result, nil
}

// enter waits until nobody else is taking the same delivery.
func (w *webhook) enter(ctx context.Context, id string) (leave func(), err error) {
	for {
		w.mu.Lock()
		other, busy := w.underWay[id]
		if !busy {
			done := make(chan struct{})
			w.underWay[id] = done
			w.mu.Unlock()
			return func() {
				w.mu.Lock()
				delete(w.underWay, id)
				w.mu.Unlock()
				close(done)
			}, nil
		}
		w.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// keep cuts a body into frames and makes them durable.
func (w *webhook) keep(r *http.Request, raw []byte) (taken, error) {
	var (
		frames  []formats.Frame
		result  taken
		header  = w.header(r.Header)
		deleted = w.stream.keys.DeletedWhen.holds(r.Header)
	)
	for f, err := range w.stream.format.Frames(w.lasting, bytes.NewReader(raw), w.path) {
		if err != nil {
			return taken{}, fmt.Errorf("cut the body into records: %w", err)
		}
		f.Header, f.Deleted = header, deleted
		if f.Err != nil {
			result.Dead++
		} else {
			result.Accepted++
		}
		frames = append(frames, f)
	}
	if len(frames) == 0 {
		return result, nil
	}
	ctx, cancel := context.WithTimeout(w.lasting, w.client.set.Timeout)
	defer cancel()
	ctx = connectors.WithTraceContext(ctx, r.Header.Get("traceparent"), strings.Join(r.Header.Values("tracestate"), ","))
	return result, w.emit(ctx, frames)
}

// header copies what mappings may read. Frames of one delivery share it.
func (w *webhook) header(from http.Header) map[string]string {
	names := w.stream.keys.Headers
	if w.stream.keys.DeliveryID != "" {
		names = append(slices.Clone(names), w.stream.keys.DeliveryID)
	}
	var h map[string]string
	for _, name := range names {
		if value := from.Get(name); value != "" {
			if h == nil {
				h = make(map[string]string, len(names))
			}
			h[name] = strings.ToValidUTF8(value[:min(len(value), longestHeader)], "")
		}
	}
	return h
}

// problem is an answer that is no 2xx (RFC 9457).
type problem struct {
	status int
	detail string
	after  time.Duration
}

func unreadable(err error, most int64) *problem {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &problem{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("the body is larger than %d bytes", most)}
	}
	return &problem{status: http.StatusBadRequest, detail: "the body could not be read"}
}

// tryLater is the answer where the hub cannot take anything now. The reason is for its operator, who
// finds it in the log, and not for the sender.
func tryLater(err error) *problem {
	_, after := connectors.Classify(err)
	return &problem{status: http.StatusServiceUnavailable, detail: "try again later", after: cmp.Or(after, retryLater)}
}

func (w *webhook) refuse(rw http.ResponseWriter, r *http.Request, p *problem) {
	h := rw.Header()
	switch p.status {
	case http.StatusUnauthorized:
		if scheme := w.stream.keys.Verify.scheme(); scheme != "" {
			h.Set("WWW-Authenticate", scheme)
		}
	case http.StatusMethodNotAllowed:
		h.Set("Allow", "POST, PUT")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.after.Seconds()))))
	}
	if n := w.refused.count(p.status, w.env.Clock()); n > 0 {
		w.env.Log.Warn("webhooks refused", "system", w.system, "stream", w.stream.name, "status", p.status, "error", p.detail, "count", n, "remote", r.RemoteAddr)
	}
	h.Set("Content-Type", "application/problem+json")
	rw.WriteHeader(p.status)
	json.NewEncoder(rw).Encode(map[string]any{"status": p.status, "title": http.StatusText(p.status), "detail": p.detail}) //nolint:errcheck // the status has gone out
}

// refusals keeps a sender that goes on and on from filling the log: one line a minute and status.
type refusals struct {
	mu     sync.Mutex
	counts map[int]int
	told   map[int]time.Time
}

// count gives how many there were since the last line, or 0 where it is too early for another.
func (r *refusals) count(status int, now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts, r.told = map[int]int{}, map[int]time.Time{}
	}
	r.counts[status]++
	if now.Sub(r.told[status]) < time.Minute {
		return 0
	}
	n := r.counts[status]
	r.counts[status], r.told[status] = 0, now
	return n
}
