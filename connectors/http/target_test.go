package http_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/tests/ports"
)

// tool is a system that answers as it is told and remembers what it was asked.
type tool struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string // "METHOD path body"
	header []http.Header
	answer func(w http.ResponseWriter, r *http.Request)
}

func newTool(t testing.TB, answer func(w http.ResponseWriter, r *http.Request)) *tool {
	one := &tool{answer: answer}
	one.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		one.mu.Lock()
		one.asked = append(one.asked, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
		one.header = append(one.header, r.Header.Clone())
		one.mu.Unlock()
		one.answer(w, r)
	}))
	t.Cleanup(one.Close)
	return one
}

func (o *tool) requests() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	asked := o.asked
	o.asked = nil
	return asked
}

func openTarget(t testing.TB, url, more string) connectors.Target {
	t.Helper()
	return openTargetWith(t, url, "", more)
}

// openTargetWith takes more settings, each with its comma.
func openTargetWith(t testing.TB, url, settings, more string) connectors.Target {
	t.Helper()
	c := must(t, "kind: http\nsettings: {base_url: "+url+", "+settings+"auth: {bearer: \"${SECRET_TOKEN}\"}}\ntarget:\n  people:\n"+more)
	target, err := c.Connector.Target("people", connectors.Env{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.(io.Closer).Close() })
	return target
}

func deliver(t testing.TB, target connectors.Target, d connectors.Delivery) connectors.Outcome {
	t.Helper()
	if d.Subject == "" {
		d.Subject = "G1"
	}
	return target.Deliver(t.Context(), []connectors.Delivery{d})[0]
}

const wholeTarget = `
    create:
      path: /people.json
      body: {person: "{payload}", source: "golden {subject}", first: "{payload.phones[0]}", none: "{payload.fax}", yes: true, n: 12.50}
      remote_id: person.id
      version: person.v
    update:
      method: PATCH
      path: "people/{id}.json?by={payload.name}"
      headers: {If-Match: "{version}", X-Plain: a}
      version: "{etag}"
    deactivate: {path: "/people/{id}/state", body: {active: false}}
    delete: {path: "/people/{id}"}
    idempotency: Idempotency-Key
`

func TestTarget_writesAsItsFileSays(t *testing.T) {
	t.Parallel()
	server := newTool(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"5"`)
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"person": {"id": 12345678901234567890, "v": 3}}`)
		}
	})
	target := openTarget(t, server.URL+"/api", wholeTarget)
	if target.Repeat() != connectors.RepeatKey {
		t.Errorf("repeat %s", target.Repeat())
	}
	payload := []byte(`{"name": "李 & \"Co\"", "phones": ["+49 1"], "z": 1.10}`)
	o := deliver(t, target, connectors.Delivery{Operation: connectors.Create, Key: "k1", Payload: payload})
	if o.Status != connectors.Done || o.RemoteID != "12345678901234567890" || o.RemoteVersion != "3" || o.Err != nil {
		t.Errorf("create: %+v", o)
	}
	o = deliver(t, target, connectors.Delivery{Operation: connectors.Update, Key: "k2", RemoteID: "a/../b?c", RemoteVersion: `"4"`, Payload: payload})
	if o.Status != connectors.Done || o.RemoteID != "a/../b?c" || o.RemoteVersion != `"5"` {
		t.Errorf("update: %+v", o)
	}
	deliver(t, target, connectors.Delivery{Operation: connectors.Deactivate, Key: "k3", RemoteID: "..", Payload: payload})
	deliver(t, target, connectors.Delivery{Operation: connectors.Delete, Key: "k4", RemoteID: "7"})
	want := []string{
		`POST /api/people.json {"person":` + string(payload) + `,"source":"golden G1","first":"+49 1","none":null,"yes":true,"n":12.50}`,
		`PATCH /api/people/a%2F..%2Fb%3Fc.json?by=%E6%9D%8E+%26+%22Co%22 ` + string(payload),
		`PUT /api/people/%2E%2E/state {"active":false}`,
		`DELETE /api/people/7`,
	}
	if diff := cmp.Diff(want, server.requests()); diff != "" {
		t.Error(diff)
	}
	for i, h := range server.header {
		if h.Get("Authorization") != "Bearer secret-token" || h.Get("Idempotency-Key") != fmt.Sprintf("k%d", i+1) {
			t.Errorf("request %d: %v", i, h)
		}
	}
	if h := server.header[1]; h.Get("If-Match") != `"4"` || h.Get("X-Plain") != "a" || h.Get("Content-Type") != "application/json" {
		t.Errorf("headers of the update: %v", h)
	}
}

func TestTarget_tellsWhatBecameOfAWrite(t *testing.T) {
	t.Parallel()
	in := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		name      string
		status    int
		after     string
		operation connectors.Operation
		keyed     bool
		want      connectors.Status
		delay     time.Duration // at least
	}{
		{"accepted", 202, "", connectors.Update, false, connectors.Done, 0},
		{"no content", 204, "", connectors.Delete, false, connectors.Done, 0},
		{"bad request", 400, "", connectors.Update, false, connectors.Refused, 0},
		{"credentials", 401, "", connectors.Update, false, connectors.Unauthorised, 0},
		{"permission", 403, "", connectors.Update, false, connectors.Unauthorised, 0},
		{"gone on update", 404, "", connectors.Update, false, connectors.Missing, 0},
		{"gone on delete", 410, "", connectors.Delete, false, connectors.Missing, 0},
		{"wrong path of a create", 404, "", connectors.Create, false, connectors.Refused, 0},
		{"time-out of the system's", 408, "", connectors.Create, false, connectors.Retry, 0},
		{"conflict", 409, "", connectors.Update, false, connectors.Refused, 0},
		{"stale version", 412, "", connectors.Update, false, connectors.Refused, 0},
		{"invalid", 422, "", connectors.Create, false, connectors.Refused, 0},
		{"too many", 429, "7", connectors.Create, false, connectors.Retry, 7 * time.Second},
		{"too many, until", 429, in, connectors.Create, false, connectors.Retry, 59 * time.Minute},
		{"error on create", 500, "", connectors.Create, false, connectors.Unknown, 0},
		{"error on keyed create", 500, "", connectors.Create, true, connectors.Unknown, 0},
		{"error on update", 502, "", connectors.Update, false, connectors.Retry, 0},
		{"not implemented", 501, "", connectors.Create, false, connectors.Refused, 0},
		{"unavailable", 503, "1.5", connectors.Create, false, connectors.Retry, 1500 * time.Millisecond},
		{"redirect", 307, "", connectors.Create, false, connectors.Refused, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newTool(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", test.after)
				w.Header().Set("Location", "http://127.0.0.1:1/elsewhere?token=x")
				w.WriteHeader(test.status)
				if test.status != 204 {
					fmt.Fprintf(w, `you sent %q`, r.Header.Get("Authorization"))
				}
			})
			keys := "    create: {path: /p, remote_id: id}\n    update: {path: \"/p/{id}\"}\n    delete: {path: \"/p/{id}\"}\n"
			if test.keyed {
				keys += "    idempotency: Idempotency-Key\n"
			}
			id := "7"
			if test.operation == connectors.Create {
				id = ""
			}
			o := deliver(t, openTarget(t, server.URL, keys), connectors.Delivery{Operation: test.operation, Key: "k", RemoteID: id, Payload: []byte(`{}`)})
			if o.Status != test.want || o.After < test.delay || (o.Err == nil) != (test.want == connectors.Done) {
				t.Errorf("outcome %+v", o)
			}
			if n := len(server.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
			if shown := fmt.Sprint(o.Err) + string(o.Response); strings.Contains(shown, "secret-token") || strings.Contains(shown, "token=x") {
				t.Errorf("the outcome tells a secret: %s", shown)
			}
			if test.status != 204 && !strings.Contains(string(o.Response), "[secret]") {
				t.Errorf("response %q", o.Response)
			}
		})
	}
}

func TestTarget_toldApartBegunAndNotBegun(t *testing.T) {
	t.Parallel()
	const keys = "    create: {path: /p, remote_id: id}\n"
	create := connectors.Delivery{Operation: connectors.Create, Payload: []byte(`{}`)}

	if o := deliver(t, openTarget(t, "http://"+ports.Address(t), keys), create); o.Status != connectors.Retry {
		t.Errorf("nobody listens: %+v", o)
	}
	hold := make(chan struct{})
	slow := newTool(t, func(http.ResponseWriter, *http.Request) { <-hold })
	t.Cleanup(func() { close(hold) })
	if o := deliver(t, openTargetWith(t, slow.URL, "timeout: 300ms, ", keys), create); o.Status != connectors.Unknown {
		t.Errorf("no answer in time: %+v", o)
	}
	cut := newTool(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	})
	if o := deliver(t, openTarget(t, cut.URL, keys), create); o.Status != connectors.Unknown {
		t.Errorf("the connection was cut: %+v", o)
	}
	if n := len(cut.requests()); n != 1 {
		t.Errorf("the create was sent %d times", n)
	}
	short := newTool(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(201)
		fmt.Fprint(w, `{"name":"no ID here"}`)
	})
	if o := deliver(t, openTarget(t, short.URL, keys), create); o.Status != connectors.Unknown || !strings.Contains(o.Err.Error(), "does not tell the new record's ID") {
		t.Errorf("an answer without the ID: %+v", o)
	}
}

// A create that was sent over a connection which then turned out to be closed is sent again at once,
// where it has a key. The second answer says nothing of what became of the first sending.
func TestTarget_aKeyedCreateSentTwiceIsNotDoneOnlyIfNeitherWas(t *testing.T) {
	t.Parallel()
	n := 0
	server := newTool(t, nil)
	server.answer = func(w http.ResponseWriter, _ *http.Request) {
		server.mu.Lock()
		n++
		turn := n
		server.mu.Unlock()
		switch turn {
		case 1:
			fmt.Fprint(w, `{"id":1}`)
		case 2:
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	target := openTarget(t, server.URL, "    idempotency: Idempotency-Key\n    create: {path: /p, remote_id: id}\n")
	create := connectors.Delivery{Operation: connectors.Create, Key: "k", Payload: []byte(`{}`)}
	if o := deliver(t, target, create); o.Status != connectors.Done {
		t.Fatalf("first: %+v", o)
	}
	if o := deliver(t, target, create); o.Status != connectors.Unknown || n != 3 {
		t.Errorf("after %d requests: %+v", n, o)
	}
	if o := deliver(t, target, create); o.Status != connectors.Retry {
		t.Errorf("sent once: %+v", o)
	}
}

func TestTarget_stopsABatchWhenTheAnswerConcernsAll(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]connectors.Status{401: connectors.Unauthorised, 429: connectors.Retry} {
		server := newTool(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(status)
		})
		c := must(t, "kind: http\nsettings: {base_url: "+server.URL+", connections: 1}\ntarget: {people: {update: {path: \"/p/{id}\"}}}")
		target, err := c.Connector.Target("people", connectors.Env{})
		if err != nil {
			t.Fatal(err)
		}
		batch := make([]connectors.Delivery, 20)
		for i := range batch {
			batch[i] = connectors.Delivery{Operation: connectors.Update, RemoteID: "1", Subject: fmt.Sprint(i), Payload: []byte(`{}`)}
		}
		for i, o := range target.Deliver(t.Context(), batch) {
			if o.Status != want || o.Err == nil || want == connectors.Retry && o.After != 3*time.Second {
				t.Errorf("%d: delivery %d: %+v", status, i, o)
			}
		}
		if n := len(server.requests()); n != 1 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
}

func TestTarget_keepsTheOrderOfASubject(t *testing.T) {
	t.Parallel()
	var most, now atomic.Int32
	server := newTool(t, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(time.Millisecond) // so that requests meet
	})
	target := openTarget(t, server.URL, "    update: {path: \"/p/{id}\"}\n")
	var batch []connectors.Delivery
	for i := range 60 {
		batch = append(batch, connectors.Delivery{Operation: connectors.Update, Subject: fmt.Sprint(i % 6), RemoteID: fmt.Sprint(i % 6), Payload: fmt.Appendf(nil, "%02d", i)})
	}
	target.Deliver(t.Context(), batch)
	last := map[string]string{}
	for _, r := range server.requests() {
		parts := strings.Fields(r)
		if parts[2] <= last[parts[1]] {
			t.Errorf("%s came after %s", r, last[parts[1]])
		}
		last[parts[1]] = parts[2]
	}
	if len(last) != 6 || most.Load() < 2 || most.Load() > 8 {
		t.Errorf("%d subjects, up to %d requests at a time", len(last), most.Load())
	}
}

func TestTarget_cancelledMidBatch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := newTool(t, func(http.ResponseWriter, *http.Request) { cancel(); <-time.After(50 * time.Millisecond) })
	c := must(t, "kind: http\nsettings: {base_url: "+server.URL+", connections: 1}\ntarget: {people: {create: {path: /p, remote_id: id}}}")
	target, err := c.Connector.Target("people", connectors.Env{})
	if err != nil {
		t.Fatal(err)
	}
	count := map[connectors.Status]int{}
	for _, o := range target.Deliver(ctx, []connectors.Delivery{{Operation: connectors.Create, Subject: "1", Payload: []byte("1")}, {Operation: connectors.Create, Subject: "2", Payload: []byte("2")}, {Operation: connectors.Create, Subject: "3", Payload: []byte("3")}}) {
		count[o.Status]++
	}
	if diff := cmp.Diff(map[connectors.Status]int{connectors.Unknown: 1, connectors.Retry: 2}, count); diff != "" {
		t.Error(diff)
	}
}

func TestTarget_looksBeforeItCreates(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"GET /p?email=a%40b.c": `{"people":[{"id":9,"email":"A@b.c"}]}`,
		"GET /p?email=new":     `{"people":[]}`,
		"GET /p?phone=1":       `{"people":[{"id":7,"phone":"12"},{"id":8,"phone":1}]}`,
		"GET /p?phone=2":       `{"people":[]}`,
	}
	server := newTool(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(201)
			fmt.Fprint(w, `{"id":10}`)
		} else if answer, found := answers[r.Method+" "+r.URL.RequestURI()]; found {
			fmt.Fprint(w, answer)
		} else if r.Method == http.MethodGet {
			w.WriteHeader(500)
		}
	})
	target := openTarget(t, server.URL, `
    create: {path: /p, remote_id: id}
    update: {path: "/p/{id}"}
    find: {path: ["/p?email={payload.email}", "/p?phone={payload.phone}"], in: people, match: {email: "{payload.email}", phone: "{payload.phone}"}, remote_id: id}
`)
	if target.Repeat() != connectors.RepeatFind {
		t.Errorf("repeat %s", target.Repeat())
	}
	for _, test := range []struct {
		payload, id string
		status      connectors.Status
		requests    []string
	}{
		{`{"email":"a@b.c"}`, "9", connectors.Done, []string{"GET /p?email=a%40b.c", `PUT /p/9 {"email":"a@b.c"}`}},
		{`{"email":"new","phone":"1"}`, "8", connectors.Done, []string{"GET /p?email=new", "GET /p?phone=1", `PUT /p/8 {"email":"new","phone":"1"}`}},
		{`{"phone":"2"}`, "10", connectors.Done, []string{"GET /p?phone=2", `POST /p {"phone":"2"}`}},
		{`{"phone":"broken"}`, "", connectors.Retry, []string{"GET /p?phone=broken"}},
		{`{"name":"x"}`, "", connectors.Refused, nil},
	} {
		o := deliver(t, target, connectors.Delivery{Operation: connectors.Create, Payload: []byte(test.payload)})
		if o.Status != test.status || o.RemoteID != test.id {
			t.Errorf("%s: %+v", test.payload, o)
		}
		if diff := cmp.Diff(test.requests, server.requests()); diff != "" {
			t.Errorf("%s: %s", test.payload, diff)
		}
	}
}

func TestTarget_writesForms(t *testing.T) {
	t.Parallel()
	server := newTool(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/p/77?x=1") })
	target := openTarget(t, server.URL, "    encoding: form\n    create: {path: /p, remote_id: \"{location}\"}\n    repeat: upsert\n")
	o := deliver(t, target, connectors.Delivery{Operation: connectors.Create, Payload: []byte(`{"name":"李","address":{"lines":["a b"]},"n":1.0,"none":null}`)})
	if o.Status != connectors.Done || o.RemoteID != "77" || target.Repeat() != connectors.RepeatUpsert {
		t.Errorf("outcome %+v, repeat %s", o, target.Repeat())
	}
	if diff := cmp.Diff([]string{"POST /p address%5Blines%5D%5B0%5D=a+b&n=1.0&name=%E6%9D%8E&none="}, server.requests()); diff != "" {
		t.Error(diff)
	}
}

// A variable that is not set is one problem, not one more for everything that lacks its value.
func TestOpen_tellsOfAMissingVariableOnce(t *testing.T) {
	t.Parallel()
	_, problems := load(t, "kind: http\nstreams: {a: {verify: {bearer: \"${UNSET}\"}}}")
	if diff := cmp.Diff([]string{`shop.yaml:2:33: environment variable UNSET is not set; expected a value or ${UNSET:default}`}, problems); diff != "" {
		t.Error(diff)
	}
}

func TestOpen_tellsWhereAFileIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no way in":                 {"kind: http\nstreams: {a: {key: id}}", `shop.yaml:2:11: the stream neither takes webhooks nor asks for a list; expected verify: with hmac, bearer, basic or none, or list: with a path`},
		"two ways":                  {"kind: http\nstreams: {a: {verify: {bearer: \"${SECRET_A}\", basic: {user: u, password: \"${SECRET_A}\"}}}}", `shop.yaml:2:23: verify does not name one way; expected one of hmac, bearer, basic`},
		"an empty way":              {"kind: http\nstreams: {a: {verify: {bearer: }}}", `shop.yaml:2:23: verify does not name one way; expected one of hmac, bearer, basic`},
		"an empty secret":           {"kind: http\nstreams: {a: {verify: {bearer: \"\"}}}", `shop.yaml:2:32: the secret is empty; expected text such as ${NAME}`},
		"a secret of another form":  {"kind: http\nstreams: {a: {verify: {hmac: {secret: \"${SECRET_A}\", secret_encoding: hex, header: H}}}}", `shop.yaml:2:39: the secret is not hex; expected another secret_encoding, or a secret so written`},
		"an open door":              {"kind: http\nstreams: {a: {verify: none, pol: 1}}", `shop.yaml:2:23: warning: webhooks are taken from anybody; expected hmac, bearer or basic` + "\n" + `shop.yaml:2:29: unknown key "pol"; expected one of verify, delivery_id, headers, deleted_when, max_body, content_types, list; did you mean "poll"?`},
		"a secret header":           {"kind: http\nstreams: {a: {verify: {bearer: \"${SECRET_A}\"}, headers: [authorization]}}", `shop.yaml:2:58: header authorization holds a secret; expected headers that may be stored`},
		"a schedule of nothing":     {"kind: http\nstreams: {a: {verify: {bearer: \"${SECRET_A}\"}, poll: \"@every 1m\"}}", `shop.yaml:2:11: the stream has a schedule and nothing to ask for; expected list: with a path beside poll:`},
		"base_url":                  {"kind: http\nsettings: {base_url: shop.example}\ntarget: {a: {delete: {path: \"/{id}\"}}}", `shop.yaml:2:22: base_url is "shop.example"; expected a URL such as https://shop.example/api, without query and password` + "\n" + `shop.yaml:3:29: path "/{id}" in quotes has no base; expected base_url: in settings, or a whole URL`},
		"a host by payload":         {"kind: http\ntarget: {a: {delete: {path: \"https://{id}.example/x\"}}}", `shop.yaml:2:29: the path has no fixed host; expected a host without placeholders`},
		"unknown placeholder":       {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {update: {path: \"/a/{ids}\"}}}", `shop.yaml:3:33: unknown placeholder {ids}; expected one of {id}, {payload}, {key}, {subject}, {version}; did you mean "id"?`},
		"an ID before there is one": {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {repeat: upsert, create: {path: \"/a/{id}\", remote_id: id}}}", `shop.yaml:3:49: unknown placeholder {id}; expected one of {payload}, {key}, {subject}`},
		"a brace":                   {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {update: {path: \"/a/{id\"}}}", `shop.yaml:3:33: '{' stands alone; expected {NAME}, or {{ and }} for the braces themselves`},
		"no ID":                     {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {idempotency: K, create: {path: /a}}}", `shop.yaml:3:45: nothing says which ID a created record gets; expected remote_id: with a path in the answer, {location}, {payload.PATH} or {subject}`},
		"no way to repeat":          {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {create: {path: /a, remote_id: a..b}}}", `shop.yaml:3:10: warning: a create whose outcome is unknown cannot be repeated and goes to review; expected idempotency:, find:, or repeat: upsert where the system allows it` + "\n" + `shop.yaml:3:46: path "a..b" cannot be read; expected a member's name`},
		"a key without header":      {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {repeat: key, update: {path: /a}}}", `shop.yaml:3:22: repeat is key, and no header carries it; expected idempotency: with the header's name`},
		"find without update":       {"kind: http\nsettings: {base_url: http://h}\ntarget: {a: {create: {path: /a, remote_id: id}, find: {path: /a, remote_id: id}}}", `shop.yaml:3:55: find has no use for a record that it finds; expected update: beside it`},
		"two ways out":              {"kind: http\nsettings: {base_url: http://h, auth: {bearer: \"${SECRET_A}\", api_key: {header: K, value: \"${SECRET_A}\"}}}\ntarget: {a: {update: {path: /a}}}", `shop.yaml:2:38: auth has 2 ways; expected one of bearer, basic, api_key`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, problems := load(t, test.text)
			if diff := cmp.Diff(test.want, strings.Join(problems, "\n")); diff != "" {
				t.Error(diff)
			}
			if c != nil {
				t.Error("the file was taken in spite of its errors")
			}
		})
	}
}
