package sqlstore

import (
	"context"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

var (
	// The index is by (target, subject): the few targets are found first, one step in it for each.
	remotesOf = plain(`SELECT d.subject, count(*) FROM delivery d WHERE d.target IN
		(WITH RECURSIVE names (name) AS (SELECT min(target) FROM delivery UNION ALL
			SELECT (SELECT min(target) FROM delivery WHERE target > names.name) FROM names WHERE names.name IS NOT NULL)
			SELECT name FROM names WHERE name IS NOT NULL)
		AND d.subject = {any text} AND d.status <> 'gone' AND d.status <> 'inactive' GROUP BY d.subject`)
	ordersBy = rows("entity int, kind int, value text", `SELECT v.entity, (SELECT count(*) FROM
		(SELECT 1 FROM document_party p JOIN document d ON d.no = p.document
			WHERE p.kind = v.kind AND p.value = v.value AND d.entity = {text} AND d.deleted = {bool} LIMIT 1000) AS few) FROM v`)
)

// StakesOf implements golden.Results. The orders of a customer are those that name it in the way by
// which most do.
func (t *tx) StakesOf(ctx context.Context, entities []golden.Entity) (map[golden.EntityNo]golden.Stakes, error) {
	stakes := make(map[golden.EntityNo]golden.Stakes, len(entities))
	if len(entities) == 0 {
		return stakes, nil
	}
	nos := make(map[string]golden.EntityNo, len(entities))
	for _, e := range entities {
		nos[e.ID] = e.No
	}
	err := t.c.Query(ctx, remotesOf, func(scan Scan) error {
		var id string
		var n int64
		err := scan(&id, &n)
		s := stakes[nos[id]]
		s.Remotes = int(min(n, 1000))
		stakes[nos[id]] = s
		return err
	}, column(entities, func(e *golden.Entity) string { return e.ID }))
	if err != nil {
		return nil, doing("count remote records", err)
	}
	ways, err := t.lookups(ctx, unique(column(entities, func(e *golden.Entity) golden.EntityNo { return e.No })))
	if err != nil {
		return nil, err
	}
	var of, kinds []int64
	var values []string
	for no, own := range ways {
		for _, w := range pointing(own) {
			of, kinds, values = append(of, int64(no)), append(kinds, w.kind), append(values, w.value)
		}
	}
	if len(of) == 0 {
		return stakes, nil
	}
	err = t.c.Query(ctx, ordersBy, func(scan Scan) error {
		var no, n int64
		err := scan(&no, &n)
		s := stakes[golden.EntityNo(no)]
		s.Orders = max(s.Orders, int(n))
		stakes[golden.EntityNo(no)] = s
		return err
	}, of, kinds, values, string(canonical.EntityOrder), false)
	return stakes, doing("count orders", err)
}
