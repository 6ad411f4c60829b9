package hub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/sony/gobreaker"

	"github.com/touchstone-hub/touchstone/hub/telemetry"
)

// webhook posts events to one receiver, signed by Standard Webhooks. Each event is a watermill
// message that goes through watermill's middleware.
type webhook struct {
	name   string // of the subscriber
	url    string
	keys   [][]byte
	client *http.Client
	tracer *telemetry.Tracer
	handle message.HandlerFunc
}

// The breaker spares a receiver that is down: after so many failures in a row the rest of a round
// is not tried.
const breakAfter = 5

// headBytes is how much of an answer the log keeps.
const headBytes = 256

func newWebhook(s SubscriberSettings, tracer *telemetry.Tracer) (*webhook, error) {
	w := &webhook{name: s.Name, url: s.URL, tracer: tracer, client: &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: s.Concurrency, IdleConnTimeout: time.Minute},
		CheckRedirect: sameHost,
	}}
	for i, secret := range s.Secrets {
		key, err := signingKey(secret)
		if err != nil {
			return nil, fmt.Errorf("secret %d: %w", i+1, err)
		}
		w.keys = append(w.keys, key)
	}
	breaker := middleware.NewCircuitBreaker(gobreaker.Settings{
		Name: s.Name, Timeout: s.Backoff / 4,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
		// one that answers is there, whatever it thinks of an event
		IsSuccessful: func(err error) bool { var a *attemptError; return err == nil || errors.As(err, &a) && a.refused },
	})
	w.handle = breaker.Middleware(middleware.Timeout(s.Timeout)(middleware.Recoverer(w.post)))
	return w, nil
}

// sameHost follows a redirect only where it stays with the receiver: customers go nowhere else.
func sameHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > 3 || next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// attemptError is an event that was not taken.
type attemptError struct {
	status  int // 0: there was no answer
	head    string
	after   time.Duration // what the receiver asked for
	refused bool          // this event, not all of them
	gone    bool          // the receiver wants no more
	err     error
}

func (e *attemptError) Error() string {
	if e.err != nil {
		return e.err.Error()
	}
	return "answered " + strconv.Itoa(e.status) + " " + http.StatusText(e.status)
}

func (e *attemptError) Unwrap() error { return e.err }

// untried says that the breaker let an event not through.
func untried(err error) bool {
	return errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests)
}

// send delivers one event; the error is an attemptError, untried, or a panic's. status and head are
// what the receiver answered.
func (w *webhook) send(ctx context.Context, e Event) (status int, head string, err error) {
	e.Cursor = "" // an event sent again is the same event
	m, err := e.structured()
	if err != nil {
		return 0, "", err
	}
	m.SetContext(ctx)
	span := w.calling(e, m)
	defer func() { w.called(span, status, err) }()
	_, err = w.handle(m)
	var a *attemptError
	if errors.As(err, &a) {
		return a.status, a.head, err
	}
	status, _ = strconv.Atoi(m.Metadata["status"])
	return status, m.Metadata["head"], err
}

// post is the handler below the middleware.
func (w *webhook) post(m *message.Message) ([]*message.Message, error) {
	q, err := http.NewRequestWithContext(m.Context(), http.MethodPost, w.url, bytes.NewReader(m.Payload))
	if err != nil {
		return nil, &attemptError{err: err}
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	q.Header.Set("Content-Type", m.Metadata["content-type"])
	q.Header.Set("User-Agent", "Touchstone-Webhook/1")
	for _, name := range []string{headerTraceParent, headerTraceState} {
		if value := m.Metadata[name]; value != "" {
			q.Header.Set(name, value)
		}
	}
	q.Header.Set("webhook-id", m.UUID)
	q.Header.Set("webhook-timestamp", now)
	q.Header.Set("webhook-signature", w.sign(m.UUID, now, m.Payload))
	a, err := w.client.Do(q)
	if err != nil {
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err // without the URL, which may hold a token
		}
		return nil, &attemptError{err: fmt.Errorf("no answer: %w", err)}
	}
	defer func() { _ = a.Body.Close() }()
	head := readHead(a.Body)
	m.Metadata["status"], m.Metadata["head"] = strconv.Itoa(a.StatusCode), head
	if a.StatusCode >= 200 && a.StatusCode < 300 {
		return nil, nil
	}
	return nil, &attemptError{
		status: a.StatusCode, head: head, after: retryAfter(a.Header.Get("Retry-After"), time.Now()),
		refused: refuses(a.StatusCode), gone: a.StatusCode == http.StatusGone,
	}
}

// sign makes the header of signatures, one for each secret. Standard Webhooks, "Signature scheme".
func (w *webhook) sign(id, timestamp string, payload []byte) string {
	signatures := make([]string, len(w.keys))
	for i, key := range w.keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(payload)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

// refuses says whether an answer is about the event rather than about the receiver.
func refuses(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// retryAfter reads seconds or a date. RFC 9110, section 10.2.3.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), 24*time.Hour)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), 24*time.Hour)
	}
	return 0
}

// readHead reads the beginning of an answer, and a little more so that the connection can be used
// again.
func readHead(body io.Reader) string {
	head, _ := io.ReadAll(io.LimitReader(body, headBytes))
	_, _ = io.CopyN(io.Discard, body, 16<<10)
	for len(head) > 0 && !utf8.Valid(head) && !utf8.FullRune(head[max(0, len(head)-3):]) {
		head = head[:len(head)-1]
	}
	return strings.ToValidUTF8(string(head), "\uFFFD")
}
