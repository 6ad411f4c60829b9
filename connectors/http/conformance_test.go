package http_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/tests/ports"
)

const kindPackage = "github.com/touchstone-hub/touchstone/connectors/http"

func TestWebhookKeepsTheContract(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Package: kindPackage, Source: newSender})
}

func TestListKeepsTheContract(t *testing.T) {
	connectortest.Run(t, connectortest.Harness{Package: kindPackage, Source: newLister})
}

func TestTargetKeepsTheContract(t *testing.T) {
	for _, repeat := range []connectors.Repeat{connectors.RepeatKey, connectors.RepeatFind, connectors.RepeatNone} {
		t.Run(string(repeat), func(t *testing.T) {
			connectortest.Run(t, connectortest.Harness{Package: kindPackage, Target: func(t *testing.T) connectortest.TargetSystem { return newPeople(t, repeat) }})
		})
	}
}

// written is a record as the systems below write it.
type written struct {
	Key     string `json:"key"`
	Value   int    `json:"value"`
	Changed int    `json:"changed,omitempty"`
}

func readRecord(f formats.Frame) (connectortest.Record, error) {
	var w written
	err := json.Unmarshal(f.Bytes, &w)
	return connectortest.Record{Key: w.Key, Value: w.Value}, err
}

// newSender is a system that sends webhooks, one after the other, each until it is accepted.
func newSender(t *testing.T) connectortest.SourceSystem {
	c := must(t, "kind: http\nstreams: {people: {key: key, verify: {bearer: \"${SECRET_A}\"}, delivery_id: X-Delivery}}")
	var (
		queue   = make(chan string, 100)
		address = make(chan string, 1)
		sent    = make(chan struct{})
	)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() { stop(); <-sent })
	go func() {
		defer close(sent)
		var url string
		select {
		case url = <-address:
		case <-ctx.Done():
			return
		}
		for n := 0; ; n++ {
			select {
			case body := <-queue:
				for !accepted(ctx, url, body, n) && ctx.Err() == nil {
					time.Sleep(2 * time.Millisecond)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return connectortest.SourceSystem{
		Open: func(env connectors.Env) (connectors.Source, error) {
			select {
			case address <- env.Intake.(*connectortest.Intake).URL + "/in/shop/people":
			default:
			}
			return c.Connector.Source("people", env)
		},
		Put: func(_ *testing.T, records ...connectortest.Record) {
			for _, r := range records {
				queue <- fmt.Sprintf(`{"key":%q,"value":%d}`, r.Key, r.Value)
			}
		},
		PutBad: func(*testing.T) { queue <- `{"key":` },
		Record: readRecord,
	}
}

func accepted(ctx context.Context, url, body string, n int) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Authorization", "Bearer secret-a")
	r.Header.Set("X-Delivery", strconv.Itoa(n))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}

// newLister is a system that is asked for lists, two records a page.
func newLister(t *testing.T) connectortest.SourceSystem {
	var (
		mu   sync.Mutex
		rows []written
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret-a" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		since, _ := strconv.Atoi(r.URL.Query().Get("since"))
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		mu.Lock()
		defer mu.Unlock()
		var answer struct {
			People []written `json:"people"`
			Next   string    `json:"next,omitempty"`
		}
		for _, row := range rows {
			if row.Changed >= since {
				answer.People = append(answer.People, row)
			}
		}
		if rest := answer.People[min(2*page, len(answer.People)):]; len(rest) > 2 {
			answer.Next, answer.People = fmt.Sprintf("?since=%d&page=%d", since, page+1), rest[:2]
		} else {
			answer.People = rest
		}
		json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	open := func(url, secret string) func(env connectors.Env) (connectors.Source, error) {
		return func(env connectors.Env) (connectors.Source, error) {
			return must(t, fmt.Sprintf(`
kind: http
settings: {base_url: %s, auth: {bearer: "${%s}"}}
streams:
  people:
    key: key
    poll: "@every 1s"
    list: {path: "/people?since={since}", from: people, next: next, since: {path: changed, start: 0}}
`, url, secret)).Connector.Source("people", env)
		}
	}
	return connectortest.SourceSystem{
		Open: open(server.URL, "SECRET_A"),
		Put: func(_ *testing.T, records ...connectortest.Record) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range records {
				rows = append(rows, written{Key: r.Key, Value: r.Value, Changed: len(rows) + 1})
			}
		},
		Record:         readRecord,
		BadCredentials: open(server.URL, "SECRET_B"),
		Unreachable:    open("http://127.0.0.1:1", "SECRET_A"),
	}
}

// people is a system that keeps records by ID.
type people struct {
	*httptest.Server
	mu    sync.Mutex
	held  map[string]written
	byKey map[string]string // ID by idempotency key
	next  int
	mood
}

// mood is how the system behaves.
type mood struct {
	status  int  // answer with this, doing nothing
	lost    bool // do it, and cut the connection
	forgets bool
	slow    time.Duration
}

func newPeople(t *testing.T, repeat connectors.Repeat) connectortest.TargetSystem {
	p := &people{held: map[string]written{}, byKey: map[string]string{}}
	l, err := net.Listen("tcp", ports.Address(t)) // to come back to
	if err != nil {
		t.Fatal(err)
	}
	p.Server = &httptest.Server{Listener: l, Config: &http.Server{Handler: p}}
	p.Start()
	t.Cleanup(p.Close)
	more := map[connectors.Repeat]string{
		connectors.RepeatKey:  "idempotency: Idempotency-Key",
		connectors.RepeatFind: `find: {path: "/people?key={payload.key}", in: "$", match: {key: "{payload.key}"}, remote_id: id}`,
		connectors.RepeatNone: "repeat: none",
	}[repeat]
	c := must(t, fmt.Sprintf(`
kind: http
settings: {base_url: %s, connections: 4, timeout: 60s}
target:
  people:
    create: {path: /people, remote_id: id}
    update: {path: "/people/{id}"}
    delete: {path: "/people/{id}"}
    %s
`, p.URL, more))
	set := func(change func()) func(*testing.T) func() {
		return func(*testing.T) func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			before := p.mood
			change()
			return func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.mood = before
			}
		}
	}
	return connectortest.TargetSystem{
		Open: func(env connectors.Env) (connectors.Target, error) { return c.Connector.Target("people", env) },
		Payload: func(r connectortest.Record) []byte {
			return fmt.Appendf(nil, `{"key":%q,"value":%d}`, r.Key, r.Value)
		},
		Held:       p.records,
		Operations: []connectors.Operation{connectors.Create, connectors.Update, connectors.Delete},
		Faults: map[connectortest.Fault]func(*testing.T) func(){
			connectortest.Unreachable:    p.away,
			connectortest.Busy:           set(func() { p.status = 429 }),
			connectortest.BadCredentials: set(func() { p.status = 401 }),
			connectortest.Invalid:        set(func() { p.status = 422 }),
			connectortest.Forgotten:      set(func() { p.forgets = true }),
			connectortest.LostAnswer:     set(func() { p.lost = true }),
			connectortest.Slow:           set(func() { p.slow = 20 * time.Millisecond }),
		},
	}
}

// away takes the system off its port, and brings it back there.
func (p *people) away(t *testing.T) (undo func()) {
	p.Listener.Close()
	p.CloseClientConnections()
	return func() {
		again, err := net.Listen("tcp", p.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: p}
		t.Cleanup(func() { server.Close() })
		go server.Serve(again) //nolint:errcheck // it ends with Close
	}
}

func (p *people) records(*testing.T) map[string]connectortest.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]connectortest.Record{}
	for id, w := range p.held {
		all[id] = connectortest.Record{Key: w.Key, Value: w.Value}
	}
	return all
}

func (p *people) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	slow := p.slow
	p.mu.Unlock()
	time.Sleep(slow)
	p.mu.Lock()
	defer p.mu.Unlock()
	id := strings.TrimPrefix(r.URL.Path, "/people/")
	_, known := p.held[id]
	switch {
	case p.status != 0:
		w.WriteHeader(p.status)
		return
	case r.Method == http.MethodGet:
		p.find(w, r.URL.Query().Get("key"))
		return
	case r.Method == http.MethodPost:
		id = p.create(r)
	case !known || p.forgets:
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method == http.MethodDelete:
		delete(p.held, id)
	default:
		p.held[id] = body(r)
	}
	if p.lost {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, `{"id":%q}`, id)
}

func (p *people) create(r *http.Request) string {
	key := r.Header.Get("Idempotency-Key")
	if id, again := p.byKey[key]; again && key != "" {
		return id
	}
	p.next++
	id := strconv.Itoa(p.next)
	p.byKey[key], p.held[id] = id, body(r)
	return id
}

func (p *people) find(w http.ResponseWriter, key string) {
	for id, one := range p.held {
		if one.Key == key {
			fmt.Fprintf(w, `[{"id":%q,"key":%q}]`, id, key)
			return
		}
	}
	fmt.Fprint(w, `[]`)
}

func body(r *http.Request) written {
	var one written
	if json.NewDecoder(r.Body).Decode(&one) != nil {
		return written{}
	}
	return one
}
