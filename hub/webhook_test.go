package hub_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/hub"
)

var (
	oldKey = []byte("an old key of thirty-two bytes..")
	newKey = []byte("a new key, of thirty-two bytes..")
)

func whsec(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

// receiver takes webhooks as a subscriber would, and checks what Standard Webhooks says of them
// without any of the hub's code.
type receiver struct {
	*httptest.Server
	t   testing.TB
	key []byte

	mu     sync.Mutex
	taken  []hub.Event
	asked  int
	answer func(e hub.Event, w http.ResponseWriter) bool // true: it was answered
}

func newReceiver(t testing.TB, key []byte) *receiver {
	r := &receiver{t: t, key: key}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		r.t.Error(err)
	}
	id, stamp := q.Header.Get("webhook-id"), q.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, r.key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	want, signed := "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), false
	for _, s := range strings.Split(q.Header.Get("webhook-signature"), " ") {
		signed = signed || s == want
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute || !signed {
		r.t.Errorf("webhook %s: signatures %q at %q do not hold", id, q.Header.Get("webhook-signature"), stamp)
	}
	var e hub.Event
	if err := json.Unmarshal(body, &e); err != nil || e.ID != id || q.Header.Get("Content-Type") != "application/cloudevents+json" {
		r.t.Errorf("%v: %s is %q with %s", err, body, id, q.Header.Get("Content-Type"))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.answer != nil && r.answer(e, w) {
		return
	}
	r.taken = append(r.taken, e)
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) set(answer func(e hub.Event, w http.ResponseWriter) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) events() []hub.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]hub.Event(nil), r.taken...)
}

// has waits until n events were taken, and checks that those of a customer came in order, without
// a gap.
func (r *receiver) has(n int) []hub.Event {
	r.t.Helper()
	await(r.t, fmt.Sprintf("%d events", n), func() error {
		if got := len(r.events()); got < n {
			return fmt.Errorf("%d", got)
		}
		return nil
	})
	versions := map[string]int64{}
	for _, e := range r.events() {
		version, _ := strconv.ParseInt(e.Sequence, 10, 64)
		if version > versions[e.Subject]+1 {
			r.t.Errorf("%s came after version %d", e.ID, versions[e.Subject])
		}
		versions[e.Subject] = max(version, versions[e.Subject])
	}
	return r.events()
}

// subscribed is a hub without targets that tells one receiver.
func subscribed(t *testing.T, to *receiver, more string) *rig {
	t.Helper()
	return start(t, with(map[string]string{
		"routes/customers.yaml": "",
		"hub.yaml": base["hub.yaml"] + `
subscribers:
  - name: bi
    url: "${BI}/in?token=s3cr3t"
    secrets: ["${NEW}", "${OLD}"]
    begin: oldest
    backoff: 20ms
    max_backoff: 100ms
` + more,
	}), map[string]string{"SHOP": "http://127.0.0.1:1", "BI": to.URL, "NEW": whsec(newKey), "OLD": whsec(oldKey)})
}

func (r *rig) people(from, to, version int) {
	r.t.Helper()
	for i := from; i < to; i++ {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": %d, "name": "Anna %d", "mail": "anna%d@post.example"}`, i, version, version, i))
	}
}

func (r *rig) subscriber() hub.Subscriber {
	r.t.Helper()
	list, err := r.Subscribers(r.t.Context())
	if err != nil || len(list) != 1 {
		r.t.Fatalf("%v %v", list, err)
	}
	return list[0]
}

func TestWebhooks_areSignedWithEverySecretAndKeepTheirPlaceOverARestart(t *testing.T) {
	t.Parallel()
	to := newReceiver(t, oldKey) // has not got the new secret yet
	r := subscribed(t, to, "    current: true\n")
	r.people(0, 5, 1)
	for _, e := range to.has(5) {
		if e.Type != "touchstone.customer.created.v1" || e.Data.Current == nil || !strings.Contains(string(e.Data.Current.Customer), "anna") {
			t.Errorf("%+v", e)
		}
	}
	r.stop()
	r.start()
	r.people(0, 5, 2)
	events := to.has(10)
	seen := map[string]bool{}
	for _, e := range events {
		if seen[e.ID] {
			t.Errorf("%s was sent again after a clean restart", e.ID)
		}
		seen[e.ID] = true
	}
	r.await("its state says so", func() error {
		if s := r.subscriber(); s.State != "active" || s.LastSuccess.IsZero() || s.Behind != 0 || strings.Contains(s.URL, "s3cr3t") {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
}

func TestWebhooks_areTriedAgainUntilTheReceiverIsBack(t *testing.T) {
	t.Parallel()
	to := newReceiver(t, newKey)
	to.set(func(_ hub.Event, w http.ResponseWriter) bool {
		http.Error(w, "down for a while", http.StatusBadGateway)
		return true
	})
	r := subscribed(t, to, "")
	r.people(0, 3, 1)
	r.await("the subscriber fails visibly", func() error {
		if s := r.subscriber(); s.State != "failing" || s.Behind == 0 || !strings.Contains(s.Error, "502") {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	r.people(0, 3, 2)
	to.set(nil)
	if events := to.has(6); len(events) != 6 {
		t.Errorf("%d events", len(events))
	}
	r.await("the log tells it", func() error {
		log, err := r.SubscriberLog(t.Context(), "bi")
		if err != nil || len(log) < 7 || log[0].Status != http.StatusNoContent || log[len(log)-1].Status != http.StatusBadGateway || !strings.Contains(log[len(log)-1].Response, "down for a while") {
			return fmt.Errorf("%v %+v", err, log)
		}
		return nil
	})
}

// A receiver that chokes on one customer gets the others; the events of that one wait in order.
func TestWebhooks_anEventThatIsNotTakenHoldsUpItsCustomerAlone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusInternalServerError} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			to := newReceiver(t, newKey)
			var bad string
			to.set(func(e hub.Event, w http.ResponseWriter) bool {
				if bad == "" {
					bad = e.Subject
				}
				if e.Subject == bad {
					w.WriteHeader(status)
				}
				return e.Subject == bad
			})
			r := subscribed(t, to, "")
			r.people(0, 4, 1)
			to.has(3)
			r.people(0, 4, 2)
			for _, e := range to.has(6) {
				if e.Subject == bad {
					t.Errorf("%s was taken", e.ID)
				}
			}
			r.await("it is held, visibly", func() error {
				if s := r.subscriber(); s.Held != 1 || !strings.Contains(s.HeldFirst, bad+"-1: answered") || s.State != "active" || s.Behind != 0 {
					return fmt.Errorf("%+v", s)
				}
				return nil
			})
			r.stop() // and stays so over a restart
			r.start()
			to.set(nil)
			var versions []string
			for _, e := range to.has(8) {
				if e.Subject == bad {
					versions = append(versions, e.Sequence)
				}
			}
			if fmt.Sprint(versions) != "[1 2]" {
				t.Errorf("versions %v of the customer that was held", versions)
			}
			r.await("none is held", func() error {
				if s := r.subscriber(); s.Held != 0 {
					return fmt.Errorf("%+v", s)
				}
				return nil
			})
		})
	}
}

func TestWebhooks_aReceiverThatIsGoneIsDisabledUntilItIsSentToAgain(t *testing.T) {
	t.Parallel()
	to := newReceiver(t, newKey)
	to.set(func(_ hub.Event, w http.ResponseWriter) bool { w.WriteHeader(http.StatusGone); return true })
	r := subscribed(t, to, "")
	r.people(0, 3, 1)
	disabled := func() error {
		if s := r.subscriber(); s.State != "disabled" || !strings.Contains(s.Error, "410") {
			return fmt.Errorf("%+v", s)
		}
		return nil
	}
	r.await("it is disabled", disabled)
	r.stop()
	r.start()
	r.people(0, 3, 2)
	r.settled()
	if err := disabled(); err != nil {
		t.Error(err)
	}
	to.set(nil)
	if err := r.Resend(t.Context(), "bi", hub.FeedStart, ""); err != nil {
		t.Fatal(err)
	}
	first := to.has(6)
	await(t, "one event again", func() error { return r.Resend(t.Context(), "bi", 0, first[0].ID) })
	if again := to.has(7); again[6].ID != first[0].ID {
		t.Errorf("%s was sent again, expected %s", again[6].ID, first[0].ID)
	}
	if err := r.Resend(t.Context(), "bi", 4711, ""); !errors.Is(err, hub.ErrFeedGone) {
		t.Errorf("from beyond the end: %v", err)
	}
	if err := r.Resend(t.Context(), "crm", 0, ""); err == nil {
		t.Error("an unknown subscriber")
	}
}

func TestWebhooks_askForTimeAndGetIt(t *testing.T) {
	t.Parallel()
	to := newReceiver(t, newKey)
	var asked []time.Time
	to.set(func(_ hub.Event, w http.ResponseWriter) bool {
		asked = append(asked, time.Now())
		if len(asked) > 1 {
			return false
		}
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	r := subscribed(t, to, "")
	r.people(0, 1, 1)
	to.has(1)
	if wait := asked[1].Sub(asked[0]); wait < time.Second {
		t.Errorf("asked again after %v", wait)
	}
}

func TestWebhooks_goNowhereElse(t *testing.T) {
	t.Parallel()
	elsewhere := newReceiver(t, newKey)
	to := newReceiver(t, newKey)
	to.set(func(_ hub.Event, w http.ResponseWriter) bool {
		w.Header().Set("Location", elsewhere.URL+"/in")
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	})
	r := subscribed(t, to, "")
	r.people(0, 1, 1)
	r.await("the redirect is an error", func() error {
		if s := r.subscriber(); !strings.Contains(s.Error, "307") {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	elsewhere.mu.Lock()
	defer elsewhere.mu.Unlock()
	if elsewhere.asked != 0 {
		t.Error("the event went to another host")
	}
}

func TestLoad_saysWhatIsWrongWithSubscribers(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{"hub.yaml": `name: test
subscribers:
  - {name: bi, url: "ftp://x/y", secrets: ["${SHORT}"], types: [renamed], paths: [phones]}
  - {name: bi, url: "http://x/y", secrets: []}
  - {name: a/b, url: "http://x/y", secrets: ["${PLAIN}"], secret: x}
`})
	_, problems := hub.Load(root, func(name string) (string, bool) {
		v, ok := map[string]string{"SHORT": "whsec_YWJj", "PLAIN": "hunter2"}[name]
		return v, ok
	})
	var all strings.Builder
	for _, p := range problems.Sorted() {
		fmt.Fprintln(&all, p)
	}
	for _, want := range []string{
		"hub.yaml:3:21: url of subscriber bi is not one of a web server; expected https://host/path",
		"secret 1 of subscriber bi: it holds 3 bytes; expected 24 to 64",
		"subscriber bi: type is \"renamed\"; expected one of created, changed, merged, split, deleted, erased",
		"path of subscriber bi is \"phones\"; expected a JSON pointer such as /phones",
		"subscriber \"bi\" is defined twice; the first stands at ",
		"subscriber bi has no secret; expected at least one",
		"subscriber name is \"a/b\"; expected no blank and no slash",
		"secret 1 of subscriber a/b: it does not begin with whsec_; expected whsec_ and base64 of 24 to 64 bytes",
		"unknown key \"secret\"",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q in\n%s", want, all.String())
		}
	}
	if strings.Contains(all.String(), "hunter2") {
		t.Error("a problem tells a secret")
	}
}
