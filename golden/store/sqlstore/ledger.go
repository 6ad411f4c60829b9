package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const selectLedger = `SELECT l.system, l.kind, l.key, l.state, l.at, l.due, l.version, l.body FROM ledger l `

var (
	ledgerRows = plain(selectLedger + `WHERE l.system = {text} AND l.kind = {text} AND l.key = {any text}`)
	// What is to be new must not be there, and what is replaced must be, in the version that was read.
	putLedger = rows("system text, kind text, key text, state text, at time, due time, version int, body bytes",
		`INSERT INTO ledger (system, kind, key, state, at, due, version, body)
		SELECT v.system, v.kind, v.key, v.state, v.at, v.due, v.version + 1, v.body FROM v
		WHERE v.version = 0 OR EXISTS (SELECT 1 FROM ledger o WHERE o.system = v.system AND o.kind = v.kind AND o.key = v.key)
		ON CONFLICT (system, kind, key) DO UPDATE SET state = excluded.state, at = excluded.at, due = excluded.due,
		version = excluded.version, body = excluded.body WHERE ledger.version + 1 = excluded.version`)
	pruneLedger = plain(`DELETE FROM ledger WHERE system = {text} AND kind = {text} AND state = {any text} AND at < {time}`)
	countLedger = plain(`SELECT system, kind, state, count(*), min(due) FROM ledger GROUP BY system, kind, state
		ORDER BY system, kind, state`)
)

// LedgerRows implements golden.Ledger.
func (t *tx) LedgerRows(ctx context.Context, system, kind string, keys []string) ([]golden.LedgerRow, error) {
	if len(keys) == 0 || !storable(system+kind) {
		return nil, nil
	}
	return list(ctx, t.c, "read the ledger", ledgerRows, scanLedger, system, kind, known(keys))
}

func scanLedger(scan Scan, r *golden.LedgerRow) error {
	return scan(&r.System, &r.Kind, &r.Key, &r.State, &r.At, &r.Due, &r.Version, &r.Body)
}

// PutLedger implements golden.Ledger.
func (t *tx) PutLedger(ctx context.Context, given []golden.LedgerRow) error {
	type R = golden.LedgerRow
	if len(given) == 0 {
		return nil
	}
	for _, r := range given {
		if err := checkText("ledger row", r.System, r.Kind, r.Key, r.State); err != nil {
			return err
		}
	}
	sorted := lastBy(given, func(r *R) string { return r.System + "\x00" + r.Kind + "\x00" + r.Key }, strings.Compare)
	n, err := t.c.Exec(ctx, putLedger,
		column(sorted, func(r *R) string { return r.System }),
		column(sorted, func(r *R) string { return r.Kind }),
		column(sorted, func(r *R) string { return r.Key }),
		column(sorted, func(r *R) string { return r.State }),
		column(sorted, func(r *R) time.Time { return r.At }),
		column(sorted, func(r *R) time.Time { return r.Due }),
		column(sorted, func(r *R) int64 { return r.Version }),
		column(sorted, func(r *R) []byte { return r.Body }))
	if err == nil && n != int64(len(given)) {
		err = golden.ErrMoved
	}
	return doing("write the ledger", err)
}

// PruneLedger implements golden.Ledger.
func (t *tx) PruneLedger(ctx context.Context, system, kind string, states []string, before time.Time) (int64, error) {
	if len(states) == 0 {
		return 0, nil
	}
	n, err := t.c.Exec(ctx, pruneLedger, system, kind, known(states), before)
	return n, doing("prune the ledger", err)
}

// ListLedger implements golden.LedgerReader.
func (s *Store) ListLedger(ctx context.Context, q golden.LedgerQuery) (found []golden.LedgerRow, err error) {
	w := &where{}
	w.and("l.system = {text}", q.System)
	w.and("l.kind = {text}", q.Kind)
	if q.States != nil {
		w.and("l.state = {any text}", known(q.States))
	}
	if !q.DueBefore.IsZero() {
		w.and("l.due < {time}", q.DueBefore)
	}
	order, than := "", ">"
	if q.Newest {
		order, than = " DESC", "<"
	}
	if !q.After.IsZero() {
		w.and(fmt.Sprintf("(l.at, l.key) %s ({time}, {text})", than), q.After, q.AfterKey)
	}
	err = s.backend.Read(ctx, func(c Conn) error {
		found, err = pick(ctx, c, "list the ledger", w, selectLedger, fmt.Sprintf("ORDER BY l.at%s, l.key%s", order, order), q.Limit, scanLedger)
		return err
	})
	return found, err
}

// CountLedger implements golden.LedgerReader.
func (s *Store) CountLedger(ctx context.Context) (counts []golden.LedgerCount, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		counts, err = list(ctx, c, "count the ledger", countLedger, func(scan Scan, n *golden.LedgerCount) error {
			return scan(&n.System, &n.Kind, &n.State, &n.Count, &n.Due)
		})
		return err
	})
	return counts, err
}
