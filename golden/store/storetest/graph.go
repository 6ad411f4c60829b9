package storetest

import (
	"errors"
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
		Right: []string{"shop/c/1"}, Act: "d1", Author: "kim", Reason: "phoned, 同一人", At: at(1),
	}
	b := golden.Decision{
		ID: "d2", Verdict: golden.Different, Strength: golden.Suggest, Left: []string{"erp/c/1"},
		Right: []string{"erp/c/9"}, Act: "d2", Author: "kim", At: at(2),
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

func testDecisionHistory(s *suite) {
	move := golden.Decision{ID: "d1", Verdict: golden.Different, Strength: golden.Lock, Left: []string{"erp/c/1"}, Right: []string{"erp/c/2"}, Author: "kim", Reason: "no", At: at(1)}
	to := golden.Decision{ID: "d2", Verdict: golden.Same, Strength: golden.Lock, Left: []string{"erp/c/1"}, Right: []string{"erp/c/3"}, Act: "d1", Author: "kim", At: at(1)}
	pin := golden.Decision{ID: "d3", Verdict: golden.Pinned, Left: []string{"erp/c/1", "shop/c/1"}, Attribute: "language", Value: []byte(`"fr"`), Act: "d3", Author: "lee", At: at(2)}
	s.tx(func(tx golden.Tx) error { return tx.PutDecisions(s.ctx, []golden.Decision{move, to, pin}) })
	move.Act = "d1" // of its own where none is given
	get := func(q golden.DecisionQuery) []golden.Decision {
		s.Helper()
		got, err := s.store.Decisions(s.ctx, q)
		s.must(err)
		return got
	}
	s.equal("newest first", get(golden.DecisionQuery{}), []golden.Decision{pin, move, to})
	s.equal("first page", get(golden.DecisionQuery{Limit: 2}), []golden.Decision{pin, move})
	s.equal("second page", get(golden.DecisionQuery{Limit: 2, After: "d1"}), []golden.Decision{to})
	s.equal("of records", get(golden.DecisionQuery{Records: []string{"erp/c/3", "shop/c/1"}}), []golden.Decision{pin, to})
	s.equal("of no records", get(golden.DecisionQuery{Records: []string{}}), []golden.Decision{})
	s.equal("of an act", get(golden.DecisionQuery{Act: "d1"}), []golden.Decision{move, to})
	s.equal("of an author", get(golden.DecisionQuery{Author: "lee"}), []golden.Decision{pin})
	s.equal("of a verdict", get(golden.DecisionQuery{Verdict: golden.Same}), []golden.Decision{to})
	s.equal("of IDs", get(golden.DecisionQuery{IDs: []string{"d2", "none"}}), []golden.Decision{to})
	of := func(what string, want []golden.Decision, read func(tx golden.Tx) ([]golden.Decision, error)) {
		s.Helper()
		s.tx(func(tx golden.Tx) error {
			got, err := read(tx)
			s.equal(what, by(got, func(d golden.Decision) string { return d.ID }), want)
			return err
		})
	}
	of("of a record, pinned values too", []golden.Decision{move, to, pin}, func(tx golden.Tx) ([]golden.Decision, error) { return tx.DecisionsOf(s.ctx, []string{"erp/c/1"}) })
	of("of an act", []golden.Decision{move, to}, func(tx golden.Tx) ([]golden.Decision, error) { return tx.DecisionsOfAct(s.ctx, "d2") })
	rest := golden.Decision{ID: "d5", Verdict: golden.Same, Strength: golden.Lock, Left: []string{"erp/c/8"}, Right: []string{"erp/c/9"}, Act: "d4", Author: "max", At: at(1)}
	s.tx(func(tx golden.Tx) error { return tx.PutDecisions(s.ctx, []golden.Decision{rest}) })
	of("of an act whose first is gone", []golden.Decision{rest}, func(tx golden.Tx) ([]golden.Decision, error) { return tx.DecisionsOfAct(s.ctx, "d4") })
	undone := at(5)
	pin.Undone, pin.UndoneBy, pin.UndoneReason = &undone, "kim", "was wrong, 不对"
	s.tx(func(tx golden.Tx) error { return tx.PutDecisions(s.ctx, []golden.Decision{pin}) })
	of("in force", nil, func(tx golden.Tx) ([]golden.Decision, error) { return tx.DecisionsOf(s.ctx, []string{"shop/c/1"}) })
	s.equal("in force", get(golden.DecisionQuery{Records: []string{"erp/c/1"}}), []golden.Decision{move, to})
	s.equal("undone too", get(golden.DecisionQuery{Records: []string{"erp/c/1"}, Undone: true}), []golden.Decision{pin, move, to})
}

func testStakes(s *suite) {
	all := s.entities("S", 2)
	s.tx(func(tx golden.Tx) error {
		mail := golden.Lookup{Entity: all[0].No, Kind: golden.LookupEmail, Value: "a@post.example"}
		return errors.Join(
			tx.PutLookups(s.ctx, []golden.EntityNo{all[0].No}, []golden.Lookup{mail}),
			tx.PutDeliveries(s.ctx, []golden.DeliveryState{
				{Target: "a.c", RemoteID: "1", Subject: "S0", Status: golden.Settled},
				{Target: "b.c", RemoteID: "1", Subject: "S0", Status: golden.Failing},
				{Target: "b.c", RemoteID: "2", Subject: "S0", Status: golden.Gone},
				{Target: "b.c", RemoteID: "3", Subject: "S1", Status: golden.Settled},
			}),
		)
	})
	by := buyer(golden.LookupEmail, "a@post.example")
	one, gone, other := order("1", at(1), by), order("2", at(2), by), order("3", at(3))
	gone.Deleted = true
	s.documents(one, gone, other)
	got := read(s, func(tx golden.Tx) (map[golden.EntityNo]golden.Stakes, error) {
		return tx.StakesOf(s.ctx, []golden.Entity{all[0].Entity, all[1].Entity})
	})
	s.equal("stakes", got, map[golden.EntityNo]golden.Stakes{all[0].No: {Remotes: 2, Orders: 1}, all[1].No: {Remotes: 1}})
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
