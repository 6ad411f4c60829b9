//go:build long

// Package crash holds hubs that are killed, stopped and cut off in the middle of a load against one
// that nobody disturbed.
//
// In comes a load from systems that know what was acknowledged; out go the store and the targets,
// which have to end as those of the undisturbed hub. The tests never take a disturbed hub's word
// for what it has done: the systems around it count.
package crash

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	randv2 "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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

func TestMain(m *testing.M) { hubtest.Main(m) }

func TestMappings(t *testing.T) { hubtest.Mappings(t, "testdata/hub") }

const patience = 90 * time.Second

// TOUCHSTONE_LONG=1 makes the load ten times as large.
var long = os.Getenv("TOUCHSTONE_LONG") == "1"

func size() (records, kills int) {
	if long {
		return 20_000, 20
	}
	return 2_000, 3
}

// outcome is what a run comes to.
type outcome struct {
	Golden []hubtest.Golden
	Shop   []string
	Export []string
}

// run is one hub, in any number of processes, and what is around it.
type run struct {
	t      *testing.T
	load   *load
	folder string
	env    map[string]string
	shop   *shop
	crm    *senders
	began  time.Time

	storeOnly bool // there are no routes
}

func newRun(t *testing.T, env map[string]string) *run {
	t.Helper()
	records, _ := size()
	r := &run{t: t, load: newLoad(records), folder: hubtest.Folder(t, "testdata/hub"), env: maps.Clone(env), shop: newShop(t), crm: &senders{}, began: time.Now()}
	r.env["SHOP"] = r.shop.url
	switch {
	case long:
	case env["STORE"] != "":
		r.withoutTargets()
	default:
		r.withoutExport()
	}
	return r
}

// withoutExport leaves the shop as the only target: a file for each customer, each made durable, is
// most of the short form's time.
func (r *run) withoutExport() {
	r.t.Helper()
	path := filepath.Join(r.folder, "routes", "customers.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(", export.customers"), nil, 1)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// withoutTargets takes the routes away: what a process had claimed of deliveries in a shared store is
// another's only when the claim has run out, a minute later, which is too long for the short form.
func (r *run) withoutTargets() {
	r.t.Helper()
	if err := os.RemoveAll(filepath.Join(r.folder, "routes")); err != nil {
		r.t.Fatal(err)
	}
	r.storeOnly = true
}

// embedded is the environment of a hub that runs by itself.
func embedded(*testing.T) map[string]string { return map[string]string{} }

// cluster is the environment of a hub on a real Kafka and PostgreSQL, which no other run shares.
func cluster(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"BROKERS": strings.Join(kafkatest.Start(t), ","), "STORE": pgtest.Start(t),
		"PREFIX": strings.ToLower(rand.Text()[:8]) + ".",
	}
}

// process is the environment of the run's nth process.
func (r *run) process(n int) map[string]string {
	env := maps.Clone(r.env)
	env["DATA"] = fmt.Sprintf(".touchstone-%d", n)
	return env
}

// finish waits until the hub has nothing left to do, and takes down what came of it.
func (r *run) finish(h *hubtest.Hub) outcome {
	t := r.t
	t.Helper()
	r.crm.done.Wait()
	counts := hubtest.Counts{"crm/contacts": r.load.crm, "erp/customers": r.load.erp}
	s := h.Rest(patience, func(s *api.Status) string {
		if waiting, _ := filepath.Glob(filepath.Join(r.folder, "drop", "erp", "*.csv")); len(waiting) > 0 {
			return "files are not taken yet: " + strings.Join(waiting, ", ")
		}
		return counts.Missing(s)
	})
	if s.Records["crm/contacts"] != r.load.crm || s.Records["erp/customers"] != r.load.erp {
		t.Errorf("the store holds %v; want %v", s.Records, counts)
	}
	if diff := cmp.Diff([]string(nil), h.DeadLetters()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	return outcome{h.Dump(), r.shop.held(t), exported(t, filepath.Join(r.folder, "export"))}
}

// undisturbed is the outcome that all others are held against, and how many calls it took.
var undisturbed struct {
	once sync.Once
	outcome
	requests int
	took     time.Duration
}

func quiet(t *testing.T) outcome {
	t.Helper()
	undisturbed.once.Do(func() {
		r := newRun(t, embedded(t))
		h := hubtest.Start(t, r.folder, r.env)
		r.crm.to(h.IntakeAddress())
		for n := range r.load.files {
			r.load.drop(t, r.folder, n)
		}
		r.crm.send(t, r.load.contacts)
		undisturbed.outcome = r.finish(h)
		undisturbed.requests, undisturbed.took = r.shop.requests(), time.Since(r.began)
		each(t, undisturbed.outcome)
		h.Stop()
	})
	if undisturbed.Golden == nil {
		t.Fatal("the undisturbed run failed")
	}
	return undisturbed.outcome
}

// each checks that every source record is in one golden record, and each golden record once in each
// target.
func each(t *testing.T, o outcome) {
	t.Helper()
	var keys []string
	for _, g := range o.Golden {
		keys = append(keys, g.Sources...)
	}
	slices.Sort(keys)
	if once := slices.Compact(slices.Clone(keys)); len(once) != len(keys) {
		t.Errorf("%d source records stand in more than one golden record", len(keys)-len(once))
	}
	if len(o.Shop) != len(o.Golden) || long && len(o.Export) != len(o.Golden) {
		t.Errorf("%d golden records; the shop holds %d accounts, the export %d files", len(o.Golden), len(o.Shop), len(o.Export))
	}
}

// same holds a disturbed run against the undisturbed one.
func (r *run) same(got outcome) {
	t := r.t
	t.Helper()
	want := quiet(t)
	if r.storeOnly {
		want = outcome{Golden: want.Golden, Shop: []string{}, Export: []string{}}
	} else {
		each(t, got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differs from the undisturbed run (-undisturbed +this):\n%s", changed(diff))
	}
	t.Logf("at rest after %.1f s, undisturbed after %.1f s; %d webhooks acknowledged, %d sent again",
		time.Since(r.began).Seconds(), undisturbed.took.Seconds(), r.crm.acked.Load(), r.crm.again.Load())
	if !r.storeOnly {
		t.Logf("the shop was called %d times (%v), %+d to the undisturbed run's %d; %d creates repeated under their key, %d of them with another payload, %d writes to what was gone",
			r.shop.requests(), r.shop.calls, r.shop.requests()-undisturbed.requests, undisturbed.requests, r.shop.repeated, r.shop.differing, len(r.shop.unknown))
	}
}

// changed are the first lines of a diff in which something differs.
func changed(diff string) string {
	var lines []string
	for line := range strings.Lines(diff) {
		if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[:min(len(lines), 20)], "")
}

func TestNothingLost_killedAtRandomPoints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env     func(*testing.T) map[string]string
		session string
		linger  time.Duration // a process lives up to so much longer than its share of the load
	}{
		"embedded":             {embedded, "6s", 200 * time.Millisecond},
		"Kafka and PostgreSQL": {cluster, "3s", 4 * time.Second}, // Kafka gives nobody the partitions of the dead before their session ends
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quiet(t)
			r := newRun(t, c.env(t))
			r.env["SESSION"] = c.session
			_, kills := size()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := randv2.New(randv2.NewPCG(seed, 0))
			points := make([]int64, kills)
			for i := range points {
				points[i] = random.Int64N(int64(len(r.load.contacts)))
			}
			slices.Sort(points)
			p := hubtest.Spawn(t, r.folder, r.process(0))
			r.crm.to(p.Address())
			r.crm.send(t, r.load.contacts)
			for i, point := range points {
				if n := i * len(r.load.files) / kills; i == 0 || n != (i-1)*len(r.load.files)/kills {
					r.load.drop(t, r.folder, n)
				}
				r.crm.reach(t, point)
				time.Sleep(time.Duration(random.Int64N(int64(c.linger))))
				p.Kill()
				p = hubtest.Spawn(t, r.folder, r.process(0))
				r.crm.to(p.Address())
			}
			for n := range r.load.files { // those that the kills left over; the same content twice is read once
				r.load.drop(t, r.folder, n)
			}
			r.crm.reach(t, int64(len(r.load.contacts)))
			p.Kill()
			h := hubtest.Start(t, r.folder, r.process(0))
			r.same(r.finish(h))
		})
	}
}
