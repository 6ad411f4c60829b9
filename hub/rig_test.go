package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// patience is how long anything may take before a test fails.
const patience = 3 * time.Minute

// The folder that most tests run: the ERP and the shop report customers by webhook; the shop is
// written to as well and knows idempotency keys.
var base = map[string]string{
	"hub.yaml": `
name: test
region: DE
api: {listen: "127.0.0.1:0"}
intake: {listen: "127.0.0.1:0"}
`,
	"golden.yaml": `
match:
  keys: [[email], [identifier]]
survive:
  priority: [erp, shop]
  attributes:
    default: source_priority
    phones: union
    emails: union
`,
	"connectors/erp.yaml": `
kind: http
streams:
  customers: {verify: none, format: json, key: id, mapping: customer, deleted_when: {header: X-Event, equals: deleted}}
  orders: {verify: none, format: json, key: id, mapping: order, deleted_when: {header: X-Event, equals: deleted}}
`,
	"connectors/shop.yaml": `
kind: http
settings: {base_url: "${SHOP}"}
retry: {backoff: 20ms, max_backoff: 100ms}
streams:
  customers: {verify: none, format: json, key: id, mapping: customer, deleted_when: {header: X-Event, equals: deleted}}
target:
  customers:
    idempotency: Idempotency-Key
    create: {path: /customers, remote_id: id}
    update: {path: "/customers/{id}"}
    deactivate: {path: "/customers/{id}/off"}
    delete: {path: "/customers/{id}"}
`,
	"mappings/customer.yaml": `
mapping: customer
to: Customer
input: [id, v, name, mail, phone, phone2, kind]
id: string(id)
version: {integer: v}
fields:
  kind: '"person"'
  names:
    - {full: name}
  emails:
    - {when: '!empty(mail)', fields: {value: mail}}
  phones:
    - {when: '!empty(phone)', fields: {value: phone(phone)}}
    - {when: '!empty(phone2)', fields: {value: phone(phone2)}}
`,
	"mappings/order.yaml": `
mapping: order
to: Order
input: [id, v, mail, total]
id: string(id)
version: {integer: v}
fields:
  type: '"order"'
  number: string(id)
  parties:
    - {role: '"buyer"', email: mail}
`,
	"mappings/account.yaml": `
mapping: account
from: Customer
fields:
  name: customer.names[0].full
  mail: customer.emails[0].value
  phone: customer.phones[0].value ?? nil
`,
	"mappings/booking.yaml": `
mapping: booking
from: Order
fields:
  number: order.number
`,
	"routes/customers.yaml": `
route: customers
from: golden.customer
to: shop.customers
mapping: account
`,
}

// with is the base with some files replaced; an empty text leaves the file out.
func with(files map[string]string) map[string]string {
	all := maps.Clone(base)
	maps.Copy(all, files)
	return all
}

// write puts the files of a hub folder below root.
func write(t testing.TB, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if text == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rig is a running hub on a folder of its own.
type rig struct {
	t    testing.TB
	root string
	env  map[string]string
	page int // of background sweeps
	log  *safeBuffer
	// watch, where not nil, sees what is logged before the log does.
	watch func(slog.Handler) slog.Handler
	*hub.Hub
	cancel context.CancelFunc
	ended  chan error
}

func start(t testing.TB, files map[string]string, env map[string]string) *rig {
	t.Helper()
	r := &rig{t: t, root: t.TempDir(), env: env}
	write(t, r.root, files)
	r.start()
	t.Cleanup(r.stop)
	return r
}

// load reads a folder that has to be without errors.
func load(t testing.TB, root string, env map[string]string) *hub.Folder {
	t.Helper()
	folder, problems := hub.Load(root, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if folder == nil {
		t.Fatal(problems.Err())
	}
	return folder
}

func (r *rig) start() {
	r.t.Helper()
	folder := load(r.t, r.root, r.env)
	r.log = &safeBuffer{}
	var to slog.Handler = slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelInfo})
	if r.watch != nil {
		to = r.watch(to)
	}
	log := slog.New(to)
	h, err := hub.Open(r.t.Context(), folder, hub.Options{Log: log, RetryFirst: 20 * time.Millisecond, RetryMost: 200 * time.Millisecond, SweepPage: r.page})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.Hub, r.cancel, r.ended = h, cancel, make(chan error, 1)
	go func() { r.ended <- h.Run(ctx) }()
}

// stop ends the hub as Ctrl-C does; a second call does nothing.
func (r *rig) stop() {
	r.t.Helper()
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	began := time.Now()
	if err := errors.Join(<-r.ended, r.Close()); err != nil {
		r.t.Errorf("the hub ended with: %v", err)
	}
	if took := time.Since(began); took > patience {
		r.t.Errorf("the hub took %v to end", took)
	}
	if r.t.Failed() {
		r.t.Log(r.log.String())
	}
}

// send posts one record to the intake as "system/stream" reports it, until it is accepted.
func (r *rig) send(stream, record string, event ...string) {
	r.t.Helper()
	r.await("webhook accepted", func() error {
		status, text := post(r.t, "http://"+r.IntakeAddress()+"/in/"+stream, record, event...)
		if status != http.StatusOK {
			return fmt.Errorf("%d %s", status, text)
		}
		return nil
	})
}

func post(t testing.TB, url, body string, event ...string) (int, string) {
	t.Helper()
	q, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if len(event) > 0 {
		q.Header.Set("X-Event", event[0])
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err.Error()
	}
	defer a.Body.Close()
	text, _ := io.ReadAll(a.Body)
	return a.StatusCode, strings.TrimSpace(string(text))
}

// await looks again and again until check is content.
func (r *rig) await(what string, check func() error) {
	r.t.Helper()
	await(r.t, what, check)
}

func await(t testing.TB, what string, check func() error) {
	t.Helper()
	late := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// settled waits until every record that was sent has gone its way: no lag, nothing dirty.
func (r *rig) settled() {
	r.t.Helper()
	quiet := 0
	r.await("the hub comes to rest", func() error {
		lag, err := r.Lag(r.t.Context())
		if err != nil {
			return err
		}
		s := r.stats()
		busy := s.Outbox
		for _, n := range lag {
			busy += n
		}
		for _, n := range s.Dirty {
			busy += n
		}
		if busy > 0 {
			quiet = 0
			return fmt.Errorf("lag %v, dirty %v, outbox %d", lag, s.Dirty, s.Outbox)
		}
		if quiet++; quiet < 3 {
			return errors.New("just now")
		}
		return nil
	})
}

func (r *rig) stats() golden.Statistics {
	r.t.Helper()
	s, err := r.Store().Statistics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// letters are the open dead letters, with their bytes, newest first.
func (r *rig) letters() []golden.DeadLetter {
	r.t.Helper()
	list, err := r.Store().DeadLetters(r.t.Context(), golden.DeadLetterQuery{Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range list {
		if list[i], err = r.Store().DeadLetter(r.t.Context(), list[i].ID); err != nil {
			r.t.Fatal(err)
		}
	}
	return list
}

// customer is the golden record of a source record.
func (r *rig) customer(source string) (golden.GoldenRecord, bool) {
	r.t.Helper()
	found, err := r.Store().FindCustomers(r.t.Context(), golden.Query{
		Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: source}}, Limit: 1,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if len(found) == 0 {
		return golden.GoldenRecord{}, false
	}
	return found[0], true
}

func (r *rig) deliveries() []golden.DeliveryState {
	r.t.Helper()
	list, err := r.Store().ListDeliveries(r.t.Context(), golden.DeliveryQuery{Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func (r *rig) tasks(kind golden.TaskKind) []golden.Task {
	r.t.Helper()
	list, err := r.Store().Tasks(r.t.Context(), golden.TaskQuery{Kind: kind, Limit: 100})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// remote is a system that keeps records and takes writes: POST /customers, PUT and DELETE
// /customers/ID, PUT /customers/ID/off.
type remote struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	next    int
	records map[string]map[string]any
	byKey   map[string]string // idempotency key to ID
	writes  []string          // "POST", "PUT 1", "PUT 1/off", "DELETE 1": those that took effect
	asked   int               // requests of any outcome
	keys    []string          // idempotency keys of all requests

	// before decides on a request before it takes effect; true: it was answered.
	before func(w http.ResponseWriter, q *http.Request, body map[string]any) bool
	// after is told of a write before it is answered.
	after func(id string, record map[string]any)
}

func newRemote(t testing.TB) *remote {
	s := &remote{t: t, records: map[string]map[string]any{}, byKey: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *remote) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(q.Body).Decode(&body)
	s.mu.Lock()
	s.asked++
	s.keys = append(s.keys, q.Header.Get("Idempotency-Key"))
	before := s.before
	s.mu.Unlock()
	if before != nil && before(w, q, body) {
		return
	}
	id, record, status := s.apply(q, body)
	s.mu.Lock()
	after := s.after
	s.mu.Unlock()
	if after != nil && status < 300 {
		after(id, record)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(record)
}

// apply is the write itself.
func (s *remote) apply(q *http.Request, body map[string]any) (id string, record map[string]any, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := q.Header.Get("Idempotency-Key")
	id, off := strings.CutSuffix(strings.TrimPrefix(strings.TrimPrefix(q.URL.Path, "/customers"), "/"), "/off")
	if q.Method == http.MethodPost {
		if known, ok := s.byKey[key]; ok && key != "" {
			return known, s.records[known], http.StatusOK
		}
		s.next++
		id = strconv.Itoa(s.next)
		body["id"], s.byKey[key] = id, id
		s.records[id] = body
		s.writes = append(s.writes, "POST")
		return id, maps.Clone(body), http.StatusCreated
	}
	record, ok := s.records[id]
	if !ok {
		return id, map[string]any{"error": "no such record"}, http.StatusNotFound
	}
	switch {
	case off:
		record["off"] = true
		id += "/off"
	case q.Method == http.MethodDelete:
		delete(s.records, id)
	default:
		body["id"] = id
		record, s.records[id] = body, body
	}
	s.writes = append(s.writes, q.Method+" "+id)
	return id, maps.Clone(record), http.StatusOK
}

// set programs what the system does.
func (s *remote) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// done are the writes that took effect so far.
func (s *remote) done() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

func (s *remote) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// show gives what the system holds: "id field=value …" by ID, as text.
func (s *remote) show(fields ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(s.records)) {
		line := id
		for _, f := range fields {
			if v := s.records[id][f]; v != nil {
				line += fmt.Sprintf(" %s=%v", f, v)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// holds waits until the system holds what is given.
func (s *remote) holds(want string, fields ...string) {
	s.t.Helper()
	await(s.t, "the target holds "+want, func() error {
		if got := s.show(fields...); got != want {
			return fmt.Errorf("it holds %q", got)
		}
		return nil
	})
}

// safeBuffer is a buffer that several goroutines may write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
