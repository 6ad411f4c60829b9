package storetest

import (
	"errors"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func testErasures(s *suite) {
	_, before, err := s.store.AllSuppressions(s.ctx)
	s.must(err)
	first := golden.Erasure{
		ID: "E1", Customer: "G1", Whole: true, At: at(1), Author: "dpo", Reason: "request 17", Orders: golden.StripOrders,
		Counts: map[string]int64{"records": 2}, Suppressions: []golden.Suppression{{Kind: golden.SuppressRecord, Hash: 1 << 63}},
		Held: []golden.HeldAt{{Stream: "erp/customers", Records: 1}}, Topics: []golden.TopicRetention{{Topic: "raw.erp", Until: at(9)}},
	}
	second := first
	second.ID, second.Customer = "E2", "G2"
	receipt := golden.Receipt{
		Erasure: "E1", Target: "shop.customers", Remote: 1 << 63, Entity: canonical.EntityCustomer, Route: "r",
		Operation: "delete", Status: golden.ReceiptPending, At: at(1),
	}
	kept := receipt
	kept.Target, kept.Status, kept.Operation = "crm.customers", golden.ReceiptKept, "keep"
	s.tx(func(tx golden.Tx) error {
		return errors.Join(tx.PutErasure(s.ctx, first), tx.PutErasure(s.ctx, second), tx.PutReceipts(s.ctx, []golden.Receipt{receipt, kept}),
			tx.PutSuppressions(s.ctx, []uint64{1 << 63, 7}, "E1", at(1)))
	})
	hashes, mark, err := s.store.AllSuppressions(s.ctx)
	s.must(err)
	s.equal("all suppressions", by(hashes, func(h uint64) uint64 { return h }), []uint64{7, 1 << 63})
	if mark == before {
		s.Errorf("the mark is %q before and after an erasure", mark)
	}
	again, err := s.store.SuppressionMark(s.ctx)
	s.must(err)
	s.equal("mark", again, mark)

	// receipts: open ones are settled, whichever erasure they are of
	done := receipt
	done.Status, done.Reason, done.At = golden.ReceiptDone, "gone", at(3)
	tried := kept
	tried.Status = golden.ReceiptDone
	s.tx(func(tx golden.Tx) error { return tx.SettleReceipts(s.ctx, []golden.Receipt{done, tried}) })
	first.Receipts, second.Receipts = []golden.Receipt{kept, done}, []golden.Receipt{}
	list, err := s.store.ListErasures(s.ctx, "", 10)
	s.must(err)
	s.equal("erasures, newest first", list, []golden.Erasure{second, first})
	list, err = s.store.ListErasures(s.ctx, "E2", 10)
	s.must(err)
	s.equal("erasures before one", list, []golden.Erasure{first})
	s.equal("erasures of a customer", read(s, func(tx golden.Tx) ([]golden.Erasure, error) { return tx.ErasuresOf(s.ctx, []string{"G1", "G9"}) }), []golden.Erasure{first})
	if _, err := s.store.Erasure(s.ctx, "E9"); !errors.Is(err, golden.ErrNotFound) {
		s.Errorf("an erasure that there is not: %v", err)
	}

	s.tx(func(tx golden.Tx) error {
		n, err := tx.LiftSuppressions(s.ctx, []uint64{1 << 63, 8})
		s.equal("lifted", n, int64(1))
		return err
	})
	s.equal("suppressed", read(s, func(tx golden.Tx) ([]uint64, error) { return tx.Suppressed(s.ctx, []uint64{7, 1 << 63}) }), []uint64{7})
}

func testErasedLetters(s *suite) {
	letter := func(stage, system, key, text string) golden.DeadLetter {
		return golden.DeadLetter{Stage: stage, System: system, Stream: "customers", Key: key, Bytes: []byte(text), At: at(1), State: golden.DeadOpen}
	}
	s.tx(func(tx golden.Tx) error {
		return tx.AddDeadLetters(s.ctx, []golden.DeadLetter{
			letter("translate", "erp", "1", "a"), letter("resolve", "erp", "1", "b"), letter("translate", "shop", "1", "c"),
			letter("deliver", "shop", "G1", "d"), letter("ingest", "erp", "", "mail ANNA@post.example"), letter("ingest", "erp", "", "mail ole@post.example"),
		})
	})
	s.tx(func(tx golden.Tx) error {
		n, err := tx.EraseDeadLetters(s.ctx, []golden.LetterPlace{{System: "erp", Stream: "customers", Key: "1"}}, []string{"G1"}, []string{"anna@post.example"})
		s.equal("letters erased", n, int64(4))
		return err
	})
	left, err := s.store.DeadLetters(s.ctx, golden.DeadLetterQuery{Limit: 10})
	s.must(err)
	s.equal("letters left", len(left), 2)
	s.tx(func(tx golden.Tx) error { return tx.EraseLetters(s.ctx, []int64{left[0].ID}) })
	left, err = s.store.DeadLetters(s.ctx, golden.DeadLetterQuery{Limit: 10})
	s.must(err)
	s.equal("letters left", len(left), 1)
}
