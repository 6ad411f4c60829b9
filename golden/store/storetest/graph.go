package storetest

import (
	"fmt"

	"github.com/touchstone-hub/touchstone/golden"
)

func testEdges(s *suite) {
	put := func(of []golden.RecordNo, edges ...golden.Edge) {
		s.tx(func(tx golden.Tx) error { return tx.PutEdges(s.ctx, of, edges) })
	}
	check := func(what string, of []golden.RecordNo, want ...golden.Edge) {
		s.Helper()
		got := read(s, func(tx golden.Tx) ([]golden.Edge, error) { return tx.EdgesOf(s.ctx, of) })
		s.equal(what, by(got, func(e golden.Edge) string { return fmt.Sprint(e.A, e.B) }), want)
	}
	put([]golden.RecordNo{1, 2}, golden.Edge{A: 1, B: 2, Weight: -5}, golden.Edge{A: 1, B: 3, Weight: 9}, golden.Edge{A: 2, B: 3, Weight: 1})
	check("from both ends", []golden.RecordNo{3}, golden.Edge{A: 1, B: 3, Weight: 9}, golden.Edge{A: 2, B: 3, Weight: 1})
	check("each once", []golden.RecordNo{1, 2, 3}, golden.Edge{A: 1, B: 2, Weight: -5}, golden.Edge{A: 1, B: 3, Weight: 9}, golden.Edge{A: 2, B: 3, Weight: 1})
	put([]golden.RecordNo{3}, golden.Edge{A: 3, B: 4, Weight: 7}, golden.Edge{A: 1, B: 2, Weight: 6})
	check("replaced at either end", []golden.RecordNo{1, 3}, golden.Edge{A: 1, B: 2, Weight: 6}, golden.Edge{A: 3, B: 4, Weight: 7})
	put([]golden.RecordNo{1, 4})
	check("removed", []golden.RecordNo{1, 2, 3, 4})
}

func testLinks(s *suite) {
	links := []golden.Link{
		{Remote: "webshop/customers/1", Origin: "erp/customers/王", Target: "webshop.customers", At: at(1)},
		{Remote: "webshop/customers/2", Origin: "erp/customers/王", Target: "webshop.customers", At: at(2)},
		{Remote: "webshop/customers/3", Origin: "erp/customers/c", Target: "webshop.customers", At: at(3)},
	}
	s.tx(func(tx golden.Tx) error { return tx.PutLinks(s.ctx, links) })
	get := func(keys ...string) []golden.Link {
		got := read(s, func(tx golden.Tx) ([]golden.Link, error) { return tx.LinksOf(s.ctx, keys) })
		return by(got, func(l golden.Link) string { return l.Remote })
	}
	s.equal("by origin", get("erp/customers/王"), links[:2])
	s.equal("by remote", get("webshop/customers/3", "none"), links[2:])
	s.equal("by both, once", get("webshop/customers/1", "erp/customers/王"), links[:2])
	links[0].Origin = "erp/customers/c"
	s.tx(func(tx golden.Tx) error { return tx.PutLinks(s.ctx, links[:1]) })
	s.equal("moved", get("erp/customers/c"), []golden.Link{links[0], links[2]})
}

func testDecisions(s *suite) {
	a := golden.Decision{
		ID: "d1", Verdict: golden.Same, Strength: golden.Lock, Left: []string{"erp/c/1", "erp/c/2"},
		Right: []string{"shop/c/1"}, Author: "kim", Reason: "phoned, 同一人", At: at(1),
	}
	b := golden.Decision{
		ID: "d2", Verdict: golden.Different, Strength: golden.Suggest, Left: []string{"erp/c/1"},
		Right: []string{"erp/c/9"}, Author: "kim", At: at(2),
	}
	s.tx(func(tx golden.Tx) error { return tx.PutDecisions(s.ctx, []golden.Decision{a, b}) })
	get := func(keys ...string) []golden.Decision {
		got := read(s, func(tx golden.Tx) ([]golden.Decision, error) { return tx.DecisionsOf(s.ctx, keys) })
		return by(got, func(d golden.Decision) string { return d.ID })
	}
	s.equal("of a left one", get("erp/c/1"), []golden.Decision{a, b})
	s.equal("of right ones", get("shop/c/1", "erp/c/2"), []golden.Decision{a})
	undone := at(3)
	a.Undone = &undone
	s.tx(func(tx golden.Tx) error { return tx.PutDecisions(s.ctx, []golden.Decision{a}) })
	s.equal("after one was undone", get("erp/c/1", "shop/c/1"), []golden.Decision{b})
	b.Right = []string{"erp/c/8"}
	s.tx(func(tx golden.Tx) error { return tx.PutDecisions(s.ctx, []golden.Decision{b}) })
	s.equal("of one that it names no more", get("erp/c/9"), []golden.Decision{})
	s.equal("of one that it names now", get("erp/c/8"), []golden.Decision{b})
}

func testMembers(s *suite) {
	records := s.put(record("erp", "1"), record("erp", "2"), record("erp", "3"))
	one, two, three := records[0].No, records[1].No, records[2].No
	move := func(second int, members ...golden.Member) {
		s.tx(func(tx golden.Tx) error { return tx.PutMembers(s.ctx, members, at(second), "erp/customers/1") })
	}
	key := func(m golden.Member) golden.RecordNo { return m.Record }
	members := func(entities ...golden.EntityNo) []golden.Member {
		return by(read(s, func(tx golden.Tx) ([]golden.Member, error) { return tx.MembersOf(s.ctx, entities) }), key)
	}
	last := func(nos ...golden.RecordNo) []golden.Member {
		return by(read(s, func(tx golden.Tx) ([]golden.Member, error) { return tx.LastEntityOf(s.ctx, nos) }), key)
	}
	move(1, golden.Member{Record: one, Entity: 10}, golden.Member{Record: two, Entity: 10})
	s.equal("members", members(10, 11), []golden.Member{{Record: one, Entity: 10}, {Record: two, Entity: 10}})
	move(2, golden.Member{Record: two, Entity: 11})
	move(3, golden.Member{Record: two})
	s.equal("members after moves", members(0, 10, 11), []golden.Member{{Record: one, Entity: 10}})
	s.equal("last entities", last(one, two, three), []golden.Member{{Record: one, Entity: 10}, {Record: two, Entity: 11}})
	move(4, golden.Member{Record: two, Entity: 12})
	s.equal("last entity after coming back", last(two), []golden.Member{{Record: two, Entity: 12}})
	got := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
		return tx.RecordsByNo(s.ctx, []golden.RecordNo{one, three})
	})
	got = by(got, func(r golden.SourceRecord) golden.RecordNo { return r.No })
	s.equal("entity of a member", got[0].Entity, golden.EntityNo(10))
	s.equal("entity of none", got[1].Entity, golden.EntityNo(0))
	// Putting a record says nothing of its membership.
	got[0].Entity = 99
	s.put(got[0])
	s.equal("members after a put", members(10, 99), []golden.Member{{Record: one, Entity: 10}})

	sources, err := s.store.SourcesOf(s.ctx, 12)
	s.must(err)
	want := records[1]
	want.Entity = 12
	s.equal("sources", sources, []golden.SourceRecord{want})
	all, err := view(s, func(v golden.View) ([]golden.SourceRecord, error) {
		return v.RecordsOf(s.ctx, []golden.EntityNo{12, 0, 10, 12, 99})
	})
	s.must(err)
	got[0].Entity = 10
	s.equal("sources of several", by(all, func(r golden.SourceRecord) golden.RecordNo { return r.No }), []golden.SourceRecord{got[0], want})
}
