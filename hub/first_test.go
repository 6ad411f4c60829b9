package hub_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// loading is a hub that loads from a number of records on.
func loading(from int, more string) map[string]string {
	return with(map[string]string{"hub.yaml": base["hub.yaml"] + fmt.Sprintf("resolve: {load_from: %d}\n", from) + more})
}

// crowd are records of which three are one person, with one older version among them.
func crowd(n int) (records []string) {
	for i := range n {
		records = append(records, fmt.Sprintf(`{"id": %d, "v": 2, "name": "Anna %d", "mail": "anna%d@post.example", "phone": "+4930%07d"}`, i, i, i%(n/3), i))
	}
	return append(records, `{"id": 5, "v": 1, "name": "Anna", "mail": "old@post.example"}`)
}

// pour puts records on their way in one go, and one that is no customer.
func (r *rig) pour(records []string) {
	r.t.Helper()
	r.await("topics that records can be published to", func() error { // the hub makes them while it starts
		err := hub.PublishRawAll(r.t.Context(), r.Hub, "erp", "customers", records)
		if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) {
			r.t.Fatal(err)
		}
		return err
	})
	if err := hub.PublishCanonical(r.t.Context(), r.Hub, canonical.EntityCustomer, "erp/customers/bad", `{"kind": 7`); err != nil {
		r.t.Fatal(err)
	}
	r.settled()
}

// truth is what is true of the customers, by their sources.
func (r *rig) truth() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	_, err := r.Store().Snapshot(r.t.Context(), func(g golden.GoldenRecord) error {
		all[strings.Join(g.Sources, " ")] = string(g.Doc)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

const through = "first load is through"

// The first records go into an empty store at once, and make the customers, changes, dead letters
// and records in targets that batches make.
func TestFirstLoad_makesWhatBatchesMake(t *testing.T) {
	t.Parallel()
	const n = 1500
	shops := [2]*remote{newRemote(t), newRemote(t)}
	var rigs [2]*rig
	for i, from := range []int{0, n} {
		rigs[i] = start(t, loading(from, ""), map[string]string{"SHOP": shops[i].URL})
		rigs[i].pour(crowd(n))
	}
	if log := rigs[0].log.String(); strings.Contains(log, "first load") {
		t.Errorf("loaded although that is off:\n%s", log)
	}
	if log := rigs[1].log.String(); !strings.Contains(log, through+`" stage=resolve records=1500 customers=500 `) || strings.Contains(log, "another process") {
		t.Errorf("log of the load:\n%s", log)
	}
	for _, r := range rigs {
		r.send("erp/customers", fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna", "mail": "anna7@post.example"}`, n))
		r.settled()
	}
	batches, load := rigs[0].truth(), rigs[1].truth()
	if diff := cmp.Diff(batches, load); diff != "" || len(load) != n/3 {
		t.Errorf("%d customers (-batches, +load):\n%s", len(load), diff)
	}
	if diff := cmp.Diff(shown(shops[0]), shown(shops[1])); diff != "" {
		t.Errorf("in the shop (-batches, +load):\n%s", diff)
	}
	for _, r := range rigs {
		letters := r.letters()
		if len(letters) != 1 || letters[0].Stage != "resolve" || letters[0].Cause != "canonical" || string(letters[0].Bytes) != `{"kind": 7` {
			t.Errorf("dead letters %+v", letters)
		}
		s := r.stats()
		if s.Records["erp/customers"] != n+1 || s.FeedLast < n/3+1 || stage(t, r, "resolve").Done < n+1 {
			t.Errorf("%+v", s)
		}
	}
}

// shown is what a system holds, without its own IDs.
func shown(s *remote) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for record := range maps.Values(s.records) {
		all = append(all, fmt.Sprintf("%v %v %v", record["name"], record["mail"], record["phone"]))
	}
	slices.Sort(all)
	return all
}

// Few records go in in batches, and do not wait for more than a moment.
func TestFirstLoad_leavesFewRecordsToBatches(t *testing.T) {
	t.Parallel()
	shop := newRemote(t)
	r := start(t, loading(100, ""), map[string]string{"SHOP": shop.URL})
	r.pour(crowd(30))
	if got := len(r.truth()); got != 10 || strings.Contains(r.log.String(), "first load") {
		t.Errorf("%d customers:\n%s", got, r.log.String())
	}
}

// What is more than a load may take goes in in batches afterwards, and to a store that holds
// something nothing is loaded any more.
func TestFirstLoad_goesOnInBatches(t *testing.T) {
	t.Parallel()
	const n = 1500
	shop := newRemote(t)
	files := loading(300, "")
	files["hub.yaml"] = strings.Replace(files["hub.yaml"], "load_from: 300", "load_from: 300, load_most: 600", 1)
	r := start(t, files, map[string]string{"SHOP": shop.URL})
	r.pour(crowd(n))
	if got := len(r.truth()); got != n/3 || strings.Count(r.log.String(), through) != 1 {
		t.Errorf("%d customers:\n%s", got, r.log.String())
	}
	r.stop()
	r.start()
	r.pour(crowd(n))
	if got := len(r.truth()); got != n/3 || strings.Contains(r.log.String(), "first load") {
		t.Errorf("%d customers:\n%s", got, r.log.String())
	}
}

// A first load waits as long as records pour in or are being translated, but not for ever, and not
// where they come as fast as batches take them.
func TestFirstLoad_waitsForWhatPoursIn(t *testing.T) {
	t.Parallel()
	const ms, s = time.Millisecond, time.Second
	for name, c := range map[string]struct {
		looks []hub.Look
		want  string
	}{
		"one record":               {[]hub.Look{{1, 0, 0}, {1, 0, 300 * ms}, {1, 0, 500 * ms}}, "wait wait batches"},
		"a slow source":            {[]hub.Look{{1, 0, 0}, {200, 0, 250 * ms}, {400, 0, 500 * ms}}, "wait wait batches"},
		"a file":                   {[]hub.Look{{1, 900, 0}, {4000, 9000, 400 * ms}, {9000, 9000, 800 * ms}, {18000, 0, 1200 * ms}, {18000, 0, 1800 * ms}}, "wait wait wait wait load"},
		"a small file":             {[]hub.Look{{1, 900, 0}, {900, 0, 400 * ms}, {900, 0, 501 * ms}}, "wait wait batches"},
		"slow translation":         {[]hub.Look{{10, 20000, 0}, {20, 19990, 1 * s}, {30, 19980, 5 * s}, {20010, 0, 9 * s}, {20010, 0, 9500 * ms}}, "wait wait wait wait load"},
		"translation that is held": {[]hub.Look{{12000, 8000, 0}, {12000, 8000, 4 * s}, {12000, 8000, 5 * s}}, "wait wait load"},
		"little of much":           {[]hub.Look{{10, 20000, 0}, {10, 20000, 4 * s}, {10, 20000, 5 * s}}, "wait wait batches"},
		"as much as can be":        {[]hub.Look{{50000, 90000, 0}}, "load"},
		"a stream without end":     {[]hub.Look{{3000, 0, 0}, {9000, 0, 60 * s}, {18000, 0, 120 * s}}, "wait wait load"},
	} {
		if got := strings.Join(hub.Gather(10000, 50000, c.looks...), " "); got != c.want {
			t.Errorf("%s: %s, expected %s", name, got, c.want)
		}
	}
}

// Of several processes that share a Kafka and a PostgreSQL one loads, and none takes a record twice.
func TestFirstLoad_ofSeveralProcesses(t *testing.T) {
	t.Parallel()
	const n = 3000
	shop := newRemote(t)
	env := map[string]string{
		"SHOP": shop.URL, "BROKERS": strings.Join(kafkatest.Start(t), ","), "PREFIX": "first.", "DATABASE": pgtest.Start(t),
	}
	files := loading(n, "bus: {brokers: [\"${BROKERS}\"], prefix: \"${PREFIX}\", partitions: 4, session_timeout: 6s}\nstore: {url: \"${DATABASE}\"}\n")
	rigs := []*rig{start(t, files, env), start(t, files, env)}
	rigs[0].pour(crowd(n))
	loads := 0
	for _, r := range rigs {
		loads += strings.Count(r.log.String(), through)
		if strings.Contains(r.log.String(), "given up") {
			t.Error("a load was given up")
		}
	}
	if got := len(rigs[0].truth()); got != n/3 || loads != 1 {
		t.Errorf("%d customers in %d loads:\n%s\n%s", got, loads, rigs[0].log.String(), rigs[1].log.String())
	}
}

// Promise 1: a first load that is killed at any step leaves an empty store, and the next start loads
// all of it; every customer is created once.
func TestFirstLoad_killed(t *testing.T) {
	t.Parallel()
	const n = 3000
	shop := newRemote(t)
	r := start(t, loading(n, ""), map[string]string{"SHOP": shop.URL})
	r.await("its topics are there", func() error { _, err := r.Lag(t.Context()); return err })
	r.stop()
	h, err := hub.Open(t.Context(), load(t, r.root, r.env), hub.Options{}) // its stages do not run
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(hub.PublishRawAll(t.Context(), h, "erp", "customers", crowd(n)), h.Close()); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"read", "match", "survivorship, beside the writing", "indexes"} {
		startChild(t, r.root, "SHOP="+shop.URL, childLoad+"="+step).ended(t)
		h, err := hub.OpenStore(t.Context(), load(t, r.root, r.env), hub.Options{})
		if err != nil {
			t.Fatal(err)
		}
		empty, err := h.Store().Empty(t.Context())
		if err = errors.Join(err, h.Close()); err != nil || !empty {
			t.Fatalf("killed after %q: empty %v, %v", step, empty, err)
		}
	}
	r.start()
	r.await("the load is through", func() error {
		if !strings.Contains(r.log.String(), through) {
			return errors.New("not yet")
		}
		return nil
	})
	r.settled()
	if s := r.stats(); s.Customers != n/3 || s.FeedLast != n/3 || s.Records["erp/customers"] != n || len(shown(shop)) != n/3 {
		t.Errorf("%+v, %d in the shop", s, len(shown(shop)))
	}
}

// While PostgreSQL lets nobody read what a first load writes, who asks is told so at once.
func TestFirstLoad_tellsWhoAsks(t *testing.T) {
	t.Parallel()
	const n = 300
	r := &rig{t: t, root: t.TempDir(), env: map[string]string{"SHOP": newRemote(t).URL, "DATABASE": pgtest.Start(t)}}
	write(t, r.root, loading(n, "store: {url: \"${DATABASE}\"}\n"))
	asked, told := map[string]int{}, ""
	r.watch = func(log slog.Handler) slog.Handler {
		return onStep{log, "indexes", func() {
			handler := api.New(r.Hub, api.Options{})
			for _, path := range []string{"/v1/status", "/v1/customers?name=anna", "/healthz", "/readyz"} {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				if asked[path] = w.Code; path == "/v1/status" {
					told = w.Body.String() + w.Header().Get("Retry-After")
				}
			}
		}}
	}
	r.start()
	t.Cleanup(r.stop)
	r.pour(crowd(n))
	want := map[string]int{"/v1/status": 503, "/v1/customers?name=anna": 503, "/healthz": 200, "/readyz": 503}
	if diff := cmp.Diff(want, asked); diff != "" || !strings.Contains(told, "a first load of 302 records is being written") || !strings.HasSuffix(told, "5") {
		t.Errorf("answers (-want, +got):\n%s\n%s", diff, told)
	}
	if l := r.Loading(); l != "" {
		t.Errorf("after the load: %s", l)
	}
}
