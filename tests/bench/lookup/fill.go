package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/postgres"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
	"github.com/touchstone-hub/touchstone/tests/population"
)

// kept is a store that is filled once, record by record a customer of its own, and then measured as
// often as somebody likes. It is filled through golden.Store, with the rows that resolving would write,
// without resolving.
type kept struct {
	folder string
	kind   string // sqlite or postgres
	n      int
	url    string // of the database, where it is PostgreSQL
}

// filled marks a store as complete.
const filled = "bench/filled"

func openKept(ctx context.Context, folder, kind string, n int) (k *kept, err error) {
	k = &kept{folder: folder, kind: kind, n: n}
	switch kind {
	case "postgres":
		if k.url, err = pgtest.Kept(folder); err != nil {
			return nil, err
		}
	case "sqlite":
	default:
		return nil, fmt.Errorf("-store: found %q, expected sqlite or postgres", kind)
	}
	store, err := k.open(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	state, err := store.LoadCheckpoint(ctx, filled)
	if err != nil {
		return nil, err
	}
	if string(state) == strconv.Itoa(n) {
		return k, nil
	}
	if state != nil {
		return nil, fmt.Errorf("%s has %s customers, want %d", folder, state, n)
	}
	if err := k.fill(ctx, store); err != nil {
		return nil, err
	}
	if err := k.analyze(ctx); err != nil {
		return nil, err
	}
	return k, store.SaveCheckpoint(ctx, filled, []byte(strconv.Itoa(n)))
}

func (k *kept) file() string { return filepath.Join(k.folder, "touchstone.db") }

func (k *kept) open(ctx context.Context) (golden.Store, error) {
	if k.kind == "sqlite" {
		return sqlite.Open(ctx, sqlite.Config{Path: k.file(), CacheMB: 512})
	}
	return postgres.Open(ctx, postgres.Config{URL: k.url + "&options=-c%20synchronous_commit%3Doff"})
}

// fill writes batches, several at a time where the store can.
func (k *kept) fill(ctx context.Context, store golden.Store) error {
	var ps config.Problems
	rules := golden.LoadRuleset(nil, golden.RulesetOptions{Region: "GB"}, &ps)
	if err := ps.Err(); err != nil {
		return err
	}
	lineage, err := sampleLineage(ctx, rules)
	if err != nil {
		return err
	}
	const size, writers = 1000, 4 // one computes while another one writes
	batches := make(chan []population.Record)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for batch := range batches {
				if err := write(ctx, store, rules, batch, lineage); err != nil {
					cancel(err)
				}
			}
		})
	}
	began, done := time.Now(), 0
	var batch []population.Record
	for r := range population.New(k.n, seed).Records() {
		if batch = append(batch, r); len(batch) == size || done+len(batch) == k.n {
			batches <- batch
			if done += len(batch); done%100_000 == 0 {
				log.Printf("%d customers in %v", done, time.Since(began).Round(time.Second))
			}
			batch = nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(batches)
	wg.Wait()
	return context.Cause(ctx)
}

// sampleLineage is the lineage of one customer as resolving writes it: searches never read it, but it
// takes its place in the rows.
func sampleLineage(ctx context.Context, rules *golden.Ruleset) ([]byte, error) {
	store, err := sqlite.Open(ctx, sqlite.Config{Temporary: true})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	for r := range population.New(1, seed).Records() {
		c := customer(&r)
		doc, err := c.AppendJSON(nil)
		if err != nil {
			return nil, err
		}
		in, err := golden.ParseIncoming(doc)
		if err != nil {
			return nil, err
		}
		if _, err := golden.NewResolver(store, rules, golden.ResolverOptions{}).Resolve(ctx, golden.Batch{Records: []golden.Incoming{in}}); err != nil {
			return nil, err
		}
	}
	found, err := store.FindCustomers(ctx, golden.Query{Limit: 1})
	if err == nil && len(found) == 0 {
		err = errors.New("no customer came of a record")
	}
	if err != nil {
		return nil, err
	}
	return found[0].Lineage, nil
}

// customer is a record as the hub's mapping translates it.
func customer(r *population.Record) canonical.Customer {
	c := r.Customer()
	c.Source.System = "crm"
	c.Identifiers = []canonical.Identifier{{Scheme: "customer-number", Value: strconv.Itoa(r.ID)}}
	return c
}

func write(ctx context.Context, store golden.Store, rules *golden.Ruleset, batch []population.Record, lineage []byte) error {
	var records []golden.SourceRecord
	var customers []golden.GoldenRecord
	var lookups []golden.Lookup
	starts := make([]int, 0, len(batch)+1)
	now := time.Now().UTC()
	for i := range batch {
		c := customer(&batch[i])
		doc, err := c.AppendJSON(nil)
		if err != nil {
			return err
		}
		in, err := golden.ParseIncoming(doc)
		if err != nil {
			return err
		}
		records = append(records, in.Record)
		c.Source = nil
		if doc, err = c.AppendJSON(nil); err != nil {
			return err
		}
		customers = append(customers, golden.GoldenRecord{
			Entity: golden.Entity{ID: golden.NewID(), State: golden.Live, Version: 1},
			Doc:    doc, Lineage: lineage, Sources: []string{in.Record.Key}, UpdatedAt: now,
		})
		starts = append(starts, len(lookups))
		lookups = append(append(lookups, rules.Lookups(&c)...), golden.Lookup{Kind: golden.LookupRecord, Value: in.Record.Key})
	}
	starts = append(starts, len(lookups))
	return store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		// Of a fill that was cut off, the batches that are there need not be written again.
		if there, err := tx.RecordsByKey(ctx, []string{records[0].Key}); err != nil || len(there) > 0 {
			return err
		}
		for i := range records { // a transaction may run again
			records[i].No, customers[i].No = 0, 0
		}
		if err := tx.PutRecords(ctx, records); err != nil {
			return err
		}
		if err := tx.PutEntities(ctx, customers); err != nil {
			return err
		}
		var members []golden.Member
		var nos []golden.EntityNo
		for i, c := range customers {
			members, nos = append(members, golden.Member{Record: records[i].No, Entity: c.No}), append(nos, c.No)
			for j := starts[i]; j < starts[i+1]; j++ {
				lookups[j].Entity = c.No
			}
		}
		if err := tx.PutMembers(ctx, members, now, ""); err != nil {
			return err
		}
		return tx.PutLookups(ctx, nos, lookups)
	})
}

// analyze does what the server does by itself in time: statistics, and which pages all can see.
func (k *kept) analyze(ctx context.Context) error {
	if k.kind != "postgres" {
		return nil
	}
	c, err := pgx.Connect(ctx, k.url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "VACUUM ANALYZE")
	return err
}

// env is what the hub's folder is told by: where its store is.
func (k *kept) env() []string {
	if k.kind == "postgres" {
		return []string{"STORE=" + k.url}
	}
	return []string{"DATA=" + k.folder}
}
