package storetest

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/touchstone-hub/touchstone/golden"
)

func testTasks(s *suite) {
	task := func(id string, priority int32, records ...string) golden.Task {
		return golden.Task{
			ID: id, Kind: golden.TaskMatch, Records: records, Score: -4096, Priority: priority,
			Detail: json.RawMessage(`{"why":"姓名"}`), At: at(1),
		}
	}
	a, b, c := task("a", 1, "r/1/1", "r/1/2"), task("b", 5, "r/1/2", "r/1/3"), task("c", 5, "r/1/1")
	c.Kind = golden.TaskConflict
	s.tx(func(tx golden.Tx) error { return tx.PutTasks(s.ctx, []golden.Task{a, b, c}) })
	get := func(q golden.TaskQuery) []golden.Task {
		s.Helper()
		got, err := s.store.Tasks(s.ctx, q)
		s.must(err)
		return got
	}
	s.equal("by priority", get(golden.TaskQuery{}), []golden.Task{b, c, a})
	s.equal("first page", get(golden.TaskQuery{Limit: 2}), []golden.Task{b, c})
	s.equal("second page", get(golden.TaskQuery{Limit: 2, After: "c", AfterPriority: 5}), []golden.Task{a})
	s.equal("of a kind", get(golden.TaskQuery{Kind: golden.TaskConflict}), []golden.Task{c})
	s.equal("of a record", get(golden.TaskQuery{Record: "r/1/2"}), []golden.Task{b, a})
	again := task("a", 99, "r/1/1", "r/1/2")
	s.tx(func(tx golden.Tx) error { return tx.PutTasks(s.ctx, []golden.Task{again}) })
	again.At, a.Priority = at(2), 99
	s.equal("asked twice, and more hangs on it now", get(golden.TaskQuery{}), []golden.Task{a, b, c})
	s.equal("one", get(golden.TaskQuery{ID: "c"}), []golden.Task{c})
	s.equal("one, in a transaction", read(s, func(tx golden.Tx) (golden.Task, error) { return tx.Task(s.ctx, "c") }), c)
	if err := s.try(func(tx golden.Tx) error { _, err := tx.Task(s.ctx, "none"); return err }); !errors.Is(err, golden.ErrNotFound) {
		s.Errorf("got %v, want ErrNotFound", err)
	}

	s.tx(func(tx golden.Tx) error {
		return tx.CloseTasks(s.ctx, []string{"r/1/1", "r/1/2"}, []string{"c"}, at(9))
	})
	s.equal("b has a record outside, c is kept", get(golden.TaskQuery{}), []golden.Task{b, c})
	closed := at(9)
	a.Closed = &closed
	s.equal("closed too", get(golden.TaskQuery{Closed: true}), []golden.Task{a, b, c})

	// its cause recurs: it is open again, with what it says now, and knows when it was open before
	again.At = at(12)
	s.tx(func(tx golden.Tx) error { return tx.PutTasks(s.ctx, []golden.Task{again}) })
	again.Earlier = []golden.TaskSpan{{At: at(1), Closed: at(9)}}
	s.equal("open again", get(golden.TaskQuery{}), []golden.Task{again, b, c})
	s.equal("of a record again", get(golden.TaskQuery{Record: "r/1/1"}), []golden.Task{again, c})
	s.tx(func(tx golden.Tx) error { return tx.CloseTasks(s.ctx, []string{"r/1/1", "r/1/2"}, nil, at(14)) })
	third := task("a", 2, "r/1/1", "r/1/2")
	third.At = at(16)
	s.tx(func(tx golden.Tx) error { return tx.PutTasks(s.ctx, []golden.Task{third}) })
	third.Earlier = append(again.Earlier, golden.TaskSpan{At: at(12), Closed: at(14)})
	s.equal("a third time", get(golden.TaskQuery{Record: "r/1/2"}), []golden.Task{b, third})
	s.tx(func(tx golden.Tx) error { return tx.SettleTasks(s.ctx, []string{"c", "none"}, at(18)) })
	s.equal("one settled", get(golden.TaskQuery{}), []golden.Task{b, third})
}

func testChanges(s *suite) {
	all := s.entities("C", 2)
	one := golden.Change{
		Entity: all[0].No, ID: "C0", Version: 1, Type: golden.Created, At: at(1), Cause: "erp/customers/1", Correlation: "x-1", Trace: "t-1 s=1",
		Paths:   []golden.PathChange{{Path: "/names/0", New: json.RawMessage(`{"full":"王"}`), Source: "erp/customers/1", Rule: "recent"}},
		Records: []string{"erp/customers/1"},
	}
	two := golden.Change{Entity: all[0].No, ID: "C0", Version: 2, Type: golden.MergedT, At: at(2), Into: "C1"}
	three := golden.Change{Entity: all[1].No, ID: "C1", Version: 5, Type: golden.Changed, At: at(2), From: []string{"C0"}, Records: []string{"erp/customers/2", "erp/customers/3"}}
	first, second := []golden.Change{one}, []golden.Change{two, three}
	s.tx(func(tx golden.Tx) error { return tx.AddChanges(s.ctx, first) })
	s.tx(func(tx golden.Tx) error { return tx.AddChanges(s.ctx, second) })
	history, err := s.store.History(s.ctx, all[0].No, 0, 0)
	s.must(err)
	s.equal("history", history, []golden.Change{first[0], second[0]})
	history, err = s.store.History(s.ctx, all[0].No, 2, 10)
	s.must(err)
	s.equal("history from a version", history, second[:1])

	out, err := s.store.Outbox(s.ctx, 2)
	s.must(err)
	s.equal("outbox", out, []golden.Change{first[0], second[0]})
	s.must(s.store.Published(s.ctx, out))
	if err := s.store.Published(s.ctx, out[:1]); !errors.Is(err, golden.ErrLeaseLost) {
		s.Errorf("published twice: %v, want ErrLeaseLost", err)
	}
	out, err = s.store.Outbox(s.ctx, 0)
	s.must(err)
	s.equal("rest of the outbox", out, second[1:])
	history, err = s.store.History(s.ctx, all[0].No, 0, 0)
	s.must(err)
	s.equal("history after publishing", len(history), 2)
}

func testMoved(s *suite) {
	last, err := s.store.LastChange(s.ctx)
	s.must(err)
	s.equal("last change of a new store", last, int64(0))
	e := s.entities("M", 1)[0]
	var changes []golden.Change
	for i := range 4 {
		changes = append(changes, golden.Change{Entity: e.No, ID: e.ID, Version: int64(i), Type: golden.Changed, At: at(i), Records: []string{fmt.Sprint("r", i), "r"}})
	}
	changes[2].Records = nil
	s.tx(func(tx golden.Tx) error { return tx.AddChanges(s.ctx, changes) })
	last, err = s.store.LastChange(s.ctx)
	s.must(err)
	s.equal("last change", last, changes[3].No)
	for _, c := range []struct {
		after, until int64
		limit        int
		keys         []string
		last         int64
	}{
		{0, last, 2, []string{"r0", "r", "r1", "r"}, changes[1].No},
		{changes[1].No, last, 1, nil, changes[2].No},
		{changes[1].No, last, 10, []string{"r3", "r"}, last},
		{0, changes[0].No, 10, []string{"r0", "r"}, changes[0].No},
		{last, last, 10, nil, last},
	} {
		keys, end, err := s.store.Moved(s.ctx, c.after, c.until, c.limit)
		s.must(err)
		s.equal(fmt.Sprintf("moved after %d up to %d", c.after, c.until), keys, c.keys)
		s.equal("and the last one read", end, c.last)
	}
}

func testFeed(s *suite) {
	all := s.entities("F", 3)
	if changes, oldest, err := s.store.Feed(s.ctx, 0, 10); err != nil || len(changes) != 0 || oldest != 0 {
		s.Fatalf("feed of a new store: %v, %d, %v", changes, oldest, err)
	}
	for version := range int64(3) {
		var changes []golden.Change
		for _, e := range all {
			changes = append(changes, golden.Change{Entity: e.No, ID: e.ID, Version: version + 1, Type: golden.Changed, At: at(int(version))})
		}
		s.tx(func(tx golden.Tx) error { return tx.AddChanges(s.ctx, changes) })
	}
	// The relay publishes in an order of its own: the feed is in that order.
	out, err := s.store.Outbox(s.ctx, 100)
	s.must(err)
	s.equal("length of the outbox", len(out), 9)
	versions := map[string]int64{}
	for _, c := range out {
		if c.Version <= versions[c.ID] {
			s.Errorf("change %d of %s stands behind %d", c.Version, c.ID, versions[c.ID])
		}
		versions[c.ID] = c.Version
	}
	shuffled := []golden.Change{out[1], out[0], out[2]}
	s.must(s.store.Published(s.ctx, shuffled))
	for i, c := range shuffled {
		s.equal("sequence", c.Seq, int64(i+1))
	}
	s.must(s.store.Published(s.ctx, out[3:6]))
	feed, oldest, err := s.store.Feed(s.ctx, 0, 4)
	s.must(err)
	s.equal("oldest", oldest, int64(1))
	s.equal("feed", feed, append(shuffled, out[3]))
	feed, _, err = s.store.Feed(s.ctx, 5, 10)
	s.must(err)
	s.equal("feed after 5", feed, out[5:6])
	end, err := s.store.FeedEnd(s.ctx)
	s.must(err)
	s.equal("end of the feed", end, int64(6))
	st, err := s.store.Statistics(s.ctx)
	s.must(err)
	s.equal("outbox", st.Outbox, int64(3))
	s.equal("feed", st.FeedLast, int64(6))
}
