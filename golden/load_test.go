package golden_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

func temporary(t fataler) golden.Store {
	store, err := sqlite.Open(context.Background(), sqlite.Config{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestLoad_asOneBatch: a store that was loaded is, to the last number and count, the one that gets
// the same records in one batch, and goes on as that does.
func TestLoad_asOneBatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := temporary(rt)
		defer func() { _ = store.Close() }()
		compareLoad(rt, store)
	})
}

// TestLoad_asOneBatchPostgres: the same into PostgreSQL, against SQLite.
func TestLoad_asOneBatchPostgres(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	store, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	left, failed := count("TOUCHSTONE_HISTORIES", 8), false
	rapid.Check(t, func(rt *rapid.T) {
		if left == 0 && !failed {
			return // enough; a failure is still run again, to be made small
		}
		left, failed = max(left-1, 0), true
		if err := store.Reset(context.Background()); err != nil {
			rt.Fatal(err)
		}
		renumber(rt, url)
		compareLoad(rt, store)
		failed = false
	})
}

// renumber has the store number from 1 again.
func renumber(rt *rapid.T, url string) {
	rt.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		rt.Fatal(err)
	}
	defer c.Close(ctx)
	for _, counter := range []string{"source_record_no", "entity_no", "change_no"} {
		if _, err := c.Exec(ctx, "ALTER SEQUENCE "+counter+" RESTART"); err != nil {
			rt.Fatal(err)
		}
	}
}

func compareLoad(rt *rapid.T, store golden.Store) {
	h := &history{rt: rt, t: rt, tally: &tally{}, rules: rulesOf(rt, rapid.SampledFrom(allRules).Draw(rt, "ruleset"))}
	for range rapid.IntRange(0, 60).Draw(rt, "events") {
		h.events = append(h.events, h.event())
	}
	online := temporary(rt)
	defer func() { _ = online.Close() }()
	stores := []golden.Store{online, store}
	resolvers := []*golden.Resolver{seeded(online, h.rules), seeded(store, h.rules)}
	offset := golden.OffsetAdvance{Group: "resolve", Topic: "canonical.customer", Partition: 3, Next: 17}
	if _, err := resolvers[0].Resolve(context.Background(), golden.Batch{Records: h.events, Offset: &offset}); err != nil {
		rt.Fatal(err)
	}
	// a load uses its records up
	loaded, err := resolvers[1].Load(context.Background(), golden.Load{Records: prepare(resolvers[1], h.events...), Offsets: []golden.OffsetAdvance{offset}})
	if err != nil {
		rt.Fatal(err)
	}
	before := dumpBoth(rt, stores, h.events, "loaded")
	if int64(loaded.Customers) != before.Statistics.Customers || loaded.Records != len(before.Records) {
		rt.Fatalf("%+v is told of %+v", loaded, before.Statistics)
	}
	more := make([]golden.Incoming, rapid.IntRange(1, 6).Draw(rt, "more"))
	for i := range more {
		more[i] = h.event()
	}
	for _, r := range resolvers {
		if _, err := r.Resolve(context.Background(), golden.Batch{Records: more}); err != nil {
			rt.Fatal(err)
		}
	}
	dumpBoth(rt, stores, append(h.events, more...), "and resolved further")
}

// seeded gives IDs by count, at a time that stands still, and marks what changed for two targets.
func seeded(store golden.Store, rules *golden.Ruleset) *golden.Resolver {
	ids := 0
	return golden.NewResolver(store, rules, golden.ResolverOptions{
		Clock: func() time.Time { return time.Unix(1_700_000_000, 0) },
		NewID: func() string { ids++; return fmt.Sprintf("G%04d", ids) },
		OnChanged: func(ctx context.Context, tx golden.Tx, changes []golden.Change, records map[golden.EntityNo]golden.GoldenRecord) error {
			var marks []golden.Dirty
			for _, c := range changes {
				if records[c.Entity].ID != c.ID {
					return fmt.Errorf("change %+v without its record", c)
				}
				for _, target := range []string{"erp.customers", "shop.customers"} {
					marks = append(marks, golden.Dirty{Target: target, Subject: c.ID, Entity: "customer", Since: c.At, Correlation: c.Correlation})
				}
			}
			return tx.MarkDirty(ctx, marks)
		},
	})
}

func prepare(r *golden.Resolver, records ...golden.Incoming) []golden.Prepared {
	all := make([]golden.Prepared, len(records))
	for i := range records {
		all[i] = r.Prepare(&records[i])
	}
	return all
}

// dumped is all that the resolver keeps in a store.
type dumped struct {
	Records    []golden.SourceRecord
	Keys       []golden.RecordKeys
	Counts     map[uint64]int64
	Of         map[uint64][]golden.RecordNo
	Edges      []golden.Edge
	Members    []golden.Member
	Last       []golden.Member
	Customers  []golden.GoldenRecord
	Changes    map[string][]golden.Change
	Outbox     []golden.Change
	Tasks      []golden.Task
	Dirty      []golden.Dirty
	Found      map[string][]string // IDs by lookup
	Next       int64
	Statistics golden.Statistics
}

func dumpBoth(rt *rapid.T, stores []golden.Store, sent []golden.Incoming, when string) *dumped {
	rt.Helper()
	want, got := dump(rt, stores[0], sent), dump(rt, stores[1], sent)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(golden.Dirty{}, "Mark")); diff != "" {
		rt.Fatalf("%s (-one batch, +load):\n%s", when, diff)
	}
	return got
}

func dump(rt *rapid.T, store golden.Store, sent []golden.Incoming) *dumped {
	rt.Helper()
	d := &dumped{Changes: map[string][]golden.Change{}, Found: map[string][]string{}}
	ctx := context.Background()
	must := func(err error) {
		rt.Helper()
		if err != nil {
			rt.Fatal(err)
		}
	}
	must(store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error { return d.graph(ctx, tx, sent) }))
	_, err := store.Snapshot(ctx, func(g golden.GoldenRecord) error { d.Customers = append(d.Customers, g); return nil })
	must(err)
	for _, g := range d.Customers {
		d.Changes[g.ID], err = store.History(ctx, g.No, 0, 0)
		must(err)
	}
	d.Outbox, err = store.Outbox(ctx, 0)
	must(err)
	d.Tasks, err = store.Tasks(ctx, golden.TaskQuery{Closed: true})
	must(err)
	slices.SortFunc(d.Tasks, func(a, b golden.Task) int { return strings.Compare(a.ID, b.ID) })
	d.Dirty, err = store.ListDirty(ctx, golden.DeliveryQuery{})
	must(err)
	for _, g := range d.Customers {
		var c canonical.Customer
		must(c.UnmarshalJSON(g.Doc))
		for _, l := range ruleset(rt, tight).Lookups(&c) {
			found, err := store.FindCustomers(ctx, golden.Query{Lookups: []golden.Lookup{l}})
			must(err)
			var ids []string
			for _, one := range found {
				ids = append(ids, one.ID)
			}
			d.Found[string(l.Kind)+" "+l.Value] = ids
		}
	}
	d.Next, _, err = store.NextOffset(ctx, "resolve", "canonical.customer", 3)
	must(err)
	d.Statistics, err = store.Statistics(ctx)
	must(err)
	return d
}

// graph reads what is found by records: they themselves, their keys, edges and membership.
func (d *dumped) graph(ctx context.Context, tx golden.Tx, sent []golden.Incoming) (err error) {
	var keys []string
	for _, e := range sent {
		keys = append(keys, e.Key())
	}
	if d.Records, err = tx.RecordsByKey(ctx, keys); err != nil {
		return err
	}
	slices.SortFunc(d.Records, func(a, b golden.SourceRecord) int { return strings.Compare(a.Key, b.Key) })
	var nos []golden.RecordNo
	for _, r := range d.Records {
		nos = append(nos, r.No)
	}
	byNo := func(a, b golden.RecordNo) int { return int(a - b) }
	if d.Keys, err = tx.KeysOf(ctx, nos); err != nil {
		return err
	}
	slices.SortFunc(d.Keys, func(a, b golden.RecordKeys) int { return byNo(a.Record, b.Record) })
	var hashes []uint64
	for _, k := range d.Keys {
		hashes = append(hashes, k.Keys...)
	}
	if d.Counts, err = tx.KeyCounts(ctx, hashes); err != nil {
		return err
	}
	if d.Of, err = tx.KeyMembers(ctx, hashes, 0); err != nil {
		return err
	}
	for _, members := range d.Of {
		slices.Sort(members)
	}
	if d.Edges, err = tx.EdgesOf(ctx, nos); err != nil {
		return err
	}
	slices.SortFunc(d.Edges, func(a, b golden.Edge) int { return 1000*byNo(a.A, b.A) + byNo(a.B, b.B) })
	for _, r := range d.Records {
		d.Members = append(d.Members, golden.Member{Record: r.No, Entity: r.Entity})
	}
	if d.Last, err = tx.LastEntityOf(ctx, nos); err != nil {
		return err
	}
	slices.SortFunc(d.Last, func(a, b golden.Member) int { return byNo(a.Record, b.Record) })
	return nil
}

// TestLoad_declines: whatever stands in the store already has to be taken into account.
func TestLoad_declines(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(ctx context.Context, w *world, tx golden.Tx) error{
		"a tombstone": func(ctx context.Context, w *world, tx golden.Tx) error {
			return tx.PutRecords(ctx, []golden.SourceRecord{w.deleted("erp/1", 1).Record})
		},
		"a link": func(ctx context.Context, _ *world, tx golden.Tx) error {
			return tx.PutLinks(ctx, []golden.Link{{Remote: "shop/customers/1", Origin: "erp/customers/1", Target: "t"}})
		},
		"a decision": func(ctx context.Context, _ *world, tx golden.Tx) error {
			return tx.PutDecisions(ctx, []golden.Decision{{ID: "d", Verdict: golden.Same, Strength: golden.Lock, Left: []string{"erp/customers/1"}, Right: []string{"erp/customers/2"}}})
		},
		"a suppression": func(ctx context.Context, _ *world, tx golden.Tx) error {
			return tx.PutSuppressions(ctx, []uint64{1}, "", time.Unix(1, 0))
		},
		"written values": func(ctx context.Context, _ *world, tx golden.Tx) error {
			return tx.PutWritten(ctx, map[string][]golden.WrittenValue{"shop/customers/1": {{Attribute: "names", Hash: 1}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tight)
			if err := w.store.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
				if err := tx.Settle(ctx); err != nil {
					return err
				}
				return put(ctx, w, tx)
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.resolver.Load(t.Context(), golden.Load{Records: prepare(w.resolver, w.record("crm/1", 1, `{}`))}); !errors.Is(err, golden.ErrNotEmpty) {
				t.Errorf("loaded over %s: %v", name, err)
			}
		})
	}
}

// TestLoad_allOrNothing: a load that is fenced, or fails in its last step, leaves an empty store.
func TestLoad_allOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, tight)
	ctx := t.Context()
	if err := w.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error { return tx.AdvanceOffset(ctx, "resolve", "c", 0, 0, 5) }); err != nil {
		t.Fatal(err)
	}
	records := func() []golden.Prepared {
		return prepare(w.resolver, w.record("crm/1", 1, `{"emails":[{"value":"a@example.com"}]}`), w.record("erp/1", 1, `{"emails":[{"value":"a@example.com"}]}`))
	}
	_, err := w.resolver.Load(ctx, golden.Load{Records: records(), Offsets: []golden.OffsetAdvance{{Group: "resolve", Topic: "c", Expected: 0, Next: 9}}})
	if !errors.Is(err, golden.ErrFenced) {
		t.Errorf("fenced: %v", err)
	}
	failing := golden.NewResolver(w.store, w.rules, golden.ResolverOptions{OnChanged: func(context.Context, golden.Tx, []golden.Change, map[golden.EntityNo]golden.GoldenRecord) error {
		return errors.New("the last step")
	}})
	if _, err = failing.Load(ctx, golden.Load{Records: records()}); err == nil || !strings.Contains(err.Error(), "the last step") {
		t.Errorf("failing: %v", err)
	}
	if empty, err := w.store.Empty(ctx); err != nil || !empty {
		t.Fatalf("something is left: %v", err)
	}
	if _, err := w.resolver.Load(ctx, golden.Load{Records: records(), Offsets: []golden.OffsetAdvance{{Group: "resolve", Topic: "c", Expected: 5, Next: 9}}}); err != nil {
		t.Fatal(err)
	}
	if !w.together("crm/1", "erp/1") {
		t.Error("two records of one mail address are two customers")
	}
	if _, err := w.resolver.Load(ctx, golden.Load{Records: records()}); !errors.Is(err, golden.ErrNotEmpty) {
		t.Errorf("loaded twice: %v", err)
	}
}
