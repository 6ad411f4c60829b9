package hub_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	if err := hub.PublishRawAll(r.t.Context(), r.Hub, "erp", "customers", records); err != nil {
		r.t.Fatal(err)
	}
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
