package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// BenchmarkReads fills a store with customers, in batches of 500, and measures each way of reading
// it on its own.
func BenchmarkReads(b *testing.B, store golden.Store, batches int) {
	ctx := b.Context()
	random := rand.New(rand.NewPCG(1, 2))
	for n := range batches {
		if err := store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
			return writeCustomers(ctx, tx, random, n)
		}); err != nil {
			b.Fatal(err)
		}
	}
	var some []golden.GoldenRecord
	for len(some) < 100 {
		page, err := store.FindCustomers(ctx, golden.Query{After: fmt.Sprintf("G%016X", random.Uint64()), Limit: 1})
		if err != nil {
			b.Fatal(err)
		}
		some = append(some, page...)
	}
	for _, read := range reads {
		b.Run(read.name, func(b *testing.B) {
			for n := range b.N {
				if err := read.do(ctx, store, some[n%len(some)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var reads = []struct {
	name string
	do   func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error
}{
	{"customer", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		_, _, err := store.Customer(ctx, g.ID)
		return err
	}},
	{"by record", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		found, err := store.FindCustomers(ctx, golden.Query{Limit: 10, Lookups: []golden.Lookup{
			{Kind: golden.LookupRecord, Value: g.Sources[0]},
		}})
		if err == nil && len(found) != 1 {
			err = fmt.Errorf("%d customers have record %s", len(found), g.Sources[0])
		}
		return err
	}},
	{"by name prefix", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		_, err := store.Search(ctx, golden.Search{Limit: 20, Words: []golden.Word{{Text: fmt.Sprintf("%03x", int64(g.No)%4096)}}})
		return err
	}},
	{"sources", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		_, err := store.SourcesOf(ctx, g.No)
		return err
	}},
	{"timeline", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		_, err := store.Timeline(ctx, g.No, golden.TimelineQuery{Limit: 20})
		return err
	}},
	{"history", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		_, err := store.History(ctx, g.No, 0, 20)
		return err
	}},
	{"outbox", func(ctx context.Context, store golden.Store, _ golden.GoldenRecord) error {
		_, err := store.Outbox(ctx, 100)
		return err
	}},
	{"dirty of a subject", func(ctx context.Context, store golden.Store, g golden.GoldenRecord) error {
		rows, err := store.ListDirty(ctx, golden.DeliveryQuery{Subject: g.ID})
		if err == nil && len(rows) != 2 {
			err = fmt.Errorf("%d dirty rows of %s", len(rows), g.ID)
		}
		return err
	}},
	{"claim 10 and settle", func(ctx context.Context, store golden.Store, _ golden.GoldenRecord) error {
		rows, err := store.ClaimDirty(ctx, "erp.customers", "bench", 10, time.Minute)
		if err != nil {
			return err
		}
		return store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error { return tx.SettleDirty(ctx, rows, nil) })
	}},
	{"publish 100", func(ctx context.Context, store golden.Store, _ golden.GoldenRecord) error {
		changes, err := store.Outbox(ctx, 100)
		if err != nil {
			return err
		}
		return store.Published(ctx, changes)
	}},
	{"statistics", func(ctx context.Context, store golden.Store, _ golden.GoldenRecord) error {
		_, err := store.Statistics(ctx)
		return err
	}},
}
