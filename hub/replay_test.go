package hub_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// restart stops the hub, replaces files of its folder, and starts it again.
func (r *rig) restart(files map[string]string) {
	r.t.Helper()
	r.stop()
	write(r.t, r.root, files)
	r.start()
}

// bulk publishes records of a stream past its source, "system/stream".
func (r *rig) bulk(stream string, records ...string) {
	r.t.Helper()
	system, name, _ := strings.Cut(stream, "/")
	if err := hub.PublishRawAll(r.t.Context(), r.Hub, system, name, records); err != nil {
		r.t.Fatal(err)
	}
}

// replay runs a replay to its end.
func (r *rig) replay(q hub.ReplayRequest) hub.Replay {
	r.t.Helper()
	p, err := r.StartReplay(r.t.Context(), q, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.endOf(p.ID)
}

func (r *rig) endOf(id string) (p hub.Replay) {
	r.t.Helper()
	r.await("replay "+id+" ends", func() (err error) {
		if p, err = r.Replay(r.t.Context(), id); err == nil && (p.State == hub.ReplayRunning || p.State == hub.ReplayWaiting) {
			return fmt.Errorf("%s: %d of %d", p.State, p.Done, p.Total)
		}
		return err
	})
	if p.State != hub.ReplayDone {
		r.t.Fatalf("replay %s %s: %s", id, p.State, p.Error)
	}
	return p
}

// sum is a checksum over all live golden records: IDs, versions and documents.
func (r *rig) sum() (n int, sum uint64) {
	r.t.Helper()
	h := fnv.New64a()
	_, err := r.Store().Snapshot(r.t.Context(), func(g golden.GoldenRecord) error {
		n++
		fmt.Fprintln(h, g.ID, g.Version, g.UpdatedAt.UnixMicro(), g.Sources, string(g.Doc))
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return n, h.Sum64()
}

func replayed(c hub.ReplayCounts) string {
	return fmt.Sprintf("read %d, passed %d, left out %d, changed %d, unchanged %d, older %d, failed %d",
		c.Read, c.Passed, c.LeftOut, c.Changed, c.Unchanged, c.Older, c.Failed)
}

// Promise 6: results that do not change send nothing.
func TestReplay_unchangedMappingsChangeNothing(t *testing.T) {
	t.Parallel()
	n := 2_000
	if os.Getenv("TOUCHSTONE_LONG") != "" {
		n = 200_000
	}
	r, shop := journey(t, nil)
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna %d", "mail": "a%d@post.example"}`, i, i, i)
	}
	// only some of them to the shop, which takes a request for each
	r.restart(route(`when: 'customer.names[0].full startsWith "Anna 19"'`))
	r.bulk("erp/customers", records...)
	r.settled()
	customers, before := r.sum()
	requests := shop.requests()
	if customers != n || requests == 0 {
		t.Fatalf("%d customers, %d requests", customers, requests)
	}
	p := r.replay(hub.ReplayRequest{System: "erp"})
	r.settled()
	if got, want := replayed(p.Counts), fmt.Sprintf("read %d, passed 0, left out 0, changed 0, unchanged %d, older 0, failed 0", n, n); got != want {
		t.Errorf("the replay %s; want %s", got, want)
	}
	if _, after := r.sum(); after != before {
		t.Error("the golden records are not what they were")
	}
	if shop.requests() != requests {
		t.Errorf("%d requests to the target", shop.requests()-requests)
	}
	t.Logf("%d records in %v: %.0f records/s", n, p.Ended.Sub(p.Started), float64(n)/p.Ended.Sub(p.Started).Seconds())
}

// Promise 6: any span of raw history can be run again through today's mappings.
func TestReplay_aChangedMappingReachesWhatCameBefore(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	shop.holds("1 name=Anna", "name")
	r.send("erp/customers", `{"id": 1, "v": 2, "name": "Anna S", "mail": "anna@post.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Bert", "mail": "bert@post.example"}`)
	shop.holds("1 name=Anna S; 2 name=Bert", "name")
	r.settled()
	r.restart(map[string]string{"mappings/customer.yaml": strings.Replace(base["mappings/customer.yaml"], "full: name", "full: upper(name)", 1)})

	dry := r.replay(hub.ReplayRequest{System: "erp", DryRun: true})
	r.settled()
	if got, want := replayed(dry.Counts), "read 3, passed 0, left out 0, changed 2, unchanged 0, older 1, failed 0"; got != want {
		t.Errorf("the dry run %s; want %s", got, want)
	}
	shop.holds("1 name=Anna S; 2 name=Bert", "name")
	if g, _ := r.customer("erp/customers/1"); !strings.Contains(string(g.Doc), `"Anna S"`) {
		t.Errorf("a dry run changed the golden record to %s", g.Doc)
	}

	one := r.replay(hub.ReplayRequest{System: "erp", Stream: "customers", Where: `name startsWith "Anna" and frame.key == "1"`})
	shop.holds("1 name=ANNA S; 2 name=Bert", "name")
	r.settled()
	if got, want := replayed(one.Counts), "read 3, passed 1, left out 0, changed 1, unchanged 0, older 1, failed 0"; got != want {
		t.Errorf("the replay %s; want %s", got, want)
	}
	other := r.replay(hub.ReplayRequest{System: "erp", Key: "2", From: "1", To: "99"})
	shop.holds("1 name=ANNA S; 2 name=BERT", "name")
	r.settled()
	if got, want := replayed(other.Counts), "read 2, passed 1, left out 0, changed 1, unchanged 0, older 0, failed 0"; got != want {
		t.Errorf("the replay %s; want %s", got, want)
	}
	if other.Revision <= one.Revision || other.Spans[0].Retained != 0 || time.Since(other.Spans[0].Since) > time.Minute {
		t.Errorf("revision %d after %d, span %+v", other.Revision, one.Revision, other.Spans[0])
	}
	again := r.replay(hub.ReplayRequest{System: "erp"})
	if got, want := replayed(again.Counts), "read 3, passed 0, left out 0, changed 0, unchanged 2, older 1, failed 0"; got != want {
		t.Errorf("the replay after all %s; want %s", got, want)
	}
	if got := shop.done(); len(got) != 5 {
		t.Errorf("writes %v", got)
	}
	list, err := r.Replays(t.Context())
	if err != nil || len(list) != 4 || list[0].ID != again.ID {
		t.Errorf("the replays are %+v, %v", list, err)
	}
}

// Promise 6: replay does not overwrite newer data, and loses no deletion.
func TestReplay_doesNotOverwriteNewerData(t *testing.T) {
	t.Parallel()
	r, shop := journey(t, nil)
	r.send("erp/customers", `{"id": 1, "v": 1, "name": "Anna", "mail": "anna@post.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 1, "name": "Bert", "mail": "bert@post.example"}`)
	r.send("erp/customers", `{"id": 1, "v": 5, "name": "Anna S", "mail": "anna@post.example"}`)
	r.send("erp/customers", `{"id": 2, "v": 2}`, "deleted")
	r.settled()
	writes := shop.done()
	r.restart(map[string]string{"mappings/customer.yaml": strings.Replace(base["mappings/customer.yaml"], "full: name", "full: upper(name)", 1)})
	p := r.replay(hub.ReplayRequest{System: "erp", To: "2"})
	r.settled()
	if got, want := replayed(p.Counts), "read 2, passed 0, left out 0, changed 0, unchanged 0, older 2, failed 0"; got != want {
		t.Errorf("the replay %s; want %s", got, want)
	}
	if got := shop.done(); len(got) != len(writes) {
		t.Errorf("writes %v after %v", got, writes)
	}
	if _, live := r.customer("erp/customers/2"); live {
		t.Error("a deleted record came back")
	}
}

func TestReplay_saysWhatIsWrongWithARequest(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	for want, q := range map[string]hub.ReplayRequest{
		`system is "srp"; expected one of erp, shop`:         {System: "srp"},
		`stream is "clients"; expected one of customers, or`: {System: "erp", Stream: "clients"},
		`from is "yesterday"; expected a time`:               {System: "erp", From: "yesterday"},
		`expected true or false`:                             {System: "erp", Where: "lower(name)"},
		`replay R77: not found`:                              {Resume: "R77"},
	} {
		if _, err := r.StartReplay(t.Context(), q, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want one with %q", err, want)
		}
	}
}

// A replay that is stopped says where, and goes on from there.
func TestReplay_goesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	r, _ := journey(t, nil)
	var records []string
	for i := range 3000 {
		records = append(records, fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna %d", "mail": "a%d@post.example"}`, i, i, i))
	}
	r.restart(map[string]string{"routes/customers.yaml": base["routes/customers.yaml"] + "when: 'false'\n"})
	r.bulk("erp/customers", records...)
	r.settled()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := r.StartReplay(ctx, hub.ReplayRequest{System: "erp", DryRun: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.StopReplay(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	r.await("the replay stops", func() (err error) {
		if p, err = r.Replay(t.Context(), p.ID); err == nil && p.State != hub.ReplayStopped && p.State != hub.ReplayDone {
			return fmt.Errorf("it is %s", p.State)
		}
		return err
	})
	if p.State == hub.ReplayDone {
		if p.Counts.Read != 3000 { // it was done before it could be stopped
			t.Errorf("the replay is done having read %d of 3000", p.Counts.Read)
		}
		return
	}
	r.restart(nil) // also after the hub was started again
	rest, err := r.StartReplay(t.Context(), hub.ReplayRequest{Resume: p.ID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rest = r.endOf(rest.ID)
	if p.Counts.Read+rest.Counts.Read != 3000 || rest.Spans[0].Next != 3000 {
		t.Errorf("read %d, and then %d up to %d", p.Counts.Read, rest.Counts.Read, rest.Spans[0].Next)
	}
}
