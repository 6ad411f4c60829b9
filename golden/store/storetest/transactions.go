package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// together runs do n times at once and returns the errors.
func (s *suite) together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func (s *suite) exists(key string) bool {
	s.Helper()
	got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) { return tx.RecordsByKey(s.ctx, []string{key}) })
	return len(got) == 1
}

func testRollback(s *suite) {
	failure := errors.New("no")
	records := []golden.SourceRecord{record("erp", "1")}
	err := s.try(func(tx golden.Tx) error {
		if err := tx.PutRecords(s.ctx, records); err != nil {
			return err
		}
		got, err := tx.RecordsByKey(s.ctx, []string{records[0].Key})
		s.equal("own writes", got, records)
		return errors.Join(err, failure)
	})
	if !errors.Is(err, failure) {
		s.Errorf("got %v, want the function's error", err)
	}
	s.equal("exists", s.exists(records[0].Key), false)
	plain := s.try(func(golden.Tx) error { return failure })
	if plain != failure { //nolint:errorlint // as it is
		s.Errorf("got %v, want the function's error as it is", plain)
	}
}

// testIgnoredError passes over the error of a method: the transaction is lost all the same, since no
// one can tell what of the method was done.
func testIgnoredError(s *suite) {
	s.put(record("erp", "1"))
	err := s.try(func(tx golden.Tx) error {
		if err := tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", "0")}); err != nil {
			return err
		}
		_ = tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", "2"), record("erp", "1")}) // the key is there already
		return nil
	})
	if err == nil {
		s.Error("committed after a statement had failed")
	}
	s.equal("exists", []bool{s.exists("erp/customers/0"), s.exists("erp/customers/2")}, []bool{false, false})
}

func testPanic(s *suite) {
	err := s.try(func(tx golden.Tx) error {
		_ = tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", "1")})
		panic("caller's mistake")
	})
	if err == nil || !strings.Contains(err.Error(), "caller's mistake") {
		s.Errorf("got %v, want the panic as an error", err)
	}
	s.equal("exists", s.exists("erp/customers/1"), false)
	s.put(record("erp", "2"))
}

func testContext(s *suite) {
	ctx, cancel := context.WithCancel(s.ctx)
	err := s.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		if err := tx.PutRecords(ctx, []golden.SourceRecord{record("erp", "1")}); err != nil {
			return err
		}
		cancel()
		return tx.PutRecords(ctx, []golden.SourceRecord{record("erp", "2")})
	})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("got %v, want context.Canceled", err)
	}
	if err := s.store.InTx(ctx, func(context.Context, golden.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		s.Errorf("begun on a context that has ended: %v", err)
	}
	if _, err := s.store.FindCustomers(ctx, golden.Query{}); !errors.Is(err, context.Canceled) {
		s.Errorf("read on a context that has ended: %v", err)
	}
	s.equal("exists", s.exists("erp/customers/1"), false)
	s.put(record("erp", "3"))
}

// testNested begins a transaction inside another, which could wait for itself for ever.
func testNested(s *suite) {
	err := s.store.InTx(s.ctx, func(ctx context.Context, _ golden.Tx) error {
		return s.store.InTx(ctx, func(context.Context, golden.Tx) error { return nil })
	})
	if err == nil {
		s.Error("a transaction inside another was allowed")
	}
}

// testGroups runs many transactions at once, every third of which fails after it wrote.
func testGroups(s *suite) {
	const n = 60
	failure := errors.New("no")
	errs := s.together(n, func(i int) error {
		return s.try(func(tx golden.Tx) error {
			if err := tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", fmt.Sprint(i))}); err != nil {
				return err
			}
			switch i % 6 {
			case 0:
				return failure
			case 3:
				panic(failure)
			}
			return nil
		})
	})
	for i, err := range errs {
		if failed := i%3 == 0; failed != (err != nil) {
			s.Errorf("transaction %d: %v", i, err)
		}
		if want := i%3 != 0; s.exists(fmt.Sprintf("erp/customers/%d", i)) != want {
			s.Errorf("record %d exists: %v, want %v", i, !want, want)
		}
	}
}

// testSettle reads, adds one and writes back in several processes' stead: the lease on settling
// makes that safe.
func testSettle(s *suite) {
	r := record("erp", "counter")
	r.Revision = 0
	s.put(r)
	const workers, rounds = 4, 10
	errs := s.together(workers, func(int) error {
		for range rounds {
			if err := s.try(func(tx golden.Tx) error {
				if err := tx.Settle(s.ctx); err != nil {
					return err
				}
				got, err := tx.RecordsByKey(s.ctx, []string{r.Key})
				if err != nil {
					return err
				}
				got[0].Revision++
				return tx.PutRecords(s.ctx, got)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	s.must(errors.Join(errs...))
	got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) { return tx.RecordsByKey(s.ctx, []string{r.Key}) })
	s.equal("count", got[0].Revision, int64(workers*rounds))
}

// testReadWhileSettling reads through the store itself from many transactions that settle: those that
// wait for the lease must not keep the one that has it from reading.
func testReadWhileSettling(s *suite) {
	errs := s.together(16, func(int) error {
		return s.store.InTx(s.ctx, func(ctx context.Context, tx golden.Tx) error {
			if err := tx.Settle(ctx); err != nil {
				return err
			}
			_, err := s.store.FindCustomers(ctx, golden.Query{Limit: 1})
			return err
		})
	})
	s.must(errors.Join(errs...))
}

// testView writes while a view is read: it stays as it was when it was first looked at.
func testView(s *suite) {
	s.entities("V", 1)
	err := s.store.InView(s.ctx, func(ctx context.Context, v golden.View) error {
		before, err := v.Customers(ctx, []string{"V0", "W0"})
		s.must(err)
		s.entities("W", 1)
		after, err := v.Customers(ctx, []string{"V0", "W0"})
		s.must(err)
		s.equal("after a transaction ended beside the view", after, before)
		return err
	})
	s.must(err)
	rows, err := view(s, func(v golden.View) ([]golden.GoldenRecord, error) { return v.Customers(s.ctx, []string{"V0", "W0"}) })
	s.must(err)
	s.equal("customers in the next view", len(rows), 2)
	failure := errors.New("the caller's own")
	if err := s.store.InView(s.ctx, func(context.Context, golden.View) error { return failure }); !errors.Is(err, failure) {
		s.Errorf("a view that failed gave %v, want %v", err, failure)
	}
}

// testDeadlock lets two writers take the same rows in opposite order. The database may stop one of
// them; it is run again, and both end.
func testDeadlock(s *suite) {
	runs := 0
	var mu sync.Mutex
	errs := s.together(2, func(i int) error {
		return s.store.InTx(s.ctx, func(ctx context.Context, tx golden.Tx) error {
			mu.Lock()
			runs++
			mu.Unlock()
			for step := range 2 {
				subject := fmt.Sprint("G", (i+step)%2)
				if err := tx.MarkDirty(ctx, []golden.Dirty{dirty(subject)}); err != nil {
					return err
				}
				if step == 0 { // gives the other time to take its first row, where the two run at once
					time.Sleep(20 * time.Millisecond)
				}
			}
			return nil
		})
	})
	s.must(errors.Join(errs...))
	rows, err := s.store.ListDirty(s.ctx, golden.DeliveryQuery{})
	s.must(err)
	s.equal("rows", subjects(rows), []string{"G0", "G1"})
	s.Logf("%d runs of 2 transactions", runs)
}

func testLargeBatch(s *suite) {
	const n = 10_000
	records := make([]golden.SourceRecord, n)
	keys := make([]golden.RecordKeys, n)
	names := make([]string, n)
	for i := range records {
		records[i] = record("erp", fmt.Sprintf("%05d", (i*7919)%n))
		names[i] = records[i].Key
	}
	s.tx(func(tx golden.Tx) error {
		if err := tx.PutRecords(s.ctx, records); err != nil {
			return err
		}
		for i, r := range records {
			keys[i] = golden.RecordKeys{Record: r.No, Keys: []uint64{uint64(i), uint64(i%100) + 1<<40}}
		}
		_, err := tx.PutKeys(s.ctx, keys)
		return err
	})
	got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) { return tx.RecordsByKey(s.ctx, names) })
	key := func(r golden.SourceRecord) string { return r.Key }
	s.equal("records", by(got, key), by(records, key))
	members := read(s, func(tx golden.Tx) (map[uint64][]golden.RecordNo, error) {
		return tx.KeyMembers(s.ctx, []uint64{1<<40 + 7, 3}, 0)
	})
	s.equal("members", []int{len(members[1<<40+7]), len(members[3])}, []int{100, 1})
}

func testClosed(s *suite) {
	s.must(s.store.Ping(s.ctx))
	s.must(s.store.Close())
	if err := s.try(func(golden.Tx) error { return nil }); err == nil {
		s.Error("a closed store took a transaction")
	}
	if err := s.store.Ping(s.ctx); err == nil {
		s.Error("a closed store answered")
	}
	s.must(s.store.Close())
}
