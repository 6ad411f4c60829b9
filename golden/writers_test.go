package golden_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// TestConvergence_concurrentWriters: several processes on one PostgreSQL, each with partitions of
// its own, end in what one process on SQLite makes of the same records at once. Further histories:
// TOUCHSTONE_HISTORIES.
func TestConvergence_concurrentWriters(t *testing.T) {
	t.Parallel()
	const writers = 3
	url := pgtest.Start(t)
	stores := make([]*postgres.Store, writers)
	for i := range stores {
		var err error
		if stores[i], err = postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 3}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = stores[i].Close() })
	}
	events := rapid.Custom(func(rt *rapid.T) []golden.Incoming {
		h := &history{t: rt}
		for range rapid.IntRange(10, 60).Draw(rt, "events") {
			h.events = append(h.events, h.event())
		}
		return h.events
	})
	rules := ruleset(t, tight)
	for seed := range count("TOUCHSTONE_HISTORIES", 20) {
		if err := stores[0].Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := events.Example(seed)
		write(t, stores, rules, sent)
		alone := newWorld(t, tight)
		alone.resolve(sent...)
		want, got := readable(t, snapshot(t, alone.store)), readable(t, snapshot(t, stores[0]))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("history %d (-one at once, +concurrent writers):\n%s", seed, diff)
		}
	}
}

// TestConvergence_postgres: random histories with decisions, links, written values and changes of
// rules on PostgreSQL, against runs from scratch on SQLite.
func TestConvergence_postgres(t *testing.T) {
	t.Parallel()
	store, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Start(t), MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	left, failed := count("TOUCHSTONE_HISTORIES", 8), false
	rapid.Check(t, func(rt *rapid.T) {
		if left == 0 && !failed {
			return // enough; a failure is still run again, to be made small
		}
		left, failed = max(left-1, 0), true
		if err := store.Reset(context.Background()); err != nil {
			rt.Fatal(err)
		}
		newHistory(rt, store).run()
		failed = false
	})
}

func count(variable string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return fallback
}

// write lets every writer send the records of its partitions in small batches, with fenced
// offsets, at the same time as the others.
func write(t *testing.T, stores []*postgres.Store, rules *golden.Ruleset, sent []golden.Incoming) {
	t.Helper()
	var wait sync.WaitGroup
	errs := make([]error, len(stores))
	for i, store := range stores {
		var own []golden.Incoming
		for _, in := range sent {
			if xxhash.Sum64String(in.Key())%uint64(len(stores)) == uint64(i) {
				own = append(own, in)
			}
		}
		wait.Go(func() {
			r := golden.NewResolver(store, rules, golden.ResolverOptions{})
			for at := 0; at < len(own) && errs[i] == nil; at += 4 {
				next := min(at+4, len(own))
				_, errs[i] = r.Resolve(t.Context(), golden.Batch{Records: own[at:next], Offset: &golden.OffsetAdvance{
					Group: fmt.Sprintf("resolve-%p", sent), Topic: "canonical.customer", Partition: i, Expected: int64(at), Next: int64(next),
				}})
			}
		})
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("writer %d: %v", i, err)
		}
	}
}
