package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// Bounds of what is read of an answer: to find an ID in, and to show.
const (
	mostAnswer = 1 << 20
	mostShown  = 4 << 10
)

// target writes to one stream of a system.
type target struct {
	*writer
	client *client
	clock  func() time.Time
	slots  chan struct{} // as many as connections
}

func newTarget(w *writer, c *client, clock func() time.Time) *target {
	return &target{writer: w, client: c, clock: clock, slots: make(chan struct{}, c.set.Connections)}
}

// Repeat says how a create may be repeated; see [connectors.Target].
func (t *target) Repeat() connectors.Repeat { return t.repeat }

// Describe gives a target's abilities; see [connectors.Describer].
func (c *connector) Describe(name string) connectors.Abilities {
	w := c.targets[name]
	return connectors.Abilities{Repeat: w.repeat, Operations: slices.Sorted(maps.Keys(w.operations))}
}

// Close gives idle connections back. The target can be used again afterwards.
func (t *target) Close() error {
	t.client.http.CloseIdleConnections()
	return nil
}

// Deliver writes the batch, up to `connections` records at a time and each subject's in order.
// Where one answer concerns all that follow (credentials refused, busy, unreachable), the rest is
// not sent and has the same outcome.
func (t *target) Deliver(ctx context.Context, batch []connectors.Delivery) []connectors.Outcome {
	outcomes := make([]connectors.Outcome, len(batch))
	var (
		wait sync.WaitGroup
		halt atomic.Pointer[connectors.Outcome]
	)
	for _, line := range bySubject(batch) {
		wait.Go(func() {
			for _, i := range line {
				outcomes[i] = t.inTurn(ctx, &batch[i], &halt)
			}
		})
	}
	wait.Wait()
	return outcomes
}

// bySubject gives the places of each subject's deliveries, in order.
func bySubject(batch []connectors.Delivery) [][]int {
	at := make(map[string]int, len(batch))
	var lines [][]int
	for i := range batch {
		line, found := at[batch[i].Subject]
		if !found {
			line = len(lines)
			at[batch[i].Subject], lines = line, append(lines, nil)
		}
		lines[line] = append(lines[line], i)
	}
	return lines
}

func (t *target) inTurn(ctx context.Context, d *connectors.Delivery, halt *atomic.Pointer[connectors.Outcome]) connectors.Outcome {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return connectors.Outcome{Status: connectors.Retry, Err: fmt.Errorf("not begun: %w", ctx.Err())}
	}
	if before := halt.Load(); before != nil {
		return connectors.Outcome{Status: before.Status, After: before.After, Err: before.Err}
	}
	o := t.one(ctx, d)
	o.Response = t.client.secrets.clean(o.Response)
	if o.forAll {
		halt.CompareAndSwap(nil, &o.Outcome)
	}
	return o.Outcome
}

// outcome is an Outcome that may hold for all deliveries to the system.
type outcome struct {
	connectors.Outcome
	forAll bool
}

func failed(s connectors.Status, format string, args ...any) outcome {
	return outcome{Outcome: connectors.Outcome{Status: s, Err: fmt.Errorf(format, args...)}}
}

// one makes one delivery, looking first for the record that it would create.
func (t *target) one(ctx context.Context, d *connectors.Delivery) outcome {
	op := t.operations[d.Operation]
	if op == nil {
		return failed(connectors.Refused, "the target %s has no %s", t.name, d.Operation)
	}
	if d.RemoteID == "" && d.Operation != connectors.Create {
		return failed(connectors.Refused, "%s without the record's ID in the system", d.Operation)
	}
	v := deliveryValues(d)
	if d.Operation != connectors.Create || t.find == nil {
		return t.send(ctx, op, d, v)
	}
	id, o, sure := t.look(ctx, v)
	switch {
	case !sure:
		return o
	case id == "":
		return t.send(ctx, op, d, v)
	}
	found := *d
	found.RemoteID = id
	o = t.send(ctx, t.operations[connectors.Update], &found, deliveryValues(&found))
	o.RemoteID, o.Found = id, true
	return o
}

// deliveryValues gives what placeholders in requests stand for.
func deliveryValues(d *connectors.Delivery) values {
	var payload any
	decoded := false
	return func(name string, path []formats.Step) (any, bool) {
		switch name {
		case "id":
			return d.RemoteID, d.RemoteID != ""
		case "key":
			return d.Key, d.Key != ""
		case "subject":
			return d.Subject, d.Subject != ""
		case "version":
			return d.RemoteVersion, d.RemoteVersion != ""
		}
		if len(d.Payload) == 0 {
			return nil, false
		}
		if len(path) == 0 {
			return json.RawMessage(d.Payload), true
		}
		if !decoded {
			payload, decoded = decodeJSON(d.Payload), true
		}
		return lookup(payload, path)
	}
}

// decodeJSON keeps numbers as they are written; nil where it is no JSON.
func decodeJSON(b []byte) any {
	var value any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil
	}
	return value
}

// send makes one request and says what became of it.
func (t *target) send(ctx context.Context, op *operation, d *connectors.Delivery, v values) outcome {
	r, err := t.request(ctx, op, d, v)
	if err != nil {
		return failed(connectors.Refused, "write the request: %w", err)
	}
	via, again := t.client.http, true
	if op.name == connectors.Create && t.repeat != connectors.RepeatKey && t.repeat != connectors.RepeatUpsert {
		via, again = t.client.fresh, false
	}
	a, err := t.exchange(via, r)
	perhaps := false // a first sending was done, perhaps
	if err != nil && again && a.stale && ctx.Err() == nil {
		perhaps = a.wrote && op.name == connectors.Create
		if r, err = t.request(ctx, op, d, v); err == nil {
			a, err = t.exchange(via, r)
		}
	}
	if err != nil {
		a.wrote = a.wrote || perhaps
		return t.unanswered(ctx, a, err)
	}
	o := t.judge(op, d, a)
	o.Response = a.shown()
	if o.Status != connectors.Done {
		if perhaps { // that this one was not done says nothing of the first
			o.Status = connectors.Unknown
		}
		return o
	}
	return t.learn(op, d, v, a, o)
}

// request fills the operation's templates.
func (t *target) request(ctx context.Context, op *operation, d *connectors.Delivery, v values) (*http.Request, error) {
	address, err := op.url.url(v)
	if err != nil {
		return nil, err
	}
	content, mediaType, err := t.content(op, d, v)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, op.method, address, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	// A request with a GetBody is sent a second time by net/http where a kept connection turned
	// out to be dead, and what became of the first sending would not be known.
	r.GetBody = nil
	t.client.prepare(r)
	if len(content) > 0 {
		r.Header.Set("Content-Type", mediaType)
	} else {
		r.Body = http.NoBody
	}
	if t.idempotency != "" && d.Key != "" {
		r.Header.Set(t.idempotency, d.Key)
	}
	if d.TraceParent != "" {
		r.Header.Set("traceparent", d.TraceParent)
	}
	if d.TraceState != "" {
		r.Header.Set("tracestate", d.TraceState)
	}
	for _, h := range op.headers {
		text, err := h.value.text(v)
		if missing := (*missingError)(nil); errors.As(err, &missing) {
			continue // such as If-Match, where the system has told no version yet
		}
		r.Header.Set(h.name, text)
	}
	return r, nil
}

// answered is what came back for one request.
type answered struct {
	status int
	header http.Header
	body   []byte
	wrote  bool // something of the request was sent
	stale  bool // it was sent over a kept connection, which then turned out to be closed
}

func (a *answered) shown() []byte {
	return bytes.ToValidUTF8(a.body[:min(len(a.body), mostShown)], nil)
}

// exchange sends a request within the time-out. With an error, answered says how far it came.
func (t *target) exchange(via *http.Client, r *http.Request) (*answered, error) {
	ctx, cancel := context.WithTimeout(r.Context(), t.client.set.Timeout)
	defer cancel()
	a := &answered{}
	var wrote, reused atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:          func(c httptrace.GotConnInfo) { reused.Store(c.Reused) },
		WroteHeaderField: func(string, []string) { wrote.Store(true) },
		WroteHeaders:     func() { wrote.Store(true) },
	})
	resp, err := via.Do(r.WithContext(ctx))
	a.wrote = wrote.Load()
	if err != nil {
		a.stale = reused.Load() && ctx.Err() == nil
		return a, t.client.plain(err)
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, mostAnswer)); err != nil && a.status < 300 {
		return a, fmt.Errorf("read the answer: %w", t.client.plain(err))
	}
	return a, nil
}

// learn takes the remote ID and version out of an answer.
func (t *target) learn(op *operation, d *connectors.Delivery, v values, a *answered, o outcome) outcome {
	var decoded any
	if op.remoteID.path != nil || op.version.path != nil {
		decoded = decodeJSON(a.body)
	}
	in := func(name string, steps []formats.Step) (any, bool) {
		switch name {
		case "location":
			last := path.Base(strings.SplitN(a.header.Get("Location"), "?", 2)[0])
			return last, a.header.Get("Location") != ""
		case "etag":
			return a.header.Get("ETag"), a.header.Get("ETag") != ""
		}
		return v(name, steps)
	}
	o.RemoteVersion = op.version.from(decoded, in)
	o.RemoteID = d.RemoteID
	if d.Operation != connectors.Create || d.RemoteID != "" {
		return o
	}
	if o.RemoteID = op.remoteID.from(decoded, in); o.RemoteID == "" {
		o.Status = connectors.Unknown
		o.Err = fmt.Errorf("the system answered %d, and its answer does not tell the new record's ID", a.status)
	}
	return o
}

// from gives the value as text; "" where there is none.
func (a answer) from(decoded any, v values) string {
	if a.text != nil {
		text, err := a.text.id(v)
		if err != nil {
			return ""
		}
		return text
	}
	if a.path == nil {
		return ""
	}
	value, _ := lookup(decoded, a.path)
	return asText(value)
}
