package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
)

// fencedStore stands for the golden store: records and the next offset change
// in one step, if the offset is the one expected.
type fencedStore struct {
	mu      sync.Mutex
	next    map[int]int64
	applied map[int][]string // payloads by partition
	fenced  int
	changed *sync.Cond
}

func newStore() *fencedStore {
	s := &fencedStore{next: make(map[int]int64), applied: make(map[int][]string)}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *fencedStore) Next(_ context.Context, _, _ string, partition int) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, ok := s.next[partition]
	return next, ok, nil
}

func (s *fencedStore) apply(_ context.Context, b *bus.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next[b.Partition] != b.First {
		s.fenced++
		s.changed.Broadcast()
		return fmt.Errorf("apply %d/%d: %w", b.Partition, b.First, bus.ErrFenced)
	}
	for _, m := range b.Messages {
		s.applied[b.Partition] = append(s.applied[b.Partition], string(m.Payload))
	}
	s.next[b.Partition] = b.Next
	s.changed.Broadcast()
	return nil
}

// await waits until n records have been applied.
func (s *fencedStore) await(t testing.TB, n int) {
	t.Helper()
	s.awaitUntil(t, fmt.Sprintf("%d records applied", n), func() bool { return s.count() >= n })
}

func (s *fencedStore) awaitUntil(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(90*time.Second, func() {
		s.mu.Lock()
		late = true
		s.mu.Unlock()
		s.changed.Broadcast()
	})
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !ok() {
		if late {
			t.Fatalf("waited too long for %s; there are %d records, fenced %d", what, s.count(), s.fenced)
		}
		s.changed.Wait()
	}
}

func (s *fencedStore) count() int {
	n := 0
	for _, a := range s.applied {
		n += len(a)
	}
	return n
}

// checkOnce fails unless 0..n-1 were applied once each, and in order within
// each of keys keys.
func (s *fencedStore) checkOnce(t testing.TB, n, keys int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	last := make(map[int]int)
	seen := make([]bool, n)
	for p, payloads := range s.applied {
		for _, text := range payloads {
			i, _ := strconv.Atoi(text)
			if seen[i] {
				t.Errorf("%d applied twice", i)
			}
			seen[i] = true
			if before, ok := last[i%keys]; ok && before >= i {
				t.Errorf("partition %d: %d applied after %d", p, i, before)
			}
			last[i%keys] = i
		}
	}
	if i := slices.Index(seen, false); i >= 0 {
		t.Errorf("%d was lost", i)
	}
}

func TestBatches_loseNothingWhileMembersComeAndGo(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		const n, keys = 6000, 50
		ensure(t, b, bus.Topic{Name: "t", Partitions: 4})
		store := newStore()
		cfg := bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 20, Offsets: store, SessionTimeout: 3 * time.Second}
		first := consume(t, b, cfg, store.apply)
		published := make(chan struct{})
		go func() {
			defer close(published)
			for i := 0; i < n; i += 20 {
				if err := b.Publish(t.Context(), "t", numbered(i, i+20, keys)...); err != nil {
					t.Error(err)
				}
			}
		}()
		store.await(t, 100)
		second := consume(t, b, cfg, store.apply)
		store.await(t, n/4)
		first()
		third := consume(t, b, cfg, store.apply)
		store.await(t, n/2)
		second()
		<-published
		store.await(t, n)
		third()
		store.checkOnce(t, n, keys)
	})
}

func TestBatches_withoutAStoreBeginAtTheCommittedOffset(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t"})
		publish(t, b, "t", numbered(0, 100, 1)...)
		store := newStore()
		cfg := bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 30}
		stop := consume(t, b, cfg, store.apply)
		store.await(t, 100)
		stop() // commits what is done
		lag, err := b.Lag(t.Context(), "g", []string{"t"})
		if want := []bus.Lag{{Topic: "t", End: 100, Committed: 100}}; err != nil || !slices.Equal(lag, want) {
			t.Errorf("lag is %+v, %v; expected %+v", lag, err, want)
		}
		publish(t, b, "t", numbered(100, 110, 1)...)
		if lag, _ := b.Lag(t.Context(), "g", []string{"t"}); lag[0].Behind != 10 {
			t.Errorf("lag is %+v, expected 10 behind", lag)
		}
		consume(t, b, cfg, store.apply)
		store.await(t, 110)
		store.checkOnce(t, 110, 1)
	})
}

func TestBatches_beginWhereTheStoreSays(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t"})
		publish(t, b, "t", numbered(0, 100, 1)...)
		ahead := newStore()
		stop := consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g"}, ahead.apply)
		ahead.await(t, 100)
		stop() // Kafka has committed 100 now; the store below knows better

		store := newStore()
		store.next[0] = 42
		cfg := bus.BatchConfig{Topics: []string{"t"}, Group: "g", Offsets: store, MaxRecords: 10}
		var firsts []int64
		consume(t, b, cfg, func(ctx context.Context, batch *bus.Batch) error {
			firsts = append(firsts, batch.First)
			return store.apply(ctx, batch)
		})
		store.await(t, 58)
		if want := []int64{42, 52, 62, 72, 82, 92}; !slices.Equal(firsts, want) {
			t.Errorf("batches began at %v, expected %v", firsts, want)
		}
		if first := store.applied[0][0]; first != "42" {
			t.Errorf("the first record was %s", first)
		}
	})
}

func TestBatches_respectTheirLimits(t *testing.T) {
	t.Parallel()
	b := onEmbedded(t)
	ensure(t, b, bus.Topic{Name: "t"})
	msgs := numbered(0, 12, 1)
	msgs[7].Payload = make([]byte, 5000)
	publish(t, b, "t", msgs...)
	var sizes []int
	done := make(chan struct{})
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 5, MaxBytes: 1000}, func(_ context.Context, batch *bus.Batch) error {
		sizes = append(sizes, len(batch.Messages))
		if batch.Next-batch.First != int64(len(batch.Messages)) {
			t.Errorf("batch %d..%d has %d messages", batch.First, batch.Next, len(batch.Messages))
		}
		if batch.Next == 12 {
			close(done)
		}
		return nil
	})
	<-done
	if want := []int{5, 2, 1, 4}; !slices.Equal(sizes, want) {
		t.Errorf("batches of %v, expected %v", sizes, want)
	}
}

func TestBatches_lingerForCompany(t *testing.T) {
	t.Parallel()
	b := onEmbedded(t)
	ensure(t, b, bus.Topic{Name: "t"})
	batches := make(chan int, 10)
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 3, Linger: time.Minute}, func(_ context.Context, batch *bus.Batch) error {
		batches <- len(batch.Messages)
		return nil
	})
	for i := range 3 {
		publish(t, b, "t", numbered(i, i+1, 1)...)
	}
	if n := <-batches; n != 3 {
		t.Errorf("the batch had %d messages, expected to wait for 3", n)
	}
}

func TestBatches_tryAFailedOneAgainBeforeTheNext(t *testing.T) {
	t.Parallel()
	b := onEmbedded(t)
	ensure(t, b, bus.Topic{Name: "t"})
	publish(t, b, "t", numbered(0, 30, 1)...)
	store := newStore()
	failures := 0
	var tried []int64
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 10}, func(ctx context.Context, batch *bus.Batch) error {
		tried = append(tried, batch.First)
		if batch.First == 10 && failures < 3 {
			failures++
			return errors.New("store is away")
		}
		return store.apply(ctx, batch)
	})
	store.await(t, 30)
	store.checkOnce(t, 30, 1)
	if want := []int64{0, 10, 10, 10, 10, 20}; !slices.Equal(tried, want) {
		t.Errorf("batches tried at %v, expected %v", tried, want)
	}
}

func TestBatches_fencedPartitionBeginsAgainAtTheStoresOffset(t *testing.T) {
	t.Parallel()
	b := onEmbedded(t)
	ensure(t, b, bus.Topic{Name: "t"})
	publish(t, b, "t", numbered(0, 30, 1)...)
	store := newStore()
	other := false
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 10, Offsets: store}, func(ctx context.Context, batch *bus.Batch) error {
		if batch.First == 10 && !other {
			other = true // another process has this one applied meanwhile
			if err := store.apply(ctx, batch); err != nil {
				t.Error(err)
			}
		}
		return store.apply(ctx, batch)
	})
	store.await(t, 30)
	store.checkOnce(t, 30, 1)
	if store.fenced != 1 {
		t.Errorf("fenced %d times, expected once", store.fenced)
	}
}

func TestBatches_goOnWhereTheStoreStandsOnceTheyArePassed(t *testing.T) {
	t.Parallel()
	b := onEmbedded(t)
	ensure(t, b, bus.Topic{Name: "t"})
	publish(t, b, "t", numbered(0, 30, 1)...)
	store := newStore()
	var tried []int64
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 10, Offsets: store}, func(ctx context.Context, batch *bus.Batch) error {
		tried = append(tried, batch.First)
		if batch.First == 0 {
			store.mu.Lock()
			defer store.mu.Unlock()
			store.next[batch.Partition] = 25
			return fmt.Errorf("taken in another way: %w", bus.ErrPassed)
		}
		return store.apply(ctx, batch)
	})
	store.await(t, 5)
	if want := []int64{0, 25}; !slices.Equal(tried, want) {
		t.Errorf("batches at %v, expected %v", tried, want)
	}
}

func TestBatches_finishWhatIsInHandOnShutdown(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t"})
		publish(t, b, "t", numbered(0, 20, 1)...)
		began, finish := make(chan struct{}), make(chan struct{})
		calls := 0
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- b.Batches(ctx, bus.BatchConfig{Topics: []string{"t"}, Group: "g", MaxRecords: 10}, func(ctx context.Context, _ *bus.Batch) error {
				calls++
				close(began)
				<-finish
				return ctx.Err()
			})
		}()
		<-began
		cancel()
		close(finish)
		if err := <-done; err != nil || calls != 1 {
			t.Errorf("got %v after %d calls", err, calls)
		}
		lag, err := b.Lag(t.Context(), "g", []string{"t"})
		if err != nil || lag[0].Committed != 10 {
			t.Errorf("lag is %+v, %v; expected the batch in hand to be committed", lag, err)
		}
	})
}

func TestBatches_cancelAHandleThatHoldsUpARebalance(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		ensure(t, b, bus.Topic{Name: "t"})
		publish(t, b, "t", numbered(0, 5, 1)...)
		store := newStore()
		began, cause := make(chan struct{}), make(chan error, 1)
		cfg := bus.BatchConfig{Topics: []string{"t"}, Group: "g", Offsets: store, SessionTimeout: 3 * time.Second}
		stuck := sync.OnceFunc(func() { close(began) })
		stop := consume(t, b, cfg, func(ctx context.Context, _ *bus.Batch) error {
			stuck()
			<-ctx.Done()
			select {
			case cause <- context.Cause(ctx):
			default:
			}
			return ctx.Err()
		})
		<-began
		consume(t, b, cfg, store.apply)
		if err := <-cause; !errors.Is(err, bus.ErrDrained) {
			t.Errorf("the handle's context ended by %v, expected the drain's end", err)
		}
		stop()
		store.await(t, 5)
		store.checkOnce(t, 5, 1)
	})
}

func TestBatches_surviveAnOutage(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		broker := startBroker(t)
		surviveOutages(t, open(t, broker.Config()), 3, broker.restart)
	})
	t.Run("kafka", func(t *testing.T) { surviveOutages(t, onKafka(t), 1, kafkatest.Get(t).Restart) })
}

// surviveOutages publishes and consumes while the broker goes away.
func surviveOutages(t *testing.T, b *bus.Bus, outages int, restart func() error) {
	const keys = 5
	ensure(t, b, bus.Topic{Name: "t", Partitions: 2})
	store := newStore()
	cfg := bus.BatchConfig{Topics: []string{"t"}, Group: "g", Offsets: store, SessionTimeout: 3 * time.Second}
	consume(t, b, cfg, store.apply)
	stop, published := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { published <- n }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := b.Publish(t.Context(), "t", numbered(n, n+10, keys)...); err != nil {
				t.Error(err)
				return
			}
			n += 10
		}
	}()
	for range outages {
		before := 0
		store.awaitUntil(t, "something to come through", func() bool {
			if before == 0 {
				before = store.count() + 1
			}
			return store.count() > before+100
		})
		if err := restart(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	n := <-published
	store.await(t, n)
	store.checkOnce(t, n, keys)
}

func TestBatches_standStillAtAnOffsetBeyondTheEnd(t *testing.T) {
	t.Parallel()
	b := onEmbedded(t)
	ensure(t, b, bus.Topic{Name: "t"})
	publish(t, b, "t", numbered(0, 5, 1)...)
	store := newStore()
	store.next[0] = 7 // the store outlived its topic
	consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g", Offsets: store}, func(_ context.Context, batch *bus.Batch) error {
		if batch.First != 7 || string(batch.Messages[0].Payload) != "7" {
			t.Errorf("got a batch at %d", batch.First)
		}
		return store.apply(t.Context(), batch)
	})
	publish(t, b, "t", numbered(5, 8, 1)...)
	store.await(t, 1)
}

func TestPositionOf_isFalseForOtherMessages(t *testing.T) {
	if at, ok := bus.PositionOf(message.NewMessage("1", nil)); ok {
		t.Errorf("got %+v", at)
	}
}
