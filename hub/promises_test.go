package hub_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// Promise 2: two versions of one record never overtake each other, from source to target.
func TestPerKeyOrder_aTargetNeverSeesAnOlderStateAfterANewerOne(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	var mu sync.Mutex
	var seen []string
	shop.set(func() {
		shop.after = func(_ string, record map[string]any) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprint(record["name"]))
		}
	})
	for v := 10; v < 60; v++ {
		r.send("erp/customers", fmt.Sprintf(`{"id": 1, "v": %d, "name": "Anna %d", "mail": "anna@post.example"}`, v, v))
		if v%7 == 0 { // a state from before that comes late
			r.send("erp/customers", fmt.Sprintf(`{"id": 1, "v": %d, "name": "Anna %d", "mail": "anna@post.example"}`, v-5, v-5))
		}
	}
	shop.holds("1 name=Anna 59", "name")
	r.settled()
	mu.Lock()
	defer mu.Unlock()
	if !slices.IsSorted(seen) || seen[len(seen)-1] != "Anna 59" {
		t.Errorf("the target saw %v", seen)
	}
}

// Promise 9: a slow target slows only itself.
func TestBounded_aSlowTargetSlowsOnlyItself(t *testing.T) {
	t.Parallel()
	shop, mail := newRemote(t), newRemote(t)
	release := make(chan struct{})
	shop.before = func(http.ResponseWriter, *http.Request, map[string]any) bool { <-release; return false }
	r := start(t, with(map[string]string{
		"connectors/mail.yaml":  mailTarget,
		"routes/customers.yaml": "route: customers\nfrom: golden.customer\nto: [shop.customers, mail.subscribers]\nmapping: account\n",
	}), map[string]string{"SHOP": shop.URL, "MAIL": mail.URL})
	for i := range 10 {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "anna%d@post.example"}`, i, i))
	}
	await(t, "the other target has all", func() error {
		if n := len(mail.done()); n != 10 {
			return fmt.Errorf("%d writes", n)
		}
		return nil
	})
	if n := len(shop.done()); n != 0 {
		t.Errorf("%d writes to the slow target", n)
	}
	close(release)
	r.settled()
	if n := len(shop.done()); n != 10 {
		t.Errorf("%d writes to the slow target, once it answers", n)
	}
}

// inTheMiddle stops the hub while a create is on its way, done by the target and not answered.
func inTheMiddle(t *testing.T, files map[string]string) (*rig, *remote) {
	t.Helper()
	r, shop := journey(t, files)
	busy, release := make(chan struct{}), make(chan struct{})
	shop.set(func() {
		shop.after = func(string, map[string]any) { close(busy); <-release }
	})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	<-busy
	r.stop()
	shop.set(func() { shop.after = nil })
	close(release)
	r.start()
	r.settled()
	return r, shop
}

func TestNothingTwice_aCreateThatWasStoppedInTheMiddleIsRepeatedUnderItsKey(t *testing.T) {
	t.Parallel()
	r, shop := inTheMiddle(t, nil)
	wantWrites(t, shop, "POST")
	if shop.requests() != 2 || shop.keys[0] != shop.keys[1] {
		t.Errorf("%d requests under the keys %v", shop.requests(), shop.keys)
	}
	if d := r.deliveries(); len(d) != 1 || d[0].RemoteID != "1" || d[0].Status != golden.Settled {
		t.Errorf("deliveries %+v", d)
	}
}

func TestNothingTwice_aCreateThatCannotBeRepeatedAndWasStoppedInTheMiddleGoesToReview(t *testing.T) {
	t.Parallel()
	r, shop := inTheMiddle(t, map[string]string{"connectors/shop.yaml": unrepeatable})
	wantWrites(t, shop, "POST")
	if shop.requests() != 1 || len(r.tasks(golden.TaskOutcome)) != 1 {
		t.Errorf("%d requests, %d tasks", shop.requests(), len(r.tasks(golden.TaskOutcome)))
	}
}

func TestNothingTwice_aHubKilledInTheMiddleOfACreateGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		connector string
		requests  int
		tasks     int
	}{
		"repeatable": {base["connectors/shop.yaml"], 2, 0},
		"not":        {unrepeatable, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := newRemote(t)
			busy, release := make(chan struct{}), make(chan struct{})
			shop.after = func(string, map[string]any) { close(busy); <-release }
			r := &rig{t: t, root: t.TempDir(), env: map[string]string{"SHOP": shop.URL}}
			write(t, r.root, with(map[string]string{"connectors/shop.yaml": c.connector}))
			process := startChild(t, r.root, "SHOP="+shop.URL)
			await(t, "webhook accepted", func() error {
				if status, text := post(t, "http://"+process.address+"/in/erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`); status != http.StatusOK {
					return errors.New(text)
				}
				return nil
			})
			<-busy
			process.kill()
			shop.set(func() { shop.after = nil })
			close(release)
			r.start()
			defer r.stop()
			r.settled() // fails where it waits for the claim of the killed process to run out
			wantWrites(t, shop, "POST")
			if shop.requests() != c.requests || len(r.tasks(golden.TaskOutcome)) != c.tasks {
				t.Errorf("%d requests, %d tasks", shop.requests(), len(r.tasks(golden.TaskOutcome)))
			}
		})
	}
}

func TestDeliver_aSplitCustomerGetsARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	echo(r, shop)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.settled()
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	r.settled()
	if n := r.stats().Customers; n != 1 {
		t.Fatalf("%d customers", n)
	}
	_, err := r.Resolver().Decide(t.Context(), golden.Decision{
		ID: "d1", Verdict: golden.Different, Strength: golden.Lock, Author: "me", Reason: "two sisters", At: time.Now(),
		Left: []string{"erp/customers/1", "shop/customers/1"}, Right: []string{"erp/customers/2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.send("erp/customers", `{"id": 2, "v": 2, "name": "Berta", "mail": "berta@post.example"}`)
	shop.holds("1 name=Anna; 2 name=Berta", "name")
	r.settled()
	if posts := strings.Count(strings.Join(shop.done(), " "), "POST"); posts != 2 {
		t.Errorf("writes %v", shop.done())
	}
	first, _ := r.customer("shop/customers/1")
	second, _ := r.customer("shop/customers/2")
	if diff := cmp.Diff([]string{"erp/customers/1", "shop/customers/1"}, first.Sources); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"erp/customers/2", "shop/customers/2"}, second.Sources); diff != "" {
		t.Error(diff)
	}
}

func TestPublish_everyChangeOnceAndInOrder(t *testing.T) {
	t.Parallel()
	r, _ := mergedBy(t, "")
	r.send("erp/customers", `{"id": 1, "v": 5, "name": "Anna Schmidt", "mail": "anna@post.example"}`)
	r.settled()
	r.stop()
	r.start() // what was published is not published again
	r.settled()
	events, err := hub.GoldenEvents(t.Context(), r.Hub)
	if err != nil {
		t.Fatal(err)
	}
	merged, versions := map[string]bool{}, map[string]int{}
	for _, e := range events {
		var kind, id string
		var version int
		if _, err := fmt.Sscan(e, &kind, &id, &version); err != nil {
			t.Fatalf("%q: %v", e, err)
		}
		if version < versions[id] {
			t.Errorf("%s falls behind version %d", e, versions[id])
		}
		versions[id] = version
		if kind == "touchstone.customer.merged.v1" {
			merged[id] = true
		}
	}
	if len(versions) != 2 || len(merged) != 2 {
		t.Errorf("events %q, expected those of two customers, with the merge under both IDs", events)
	}
	if n := int(r.stats().FeedLast); n != len(events) {
		t.Errorf("%d events, the feed is at %d", len(events), n)
	}
}

// Promise 10: secrets never in logs.
func TestClosed_secretsAreNotInLogs(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	shop.before = answer(http.StatusUnauthorized)
	r := start(t, with(map[string]string{
		"connectors/shop.yaml": strings.Replace(base["connectors/shop.yaml"], `{base_url: "${SHOP}"}`, `{base_url: "${SHOP}", auth: {bearer: "${TOKEN}"}}`, 1),
	}), map[string]string{"SHOP": shop.URL, "TOKEN": "s3cr3t-t0ken"})
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "the operator is told", func() error {
		if !strings.Contains(r.log.String(), "credentials refused") {
			return errors.New("not yet")
		}
		return nil
	})
	if strings.Contains(r.log.String(), "s3cr3t") {
		t.Errorf("the log tells a secret:\n%s", r.log.String())
	}
}

func TestNothingTwice_aSurvivorWithoutARecordTakesOverThatOfTheMergedOne(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, route("on: {merged: keep}"))
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "old@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.settled()
	first, _ := r.customer("erp/customers/1")
	var taken atomic.Bool // the larger one sends to the merged one's record
	shop.set(func() {
		shop.before = func(w http.ResponseWriter, q *http.Request, body map[string]any) bool {
			taken.Store(taken.Load() || q.Method == http.MethodPut)
			return answer(http.StatusServiceUnavailable)(w, q, body)
		}
	})
	for i := 2; i <= 6; i++ { // a larger customer that the target has not got
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "anna@post.example"}`, i))
	}
	await(t, "the target lacks it", func() error {
		if s := r.stats(); s.Records["erp/customers"] != 6 || s.Dirty["shop.customers"] == 0 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna", "mail": "anna@post.example"}`)
	await(t, "they are one customer", func() error {
		if s := r.stats(); s.Customers != 1 {
			return fmt.Errorf("%d customers", s.Customers)
		}
		return nil
	})
	if c, _ := r.customer("erp/customers/1"); c.ID == first.ID {
		t.Fatal("the one that the target has survived: this shows nothing")
	}
	await(t, "no create from before the merge is on its way", func() error {
		if !taken.Load() {
			return errors.New("none but creates came")
		}
		return nil
	})
	shop.set(func() { shop.before = nil })
	r.settled()
	if got := shop.show("mail"); got != "1 mail=anna@post.example" {
		t.Errorf("the shop holds %q", got)
	}
}
