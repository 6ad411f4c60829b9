package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

// Filler is a Conn that fills empty tables.
type Filler interface {
	Conn
	// Bare takes away from tables that are empty the indexes that are faster built afterwards; Index
	// builds them.
	Bare(ctx context.Context, tables []string) error
	Index(ctx context.Context) error
	// Fill inserts rows, given as columns. They are of keys that are not in the table.
	Fill(ctx context.Context, t *Table, columns []any) error
	// Ordered says whether rows should come in the order of the table's key.
	Ordered() bool
}

// Table is a table that can be filled.
type Table struct {
	Name    string
	Columns []string
	Insert  *Statement
}

// table names columns with their kinds, as in rows.
func table(name, columns string) *Table {
	t := &Table{Name: name}
	for c := range strings.SplitSeq(columns, ",") {
		column, _, _ := strings.Cut(strings.TrimSpace(c), " ")
		t.Columns = append(t.Columns, column)
	}
	t.Insert = rows(columns, "INSERT INTO "+name+" ("+strings.Join(t.Columns, ", ")+") SELECT * FROM v")
	t.Insert.Fills = t
	return t
}

// What has to be empty for a store to be filled: what a load writes but for dirty rows, and what it
// would have to take into account.
var (
	filled = []string{
		"source_record", "record_key", "record_keys", "key_block", "edge", "member", "entity", "lookup", "entity_lookups",
		"task", "task_record", "change", "outbox",
	}
	heeded    = []string{"written", "link", "decision", "suppression", "member_past", "feed"}
	holding   = plain(`SELECT ` + anyOf(append(heeded, filled...)...))
	concerned = plain(`SELECT ` + anyOf("document_party", "delivery"))
)

func anyOf(tables ...string) string {
	for i, t := range tables {
		tables[i] = "EXISTS (SELECT 1 FROM " + t + ")"
	}
	return strings.Join(tables, " OR ")
}

// Empty implements golden.Store.
func (s *Store) Empty(ctx context.Context) (empty bool, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		holds, err := one[bool](ctx, c, holding)
		empty = !holds
		return doing("look whether the store is empty", err)
	})
	return empty && err == nil, err
}

// Load implements golden.Store.
func (s *Store) Load(ctx context.Context, note func(string, time.Duration), do func(ctx context.Context, tx golden.Tx) error) error {
	if note == nil {
		note = func(string, time.Duration) {}
	}
	ran := false
	var broken error // what broke the first run off
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		f, ok := c.(Filler)
		if !ok {
			return fmt.Errorf("a connection of type %T cannot fill tables", c)
		}
		if ran {
			return errors.Join(golden.ErrInterrupted, broken)
		}
		if err := c.Settle(ctx); err != nil {
			return fmt.Errorf("take the lease on settling: %w", err)
		}
		holds, err := one[bool](ctx, c, holding)
		if err != nil {
			return fmt.Errorf("look whether the store is empty: %w", err)
		}
		if holds {
			return golden.ErrNotEmpty
		}
		broken = newLoading(f, note).run(ctx, func(ctx context.Context, tx golden.Tx) error {
			ran = true
			return do(ctx, tx)
		})
		return broken
	})
}

// loading is the transaction of a load. Its methods that differ from tx's look for nothing that
// might be there.
type loading struct {
	*tx
	filler Filler
	tell   func(step string, took time.Duration)
	took   map[string]time.Duration // by table
	order  []string                 // of the tables that were filled
	kept   []lookupRow              // the index of lookups, until all are there
	built  bool
}

var _ golden.Tx = (*loading)(nil)

func newLoading(f Filler, note func(string, time.Duration)) *loading {
	return &loading{tx: &tx{c: f}, filler: f, tell: note, took: map[string]time.Duration{}}
}

func (l *loading) run(ctx context.Context, do func(ctx context.Context, tx golden.Tx) error) error {
	if err := l.filler.Bare(ctx, filled); err != nil {
		return fmt.Errorf("take the indexes away: %w", err)
	}
	if err := do(ctx, l); err != nil {
		return err
	}
	if err := l.finish(ctx); err != nil {
		return err
	}
	for _, name := range l.order {
		l.tell("write "+name, l.took[name])
	}
	return nil
}

// finish writes what was kept for the end, and builds the indexes.
func (l *loading) finish(ctx context.Context) error {
	if l.built {
		return nil
	}
	if err := l.fillLookups(ctx, l.kept); err != nil {
		return err
	}
	l.kept = nil
	began := time.Now()
	if err := l.filler.Index(ctx); err != nil {
		return fmt.Errorf("build the indexes: %w", err)
	}
	l.built = true
	l.tell("indexes", time.Since(began))
	return nil
}

// fill inserts rows and takes the time.
func (l *loading) fill(ctx context.Context, t *Table, columns ...any) error {
	began := time.Now()
	err := l.filler.Fill(ctx, t, columns)
	if _, known := l.took[t.Name]; !known {
		l.order = append(l.order, t.Name)
	}
	l.took[t.Name] += time.Since(began)
	return doing("fill "+t.Name, err)
}

// StakesOf implements golden.Results.
func (l *loading) StakesOf(ctx context.Context, entities []golden.Entity) (map[golden.EntityNo]golden.Stakes, error) {
	any, err := one[bool](ctx, l.c, concerned)
	if err != nil || !any {
		return nil, doing("look for documents and deliveries", err)
	}
	if err := l.finish(ctx); err != nil {
		return nil, err
	}
	return l.tx.StakesOf(ctx, entities)
}

// AnySuppression implements golden.Erasures.
func (l *loading) AnySuppression(context.Context) (bool, error) { return false, nil }

// RecordsByKey implements golden.Records.
func (l *loading) RecordsByKey(context.Context, []string) ([]golden.SourceRecord, error) {
	return nil, nil
}
