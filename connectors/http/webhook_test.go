package http_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

func mac(secret, text string) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(text))
	return m.Sum(nil)
}

const hmacStream = `
kind: http
streams:
  customers:
    key: id
    verify:
      hmac: {secret: ["${SECRET_NEW}", "${SECRET_OLD}"], header: X-Signature, prefix: "sha256="}
    delivery_id: X-Delivery
    headers: [X-Topic]
    deleted_when: {header: X-Topic, equals: [customers/delete, customers/redact]}
    max_body: 1KB
    content_types: [application/json]
`

func signed(secret, text string, more ...string) map[string]string {
	h := map[string]string{"X-Signature": "sha256=" + hex.EncodeToString(mac(secret, text)), "Content-Type": "application/json; charset=utf-8"}
	return with(h, more...)
}

func TestWebhook_storesWhatIsSigned(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, hmacStream), "customers")
	body := "{ \"id\": 7, \"name\": \"李小龙\" }"
	for _, secret := range []string{"secret-new", "secret-old"} {
		status, answer, _ := h.post(t, "/in/shop/customers", body, signed(secret, body, "X-Topic", "customers/update", "X-Delivery", "d-"+secret))
		if status != http.StatusOK || answer != `{"accepted":1}` {
			t.Fatalf("answer %d %s", status, answer)
		}
		frames := h.kept()
		if len(frames) != 1 || string(frames[0].Bytes) != body || frames[0].Deleted || frames[0].Err != nil {
			t.Fatalf("frames %+v", frames)
		}
		if diff := cmp.Diff(map[string]string{"X-Topic": "customers/update", "X-Delivery": "d-" + secret}, frames[0].Header); diff != "" {
			t.Error(diff)
		}
		if frames[0].Position.Origin != "/in/shop/customers" {
			t.Errorf("position %s", frames[0].Position)
		}
	}
}

func TestWebhook_marksDeletions(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, hmacStream), "customers")
	h.post(t, "/in/shop/customers", `{"id":7}`, signed("secret-new", `{"id":7}`, "X-Topic", "customers/redact"))
	if frames := h.kept(); len(frames) != 1 || !frames[0].Deleted {
		t.Errorf("frames %+v", frames)
	}
}

func TestWebhook_refuses(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, hmacStream), "customers")
	body, large := `{"id":7}`, `{"id":"`+strings.Repeat("7", 1000)+`"}`
	for name, test := range map[string]struct {
		body   string
		header map[string]string
		status int
	}{
		"no signature":          {body, map[string]string{"Content-Type": "application/json"}, 401},
		"another secret":        {body, signed("secret", body), 401},
		"another body":          {`{"id":8}`, signed("secret-new", body), 401},
		"no prefix":             {body, with(signed("secret-new", body), "X-Signature", hex.EncodeToString(mac("secret-new", body))), 401},
		"no hex":                {body, with(signed("secret-new", body), "X-Signature", "sha256=zz"), 401},
		"a large body":          {large, signed("secret-new", large), 413},
		"another media type":    {body, with(signed("secret-new", body), "Content-Type", "text/plain"), 415},
		"a compressed body":     {body, with(signed("secret-new", body), "Content-Encoding", "gzip"), 415},
		"a signature of nobody": {body, signed("", body), 401},
	} {
		status, answer, header := h.post(t, "/in/shop/customers", test.body, test.header)
		if status != test.status || header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: answer %d %s %v", name, status, answer, header)
		}
		if strings.Contains(answer, "secret-") {
			t.Errorf("%s: the answer tells a secret: %s", name, answer)
		}
	}
	resp, err := h.Client().Get(h.URL + "/in/shop/customers")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST, PUT" {
		t.Errorf("GET answered %d %v", resp.StatusCode, resp.Header)
	}
	if frames := h.kept(); len(frames) > 0 {
		t.Errorf("something was stored: %+v", frames)
	}
	if log := h.log.String(); strings.Contains(log, "secret-") || strings.Count(log, "status=401") != 1 {
		t.Errorf("the log tells a secret, or more than one line of one kind:\n%s", log)
	}
}

func TestWebhook_answersOnlyWhenDurable(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, hmacStream), "customers")
	header := signed("secret-new", `{"id":7}`, "X-Delivery", "one")
	h.refuseWith(&connectors.RetryableError{Err: errors.New("the disk is full"), After: 90 * time.Second})
	status, answer, got := h.post(t, "/in/shop/customers", `{"id":7}`, header)
	if status != 503 || got.Get("Retry-After") != "90" || strings.Contains(answer, "disk") {
		t.Errorf("answer %d %s, Retry-After %q", status, answer, got.Get("Retry-After"))
	}
	h.refuseWith(errors.New("the broker is away"))
	if status, _, got = h.post(t, "/in/shop/customers", `{"id":7}`, header); status != 503 || got.Get("Retry-After") != "5" {
		t.Errorf("answer %d, Retry-After %q", status, got.Get("Retry-After"))
	}
	h.refuseWith(nil)
	if status, _, _ = h.post(t, "/in/shop/customers", `{"id":7}`, header); status != 200 || len(h.kept()) != 1 {
		t.Errorf("the repeated delivery was answered %d", status)
	}
}

func TestWebhook_takesARepeatedDeliveryOnce(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, hmacStream), "customers")
	header := signed("secret-new", `{"id":7}`, "X-Delivery", "one")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if status, answer, _ := h.post(t, "/in/shop/customers", `{"id":7}`, header); status != 200 {
				t.Errorf("answer %d %s", status, answer)
			}
		})
	}
	wait.Wait()
	if frames := h.kept(); len(frames) != 1 {
		t.Errorf("%d frames", len(frames))
	}
	_, answer, _ := h.post(t, "/in/shop/customers", `{"id":7}`, header)
	if answer != `{"accepted":0,"duplicate":true}` {
		t.Error(answer)
	}
}

func TestWebhook_keepsWhatIsNoRecordAsADeadLetter(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, hmacStream), "customers")
	status, answer, _ := h.post(t, "/in/shop/customers", `[{"id":7},{"id":]`, signed("secret-new", `[{"id":7},{"id":]`))
	if status != 200 || answer != `{"accepted":1,"dead":1}` {
		t.Errorf("answer %d %s", status, answer)
	}
	frames := h.kept()
	if len(frames) != 2 || frames[0].Err != nil || frames[1].Err == nil || len(frames[1].Bytes) == 0 {
		t.Errorf("frames %+v", frames)
	}
}

func TestWebhook_finishesWhatItBegan(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	source, err := must(t, hmacStream).Connector.Source("customers", h.env())
	if err != nil {
		t.Fatal(err)
	}
	begun, goOn := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- source.Run(ctx, func(ctx context.Context, _ []formats.Frame) error {
			close(begun)
			<-goOn
			return ctx.Err()
		})
	}()
	<-h.mounted
	status := make(chan int)
	go func() {
		code, _, _ := h.post(t, "/in/shop/customers", `{"id":7}`, signed("secret-new", `{"id":7}`))
		status <- code
	}()
	within(t, begun, "the emit")
	stop()
	close(goOn)
	if code := <-status; code != 200 {
		t.Errorf("the delivery under way was answered %d", code)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWebhook_bearerAndBasic(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, `
kind: http
streams:
  calls: {verify: {bearer: ["${SECRET_A}", "${SECRET_B}"]}}
`), "calls")
	h.run(t, must(t, `
system: desk
kind: http
streams:
  calls: {verify: {basic: {user: desk, password: "${SECRET_A}"}}, format: ndjson}
`), "calls")
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, test := range []struct {
		path, authorization string
		status              int
		challenge           string
	}{
		{"/in/shop/calls", "Bearer secret-a", 200, ""},
		{"/in/shop/calls", "bearer secret-b", 200, ""},
		{"/in/shop/calls", "Bearer secret-c", 401, "Bearer"},
		{"/in/shop/calls", "Bearer", 401, "Bearer"},
		{"/in/shop/calls", basic("desk:secret-a"), 401, "Bearer"},
		{"/in/desk/calls", basic("desk:secret-a"), 200, ""},
		{"/in/desk/calls", basic("desk:secret-b"), 401, `Basic realm="touchstone"`},
		{"/in/desk/calls", basic("disk:secret-a"), 401, `Basic realm="touchstone"`},
		{"/in/desk/calls", "", 401, `Basic realm="touchstone"`},
	} {
		status, _, header := h.post(t, test.path, "{}\n", map[string]string{"Authorization": test.authorization})
		if status != test.status || header.Get("WWW-Authenticate") != test.challenge {
			t.Errorf("%s with %q: %d, %q", test.path, test.authorization, status, header.Get("WWW-Authenticate"))
		}
	}
}

func TestWebhook_timestampIsCovered(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.run(t, must(t, `
kind: http
streams:
  calls:
    verify:
      hmac:
        {secret: whsec_c2VjcmV0LWE=, secret_encoding: base64, header: webhook-signature, encoding: base64, prefix: "v1,", id: webhook-id, timestamp: webhook-timestamp, signed: "{id}.{timestamp}.{body}"}
`), "calls")
	send := func(at time.Time, signedAt time.Time) int {
		signature := base64.StdEncoding.EncodeToString(mac("secret-a", fmt.Sprintf("m1.%d.{}", signedAt.Unix())))
		status, _, _ := h.post(t, "/in/shop/calls", "{}", map[string]string{
			"webhook-id": "m1", "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": "v1,AAAA v1," + signature,
		})
		return status
	}
	now := time.Now()
	if status := send(now, now); status != 200 {
		t.Errorf("a fresh one: %d", status)
	}
	if status := send(now, now.Add(-time.Hour)); status != 401 {
		t.Errorf("an old signature under a new time: %d", status)
	}
	if old := now.Add(-time.Hour); send(old, old) != 401 {
		t.Error("an old one was taken")
	}
}

func TestWebhook_holdsNoMoreBodiesThanItHasRoomFor(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	source, err := must(t, `
kind: http
settings: {timeout: 150ms}
streams: {people: {verify: {bearer: "${SECRET_A}"}, max_body: 100MB}}
`).Connector.Source("people", h.env())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	begun, goOn, ended := make(chan struct{}, 2), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- source.Run(ctx, func(context.Context, []formats.Frame) error {
			begun <- struct{}{}
			<-goOn
			return nil
		})
	}()
	<-h.mounted
	send := func() int { // without a length, so that the largest must be reckoned with
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/in/shop/people", io.MultiReader(strings.NewReader("{}")))
		r.Header.Set("Authorization", "Bearer secret-a")
		resp, err := h.Client().Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	first := make(chan int, 1)
	go func() { first <- send() }()
	within(t, begun, "the first delivery")
	if status := send(); status != http.StatusServiceUnavailable {
		t.Errorf("a second one of any size was answered %d", status)
	}
	close(goOn)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the first one was answered %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
