package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

func ledgerRow(key, state string, version int64, body string) golden.LedgerRow {
	return golden.LedgerRow{
		System: "partners", Kind: "interchange", Key: key, State: state,
		At: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Version: version, Body: []byte(body),
	}
}

func testLedger(s *suite) {
	rows := func(keys ...string) (text []string) {
		s.Helper()
		s.tx(func(tx golden.Tx) error {
			found, err := tx.LedgerRows(s.ctx, "partners", "interchange", keys)
			text = nil
			for _, r := range found {
				text = append(text, fmt.Sprintf("%s %s %d %s", r.Key, r.State, r.Version, r.Body))
			}
			return err
		})
		return text
	}
	put := func(given ...golden.LedgerRow) error {
		return s.try(func(tx golden.Tx) error { return tx.PutLedger(s.ctx, given) })
	}
	s.equal("an empty ledger", len(rows("a")), 0)
	s.must(put(ledgerRow("a", "received", 0, "\x00\xff"), ledgerRow("b", "received", 0, "2")))
	s.equal("what is new", rows("a"), []string{"a received 1 \x00\xff"})
	s.must(put(ledgerRow("a", "accepted", 1, "3")))
	s.equal("what was replaced", rows("a", "c"), []string{"a accepted 2 3"})
	for name, bad := range map[string]golden.LedgerRow{
		"there, and to be new": ledgerRow("a", "received", 0, "x"),
		"moved":                ledgerRow("a", "received", 1, "x"),
		"not there":            ledgerRow("c", "received", 1, "x"),
		"of a later version":   ledgerRow("a", "received", 3, "x"),
	} {
		if err := put(bad, ledgerRow("d", "received", 0, "x")); !errors.Is(err, golden.ErrMoved) {
			s.Errorf("%s: got %v, want ErrMoved", name, err)
		}
		s.equal(name+": all of it was dropped", rows("a", "b", "c", "d")[0], "a accepted 2 3")
		s.equal(name+": nothing else came", len(rows("c", "d")), 0)
	}
	if err := put(ledgerRow("\x00", "received", 0, "")); !errors.Is(err, golden.ErrText) {
		s.Errorf("got %v, want ErrText", err)
	}
}

func testLedgerNumbers(s *suite) {
	// Numbers are given out once each and without gaps, whoever asks at the same time.
	const writers, each = 4, 20
	taken := make(chan int64, writers*each)
	next := func() error {
		for {
			var number int64
			err := s.try(func(tx golden.Tx) error {
				found, err := tx.LedgerRows(s.ctx, "partners", "number", []string{"acme"})
				if err != nil {
					return err
				}
				row := golden.LedgerRow{System: "partners", Kind: "number", Key: "acme"}
				if len(found) > 0 {
					row = found[0]
				}
				number = row.Version + 1
				return tx.PutLedger(s.ctx, []golden.LedgerRow{row})
			})
			if errors.Is(err, golden.ErrMoved) {
				continue
			}
			taken <- number
			return err
		}
	}
	for _, err := range s.together(writers, func(int) error {
		for range each {
			if err := next(); err != nil {
				return err
			}
		}
		return nil
	}) {
		s.must(err)
	}
	close(taken)
	seen := map[int64]bool{}
	for n := range taken {
		if seen[n] || n < 1 || n > writers*each {
			s.Errorf("number %d was given twice or out of turn", n)
		}
		seen[n] = true
	}
	s.equal("numbers", len(seen), writers*each)
}

func testLedgerLists(s *suite) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	row := func(key, state string, at, due int) golden.LedgerRow {
		r := ledgerRow(key, state, 0, "")
		r.At = day(at)
		if due > 0 {
			r.Due = day(due)
		}
		return r
	}
	other := row("z", "sent", 1, 1)
	other.System = "others"
	s.tx(func(tx golden.Tx) error {
		return tx.PutLedger(s.ctx, []golden.LedgerRow{row("a", "sent", 3, 9), row("b", "sent", 1, 5), row("c", "queued", 2, 0), row("d", "sent", 3, 0), other})
	})
	keys := func(q golden.LedgerQuery) (list string) {
		s.Helper()
		if q.Limit == 0 {
			q.Limit = 10
		}
		found, err := s.store.ListLedger(s.ctx, q)
		s.must(err)
		for _, r := range found {
			list += r.Key
		}
		return list
	}
	mine := golden.LedgerQuery{System: "partners", Kind: "interchange"}
	with := func(change func(*golden.LedgerQuery)) golden.LedgerQuery {
		q := mine
		change(&q)
		return q
	}
	s.equal("all", keys(mine), "bcad")
	s.equal("newest first", keys(with(func(q *golden.LedgerQuery) { q.Newest = true })), "dacb")
	s.equal("of a state", keys(with(func(q *golden.LedgerQuery) { q.States = []string{"sent"} })), "bad")
	s.equal("due", keys(with(func(q *golden.LedgerQuery) { q.DueBefore = day(6) })), "b")
	s.equal("a page", keys(with(func(q *golden.LedgerQuery) { q.Limit = 2 })), "bc")
	s.equal("the next", keys(with(func(q *golden.LedgerQuery) { q.After, q.AfterKey = day(2), "c" })), "ad")
	s.equal("the next, newest first", keys(with(func(q *golden.LedgerQuery) { q.Newest, q.After, q.AfterKey = true, day(3), "d" })), "acb")
	counts, err := s.store.CountLedger(s.ctx)
	s.must(err)
	s.equal("counts", counts, []golden.LedgerCount{
		{System: "others", Kind: "interchange", State: "sent", Count: 1, Due: day(1)},
		{System: "partners", Kind: "interchange", State: "queued", Count: 1},
		{System: "partners", Kind: "interchange", State: "sent", Count: 3, Due: day(5)},
	})
	s.tx(func(tx golden.Tx) error {
		n, err := tx.PruneLedger(s.ctx, "partners", "interchange", []string{"sent", "queued"}, day(3))
		s.equal("pruned", n, int64(2))
		return err
	})
	s.equal("what is left", keys(mine), "ad")
	s.equal("what is left of others", keys(golden.LedgerQuery{System: "others", Kind: "interchange"}), "z")
}
