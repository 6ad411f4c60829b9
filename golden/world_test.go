package golden_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
)

// world is a store with a resolver on it, as the resolve stage has them.
type world struct {
	t        testing.TB
	store    golden.Store
	rules    *golden.Ruleset
	resolver *golden.Resolver
	offset   int64
}

func newWorld(t testing.TB, yaml string) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return worldOn(t, store, yaml)
}

func worldOn(t testing.TB, store golden.Store, yaml string) *world {
	t.Helper()
	w := &world{t: t, store: store, rules: ruleset(t, yaml)}
	w.resolver = golden.NewResolver(store, w.rules, golden.ResolverOptions{})
	return w
}

// fataler is what a testing.TB and a *rapid.T have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func ruleset(t fataler, yaml string) *golden.Ruleset {
	t.Helper()
	var ps config.Problems
	rules := golden.LoadRuleset(config.Parse("golden.yaml", []byte(yaml), nil, &ps), golden.RulesetOptions{Region: "DE"}, &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	return rules
}

// record builds a canonical document: key "system/id", business day counted from 2026-01-01, and
// the content as JSON.
func (w *world) record(key string, day int, content string) golden.Incoming {
	w.t.Helper()
	w.offset++
	return incoming(w.t, key, day, w.offset, canonical.Active, content)
}

func (w *world) deleted(key string, day int) golden.Incoming {
	w.t.Helper()
	w.offset++
	return incoming(w.t, key, day, w.offset, canonical.Deleted, "{}")
}

func incoming(t fataler, key string, day int, offset int64, status canonical.Status, content string) golden.Incoming {
	t.Helper()
	var c canonical.Customer
	if err := c.UnmarshalJSON([]byte(content)); err != nil {
		t.Fatalf("%s: %v", content, err)
	}
	system, id, _ := strings.Cut(key, "/")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day)
	c.Source = &canonical.Source{
		System: system, Stream: "customers", ID: id, Status: status,
		BusinessTime: at.Format(time.RFC3339),
		Provenance: &canonical.Provenance{
			Origin: system + ".csv", Position: fmt.Sprintf("line %d", offset), Correlation: fmt.Sprintf("c%d", offset),
			Ingest: &canonical.IngestSequence{Topic: "raw." + system, Offset: offset},
		},
	}
	doc, err := c.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	in, err := golden.ParseIncoming(doc)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (w *world) resolve(records ...golden.Incoming) golden.Result {
	w.t.Helper()
	result, err := w.resolver.Resolve(w.t.Context(), golden.Batch{Records: records})
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

func (w *world) decide(d golden.Decision) golden.Result {
	w.t.Helper()
	for _, side := range [][]string{d.Left, d.Right} {
		for i := range side {
			side[i] = streamKey(side[i])
		}
	}
	result, err := w.resolver.Decide(w.t.Context(), d)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// streamKey makes "erp/1" the key "erp/customers/1".
func streamKey(key string) string { return strings.Replace(key, "/", "/customers/", 1) }

// entity returns the customer that a record belongs to.
func (w *world) entity(key string) golden.GoldenRecord {
	w.t.Helper()
	var found golden.GoldenRecord
	err := w.store.InTx(w.t.Context(), func(ctx context.Context, tx golden.Tx) error {
		records, err := tx.RecordsByKey(ctx, []string{streamKey(key)})
		if err != nil || len(records) == 0 {
			return fmt.Errorf("no record %s: %w", key, err)
		}
		entities, err := tx.Entities(ctx, []golden.EntityNo{records[0].Entity})
		if err != nil || len(entities) == 0 {
			return fmt.Errorf("no entity of %s: %w", key, err)
		}
		found = entities[0]
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func (w *world) doc(key string) canonical.Customer {
	w.t.Helper()
	var c canonical.Customer
	if err := c.UnmarshalJSON(w.entity(key).Doc); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) lineage(key string) golden.Lineage {
	w.t.Helper()
	l, err := golden.ReadLineage(w.entity(key))
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// together tells whether all records belong to one customer.
func (w *world) together(keys ...string) bool {
	w.t.Helper()
	first := w.entity(keys[0]).ID
	for _, key := range keys[1:] {
		if w.entity(key).ID != first {
			return false
		}
	}
	return true
}

func (w *world) tasks() []golden.Task {
	w.t.Helper()
	tasks, err := w.store.Tasks(w.t.Context(), golden.TaskQuery{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	return tasks
}
