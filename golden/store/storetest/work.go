package storetest

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func testLeases(s *suite) {
	s.must(s.store.Lease(s.ctx, "relay", "a", time.Minute))
	s.must(s.store.Lease(s.ctx, "relay", "a", time.Minute))
	if err := s.store.Lease(s.ctx, "relay", "b", time.Minute); !errors.Is(err, golden.ErrLeaseLost) {
		s.Errorf("got %v, want ErrLeaseLost", err)
	}
	s.must(s.store.Lease(s.ctx, "sweep", "b", time.Minute))
	s.must(s.store.ReleaseLease(s.ctx, "relay", "b")) // not its own: nothing happens
	if err := s.store.Lease(s.ctx, "relay", "b", time.Minute); !errors.Is(err, golden.ErrLeaseLost) {
		s.Errorf("got %v, want ErrLeaseLost", err)
	}
	s.must(s.store.ReleaseLease(s.ctx, "relay", "a"))
	s.must(s.store.Lease(s.ctx, "relay", "b", 0))
	s.must(s.store.Lease(s.ctx, "relay", "c", time.Minute)) // b's has run out
	errs := s.together(8, func(i int) error {
		return s.store.Lease(s.ctx, "contended", string(rune('a'+i)), time.Minute)
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, golden.ErrLeaseLost) {
			s.Errorf("got %v, want ErrLeaseLost", err)
		}
	}
	s.equal("owners", won, 1)
}

func testCheckpoints(s *suite) {
	get := func() []byte {
		state, err := s.store.LoadCheckpoint(s.ctx, "erp/customers")
		s.must(err)
		return state
	}
	if got := get(); got != nil {
		s.Errorf("checkpoint of a new store: %q", got)
	}
	s.must(s.store.SaveCheckpoint(s.ctx, "erp/customers", []byte("\x00\xff1")))
	s.must(s.store.SaveCheckpoint(s.ctx, "erp/orders", []byte("other")))
	s.equal("checkpoint", string(get()), "\x00\xff1")
	s.must(s.store.SaveCheckpoint(s.ctx, "erp/customers", []byte("2")))
	// in a transaction: seen there, and gone with it
	back := errors.New("taken back")
	err := s.try(func(tx golden.Tx) error {
		s.must(tx.SaveCheckpoint(s.ctx, "erp/customers", []byte("3")))
		state, err := tx.LoadCheckpoint(s.ctx, "erp/customers")
		s.must(err)
		s.equal("checkpoint in its transaction", string(state), "3")
		return back
	})
	s.equal("taken back", errors.Is(err, back), true)
	s.equal("checkpoint", string(get()), "2")
}

func testSwappedCheckpoints(s *suite) {
	swap := func(before, state []byte) bool {
		s.Helper()
		swapped, err := s.store.SwapCheckpoint(s.ctx, "sweeps", before, state)
		s.must(err)
		return swapped
	}
	s.equal("something in place of nothing", swap([]byte("0"), []byte("1")), false)
	s.equal("nothing before", swap(nil, []byte("\x00\xff1")), true)
	s.equal("nothing before, too late", swap(nil, []byte("2")), false)
	s.equal("as it is", swap([]byte("\x00\xff1"), []byte{}), true)
	s.equal("as it was", swap([]byte("\x00\xff1"), []byte("3")), false)
	s.equal("empty, which is not nothing", swap(nil, []byte("3")), false)

	const writers, rounds = 4, 25
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range rounds {
				for swapped := false; !swapped; {
					before, err := s.store.LoadCheckpoint(s.ctx, "sweeps")
					if err == nil {
						swapped, err = s.store.SwapCheckpoint(s.ctx, "sweeps", before, append(slices.Clip(before), '+'))
					}
					if err != nil {
						s.Error(err)
						return
					}
				}
			}
		})
	}
	group.Wait()
	state, err := s.store.LoadCheckpoint(s.ctx, "sweeps")
	s.must(err)
	s.equal("steps of writers side by side", len(state), writers*rounds)
}

func testSeenDeliveries(s *suite) {
	seen := func(stream, id string) bool {
		s.Helper()
		seen, err := s.store.SeenDelivery(s.ctx, stream, id)
		s.must(err)
		return seen
	}
	s.equal("before", seen("shop/orders", "d1"), false)
	s.must(s.store.RecordDelivery(s.ctx, "shop/orders", "d1", time.Hour))
	s.must(s.store.RecordDelivery(s.ctx, "shop/orders", "d1", time.Hour))
	s.equal("after", seen("shop/orders", "d1"), true)
	s.equal("in another stream", seen("shop/customers", "d1"), false)
	s.must(s.store.RecordDelivery(s.ctx, "shop/customers", "d1", time.Hour))
	time.Sleep(2 * time.Millisecond) // by the store's clock
	s.must(s.store.RecordDelivery(s.ctx, "shop/orders", "d2", time.Millisecond))
	s.equal("forgotten", seen("shop/orders", "d1"), false)
	s.equal("kept", seen("shop/orders", "d2"), true)
	s.equal("kept in another stream", seen("shop/customers", "d1"), true)
}

func testStatistics(s *suite) {
	got, err := s.store.Statistics(s.ctx)
	s.must(err)
	s.equal("an empty store", got, golden.Statistics{})

	gone := record("erp", "gone")
	gone.Deleted = true
	s.put(record("erp", "1"), record("erp", "2"), gone, record("webshop", "1"))
	all := s.entities("Z", 4)
	all[0].State, all[0].Into = golden.Merged, all[1].No
	all[3].State = golden.Empty
	deleted := order("2", at(2))
	deleted.Deleted = true
	s.documents(order("1", at(1)), deleted)
	d := dirty("G1")
	s.mark(d, dirty("G2"))
	s.tx(func(tx golden.Tx) error {
		return errors.Join(
			tx.PutEntities(s.ctx, all),
			tx.PutDeliveries(s.ctx, []golden.DeliveryState{{Target: shop, RemoteID: "1", Status: golden.Settled}}),
			tx.PutPendingCreates(s.ctx, []golden.PendingCreate{{Target: shop, Subject: "G2", Status: golden.Refused}}),
			tx.PutTasks(s.ctx, []golden.Task{{ID: "t", Kind: golden.TaskSize}}),
			tx.AddDeadLetters(s.ctx, []golden.DeadLetter{{Stage: "ingest"}, {Stage: "ingest", State: golden.DeadDropped}}),
			tx.AddChanges(s.ctx, []golden.Change{{Entity: all[0].No, Version: 1}}),
		)
	})
	got, err = s.store.Statistics(s.ctx)
	s.must(err)
	s.equal("statistics", got, golden.Statistics{
		Customers: 2, Merged: 1,
		Records: map[string]int64{"erp/customers": 2, "webshop/customers": 1}, Deleted: map[string]int64{"erp/customers": 1},
		Documents:  map[canonical.Entity]int64{canonical.EntityOrder: 1},
		Deliveries: map[string]map[golden.DeliveryStatus]int64{shop: {golden.Settled: 1}},
		Creates:    map[string]map[golden.DeliveryStatus]int64{shop: {golden.Refused: 1}},
		Dirty:      map[string]int64{shop: 2}, Oldest: map[string]time.Time{shop: d.Since},
		Tasks: map[golden.TaskKind]int64{golden.TaskSize: 1}, DeadLetters: map[string]int64{"ingest": 1}, Outbox: 1,
	})
}
