package hub_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
)

func journey(t *testing.T, files map[string]string) (*rig, *remote) {
	t.Helper()
	shop := newRemote(t)
	r := start(t, with(files), map[string]string{"SHOP": shop.URL})
	return r, shop
}

func wantWrites(t *testing.T, s *remote, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.done()); diff != "" {
		t.Errorf("writes that took effect (-want +got):\n%s", diff)
	}
}

// echo has the shop report every write by webhook before it answers, as the worst of them do.
func echo(r *rig, shop *remote) {
	version := 0
	shop.set(func() {
		shop.after = func(id string, record map[string]any) {
			if id, off := strings.CutSuffix(id, "/off"); off {
				_ = id
				return
			}
			version++
			record["v"] = version
			text, _ := json.Marshal(record)
			post(r.t, "http://"+r.IntakeAddress()+"/in/shop/customers", string(text))
		}
	})
}

// Promise 4: no loops.
func TestNoLoops_aCreatedRecordThatComesBackIsLinkedNotCreatedAgain(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	echo(r, shop)
	// the shop changes the mail address on the way, so that only the link tells who it is
	shop.set(func() {
		shop.before = func(_ http.ResponseWriter, _ *http.Request, body map[string]any) bool {
			body["mail"] = strings.Replace(fmt.Sprint(body["mail"]), "@", "+shop@", 1)
			return false
		}
	})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "the shop's report is in", func() error {
		if r.stats().Records["shop/customers"] != 1 {
			return fmt.Errorf("records %v", r.stats().Records)
		}
		return nil
	})
	r.settled()
	if s := r.stats(); s.Customers != 1 {
		t.Errorf("%d customers, expected the shop's record to be linked to the ERP's", s.Customers)
	}
	c, ok := r.customer("shop/customers/1")
	if diff := cmp.Diff([]string{"erp/customers/1", "shop/customers/1"}, c.Sources); !ok || diff != "" {
		t.Errorf("sources of the customer (-want +got):\n%s", diff)
	}
	if n := slices.Index(shop.done(), "POST"); n != 0 || slices.Contains(shop.done()[1:], "POST") {
		t.Errorf("writes %v, expected one create", shop.done())
	}
}

func TestDeliver_createThenUpdate(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna mail=anna@post.example", "name", "mail")
	r.settled()
	states := r.deliveries()
	if len(states) != 1 || states[0].RemoteID != "1" || states[0].Record != "shop/customers/1" || states[0].Status != golden.Settled {
		t.Fatalf("deliveries %+v, expected the remote ID learnt", states)
	}
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna Schmidt", "name")
	r.send("erp/customers", `{"id": 1, "v": 3, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	r.settled()
	wantWrites(t, shop, "POST", "PUT 1")
}

// Promise 4: an old phone, deleted in the ERP, must not live on in the shop's copy that we wrote.
func TestNoLoops_aPhoneDeletedAtItsOriginIsGoneEverywhere(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	echo(r, shop)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example", "phone": "030 901820"}`)
	shop.holds("1 phone=+4930901820", "phone")
	r.settled()
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna", "mail": "anna@post.example", "phone": "0171 2345678"}`)
	shop.holds("1 phone=+491712345678", "phone")
	r.settled()
	r.send("erp/customers", `{"id": 1, "v": 3, "name": "Anna", "mail": "anna@post.example"}`)
	shop.holds("1", "phone")
	r.settled()
	wantWrites(t, shop, "POST", "PUT 1", "PUT 1")
	c, _ := r.customer("erp/customers/1")
	if strings.Contains(string(c.Doc), "phones") {
		t.Errorf("the golden record still has a phone: %s", c.Doc)
	}
}

func TestDeliver_aTargetThatWasDownGetsTheNewestStateOnce(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	shop.set(func() { shop.before = answer(http.StatusServiceUnavailable) })
	for v := 1; v <= 5; v++ {
		r.send("erp/customers", fmt.Sprintf(`{"id": 1, "v": %d, "name": "Anna %d", "mail": "anna@post.example"}`, v, v))
	}
	await(t, "the target fails", func() error {
		c := r.Connections()["shop.customers"]
		if !strings.Contains(c.Error, "503") {
			return fmt.Errorf("connections %v", r.Connections())
		}
		return nil
	})
	await(t, "the last version is in", func() error {
		if c, _ := r.customer("erp/customers/1"); !strings.Contains(string(c.Doc), "Anna 5") {
			return fmt.Errorf("golden record %s", c.Doc)
		}
		return nil
	})
	// what is on its way still fails, should it be of an older state
	shop.set(func() {
		shop.before = func(w http.ResponseWriter, q *http.Request, body map[string]any) bool {
			return body["name"] != "Anna 5" && answer(http.StatusServiceUnavailable)(w, q, body)
		}
	})
	shop.holds("1 name=Anna 5", "name")
	r.settled()
	wantWrites(t, shop, "POST")
	if c, failing := r.Connections()["shop.customers"]; failing {
		t.Errorf("the target is still said to fail: %v", c)
	}
	// every attempt at the create carried one key
	if keys := slices.Compact(slices.Clone(shop.keys)); len(keys) != 1 || keys[0] == "" {
		t.Errorf("idempotency keys %v, expected one", keys)
	}
}

// A server that is away is told of once, however long the pauses between the attempts are.
func TestDeliver_aTargetThatIsDownIsToldOfOnceAndUntilItIsBack(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	shop.set(func() { shop.before = answer(http.StatusBadGateway) })
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	// much longer than a run has to last to count as good (5 × 20 ms here)
	await(t, "many attempts", func() error {
		if n := shop.requests(); n < 8 {
			return fmt.Errorf("%d attempts", n)
		}
		return nil
	})
	if _, failing := r.Connections()["shop.customers"]; !failing {
		t.Error("the target is not said to fail while it is down")
	}
	shop.set(func() { shop.before = nil })
	shop.holds("1 name=Anna", "name")
	r.settled()
	log := r.log.String()
	fails := strings.Count(log, `msg="connection fails, will be tried again" target=shop.customers`)
	back := strings.Count(log, `msg="connection goes on" target=shop.customers`)
	if fails != 1 || back != 1 {
		t.Errorf("the log says %d times that it fails, %d times that it goes on, expected once each", fails, back)
	}
}

// answer refuses every request.
func answer(status int, header ...string) func(http.ResponseWriter, *http.Request, map[string]any) bool {
	return func(w http.ResponseWriter, _ *http.Request, _ map[string]any) bool {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, "not now", status)
		return true
	}
}

func TestDeliver_refusedPayloadIsADeadLetterAndTheNextChangeIsTried(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	shop.set(func() { shop.before = answer(http.StatusBadRequest) })
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "dead letter", func() error {
		if n := len(r.letters()); n != 1 {
			return fmt.Errorf("%d letters", n)
		}
		return nil
	})
	r.settled()
	l := r.letters()[0]
	if l.Stage != "deliver" || l.Cause != "refused" || l.System != "shop" || string(l.Bytes) != `{"name":"Anna","mail":"anna@post.example","phone":null}` ||
		!strings.Contains(l.Error, "400") {
		t.Errorf("dead letter %+v, bytes %s", l, l.Bytes)
	}
	asked := shop.requests()
	shop.set(func() { shop.before = nil })
	// the same payload is not tried again, another one is
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	r.settled()
	if shop.requests() != asked {
		t.Error("a refused payload was sent again")
	}
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna Schmidt", "name")
	r.settled()
	if keys := shop.keys; keys[0] == keys[len(keys)-1] {
		t.Error("another payload was sent under the key of the one that was refused")
	}
	pending, err := r.Store().ListPendingCreates(t.Context(), golden.DeliveryQuery{Limit: 10})
	if err != nil || len(pending) != 0 {
		t.Errorf("pending creates %v, %v; expected none", pending, err)
	}
}

const mailTarget = `
kind: http
settings: {base_url: "${MAIL}"}
retry: {backoff: 20ms, max_backoff: 100ms}
target:
  subscribers:
    idempotency: Idempotency-Key
    create: {path: /customers, remote_id: id}
    update: {path: "/customers/{id}"}
    deactivate: {path: "/customers/{id}/off"}
    delete: {path: "/customers/{id}"}
`

func TestDeliver_refusedCredentialsStopThatTargetOnly(t *testing.T) {
	t.Parallel()
	shop, mail := newRemote(t), newRemote(t)
	shop.before = answer(http.StatusUnauthorized)
	r := start(t, with(map[string]string{
		"connectors/mail.yaml": mailTarget,
		"routes/customers.yaml": `
route: customers
from: golden.customer
to: [shop.customers, mail.subscribers]
mapping: account
`,
	}), map[string]string{"SHOP": shop.URL, "MAIL": mail.URL})
	for i := range 5 {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "anna%d@post.example"}`, i, i))
	}
	await(t, "the other target has all", func() error {
		if n := len(mail.done()); n != 5 {
			return fmt.Errorf("%d writes", n)
		}
		return nil
	})
	await(t, "the operator is told", func() error {
		if c := r.Connections()["shop.customers"]; !strings.Contains(c.Error, "credentials refused") {
			return fmt.Errorf("connections %v", r.Connections())
		}
		return nil
	})
	if len(r.letters()) != 0 {
		t.Errorf("dead letters %v", r.letters())
	}
	shop.set(func() { shop.before = nil })
	await(t, "the target has all", func() error {
		if n := len(shop.done()); n != 5 {
			return fmt.Errorf("%d writes", n)
		}
		return nil
	})
	r.settled()
	for _, s := range r.deliveries() {
		if s.Status != golden.Settled {
			t.Errorf("delivery %+v", s)
		}
	}
}

// unrepeatable is the shop without idempotency keys: nobody knows whether a create without an
// answer was done.
var unrepeatable = strings.Replace(base["connectors/shop.yaml"], "    idempotency: Idempotency-Key\n", "", 1)

func TestDeliver_aCreateOfUnknownOutcomeGoesToReviewAndIsNotRepeated(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, map[string]string{"connectors/shop.yaml": unrepeatable})
	hangUp := func(w http.ResponseWriter, _ *http.Request, _ map[string]any) bool {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return true
	}
	shop.set(func() { shop.before = hangUp })
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "a person is asked", func() error {
		if n := len(r.tasks(golden.TaskOutcome)); n != 1 {
			return fmt.Errorf("%d tasks", n)
		}
		return nil
	})
	shop.set(func() { shop.before = nil })
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	r.settled()
	if len(shop.done()) != 0 || shop.requests() != 1 {
		t.Errorf("%d requests, writes %v; expected no second create", shop.requests(), shop.done())
	}
	if n := len(r.tasks(golden.TaskOutcome)); n != 1 {
		t.Errorf("%d tasks, expected one", n)
	}
	task := r.tasks(golden.TaskOutcome)[0]
	if diff := cmp.Diff([]string{"erp/customers/1"}, task.Records); diff != "" {
		t.Errorf("records of the task (-want +got):\n%s", diff)
	}
}

func TestDeliver_retryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	var refused, again time.Time
	busy := make(chan struct{})
	shop.set(func() {
		shop.before = func(w http.ResponseWriter, q *http.Request, body map[string]any) bool {
			if refused.IsZero() {
				refused = time.Now()
				close(busy)
				return answer(http.StatusTooManyRequests, "Retry-After", "1")(w, q, body)
			}
			if again.IsZero() {
				again = time.Now()
			}
			return false
		}
	})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	<-busy
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Ben", "mail": "ben@post.example"}`)
	await(t, "both are there", func() error {
		if n := len(shop.done()); n != 2 {
			return fmt.Errorf("%d writes", n)
		}
		return nil
	})
	if wait := again.Sub(refused); wait < 900*time.Millisecond {
		t.Errorf("asked again after %v, expected a second", wait)
	}
}

func TestDeliver_aFailingRecordHoldsUpOnlyItself(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	shop.set(func() {
		shop.before = func(w http.ResponseWriter, q *http.Request, body map[string]any) bool {
			return body["name"] == "Bad" && answer(http.StatusInternalServerError)(w, q, body)
		}
	})
	r.send("erp/customers", `{"id": 0, "v": 1, "name": "Bad", "mail": "bad@post.example"}`)
	for i := 1; i <= 20; i++ {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Good", "mail": "good%d@post.example"}`, i, i))
	}
	await(t, "the others are there", func() error {
		if n := len(shop.done()); n != 20 {
			return fmt.Errorf("%d writes", n)
		}
		return nil
	})
	await(t, "only the bad one is yet to deliver", func() error {
		if n := r.stats().Dirty["shop.customers"]; n != 1 {
			return fmt.Errorf("%d subjects are", n)
		}
		return nil
	})
	shop.set(func() { shop.before = nil })
	r.settled()
	if n := len(shop.done()); n != 21 {
		t.Errorf("%d writes, expected the bad one once it works", n)
	}
}

func TestDeliver_aWriteThatNeverWorksIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, map[string]string{
		"connectors/shop.yaml": strings.Replace(base["connectors/shop.yaml"], "retry: {", "retry: {attempts: 3, ", 1),
	})
	shop.set(func() { shop.before = answer(http.StatusInternalServerError) })
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "dead letter", func() error {
		if n := len(r.letters()); n != 1 {
			return fmt.Errorf("%d letters", n)
		}
		return nil
	})
	r.settled()
	if l := r.letters()[0]; l.Cause != "attempts" || !strings.Contains(l.Error, "given up after 3 attempts") || shop.requests() != 3 {
		t.Errorf("dead letter %q after %d requests", l.Error, shop.requests())
	}
	shop.set(func() { shop.before = nil })
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna Schmidt", "name")
}

func TestDeliver_theRateOfATargetIsKept(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, map[string]string{"connectors/shop.yaml": base["connectors/shop.yaml"] + "rate: 10/s\n"})
	began := time.Now()
	for i := range 15 {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "anna%d@post.example"}`, i, i))
	}
	await(t, "all are there", func() error {
		if n := len(shop.done()); n != 15 {
			return fmt.Errorf("%d writes", n)
		}
		return nil
	})
	if took := time.Since(began); took < 450*time.Millisecond {
		t.Errorf("15 writes in %v at 10/s", took)
	}
}
