package hub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/hub"
)

// surveyed counts the views of a store, and has one customer that cannot be read.
type surveyed struct {
	golden.Store
	views   int
	damaged string
}

type damagedView struct {
	golden.View
	id string
}

var errDamaged = errors.New("damaged")

func (s *surveyed) InView(ctx context.Context, do func(context.Context, golden.View) error) error {
	s.views++
	return s.Store.InView(ctx, func(ctx context.Context, v golden.View) error { return do(ctx, damagedView{v, s.damaged}) })
}

func (v damagedView) Customers(ctx context.Context, ids []string) ([]golden.GoldenRecord, error) {
	if slices.Contains(ids, v.id) {
		return nil, errDamaged
	}
	return v.View.Customers(ctx, ids)
}

func TestSurvey_readsARoundAtOnceAndKeepsADamagedRowApart(t *testing.T) {
	t.Parallel()
	inner, err := sqlite.Open(t.Context(), sqlite.Config{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	const n = 50
	customers, records, rows := make([]golden.GoldenRecord, n), make([]golden.SourceRecord, n), make([]golden.Dirty, n)
	var want []string
	for i := range n {
		id := fmt.Sprintf("G%02d", i)
		customers[i] = golden.GoldenRecord{Entity: golden.Entity{ID: id, State: golden.Live}, Doc: []byte("doc of " + id)}
		records[i] = golden.SourceRecord{Key: "crm/customers/" + id, System: "crm", Stream: "customers", ID: id, Doc: []byte("{}")}
		rows[i] = golden.Dirty{Target: "shop.customers", Subject: id, Entity: "customer"}
		want = append(want, "doc of "+id+" crm/customers/"+id)
	}
	err = inner.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
		if err := errors.Join(tx.PutEntities(ctx, customers), tx.PutRecords(ctx, records)); err != nil {
			return err
		}
		members := make([]golden.Member, n)
		for i := range members {
			members[i] = golden.Member{Record: records[i].No, Entity: customers[i].No}
		}
		return tx.PutMembers(ctx, members, rows[0].Since, "test")
	})
	if err != nil {
		t.Fatal(err)
	}

	store := &surveyed{Store: inner}
	docs, errs, err := hub.Survey(t.Context(), store, rows)
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, docs); d != "" || store.views != 1 {
		t.Errorf("read in %d views, expected one; subjects (-want +got):\n%s", store.views, d)
	}

	store.damaged, want[7] = "G07", ""
	docs, errs, err = hub.Survey(t.Context(), store, rows)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, docs); d != "" {
		t.Errorf("subjects beside a damaged one (-want +got):\n%s", d)
	}
	for i, err := range errs {
		if damaged := errors.Is(err, errDamaged); damaged != (i == 7) {
			t.Errorf("row %d: %v", i, err)
		}
	}
}
