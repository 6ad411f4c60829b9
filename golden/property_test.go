package golden_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// The heap is small, and most of what is in it is gone with the history: collecting it less often
// makes room for a third more histories in the same time.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// TestConvergence is promise 3: partition, values and winning sources are a function of the live
// records, links and decisions alone, whatever came before. Other numbers of histories:
// TOUCHSTONE_HISTORIES.
func TestConvergence(t *testing.T) {
	t.Parallel()
	counts := &tally{}
	eachHistory(t, count("TOUCHSTONE_HISTORIES", 10_000), onSQLite, counts)
	t.Cleanup(func() { counts.expect(t, rarely) })
}

// TestConvergence_postgres: the same on PostgreSQL, where a failure can be made small; the many
// histories there have several writers, see TestConvergence_concurrentWriters.
func TestConvergence_postgres(t *testing.T) {
	t.Parallel()
	eachHistory(t, count("TOUCHSTONE_HISTORIES_POSTGRES", 20), onPostgres, &tally{})
}

// emptyable is a store that can be used for one history after the other.
type emptyable interface {
	golden.Store
	Reset(ctx context.Context) error
}

func onSQLite(t testing.TB) emptyable {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Temporary: true, Readers: 1, CacheMB: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func onPostgres(t testing.TB) emptyable {
	t.Helper()
	store, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Start(t), MaxConns: 3, SendFrom: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// eachHistory runs n random histories on all cores, each core with a store of its own, and compares
// them with runs from scratch on SQLite. A history that fails is made small.
func eachHistory(t *testing.T, n int, open func(testing.TB) emptyable, counts *tally) {
	t.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	for core := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprintf("core %d", core), func(t *testing.T) {
			t.Parallel()
			store, other := open(t), onSQLite(t)
			failed := false // it is still run again, to be made small
			for round := 0; left.Load() > 0 && (round == 0 || !ofOneSeed()); round++ {
				rapid.Check(t, func(rt *rapid.T) {
					if !failed && left.Add(-1) < 0 {
						return
					}
					failed = true
					newHistory(rt, store, other, counts).run()
					failed = false
				})
			}
		})
	}
}

// ofOneSeed says whether the histories are those of one seed, which need not be run twice.
func ofOneSeed() bool {
	f := flag.Lookup("rapid.seed")
	return f != nil && f.Value.String() != f.DefValue
}

func count(variable string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return fallback
}
