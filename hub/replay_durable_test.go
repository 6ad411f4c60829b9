package hub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// upper is the mapping with names in upper case.
var upper = strings.Replace(base["mappings/customer.yaml"], "full: name", "full: upper(name)", 1)

// annas fills a hub that has no routes with n customers, and changes the mapping that made them.
func annas(t *testing.T, n int) *rig {
	t.Helper()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"id": %d, "v": 1, "name": "Anna %d", "mail": "a%d@post.example"}`, i, i, i)
	}
	r.bulk("erp/customers", records...)
	r.settled()
	r.rewrite(map[string]string{"mappings/customer.yaml": upper})
	r.reload()
	return r
}

// annasAre checks that every customer was changed, once, and what the replay counted.
func (r *rig) annasAre(p hub.Replay, n int) {
	r.t.Helper()
	r.settled()
	c := p.Counts
	if int(c.Read) != n || int(c.Changed+c.Unchanged) != n || c.Failed+c.Older+c.Passed+c.LeftOut != 0 || int(p.Done) != n {
		r.t.Errorf("the replay: done %d of %d, %s", p.Done, p.Total, replayed(c))
	}
	customers := 0
	_, err := r.Store().Snapshot(r.t.Context(), func(g golden.GoldenRecord) error {
		customers++
		if !strings.Contains(string(g.Doc), "ANNA") || g.Version != 2 {
			return fmt.Errorf("%s has version %d: %s", g.ID, g.Version, g.Doc)
		}
		return nil
	})
	if err != nil || customers != n {
		r.t.Errorf("%d customers of %d, %v", customers, n, err)
	}
}

// A replay is a job in the store: one that waits and one that runs when the hub is stopped go on
// with the next start, unasked, and one that a person stopped does not.
func TestReplay_goesOnAfterTheHubWasStopped(t *testing.T) {
	t.Parallel()
	const n = 6000
	r := annas(t, n)
	ids := make([]string, 3)
	for i, q := range []hub.ReplayRequest{{System: "erp"}, {System: "erp", DryRun: true}, {System: "erp", Key: "1"}} {
		p, err := r.StartReplay(t.Context(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = p.ID
	}
	if p, err := r.StopReplay(t.Context(), ids[2]); err != nil || p.State != hub.ReplayStopped {
		t.Errorf("stopped while it waits: %+v, %v", p, err)
	}
	r.await("some of it is done", func() error {
		if p, err := r.Replay(t.Context(), ids[0]); err != nil || p.Done < 1000 {
			return fmt.Errorf("%d done, %v", p.Done, err)
		}
		return nil
	})
	r.stop()
	r.start()
	first, second := r.endOf(ids[0]), r.endOf(ids[1])
	r.annasAre(first, n)
	if first.Resumed != 1 || first.Started.After(second.Started) || int(second.Counts.Read) != n {
		t.Errorf("resumed %d times, began %v and %v, the second read %d", first.Resumed, first.Started, second.Started, second.Counts.Read)
	}
	if p, err := r.Replay(t.Context(), ids[2]); err != nil || p.State != hub.ReplayStopped || p.Counts.Read != 0 {
		t.Errorf("the one that was stopped: %+v, %v", p, err)
	}
}

// The process is killed in the middle of a replay: the next one goes on from the last note, and
// what was done is not done again.
func TestReplay_goesOnAfterKill9(t *testing.T) {
	t.Parallel()
	const n = 6000
	r := annas(t, n)
	r.stop()
	c := startChild(t, r.root, "SHOP=http://127.0.0.1:1", childReplay+"=1000")
	c.ended(t)
	before := r.stored(t, "$replay/1")
	if before.State != hub.ReplayRunning || before.Done < 1000 || before.Done >= n {
		t.Fatalf("the killed process left %+v", before)
	}
	r.start()
	p := r.endOf(before.ID)
	r.annasAre(p, n)
	if p.Resumed != 1 || p.Revision <= before.Revision || !p.Started.Equal(before.Started) {
		t.Errorf("resumed %d times, revision %d after %d", p.Resumed, p.Revision, before.Revision)
	}
	t.Logf("%d of %d were done when it was killed", before.Done, n)
}

// stored is a replay as the store holds it while no hub runs.
func (r *rig) stored(t *testing.T, slot string) (p hub.Replay) {
	t.Helper()
	h, err := hub.OpenStore(t.Context(), load(t, r.root, r.env), hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.Store().LoadCheckpoint(t.Context(), slot)
	if err = errors.Join(err, json.Unmarshal(text, &p)); err != nil {
		t.Fatal(err)
	}
	if shown, err := h.Replay(t.Context(), p.ID); err != nil || shown.State != hub.ReplayWaiting {
		t.Errorf("without a hub it is shown as %s, %v", shown.State, err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// A replay whose system is gone from the folder when it is its turn fails, and says why.
func TestReplay_failsWhereItsStreamIsGone(t *testing.T) {
	t.Parallel()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	r.bulk("shop/customers", `{"id": 1, "v": 1, "name": "Anna"}`)
	r.settled()
	hub.HoldReplays(t, r.Hub)
	p, err := r.StartReplay(t.Context(), hub.ReplayRequest{System: "shop", Stream: "customers"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	write(t, r.root, map[string]string{"connectors/shop.yaml": "kind: http\nstreams:\n  clients: {verify: none, format: json, key: id, mapping: customer}\n"})
	r.start()
	hub.ReleaseReplays(t, r.Hub)
	r.await("the replay fails", func() error {
		if p, err = r.Replay(t.Context(), p.ID); err != nil || p.State != hub.ReplayFailed {
			return fmt.Errorf("%s, %v", p.State, err)
		}
		return nil
	})
	if !strings.Contains(p.Error, `stream is "customers"; expected one of clients`) {
		t.Errorf("failed with %q", p.Error)
	}
}

// No more replays wait than the store remembers: none is forgotten before it has run.
func TestReplay_refusesWhatWouldPushOutOneThatWaits(t *testing.T) {
	t.Parallel()
	r := start(t, with(map[string]string{"routes/customers.yaml": ""}), map[string]string{"SHOP": "http://127.0.0.1:1"})
	r.bulk("erp/customers", `{"id": 1, "v": 1, "name": "Anna"}`)
	r.settled()
	hub.HoldReplays(t, r.Hub)
	var err error
	asked := 0
	for ; asked < 30 && err == nil; asked++ {
		_, err = r.StartReplay(t.Context(), hub.ReplayRequest{System: "erp", DryRun: true}, nil)
	}
	if err == nil || !strings.Contains(err.Error(), "20 wait already") || asked != 21 {
		t.Errorf("%d were taken, and then: %v", asked-1, err)
	}
	hub.ReleaseReplays(t, r.Hub)
	r.await("all have run", func() error {
		all, err := r.Replays(t.Context())
		for _, p := range all {
			if p.State != hub.ReplayDone {
				return fmt.Errorf("%s is %s", p.ID, p.State)
			}
		}
		if err == nil && len(all) != 20 {
			err = fmt.Errorf("%d replays", len(all))
		}
		return err
	})
}

// killAt has this process kill itself once a replay has noted that n records are done.
func killAt(h *hub.Hub, n int64) {
	ctx := context.Background()
	p, err := h.StartReplay(ctx, hub.ReplayRequest{System: "erp"}, nil)
	for err == nil {
		var noted hub.Replay
		text, loading := h.Store().LoadCheckpoint(ctx, "$replay/1")
		if err = errors.Join(loading, json.Unmarshal(text, &noted)); err == nil && noted.Done >= n {
			killSelf()
		}
		if p, err = h.Replay(ctx, p.ID); err == nil && p.State == hub.ReplayDone {
			err = errors.New("the replay is done")
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println(err)
}
