package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/storetest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

func TestStore(t *testing.T) { testStore(t, postgres.Config{}) }

// TestStore_sentAtOnce: the same where nothing that is written waits for what comes next.
func TestStore_sentAtOnce(t *testing.T) { testStore(t, postgres.Config{SendFrom: 1}) }

// TestStore_oneConnection: the same where who settles has no second one to read on.
func TestStore_oneConnection(t *testing.T) { testStore(t, postgres.Config{MaxConns: 2}) }

func testStore(t *testing.T, config postgres.Config) {
	t.Parallel()
	// idle are stores that a test has finished with: emptying one is quicker than making one.
	idle := make(chan *postgres.Store, 16)
	storetest.Run(t, func(t *testing.T) golden.Store {
		var s *postgres.Store
		select {
		case s = <-idle:
			if err := s.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
		default:
			var err error
			own := config
			own.URL = pgtest.Start(t)
			if s, err = postgres.Open(t.Context(), own); err != nil {
				t.Fatal(err)
			}
		}
		t.Cleanup(func() {
			if s.Ping(context.Background()) == nil {
				idle <- s
			}
		})
		return s
	})
}

func open(t *testing.T, config postgres.Config) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func TestOpen_severalProcessesAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 2})
			if err == nil {
				err = errors.Join(s.SaveCheckpoint(t.Context(), "a", nil), s.Close())
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_refusesNewerStore(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	open(t, postgres.Config{URL: url})
	run(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, true)")
	if _, err := postgres.Open(t.Context(), postgres.Config{URL: url}); !errors.Is(err, golden.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

func TestOpen_schemasAreApart(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	a, b := open(t, postgres.Config{URL: url, Schema: "hub_a"}), open(t, postgres.Config{URL: url, Schema: `Hub "b"`})
	if err := a.SaveCheckpoint(t.Context(), "erp/customers", []byte("a")); err != nil {
		t.Fatal(err)
	}
	got, err := b.LoadCheckpoint(t.Context(), "erp/customers")
	if err != nil || got != nil {
		t.Errorf("checkpoint in the other schema: %q, %v", got, err)
	}
	// One may settle while the other does.
	err = a.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		if err := tx.Settle(ctx); err != nil {
			return err
		}
		return b.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error { return tx.Settle(ctx) })
	})
	if err != nil {
		t.Error(err)
	}
}

// Two processes work on one store: the one whose partitions were given away is shut out.
func TestInTx_twoProcesses(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	first, second := open(t, postgres.Config{URL: url}), open(t, postgres.Config{URL: url})
	advance := func(s *postgres.Store, expected, next int64) error {
		return s.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
			if err := tx.Settle(ctx); err != nil {
				return err
			}
			return tx.AdvanceOffset(ctx, "resolve", "t", 0, expected, next)
		})
	}
	for _, step := range []struct {
		by             *postgres.Store
		expected, next int64
		want           error
	}{{first, 0, 5, nil}, {second, 5, 9, nil}, {first, 5, 7, golden.ErrFenced}, {second, 9, 12, nil}} {
		if err := advance(step.by, step.expected, step.next); !errors.Is(err, step.want) {
			t.Errorf("advance from %d: %v, want %v", step.expected, err, step.want)
		}
	}
	if err := first.Lease(t.Context(), "relay", "first", 1<<40); err != nil {
		t.Fatal(err)
	}
	if err := second.Lease(t.Context(), "relay", "second", 1<<40); !errors.Is(err, golden.ErrLeaseLost) {
		t.Errorf("got %v, want ErrLeaseLost", err)
	}
}

// A connection that is lost before the commit costs a second run and nothing else.
func TestInTx_lostConnection(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	s := open(t, postgres.Config{URL: url})
	runs := 0
	err := s.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		runs++
		if err := tx.MarkDirty(ctx, []golden.Dirty{{Target: "t", Subject: fmt.Sprint("run", runs)}}); err != nil {
			return err
		}
		if runs == 1 {
			run(t, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'touchstone' AND datname = current_database()")
		}
		return tx.MarkDirty(ctx, []golden.Dirty{{Target: "t", Subject: "end"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.ListDirty(t.Context(), golden.DeliveryQuery{})
	if err != nil || len(rows) != 2 || rows[0].Subject != "end" || rows[1].Subject != "run2" {
		t.Errorf("after %d runs: %+v, %v", runs, rows, err)
	}
}

// Two processes that meet a new key at once: one inserts it, the other finds it.
func TestInTx_newKeyInTwoProcesses(t *testing.T) {
	t.Parallel()
	s := open(t, postgres.Config{URL: pgtest.Start(t)})
	inserted := make(chan struct{})
	put := func(ctx context.Context, tx golden.Tx, first bool) error {
		got, err := tx.RecordsByKey(ctx, []string{"erp/customers/1"})
		if err != nil {
			return err
		}
		if len(got) == 0 {
			got = []golden.SourceRecord{{Key: "erp/customers/1", System: "erp", Stream: "customers", ID: "1"}}
		}
		got[0].Revision++
		if err := tx.PutRecords(ctx, got); err != nil || !first {
			return err
		}
		close(inserted)
		return nil
	}
	other := make(chan error)
	err := s.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		go func() {
			other <- s.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
				<-inserted
				return put(ctx, tx, false)
			})
		}()
		return put(ctx, tx, true)
	})
	if err := errors.Join(err, <-other); err != nil {
		t.Fatal(err)
	}
	err = s.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		got, err := tx.RecordsByKey(ctx, []string{"erp/customers/1"})
		if err == nil && got[0].Revision != 2 {
			t.Errorf("revision %d, want 2", got[0].Revision)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, url, statement string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// The server is the one that TOUCHSTONE_POSTGRES names, or pgtest's own, which does not sync.
func BenchmarkStore(b *testing.B) {
	s, err := postgres.Open(b.Context(), postgres.Config{URL: pgtest.Start(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	storetest.Benchmark(b, s)
}

func BenchmarkReads(b *testing.B) {
	s, err := postgres.Open(b.Context(), postgres.Config{URL: pgtest.Start(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	storetest.BenchmarkReads(b, s, 100)
}
