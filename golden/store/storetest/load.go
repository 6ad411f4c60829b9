package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// filling is what testLoad puts into an empty store: 70 records that share one key, two to a
// customer, and a tombstone.
type filling struct {
	records  []golden.SourceRecord
	keys     []golden.RecordKeys
	edges    []golden.Edge
	entities []golden.GoldenRecord
	changes  []golden.Change
	task     golden.Task
}

const filled = 70

func (f *filling) put(ctx context.Context, tx golden.Tx) error {
	*f = filling{}
	for i := range filled + 1 {
		r := record("erp", fmt.Sprintf("%03d", i))
		r.Doc, r.Deleted = []byte(`{"x":"\u0000 王"}`), i == filled
		f.records = append(f.records, r)
	}
	if err := tx.PutRecords(ctx, f.records[:50]); err != nil {
		return err
	}
	if err := tx.PutRecords(ctx, f.records[50:]); err != nil {
		return err
	}
	for i, r := range f.records[:filled] {
		f.keys = append(f.keys, golden.RecordKeys{Record: r.No, Keys: []uint64{7, uint64(100 + i/2), 1<<63 + uint64(i)}})
		if i%2 == 0 {
			f.edges = append(f.edges, golden.Edge{A: r.No, B: f.records[i+1].No, Weight: int32(-i)})
		}
	}
	if _, err := tx.PutKeys(ctx, f.keys); err != nil {
		return err
	}
	if err := tx.PutEdges(ctx, nil, f.edges); err != nil {
		return err
	}
	for part := range 5 {
		if err := f.customers(ctx, tx, part*7, part*7+7); err != nil {
			return err
		}
	}
	f.task = golden.Task{ID: "T1", Kind: golden.TaskMatch, Records: []string{f.records[0].Key, f.records[2].Key}, Score: -3, Priority: 9, Detail: []byte(`{"why":"x"}`), At: at(4)}
	return tx.PutTasks(ctx, []golden.Task{f.task})
}

// customers puts some of the customers, as the parts of a load do.
func (f *filling) customers(ctx context.Context, tx golden.Tx, from, to int) error {
	var own []golden.GoldenRecord
	for i := from; i < to; i++ {
		own = append(own, golden.GoldenRecord{
			Entity: golden.Entity{ID: fmt.Sprintf("G%03d", i), State: golden.Live, Version: 1}, Doc: []byte(`{"kind":"person"}`), Lineage: []byte{1},
			Sources: []string{f.records[2*i].Key, f.records[2*i+1].Key}, UpdatedAt: at(1),
		})
	}
	if err := tx.PutEntities(ctx, own); err != nil {
		return err
	}
	var members []golden.Member
	var of []golden.EntityNo
	var lookups []golden.Lookup
	var changes []golden.Change
	var marks []golden.Dirty
	for i, e := range own {
		n := 2 * (from + i)
		members = append(members, golden.Member{Record: f.records[n].No, Entity: e.No}, golden.Member{Record: f.records[n+1].No, Entity: e.No})
		of = append(of, e.No)
		lookups = append(lookups, lookup(e, golden.LookupName, "王"), lookup(e, golden.LookupEmail, e.ID+"@example.com"), lookup(e, golden.LookupRecord, e.Sources[0]))
		changes = append(changes, golden.Change{Entity: e.No, ID: e.ID, Version: 1, Type: golden.Created, At: at(1), Records: e.Sources, Cause: e.Sources[0]})
		marks = append(marks, golden.Dirty{Target: "shop.customers", Subject: e.ID, Entity: "customer", Since: at(2)})
	}
	if err := tx.PutMembers(ctx, members, at(1), "erp/customers/000"); err != nil {
		return err
	}
	if err := tx.PutLookups(ctx, of, lookups); err != nil {
		return err
	}
	if err := tx.AddChanges(ctx, changes); err != nil {
		return err
	}
	f.entities, f.changes = append(f.entities, own...), append(f.changes, changes...)
	return tx.MarkDirty(ctx, marks)
}

// load fills the store, which has to succeed.
func (s *suite) load() (f filling, steps map[string]time.Duration) {
	s.Helper()
	steps = map[string]time.Duration{}
	s.must(s.store.Load(s.ctx, func(step string, took time.Duration) { steps[step] = took }, f.put))
	return f, steps
}

func testLoad(s *suite) {
	empty, err := s.store.Empty(s.ctx)
	s.must(err)
	s.equal("empty before", empty, true)
	f, steps := s.load()
	if _, told := steps["indexes"]; !told || len(steps) < 10 {
		s.Errorf("steps that were told: %v", steps)
	}
	empty, err = s.store.Empty(s.ctx)
	s.must(err)
	s.equal("empty afterwards", empty, false)

	records := read(s, func(tx golden.Tx) ([]golden.SourceRecord, error) {
		return tx.RecordsByKey(s.ctx, []string{f.records[0].Key, f.records[69].Key, f.records[70].Key})
	})
	f.records[0].Entity, f.records[69].Entity = f.entities[0].No, f.entities[34].No
	s.equal("records", by(records, func(r golden.SourceRecord) string { return r.Key }), []golden.SourceRecord{f.records[0], f.records[69], f.records[70]})
	s.equal("keys", read(s, func(tx golden.Tx) ([]golden.RecordKeys, error) {
		return tx.KeysOf(s.ctx, []golden.RecordNo{f.records[5].No})
	}), f.keys[5:6])
	s.equal("counts", read(s, func(tx golden.Tx) (map[uint64]int64, error) { return tx.KeyCounts(s.ctx, []uint64{7, 100, 1<<63 + 1}) }),
		map[uint64]int64{7: filled, 100: 2, 1<<63 + 1: 1})
	s.equal("edges", read(s, func(tx golden.Tx) ([]golden.Edge, error) {
		return tx.EdgesOf(s.ctx, []golden.RecordNo{f.records[9].No})
	}), f.edges[4:5])
	last := read(s, func(tx golden.Tx) ([]golden.Member, error) {
		return tx.LastEntityOf(s.ctx, []golden.RecordNo{f.records[3].No})
	})
	s.equal("last entity", last, []golden.Member{{Record: f.records[3].No, Entity: f.entities[1].No}})
	s.equal("found by name", len(s.find(golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupName, Value: "王"}}})), 35)
	s.equal("found by mail", s.find(golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupEmail, Value: "G031@example.com"}}}), []string{"G031"})
	s.equal("found by record", s.find(golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: f.records[3].Key}}}), []string{"G001"})
	one, _, err := s.store.Customer(s.ctx, "G034")
	s.must(err)
	s.equal("customer", one, f.entities[34])
	tasks, err := s.store.Tasks(s.ctx, golden.TaskQuery{Record: f.records[2].Key})
	s.must(err)
	s.equal("task", tasks, []golden.Task{f.task})
	outbox, err := s.store.Outbox(s.ctx, 0)
	s.must(err)
	s.equal("outbox", outbox, f.changes)
	history, err := s.store.History(s.ctx, f.entities[1].No, 0, 0)
	s.must(err)
	s.equal("history", history, f.changes[1:2])
	st, err := s.store.Statistics(s.ctx)
	s.must(err)
	s.equal("statistics", []int64{st.Customers, st.Records["erp/customers"], st.Deleted["erp/customers"], st.Dirty["shop.customers"], st.Outbox}, []int64{35, 70, 1, 35, 35})
	s.goesOn(f)
}

// goesOn holds a filled store to what any other does: what was put counts, and is there once.
func (s *suite) goesOn(f filling) {
	s.Helper()
	s.tx(func(tx golden.Tx) error {
		if err := tx.Settle(s.ctx); err != nil {
			return err
		}
		counts, err := tx.PutKeys(s.ctx, []golden.RecordKeys{{Record: f.records[0].No, Keys: []uint64{8}}, {Record: f.records[70].No, Keys: []uint64{7, 101}}})
		s.equal("counts of keys gained and lost", counts, map[uint64]int64{7: filled, 8: 1, 100: 1, 101: 3, 1 << 63: 0})
		return err
	})
	if err := s.try(func(tx golden.Tx) error {
		return tx.PutEntities(s.ctx, []golden.GoldenRecord{{Entity: golden.Entity{ID: "G007", State: golden.Live}}})
	}); err == nil {
		s.Error("a golden ID was given twice")
	}
	if err := s.try(func(tx golden.Tx) error { return tx.PutRecords(s.ctx, []golden.SourceRecord{record("erp", "011")}) }); err == nil {
		s.Error("a record stands in the store twice")
	}
	fresh := s.put(record("erp", "1000"))
	if fresh[0].No <= f.records[70].No {
		s.Errorf("a record that came after the load has number %d, not above %d", fresh[0].No, f.records[70].No)
	}
}

func testLoadDeclined(s *suite) {
	broken := errors.New("broken off")
	var f filling
	err := s.store.Load(s.ctx, nil, func(ctx context.Context, tx golden.Tx) error { return errors.Join(f.put(ctx, tx), broken) })
	if !errors.Is(err, broken) {
		s.Errorf("a load that failed: %v", err)
	}
	if empty, err := s.store.Empty(s.ctx); err != nil || !empty {
		s.Errorf("a load that failed has left something: %v", err)
	}
	err = s.store.Load(s.ctx, nil, func(ctx context.Context, tx golden.Tx) error {
		return tx.PutRecords(ctx, []golden.SourceRecord{record("erp", "a\x00b")})
	})
	if !errors.Is(err, golden.ErrText) {
		s.Errorf("a key that no store takes: %v, want ErrText", err)
	}
	s.load()
	ran := false
	err = s.store.Load(s.ctx, nil, func(context.Context, golden.Tx) error { ran = true; return nil })
	if !errors.Is(err, golden.ErrNotEmpty) || ran {
		s.Errorf("a second load: %v, want ErrNotEmpty", err)
	}
}
