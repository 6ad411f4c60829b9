package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func order(id string, when time.Time, parties ...golden.DocumentParty) golden.Document {
	return golden.Document{
		Entity: canonical.EntityOrder, Key: "erp/orders/" + id, Doc: []byte(`{"total":"1.00"}`), Hash: 1<<63 + 1,
		Ingest:   canonical.IngestSequence{Topic: "raw.erp", Offset: 9},
		Revision: 1, Time: when, Parties: parties,
	}
}

func buyer(kind golden.LookupKind, value string) golden.DocumentParty {
	return golden.DocumentParty{Role: "buyer", Kind: kind, Value: value}
}

func (s *suite) documents(documents ...golden.Document) {
	s.Helper()
	s.tx(func(tx golden.Tx) error { return tx.PutDocuments(s.ctx, documents) })
}

func testDocuments(s *suite) {
	n := int64(3)
	a := order("订单 1", at(1), buyer(golden.LookupRecord, "erp/customers/1"), buyer(golden.LookupPhone, "+1"))
	a.Version = &canonical.Version{Integer: &n}
	b := order("2", time.Time{})
	same := b
	same.Entity = canonical.EntityInteraction
	s.documents(a, b, same)
	gone := order("3", at(2))
	gone.Deleted = true
	s.documents(gone)
	for after, want := range map[string]int{"": 2, "erp/orders/2": 1, "zzz": 0} {
		keys, err := s.store.DocumentKeys(s.ctx, canonical.EntityOrder, after, 10)
		if err != nil || len(keys) != want {
			s.Errorf("keys of orders after %q are %v (%v); expected %d", after, keys, err, want)
		}
	}
	get := func(entity canonical.Entity, keys ...string) []golden.Document {
		got := read(s, func(tx golden.Tx) ([]golden.Document, error) { return tx.DocumentsByKey(s.ctx, entity, keys) })
		return by(got, func(d golden.Document) string { return d.Key })
	}
	s.equal("orders", get(canonical.EntityOrder, a.Key, b.Key, "none"), []golden.Document{b, a})
	s.equal("interactions", get(canonical.EntityInteraction, a.Key, b.Key), []golden.Document{same})
	b.Doc, b.Hash, b.Deleted, b.Revision = []byte(`{}`), 2, true, 8
	s.documents(b)
	got, err := s.store.Document(s.ctx, canonical.EntityOrder, b.Key)
	s.must(err)
	s.equal("replaced", got, b)
	if _, err := s.store.Document(s.ctx, canonical.EntityProduct, b.Key); !errors.Is(err, golden.ErrNotFound) {
		s.Errorf("got %v, want ErrNotFound", err)
	}
}

func testTimeline(s *suite) {
	all := s.entities("T", 2)
	s.tx(func(tx golden.Tx) error {
		return tx.PutLookups(s.ctx, []golden.EntityNo{all[0].No}, []golden.Lookup{
			lookup(all[0], golden.LookupPhone, "+1"), lookup(all[0], golden.LookupRecord, "erp/customers/1"),
		})
	})
	phone, rec := buyer(golden.LookupPhone, "+1"), buyer(golden.LookupRecord, "erp/customers/1")
	old, undated := order("old", at(1), rec), order("undated", time.Time{}, phone)
	twice := order("twice", at(2), phone, rec)
	tieA, tieB := order("tieA", at(3), phone), order("tieB", at(3), rec)
	call := order("call", at(4), phone)
	call.Entity = canonical.EntityInteraction
	other, email := order("other", at(5), buyer(golden.LookupPhone, "+2")), order("email", at(5), buyer(golden.LookupEmail, "+1"))
	s.documents(old, undated, twice, tieA, tieB, call, other, email)
	check := func(q golden.TimelineQuery, want ...golden.Document) {
		s.Helper()
		got, err := s.store.Timeline(s.ctx, all[0].No, q)
		s.must(err)
		s.equal(fmt.Sprintf("timeline %+v", q), got, want)
	}
	check(golden.TimelineQuery{}, call, tieA, tieB, twice, old, undated)
	check(golden.TimelineQuery{Limit: 2}, call, tieA)
	check(golden.TimelineQuery{Limit: 2, Before: at(3), After: tieA.Key}, tieB, twice)
	check(golden.TimelineQuery{Before: at(3)}, twice, old, undated)
	check(golden.TimelineQuery{Entities: []canonical.Entity{canonical.EntityInteraction}}, call)
	twice.Time, twice.Parties = at(9), []golden.DocumentParty{phone}
	tieA.Deleted = true
	call.Parties = nil
	s.documents(twice, tieA, call)
	check(golden.TimelineQuery{}, twice, tieB, old, undated)
	got, err := s.store.Timeline(s.ctx, all[1].No, golden.TimelineQuery{})
	s.must(err)
	s.equal("timeline of one without lookups", got, []golden.Document{})
}

func testSuppressions(s *suite) {
	s.tx(func(tx golden.Tx) error {
		return tx.PutSuppressions(s.ctx, []uint64{1, 1 << 63, 1}, "request 17", at(1))
	})
	s.tx(func(tx golden.Tx) error { return tx.PutSuppressions(s.ctx, []uint64{1, 5}, "request 18", at(1)) })
	got := read(s, func(tx golden.Tx) ([]uint64, error) { return tx.Suppressed(s.ctx, []uint64{1 << 63, 2, 1}) })
	s.equal("suppressed", by(got, func(h uint64) uint64 { return h }), []uint64{1, 1 << 63})
}
