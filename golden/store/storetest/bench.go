package storetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// batchSize is how many new customers one transaction of Benchmark brings.
const batchSize = 500

// Benchmark writes batches of new customers into a store that is empty at first, as resolving
// would: per record five block keys, an entity, six lookups, a change and two dirty marks. It
// reports records per second; b.N counts batches.
func Benchmark(b *testing.B, store golden.Store) {
	ctx := b.Context()
	random := rand.New(rand.NewPCG(1, 2))
	b.ResetTimer()
	for n := range b.N {
		if err := store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
			return writeCustomers(ctx, tx, random, n)
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*batchSize)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(0, "ns/op")
}

func writeCustomers(ctx context.Context, tx golden.Tx, random *rand.Rand, n int) error {
	if err := tx.Settle(ctx); err != nil {
		return err
	}
	if err := tx.AdvanceOffset(ctx, "resolve", "canonical.customer", 0, int64(n), int64(n+1)); err != nil {
		return err
	}
	now := time.Now().UTC()
	records := make([]golden.SourceRecord, batchSize)
	names := make([]string, batchSize)
	for i := range records {
		r := record("erp", fmt.Sprintf("%016x", random.Uint64()))
		r.Doc = bytes.Repeat([]byte(`{"names":[{"full":"x"}]}`), 25)
		r.Hash, r.ReceivedAt = random.Uint64(), now
		records[i], names[i] = r, r.Key
	}
	if _, err := tx.RecordsByKey(ctx, names); err != nil {
		return err
	}
	if err := tx.PutRecords(ctx, records); err != nil {
		return err
	}
	keys := make([]golden.RecordKeys, batchSize)
	entities := make([]golden.GoldenRecord, batchSize)
	for i, r := range records {
		keys[i].Record = r.No
		for range 5 {
			keys[i].Keys = append(keys[i].Keys, random.Uint64())
		}
		entities[i] = golden.GoldenRecord{
			Entity: golden.Entity{ID: fmt.Sprintf("G%016X", random.Uint64()), State: golden.Live, Version: 1},
			Doc:    r.Doc, Lineage: r.Doc, Sources: []string{r.Key}, UpdatedAt: now,
		}
	}
	if _, err := tx.PutKeys(ctx, keys); err != nil {
		return err
	}
	if err := tx.PutEntities(ctx, entities); err != nil {
		return err
	}
	return writeResults(ctx, tx, random, records, entities)
}

func writeResults(ctx context.Context, tx golden.Tx, random *rand.Rand, records []golden.SourceRecord, entities []golden.GoldenRecord) error {
	var members []golden.Member
	var of []golden.EntityNo
	var lookups []golden.Lookup
	var changes []golden.Change
	var marks []golden.Dirty
	for i, e := range entities {
		members = append(members, golden.Member{Record: records[i].No, Entity: e.No})
		of = append(of, e.No)
		lookups = append(lookups, lookup(e, golden.LookupRecord, records[i].Key))
		for _, kind := range []golden.LookupKind{golden.LookupPhone, golden.LookupEmail, golden.LookupIdentifier, golden.LookupName, golden.LookupName} {
			lookups = append(lookups, lookup(e, kind, fmt.Sprintf("%012x", random.Uint64()>>16)))
		}
		changes = append(changes, golden.Change{
			Entity: e.No, ID: e.ID, Version: 1, Type: golden.Created, At: e.UpdatedAt,
			Paths: []golden.PathChange{{Path: "/names", New: e.Doc[:24], Source: records[i].Key, Rule: "recent"}},
		})
		for _, target := range []string{"erp.customers", "webshop.customers"} {
			marks = append(marks, golden.Dirty{Target: target, Subject: e.ID, Entity: "customer", Since: e.UpdatedAt})
		}
	}
	if err := tx.PutMembers(ctx, members, entities[0].UpdatedAt, records[0].Key); err != nil {
		return err
	}
	if err := tx.PutLookups(ctx, of, lookups); err != nil {
		return err
	}
	if err := tx.AddChanges(ctx, changes); err != nil {
		return err
	}
	return tx.MarkDirty(ctx, marks)
}
