package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const selectDecision = `SELECT d.id, d.verdict, d.strength, d."left", d."right", d.author, d.reason, d.at, d.undone
	FROM decision d `

var (
	decisionsOf = plain(selectDecision + `WHERE d.undone IS NULL AND d.id IN
		(SELECT r.decision FROM decision_record r WHERE r.record = {any text})`)
	putDecisions = rows(`id text, verdict text, strength text, lefts bytes, rights bytes, author text,
		reason text, at time, undone time`,
		`INSERT INTO decision (id, verdict, strength, "left", "right", author, reason, at, undone)
		SELECT * FROM v WHERE true ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict,
		strength = excluded.strength, "left" = excluded."left", "right" = excluded."right",
		author = excluded.author, reason = excluded.reason, at = excluded.at, undone = excluded.undone`)
	deleteDecisionRecords = plain(`DELETE FROM decision_record WHERE decision = {any text}`)
	putDecisionRecords    = rows("record text, decision text", `INSERT INTO decision_record (record, decision)
		SELECT record, decision FROM v WHERE true ON CONFLICT (record, decision) DO NOTHING`)
)

// DecisionsOf implements golden.Graph.
func (t *tx) DecisionsOf(ctx context.Context, keys []string) ([]golden.Decision, error) {
	keys = known(keys)
	if len(keys) == 0 {
		return nil, nil
	}
	return list(ctx, t.c, "read decisions", decisionsOf, scanDecision, keys)
}

// PutDecisions implements golden.Graph.
func (t *tx) PutDecisions(ctx context.Context, decisions []golden.Decision) error {
	type D = golden.Decision
	decisions = lastBy(decisions, func(d *D) string { return d.ID }, strings.Compare)
	ids := column(decisions, func(d *D) string { return d.ID })
	var records, of []string
	for _, d := range decisions {
		keys := slices.Concat(d.Left, d.Right)
		if err := checkText("decision", append(keys, d.ID)...); err != nil {
			return err
		}
		if d.Undone != nil {
			continue
		}
		for _, key := range unique(keys) {
			records, of = append(records, key), append(of, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := exec(ctx, t.c, "write decisions", putDecisions, ids,
		column(decisions, func(d *D) string { return string(d.Verdict) }),
		column(decisions, func(d *D) string { return string(d.Strength) }),
		column(decisions, func(d *D) []byte { return encoded(d.Left) }),
		column(decisions, func(d *D) []byte { return encoded(d.Right) }),
		column(decisions, func(d *D) string { return prose(d.Author) }),
		column(decisions, func(d *D) string { return prose(d.Reason) }),
		column(decisions, func(d *D) time.Time { return d.At }),
		column(decisions, func(d *D) time.Time { return orZero(d.Undone) })); err != nil {
		return err
	}
	if err := exec(ctx, t.c, "index decisions", deleteDecisionRecords, ids); err != nil {
		return err
	}
	return exec(ctx, t.c, "index decisions", putDecisionRecords, records, of)
}

func scanDecision(scan Scan, d *golden.Decision) error {
	var verdict, strength string
	var left, right []byte
	var undone time.Time
	if err := scan(&d.ID, &verdict, &strength, &left, &right, &d.Author, &d.Reason, &d.At, &undone); err != nil {
		return err
	}
	d.Verdict, d.Strength, d.Undone = golden.Verdict(verdict), golden.Strength(strength), orNil(undone)
	if err := decode(left, &d.Left, "decision"); err != nil {
		return err
	}
	return decode(right, &d.Right, "decision")
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
