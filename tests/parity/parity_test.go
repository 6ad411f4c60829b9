// Package parity runs one hub folder by itself on the embedded broker and SQLite, and on real Kafka
// and PostgreSQL with one process and with two, and holds the results against each other.
//
// In comes the same input each time: customers of three systems that come, change and go. Out have
// to come the same golden records with the same lineage and the same content of every target, apart
// from IDs, versions and the hub's own times. The package never compares a run with itself alone:
// which records are one customer is known from how the input was made.
package parity

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

const (
	patience = 3 * time.Minute
	secret   = "shop-webhook-secret"
)

// outcome is what a run ends in.
type outcome struct {
	Golden    []hubtest.Golden
	Mailing   []any
	Customers []any // of the export
	Orders    []any
}

// run is one hub folder, run by one or more processes against systems of its own.
type run struct {
	t       *testing.T
	world   *world
	folder  string
	env     map[string]string
	mailing *mailing
	hubs    []*hubtest.Hub
}

func newRun(t *testing.T, env map[string]string) *run {
	t.Helper()
	r := &run{t: t, world: newWorld(t), folder: hubtest.Folder(t, "testdata/hub"), env: map[string]string{}, mailing: newMailing(t)}
	maps.Copy(r.env, env)
	r.env["SHOP_SECRET"], r.env["MAILING"] = secret, r.mailing.url
	return r
}

// cluster is the environment of a hub on a real Kafka and PostgreSQL, which no other run shares.
func cluster(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"BROKERS": strings.Join(kafkatest.Start(t), ","), "STORE": pgtest.Start(t),
		"PREFIX": strings.ToLower(rand.Text()[:8]) + ".",
	}
}

// start adds processes, each with a data folder of its own.
func (r *run) start(n int) {
	r.t.Helper()
	for range n {
		r.hubs = append(r.hubs, hubtest.Start(r.t, r.folder, r.process(len(r.hubs))))
	}
}

// process is the environment of the run's nth process.
func (r *run) process(n int) map[string]string {
	env := maps.Clone(r.env)
	env["DATA"] = fmt.Sprintf(".touchstone-%d", n)
	return env
}

// restart stops every process and starts it again.
func (r *run) restart() {
	r.t.Helper()
	n := len(r.hubs)
	for _, h := range r.hubs {
		h.Stop()
	}
	r.hubs = nil
	r.start(n)
}

// files drops the files of a day.
func (r *run) files(day int) {
	r.t.Helper()
	drop(r.t, filepath.Join(r.folder, "drop", "erp"), fmt.Sprintf("customers-%d.csv", day), r.world.erp[day])
	drop(r.t, filepath.Join(r.folder, "drop", "crm"), fmt.Sprintf("contacts-%d.ndjson", day), r.world.crm[day])
}

// send sends webhooks to the processes in turn.
func (r *run) send(webhooks []webhook) {
	r.t.Helper()
	r.each(webhooks, func(i int, w webhook) (int, string) {
		return r.hubs[i%len(r.hubs)].Post("shop/"+w.stream, w.header(), w.body)
	})
}

// each sends webhooks, several at a time.
func (r *run) each(webhooks []webhook, post func(i int, w webhook) (status int, answer string)) {
	r.t.Helper()
	const senders = 8
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := s; i < len(webhooks); i += senders {
				if status, answer := post(i, webhooks[i]); status != http.StatusOK {
					r.t.Errorf("webhook %s was answered %d: %s", webhooks[i].id, status, answer)
				}
			}
		})
	}
	wg.Wait()
}

func (w webhook) header() map[string]string {
	return map[string]string{"X-Topic": w.topic, "X-Delivery": w.id, "X-Signature": hubtest.Sign(secret, w.body)}
}

// finish waits until everything is done, and takes down what came of it.
func (r *run) finish() outcome {
	t := r.t
	t.Helper()
	o := outcome{
		Golden: r.golden(), Mailing: r.mailing.held(t),
		Customers: exported(t, filepath.Join(r.folder, "export", "customers")),
		Orders:    exported(t, filepath.Join(r.folder, "export", "orders")),
	}
	r.check(o)
	return o
}

// golden waits until everything is done, and holds the golden records against how the input was
// made.
func (r *run) golden() []hubtest.Golden {
	t := r.t
	t.Helper()
	counts := hubtest.Counts{"Order": r.world.orders}
	maps.Copy(counts, r.world.records)
	h := r.hubs[0]
	s := h.Rest(patience, func(s *api.Status) string {
		if files := waiting(t, r.folder); files != "" {
			return files
		}
		return counts.Missing(s)
	})
	for stream, n := range r.world.deleted {
		if s.Deleted[stream] != n || s.Records[stream] != r.world.records[stream]-n {
			t.Errorf("%s has %d records and %d deleted ones; want %d and %d", stream, s.Records[stream], s.Deleted[stream], r.world.records[stream]-n, n)
		}
	}
	if diff := cmp.Diff([]string(nil), h.DeadLetters()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	all := h.Dump()
	clusters := make([][]string, 0, len(all))
	for _, g := range all {
		clusters = append(clusters, g.Sources)
	}
	if diff := cmp.Diff(r.world.clusters, clusters); diff != "" {
		t.Errorf("which records are one customer (-true +found):\n%s", diff)
	}
	return all
}

// check holds what the targets have against the golden records.
func (r *run) check(o outcome) {
	t := r.t
	t.Helper()
	subscribers := 0
	for _, g := range o.Golden {
		if g.Customer["kind"] == "person" && g.Customer["emails"] != nil {
			subscribers++
		}
	}
	if len(o.Mailing) != subscribers {
		t.Errorf("the mailing tool holds %d subscribers of %d", len(o.Mailing), subscribers)
	}
	if len(o.Customers) != len(o.Golden) {
		t.Errorf("the export holds %d customers of %d", len(o.Customers), len(o.Golden))
	}
	if len(o.Orders) != int(r.world.orders) {
		t.Errorf("the export holds %d orders of %d", len(o.Orders), r.world.orders)
	}
	for _, one := range []struct {
		name string
		held []any
	}{{"mailing", o.Mailing}, {"export", o.Customers}} {
		seen := map[string]bool{}
		for _, record := range one.held {
			for _, key := range record.(map[string]any)["known_as"].([]any) {
				if seen[key.(string)] {
					t.Errorf("%s is in the target %s twice", key, one.name)
				}
				seen[key.(string)] = true
			}
		}
	}
}

// whole runs all three days without a pause.
func whole(t *testing.T, env map[string]string, processes int) outcome {
	t.Helper()
	r := newRun(t, env)
	r.start(processes)
	for day := range 3 {
		r.files(day)
	}
	r.send(r.world.webhooks)
	return r.finish()
}

// alone is the outcome on the embedded broker and SQLite, which all others are held against.
var alone struct {
	once sync.Once
	outcome
}

func embedded(t *testing.T) outcome {
	t.Helper()
	alone.once.Do(func() { alone.outcome = whole(t, nil, 1) })
	if alone.Golden == nil {
		t.Fatal("the run on the embedded broker failed")
	}
	return alone.outcome
}

func same(t *testing.T, got outcome) {
	t.Helper()
	if diff := cmp.Diff(embedded(t), got); diff != "" {
		t.Errorf("differs from the run on the embedded broker and SQLite (-embedded +this run):\n%s", diff)
	}
}

func TestMain(m *testing.M) { hubtest.Main(m) }

func TestMappings(t *testing.T) { hubtest.Mappings(t, "testdata/hub") }

func TestParity_embeddedEndsInTheTruth(t *testing.T) {
	t.Parallel()
	if o := embedded(t); len(o.Golden) < 300 {
		t.Errorf("only %d golden customers", len(o.Golden))
	}
}

func TestParity_kafkaAndPostgreSQLEndInTheSame(t *testing.T) {
	t.Parallel()
	same(t, whole(t, cluster(t), 1))
}

func TestParity_twoProcessesEndInTheSame(t *testing.T) {
	t.Parallel()
	same(t, whole(t, cluster(t), 2))
}

func TestParity_aRestartInTheMiddleEndsInTheSame(t *testing.T) {
	t.Parallel()
	r := newRun(t, nil)
	r.start(1)
	r.files(0)
	half := len(r.world.webhooks) / 2
	r.send(r.world.webhooks[:half])
	r.restart() // with much still on its way
	r.files(1)
	r.send(r.world.webhooks[half:])
	r.restart()
	r.files(2)
	same(t, r.finish())
}

// Deliveries are left out: what a killed process had claimed of them is another's only when the
// claim has run out, a minute later.
func TestParity_aKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRun(t, cluster(t))
	if err := os.RemoveAll(filepath.Join(r.folder, "routes")); err != nil {
		t.Fatal(err)
	}
	r.start(1)
	for day := range 3 {
		victim := hubtest.Spawn(t, r.folder, r.process(1))
		r.files(day)
		part := len(r.world.webhooks) / 3
		webhooks := r.world.webhooks[day*part : (day+1)*part]
		if day == 2 {
			webhooks = r.world.webhooks[2*part:]
		}
		var kill sync.Once
		r.each(webhooks, func(i int, w webhook) (int, string) {
			if i > len(webhooks)/2 {
				kill.Do(victim.Kill)
			}
			if i%2 == 0 {
				return r.hubs[0].Post("shop/"+w.stream, w.header(), w.body)
			}
			status, answer, err := victim.Post("shop/"+w.stream, w.header(), w.body)
			if err != nil { // as a sender does: the same once more, to whoever answers
				return r.hubs[0].Post("shop/"+w.stream, w.header(), w.body)
			}
			return status, answer
		})
	}
	if diff := cmp.Diff(embedded(t).Golden, r.golden()); diff != "" {
		t.Errorf("differs from the run on the embedded broker and SQLite (-embedded +this run):\n%s", diff)
	}
}
