package storetest

import (
	"errors"

	"github.com/touchstone-hub/touchstone/golden"
)

func testEntities(s *suite) {
	all := s.entities("G", 3)
	numbers := []golden.EntityNo{all[0].No, all[1].No, all[2].No, 1 << 40}
	get := func() []golden.GoldenRecord {
		got := read(s, func(tx golden.Tx) ([]golden.GoldenRecord, error) { return tx.Entities(s.ctx, numbers) })
		return by(got, func(g golden.GoldenRecord) string { return g.ID })
	}
	s.equal("inserted", get(), all)
	all[1].Doc, all[1].Lineage, all[1].Version = []byte(`{"x":"\u0000 王"}`), []byte(`{"names":[]}`), 2
	all[1].Sources = []string{"a/b/c", "a/b/d"}
	all[2].State, all[2].Doc, all[2].Sources = golden.Empty, nil, nil
	s.tx(func(tx golden.Tx) error { return tx.PutEntities(s.ctx, all[1:]) })
	s.equal("replaced", get(), all)
	record, asked, err := s.store.Customer(s.ctx, "G2")
	s.must(err)
	s.equal("empty customer", record, all[2])
	s.equal("asked", asked, all[2].Entity)
	if _, _, err := s.store.Customer(s.ctx, "none"); !errors.Is(err, golden.ErrNotFound) {
		s.Errorf("an ID never given: %v, want ErrNotFound", err)
	}
	rows, err := s.store.Customers(s.ctx, []string{"G2", "none", "G0", "G0"})
	s.must(err)
	s.equal("customers", by(rows, func(g golden.GoldenRecord) string { return g.ID }), []golden.GoldenRecord{all[0], all[2]})
	if err := s.try(func(tx golden.Tx) error {
		return tx.PutEntities(s.ctx, []golden.GoldenRecord{{Entity: golden.Entity{ID: "G0", State: golden.Live}}})
	}); err == nil {
		s.Error("a golden ID was given twice")
	}
}

func testMerged(s *suite) {
	all := s.entities("M", 4)
	for i := range 2 { // M0 into M1 into M2
		all[i].State, all[i].Into, all[i].Doc = golden.Merged, all[i+1].No, nil
	}
	s.tx(func(tx golden.Tx) error { return tx.PutEntities(s.ctx, all) })
	record, asked, err := s.store.Customer(s.ctx, "M0")
	s.must(err)
	s.equal("survivor", record, all[2])
	s.equal("asked", asked, all[0].Entity)
	merged := read(s, func(tx golden.Tx) ([]golden.GoldenRecord, error) {
		return tx.MergedInto(s.ctx, []golden.EntityNo{all[2].No, all[3].No})
	})
	s.equal("merged into", merged, all[1:2])
	rows, err := s.store.Customers(s.ctx, []string{"M0"})
	s.must(err)
	s.equal("not followed", rows, all[:1])
	found, err := s.store.FindCustomers(s.ctx, golden.Query{})
	s.must(err)
	s.equal("live", found, all[2:])
}

func lookup(e golden.GoldenRecord, kind golden.LookupKind, value string) golden.Lookup {
	return golden.Lookup{Entity: e.No, Kind: kind, Value: value}
}

func testLookups(s *suite) {
	all := s.entities("L", 3)
	nos := []golden.EntityNo{all[0].No, all[1].No, all[2].No}
	find := func(lookups ...golden.Lookup) []string { return s.find(golden.Query{Lookups: lookups}) }
	phone := golden.Lookup{Kind: golden.LookupPhone, Value: "+861012345678"}
	member := s.put(record("erp", "7"))[0]
	byRecord := golden.Lookup{Kind: golden.LookupRecord, Value: member.Key}
	s.equal("by a record that is nowhere yet", find(byRecord), []string{})
	s.tx(func(tx golden.Tx) error {
		return tx.PutMembers(s.ctx, []golden.Member{{Record: member.No, Entity: all[2].No}}, at(1), "test")
	})
	s.tx(func(tx golden.Tx) error {
		return tx.PutLookups(s.ctx, nos, []golden.Lookup{
			lookup(all[0], golden.LookupPhone, "+861012345678"), lookup(all[0], golden.LookupEmail, "a@example.org"),
			lookup(all[1], golden.LookupPhone, "+861012345678"), lookup(all[1], golden.LookupPhone, "+861012345678"),
			lookup(all[2], golden.LookupRecord, member.Key), lookup(all[2], golden.LookupName, "anna"),
		})
	})
	s.equal("by phone", find(phone), []string{"L0", "L1"})
	s.equal("by phone and email", find(phone, lookup(all[0], golden.LookupEmail, "a@example.org")), []string{"L0"})
	s.equal("by record", find(byRecord), []string{"L2"})
	s.equal("by record and name", find(byRecord, lookup(all[2], golden.LookupName, "anna")), []string{"L2"})
	s.equal("by the value of another kind", find(golden.Lookup{Kind: golden.LookupEmail, Value: "+861012345678"}), []string{})
	s.tx(func(tx golden.Tx) error {
		return tx.PutLookups(s.ctx, nos[:2], []golden.Lookup{lookup(all[1], golden.LookupEmail, "b@example.org")})
	})
	s.equal("by a phone gone", find(phone), []string{})
	s.equal("by a new email", find(golden.Lookup{Kind: golden.LookupEmail, Value: "b@example.org"}), []string{"L1"})
	s.equal("of one not replaced", find(byRecord), []string{"L2"})
	member.Deleted = true
	s.put(member)
	s.equal("by a deleted record", find(byRecord), []string{})
	s.equal("by what cannot be", find(golden.Lookup{Kind: golden.LookupEmail, Value: "\x00"}), []string{})
	if err := s.try(func(tx golden.Tx) error {
		return tx.PutLookups(s.ctx, nos[:1], []golden.Lookup{lookup(all[1], golden.LookupEmail, "c@example.org")})
	}); err == nil {
		s.Error("a lookup of an entity that is not replaced was taken")
	}
}

func (s *suite) find(q golden.Query) []string {
	s.Helper()
	found, err := s.store.FindCustomers(s.ctx, q)
	s.must(err)
	ids := []string{}
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	return ids
}

func testSnapshot(s *suite) {
	all := s.entities("N", 12)
	all[4].State = golden.Empty
	s.tx(func(tx golden.Tx) error {
		if err := tx.PutEntities(s.ctx, all[4:5]); err != nil {
			return err
		}
		return tx.AddChanges(s.ctx, []golden.Change{
			{Entity: all[0].No, Version: 1, Type: golden.Created}, {Entity: all[1].No, Version: 1, Type: golden.Created},
		})
	})
	out, err := s.store.Outbox(s.ctx, 1)
	s.must(err)
	s.must(s.store.Published(s.ctx, out))
	var ids []string
	seq, err := s.store.Snapshot(s.ctx, func(g golden.GoldenRecord) error {
		if len(ids) == 0 { // what is written meanwhile is not in the view
			late := golden.GoldenRecord{Entity: golden.Entity{ID: "N9late", State: golden.Live}}
			s.tx(func(tx golden.Tx) error { return tx.PutEntities(s.ctx, []golden.GoldenRecord{late}) })
		}
		ids = append(ids, g.ID)
		return nil
	})
	s.must(err)
	s.equal("sequence", seq, int64(1))
	s.equal("IDs", ids, []string{"N0", "N1", "N10", "N11", "N2", "N3", "N5", "N6", "N7", "N8", "N9"})
	stop := errors.New("enough")
	if _, err := s.store.Snapshot(s.ctx, func(golden.GoldenRecord) error { return stop }); !errors.Is(err, stop) {
		s.Errorf("got %v, want the error of yield", err)
	}
}
