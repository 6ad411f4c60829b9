package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const entityFields = `e.no, e.id, e.state, e.into_no, e.version, e.updated_at, e.sources, e.doc, e.lineage`

const entityColumns = `no int, id text, state text, into_no int, version int, updated_at time,
	sources bytes, doc bytes, lineage bytes`

var (
	entitiesByNo = plain(`SELECT ` + entityFields + ` FROM entity e WHERE e.no = {any int}`)
	mergedInto   = plain(`SELECT ` + entityFields + ` FROM entity e
		WHERE e.state <> 'live' AND e.state = 'merged' AND e.into_no = {any int}`)
	updateEntities = rows(entityColumns, `UPDATE entity SET state = v.state, into_no = v.into_no,
		version = v.version, updated_at = v.updated_at, sources = v.sources, doc = v.doc, lineage = v.lineage
		FROM v WHERE entity.no = v.no AND entity.id = v.id`)
)

// Entities implements golden.Results.
func (t *tx) Entities(ctx context.Context, nos []golden.EntityNo) ([]golden.GoldenRecord, error) {
	if len(nos) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read entities", entitiesByNo, scanEntity, ints(unique(nos)))
}

// MergedInto implements golden.Graph.
func (t *tx) MergedInto(ctx context.Context, entities []golden.EntityNo) ([]golden.GoldenRecord, error) {
	if len(entities) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read merged entities", mergedInto, scanEntity, ints(unique(entities)))
}

// PutEntities implements golden.Results.
func (t *tx) PutEntities(ctx context.Context, records []golden.GoldenRecord) error {
	type G = golden.GoldenRecord
	var fresh []*G
	var held []G
	for i := range records {
		r := &records[i]
		if err := checkText("golden ID", append(r.Sources, r.ID)...); err != nil {
			return err
		}
		if r.No == 0 {
			fresh = append(fresh, r)
		} else {
			held = append(held, *r)
		}
	}
	if len(fresh) > 0 {
		if err := insertNumbered(ctx, t, EntityNumbers, fresh,
			func(r *G) string { return r.ID },
			func(r *G, no int64) { r.No = golden.EntityNo(no) },
			entityTable.Insert, entityRows); err != nil {
			return fmt.Errorf("insert entities: %w", err)
		}
	}
	held = lastBy(held, func(r *G) golden.EntityNo { return r.No }, cmp.Compare)
	return t.c.PutAll(ctx, "update entities by number and ID", updateEntities, len(held), entityRows(held)...)
}

func entityRows(records []golden.GoldenRecord) []any {
	type G = golden.GoldenRecord
	return []any{
		column(records, func(r *G) int64 { return int64(r.No) }),
		column(records, func(r *G) string { return r.ID }),
		column(records, func(r *G) string { return string(r.State) }),
		column(records, func(r *G) int64 { return int64(r.Into) }),
		column(records, func(r *G) int64 { return r.Version }),
		column(records, func(r *G) time.Time { return r.UpdatedAt }),
		column(records, func(r *G) []byte { return encoded(r.Sources) }),
		column(records, func(r *G) []byte { return r.Doc }),
		column(records, func(r *G) []byte { return r.Lineage }),
	}
}

func scanEntity(scan Scan, r *golden.GoldenRecord) error {
	var no, into int64
	var state string
	var sources []byte
	if err := scan(&no, &r.ID, &state, &into, &r.Version, &r.UpdatedAt, &sources, &r.Doc, &r.Lineage); err != nil {
		return err
	}
	r.No, r.Into, r.State = golden.EntityNo(no), golden.EntityNo(into), golden.EntityState(state)
	return decode(sources, &r.Sources, "sources of "+r.ID)
}
