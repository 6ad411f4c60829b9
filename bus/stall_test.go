package bus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/touchstone-hub/touchstone/bus"
)

// memberSettings makes this test binary a consumer instead of running tests.
const memberSettings = "TOUCHSTONE_TEST_MEMBER"

func TestMain(m *testing.M) {
	if settings := os.Getenv(memberSettings); settings != "" {
		runMember(settings)
		return
	}
	os.Exit(m.Run())
}

// member is what a consumer in another process needs to know.
type member struct {
	Brokers []string
	SASL    bus.SASLConfig
	Prefix  string
	Store   string // URL
}

// remoteStore is a fencedStore in another process.
type remoteStore struct{ url string }

type remoteBatch struct {
	Partition   int
	First, Next int64
	Payloads    []string
}

func (s remoteStore) Next(_ context.Context, _, _ string, partition int) (next int64, known bool, err error) {
	res, err := http.Get(fmt.Sprintf("%s/next?partition=%d", s.url, partition))
	if err != nil {
		return 0, false, err
	}
	defer res.Body.Close()
	err = json.NewDecoder(res.Body).Decode(&next)
	return next, true, err
}

func (s remoteStore) apply(_ context.Context, b *bus.Batch) error {
	r := remoteBatch{Partition: b.Partition, First: b.First, Next: b.Next}
	for _, m := range b.Messages {
		r.Payloads = append(r.Payloads, string(m.Payload))
	}
	body, _ := json.Marshal(r)
	res, err := http.Post(s.url+"/apply", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusConflict {
		return fmt.Errorf("apply %d: %w", b.First, bus.ErrFenced)
	}
	return nil
}

func runMember(settings string) {
	var m member
	if err := json.Unmarshal([]byte(settings), &m); err != nil {
		panic(err)
	}
	ctx := context.Background()
	b, err := bus.Open(ctx, bus.Config{Brokers: m.Brokers, SASL: m.SASL, Prefix: m.Prefix})
	if err != nil {
		panic(err)
	}
	store := remoteStore{m.Store}
	_ = b.Batches(ctx, bus.BatchConfig{
		Topics: []string{"t"}, Group: "g", MaxRecords: 5, Offsets: store, SessionTimeout: 2 * time.Second,
	}, store.apply)
}

// A process stops in the middle of a batch for longer than its session, loses
// its partition to another one, which goes on, and then wakes up and writes.
func TestBatches_shutOutAProcessThatWakesUpTooLate(t *testing.T) {
	t.Parallel()
	broker := startBroker(t)
	b := open(t, broker.Config())
	ensure(t, b, bus.Topic{Name: "t"})
	publish(t, b, "t", numbered(0, 40, 1)...)

	store := newStore()
	started, stalled, wake := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var sleeper *exec.Cmd
	stall := sync.OnceFunc(func() {
		<-started
		_ = sleeper.Process.Signal(syscall.SIGSTOP)
		close(stalled)
		<-wake
	})
	server := httptest.NewServer(storeHandler(store, stall))
	defer server.Close()
	cfg := broker.Config()
	settings, _ := json.Marshal(member{Brokers: cfg.Brokers, SASL: cfg.SASL, Store: server.URL})
	sleeper = exec.Command(os.Args[0])
	sleeper.Env = append(os.Environ(), memberSettings+"="+string(settings))
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	defer func() {
		_ = sleeper.Process.Kill()
		_ = sleeper.Wait()
	}()

	<-stalled // with the batch 10..15 in hand
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 5, Offsets: store, SessionTimeout: 2 * time.Second}, store.apply)
	store.await(t, 40)
	_ = sleeper.Process.Signal(syscall.SIGCONT)
	close(wake)
	store.awaitUntil(t, "the sleeper to be fenced", func() bool { return store.fenced > 0 })
	publish(t, b, "t", numbered(40, 60, 1)...)
	store.await(t, 60)
	store.checkOnce(t, 60, 1)
}

// storeHandler serves a store to another process. stall is called before the
// batch at 10 is looked at.
func storeHandler(store *fencedStore, stall func()) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /next", func(w http.ResponseWriter, r *http.Request) {
		next, _, _ := store.Next(r.Context(), "g", "t", 0)
		_ = json.NewEncoder(w).Encode(next)
	})
	mux.HandleFunc("POST /apply", func(w http.ResponseWriter, r *http.Request) {
		var in remoteBatch
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if in.First == 10 {
			stall()
		}
		batch := &bus.Batch{Partition: in.Partition, First: in.First, Next: in.Next}
		for _, p := range in.Payloads {
			batch.Messages = append(batch.Messages, message.NewMessage("", []byte(p)))
		}
		if err := store.apply(r.Context(), batch); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	return mux
}
