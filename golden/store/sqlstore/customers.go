package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	entityByID  = plain(`SELECT ` + entityFields + ` FROM entity e WHERE e.id = {text}`)
	entityByIDs = plain(`SELECT ` + entityFields + ` FROM entity e WHERE e.id = {any text}`)
	// Without IN and ORDER BY, for each of which SQLite would set up a table of its own.
	sourcesOf = plain(recordFields + `FROM member m JOIN source_record r ON r.no = m.record
		LEFT JOIN written w ON w.key = r.key WHERE m.entity = {int} AND m.entity <> 0`)
	recordsOf = plain(recordFields + `FROM member m JOIN source_record r ON r.no = m.record
		LEFT JOIN written w ON w.key = r.key WHERE m.entity = {any int} AND m.entity <> 0`)
	allCustomers = plain(`SELECT ` + entityFields + ` FROM entity e
		WHERE e.id > {text} AND e.state = 'live' ORDER BY e.id LIMIT {int}`)
)

// forwards bounds how many merges are followed from one golden ID. Each is one more read.
const forwards = 10_000

// Customer implements golden.Reader.
func (s *Store) Customer(ctx context.Context, id string) (record golden.GoldenRecord, asked golden.Entity, err error) {
	if !storable(id) {
		return record, asked, fmt.Errorf("customer %q: %w", id, golden.ErrNotFound)
	}
	var found []golden.GoldenRecord
	err = s.backend.Read(ctx, func(c Conn) error {
		found, err = list(ctx, c, "read customer", entityByID, scanEntity, id)
		return err
	})
	switch {
	case err != nil:
		return record, asked, err
	case len(found) == 1 && found[0].State != golden.Merged:
		return found[0], found[0].Entity, nil
	}
	return s.forwarded(ctx, id)
}

// forwarded follows an ID through merges, in one state of the store.
func (s *Store) forwarded(ctx context.Context, id string) (record golden.GoldenRecord, asked golden.Entity, err error) {
	err = s.backend.View(ctx, func(c Conn) error {
		found, err := list(ctx, c, "read customer", entityByID, scanEntity, id)
		for range forwards {
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return fmt.Errorf("customer %q: %w", id, golden.ErrNotFound)
			}
			record = found[0]
			if asked.No == 0 {
				asked = record.Entity
			}
			if record.State != golden.Merged {
				return nil
			}
			found, err = list(ctx, c, "follow customer", entitiesByNo, scanEntity, []int64{int64(record.Into)})
		}
		return fmt.Errorf("customer %q forwards in a circle", id)
	})
	return record, asked, err
}

// Customers implements golden.Reader.
func (s *Store) Customers(ctx context.Context, ids []string) (records []golden.GoldenRecord, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		records, err = (&tx{c: c}).Customers(ctx, ids)
		return err
	})
	return records, err
}

// Customers implements golden.Results and golden.View.
func (t *tx) Customers(ctx context.Context, ids []string) ([]golden.GoldenRecord, error) {
	ids = known(ids)
	if len(ids) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read customers", entityByIDs, scanEntity, ids)
}

// FindCustomers implements golden.Reader.
func (s *Store) FindCustomers(ctx context.Context, q golden.Query) (records []golden.GoldenRecord, err error) {
	statement, args := allCustomers, []any{}
	if len(q.Lookups) > 0 {
		shapes, conditions, ok := keyConditions(q.Lookups)
		if !ok {
			return nil, nil // nothing can have been stored under it
		}
		statement, args = searchStatement(shapes), conditions
	}
	if !storable(q.After) {
		return nil, nil
	}
	args = append(args, q.After, limit(q.Limit))
	err = s.backend.Read(ctx, func(c Conn) error {
		records, err = list(ctx, c, "find customers", statement, scanEntity, args...)
		return err
	})
	return records, err
}

// SourcesOf implements golden.Reader.
func (s *Store) SourcesOf(ctx context.Context, entity golden.EntityNo) (records []golden.SourceRecord, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		records, err = list(ctx, c, "read sources", sourcesOf, scanRecord, int64(entity))
		return err
	})
	slices.SortFunc(records, func(a, b golden.SourceRecord) int { return strings.Compare(a.Key, b.Key) })
	return records, err
}

// RecordsOf implements golden.Records.
func (t *tx) RecordsOf(ctx context.Context, entities []golden.EntityNo) ([]golden.SourceRecord, error) {
	if len(entities) == 0 {
		return nil, nil
	}
	records, err := list(ctx, t.c, "read sources", recordsOf, scanRecord, ints(unique(entities)))
	slices.SortFunc(records, func(a, b golden.SourceRecord) int { return strings.Compare(a.Key, b.Key) })
	return records, err
}

// Snapshot implements golden.Reader.
func (s *Store) Snapshot(ctx context.Context, yield func(golden.GoldenRecord) error) (seq int64, err error) {
	err = s.backend.View(ctx, func(c Conn) error {
		if seq, err = one[int64](ctx, c, feedState); err != nil {
			return fmt.Errorf("read feed sequence: %w", err)
		}
		return c.Query(ctx, allCustomers, func(scan Scan) error {
			var r golden.GoldenRecord
			if err := scanEntity(scan, &r); err != nil {
				return fmt.Errorf("read snapshot: %w", err)
			}
			return yield(r)
		}, "", limit(0))
	})
	return seq, err
}
