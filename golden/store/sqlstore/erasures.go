package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

const (
	selectErasure = `SELECT e.id, e.customer, e.at, e.body FROM erasure e `
	selectReceipt = `SELECT r.erasure, r.target, r.remote, r.entity, r.route, r.operation, r.status, r.reason, r.at
		FROM erasure_receipt r `
)

var (
	putErasure = rows("id text, customer text, at time, changed time, body bytes",
		`INSERT INTO erasure (id, customer, at, changed, body) SELECT * FROM v WHERE true
		ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, body = excluded.body`)
	erasuresByID = plain(selectErasure + `WHERE e.id = {any text}`)
	erasuresOf   = plain(selectErasure + `WHERE e.customer = {any text}`)
	erasures     = plain(selectErasure + `WHERE e.id < {text} ORDER BY e.id DESC LIMIT {int}`)
	erasureMark  = plain(`SELECT count(*), max(changed) FROM erasure`)

	receiptsOf  = plain(selectReceipt + `WHERE r.erasure = {any text}`)
	putReceipts = rows(`erasure text, target text, remote int, entity text, route text, operation text, status text,
		reason text, at time`, `INSERT INTO erasure_receipt (erasure, target, remote, entity, route, operation, status, reason, at)
		SELECT * FROM v WHERE true ON CONFLICT (erasure, target, remote) DO UPDATE SET operation = excluded.operation,
		status = excluded.status, reason = excluded.reason, at = excluded.at`)
	settleReceipts = rows(`target text, remote int, operation text, status text, reason text, at time`,
		`UPDATE erasure_receipt SET operation = v.operation, status = v.status, reason = v.reason, at = v.at FROM v
		WHERE erasure_receipt.target = v.target AND erasure_receipt.remote = v.remote
		AND erasure_receipt.status <> 'done' AND erasure_receipt.status <> 'kept'`)

	anySuppression   = plain(`SELECT count(*) FROM (SELECT hash FROM suppression LIMIT 1) s`)
	allSuppressions  = plain(`SELECT hash FROM suppression`)
	liftSuppressions = plain(`DELETE FROM suppression WHERE hash = {any int}`)
)

// EntitiesByID implements golden.Erasures.
func (t *tx) EntitiesByID(ctx context.Context, ids []string) ([]golden.GoldenRecord, error) {
	return view{t}.Customers(ctx, ids)
}

// AnySuppression implements golden.Erasures.
func (t *tx) AnySuppression(ctx context.Context) (bool, error) {
	n, err := one[int64](ctx, t.c, anySuppression)
	return n > 0, doing("look for suppressions", err)
}

// LiftSuppressions implements golden.Erasures.
func (t *tx) LiftSuppressions(ctx context.Context, hashes []uint64) (int64, error) {
	if len(hashes) == 0 {
		return 0, nil
	}
	n, err := t.c.Exec(ctx, liftSuppressions, sortedSigned(hashes))
	return n, doing("lift suppressions", err)
}

// PutErasure implements golden.Erasures.
func (t *tx) PutErasure(ctx context.Context, e golden.Erasure) error {
	if err := checkText("erasure", e.ID, e.Customer); err != nil {
		return err
	}
	now, err := t.c.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the store's clock: %w", err)
	}
	e.Receipts = nil
	e.Author, e.Reason = prose(e.Author), prose(e.Reason)
	return t.c.Put(ctx, "write erasure", putErasure,
		[]string{e.ID}, []string{e.Customer}, []time.Time{e.At}, []time.Time{now}, [][]byte{encoded(e)})
}

// Erasures implements golden.Erasures.
func (t *tx) Erasures(ctx context.Context, ids []string) ([]golden.Erasure, error) {
	return readErasures(ctx, t.c, erasuresByID, known(ids))
}

// ErasuresOf implements golden.Erasures.
func (t *tx) ErasuresOf(ctx context.Context, customers []string) ([]golden.Erasure, error) {
	return readErasures(ctx, t.c, erasuresOf, known(customers))
}

// readErasures reads erasures, newest first, with their receipts.
func readErasures(ctx context.Context, c Conn, s *Statement, args ...any) ([]golden.Erasure, error) {
	found, err := list(ctx, c, "read erasures", s, scanErasure, args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	slices.SortFunc(found, func(a, b golden.Erasure) int { return strings.Compare(b.ID, a.ID) })
	ids := column(found, func(e *golden.Erasure) string { return e.ID })
	receipts, err := list(ctx, c, "read receipts", receiptsOf, scanReceipt, ids)
	slices.SortFunc(receipts, func(a, b golden.Receipt) int {
		return strings.Compare(a.Target+fmt.Sprintf("%020d", a.Remote), b.Target+fmt.Sprintf("%020d", b.Remote))
	})
	for i := range found {
		e := &found[i]
		e.Receipts = []golden.Receipt{}
		for _, r := range receipts {
			if r.Erasure == e.ID {
				e.Receipts = append(e.Receipts, r)
			}
		}
	}
	return found, err
}

func scanErasure(scan Scan, e *golden.Erasure) error {
	var id, customer string
	var at time.Time
	var body []byte
	if err := scan(&id, &customer, &at, &body); err != nil {
		return err
	}
	return decode(body, e, "erasure "+id)
}

func scanReceipt(scan Scan, r *golden.Receipt) error {
	var remote int64
	var entity, status string
	err := scan(&r.Erasure, &r.Target, &remote, &entity, &r.Route, &r.Operation, &status, &r.Reason, &r.At)
	r.Remote, r.Entity, r.Status = uint64(remote), canonical.Entity(entity), golden.ReceiptStatus(status)
	return err
}

// PutReceipts implements golden.Erasures.
func (t *tx) PutReceipts(ctx context.Context, receipts []golden.Receipt) error {
	type R = golden.Receipt
	return t.c.Put(ctx, "write receipts", putReceipts,
		column(receipts, func(r *R) string { return r.Erasure }),
		column(receipts, func(r *R) string { return r.Target }),
		column(receipts, func(r *R) int64 { return int64(r.Remote) }),
		column(receipts, func(r *R) string { return string(r.Entity) }),
		column(receipts, func(r *R) string { return r.Route }),
		column(receipts, func(r *R) string { return r.Operation }),
		column(receipts, func(r *R) string { return string(r.Status) }),
		column(receipts, func(r *R) string { return prose(r.Reason) }),
		column(receipts, func(r *R) time.Time { return r.At }))
}

// SettleReceipts implements golden.Erasures.
func (t *tx) SettleReceipts(ctx context.Context, receipts []golden.Receipt) error {
	type R = golden.Receipt
	return t.c.Put(ctx, "settle receipts", settleReceipts,
		column(receipts, func(r *R) string { return r.Target }),
		column(receipts, func(r *R) int64 { return int64(r.Remote) }),
		column(receipts, func(r *R) string { return r.Operation }),
		column(receipts, func(r *R) string { return string(r.Status) }),
		column(receipts, func(r *R) string { return prose(r.Reason) }),
		column(receipts, func(r *R) time.Time { return r.At }))
}

// ListErasures implements golden.ErasureReader.
func (s *Store) ListErasures(ctx context.Context, before string, n int) (found []golden.Erasure, err error) {
	if before == "" {
		before = "\U0010FFFF"
	}
	if !storable(before) {
		return nil, nil
	}
	err = s.backend.View(ctx, func(c Conn) error {
		found, err = readErasures(ctx, c, erasures, before, limit(n))
		return err
	})
	return found, err
}

// Erasure implements golden.ErasureReader.
func (s *Store) Erasure(ctx context.Context, id string) (golden.Erasure, error) {
	var found []golden.Erasure
	err := s.backend.View(ctx, func(c Conn) (err error) {
		found, err = readErasures(ctx, c, erasuresByID, known([]string{id}))
		return err
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("erasure %q: %w", id, golden.ErrNotFound)
	}
	if err != nil {
		return golden.Erasure{}, err
	}
	return found[0], nil
}

// AllSuppressions implements golden.ErasureReader.
func (s *Store) AllSuppressions(ctx context.Context) (hashes []uint64, mark string, err error) {
	err = s.backend.View(ctx, func(c Conn) error {
		if mark, err = readMark(ctx, c); err != nil {
			return err
		}
		hashes, err = list(ctx, c, "read suppressions", allSuppressions, func(scan Scan, h *uint64) error {
			var signed int64
			err := scan(&signed)
			*h = uint64(signed)
			return err
		})
		return err
	})
	return hashes, mark, err
}

// SuppressionMark implements golden.ErasureReader.
func (s *Store) SuppressionMark(ctx context.Context) (mark string, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		mark, err = readMark(ctx, c)
		return err
	})
	return mark, err
}

func readMark(ctx context.Context, c Conn) (mark string, err error) {
	err = c.Query(ctx, erasureMark, func(scan Scan) error {
		var n int64
		var last time.Time
		err := scan(&n, &last)
		mark = fmt.Sprintf("%d %d", n, last.UnixMicro())
		return err
	})
	return mark, doing("read the mark of erasures", err)
}
