package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const selectDecision = `SELECT d.id, d.verdict, d.strength, d."left", d."right", d.attribute, d.value, d.act, d.author, d.reason, d.at,
	d.undone, d.undone_by, d.undone_reason FROM decision d `

var (
	decisionsOf = plain(selectDecision + `WHERE d.undone IS NULL AND d.id IN
		(SELECT r.decision FROM decision_record r WHERE r.record = {any text})`)
	decisionsOfAct = plain(selectDecision + `WHERE d.act IN (SELECT a.act FROM decision a WHERE a.id = {text} UNION ALL SELECT {text}) ORDER BY d.id`)
	putDecisions   = rows(`id text, verdict text, strength text, lefts bytes, rights bytes, attribute text, value bytes, act text,
		author text, reason text, at time, undone time, undone_by text, undone_reason text`,
		`INSERT INTO decision (id, verdict, strength, "left", "right", attribute, value, act, author, reason, at, undone, undone_by, undone_reason)
		SELECT * FROM v WHERE true ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict,
		strength = excluded.strength, "left" = excluded."left", "right" = excluded."right",
		attribute = excluded.attribute, value = excluded.value, act = excluded.act,
		author = excluded.author, reason = excluded.reason, at = excluded.at, undone = excluded.undone,
		undone_by = excluded.undone_by, undone_reason = excluded.undone_reason`)
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

// DecisionsOfAct implements golden.Graph.
func (t *tx) DecisionsOfAct(ctx context.Context, id string) ([]golden.Decision, error) {
	if !storable(id) {
		return nil, nil
	}
	return list(ctx, t.c, "read the decisions of an act", decisionsOfAct, scanDecision, id, id)
}

// Decisions implements golden.Reader.
func (s *Store) Decisions(ctx context.Context, q golden.DecisionQuery) (decisions []golden.Decision, err error) {
	w := &where{}
	if q.IDs != nil {
		w.and("d.id = {any text}", known(q.IDs))
	}
	if q.Records != nil {
		w.and("d.id IN (SELECT r.decision FROM decision_record r WHERE r.record = {any text})", known(q.Records))
	}
	w.equal("d.act", q.Act)
	w.equal("d.author", q.Author)
	w.equal("d.verdict", string(q.Verdict))
	if !q.Undone {
		w.and("d.undone IS NULL")
	}
	if q.After != "" {
		w.and(`EXISTS (SELECT 1 FROM decision a WHERE a.id = {text} AND (d.at < a.at OR d.at = a.at AND d.id > a.id))`, q.After)
	}
	err = s.backend.Read(ctx, func(c Conn) error {
		decisions, err = pick(ctx, c, "read decisions", w, selectDecision, `ORDER BY d.at DESC, d.id`, q.Limit, scanDecision)
		return err
	})
	return decisions, err
}

// PutDecisions implements golden.Graph.
func (t *tx) PutDecisions(ctx context.Context, decisions []golden.Decision) error {
	type D = golden.Decision
	decisions = lastBy(decisions, func(d *D) string { return d.ID }, strings.Compare)
	ids := column(decisions, func(d *D) string { return d.ID })
	var records, of []string
	for _, d := range decisions {
		keys := slices.Concat(d.Left, d.Right)
		if err := checkText("decision", append(slices.Clone(keys), d.ID, d.Act, d.Attribute)...); err != nil {
			return err
		}
		for _, key := range unique(keys) {
			records, of = append(records, key), append(of, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := t.c.Put(ctx, "write decisions", putDecisions, ids,
		column(decisions, func(d *D) string { return string(d.Verdict) }),
		column(decisions, func(d *D) string { return string(d.Strength) }),
		column(decisions, func(d *D) []byte { return encoded(d.Left) }),
		column(decisions, func(d *D) []byte { return encoded(d.Right) }),
		column(decisions, func(d *D) string { return d.Attribute }),
		column(decisions, func(d *D) []byte { return d.Value }),
		column(decisions, func(d *D) string { return cmp.Or(d.Act, d.ID) }),
		column(decisions, func(d *D) string { return prose(d.Author) }),
		column(decisions, func(d *D) string { return prose(d.Reason) }),
		column(decisions, func(d *D) time.Time { return d.At }),
		column(decisions, func(d *D) time.Time { return orZero(d.Undone) }),
		column(decisions, func(d *D) string { return prose(d.UndoneBy) }),
		column(decisions, func(d *D) string { return prose(d.UndoneReason) })); err != nil {
		return err
	}
	if err := t.c.Put(ctx, "index decisions", deleteDecisionRecords, ids); err != nil {
		return err
	}
	return t.c.Put(ctx, "index decisions", putDecisionRecords, records, of)
}

func scanDecision(scan Scan, d *golden.Decision) error {
	var verdict, strength string
	var left, right, value []byte
	var undone time.Time
	if err := scan(&d.ID, &verdict, &strength, &left, &right, &d.Attribute, &value, &d.Act, &d.Author, &d.Reason, &d.At,
		&undone, &d.UndoneBy, &d.UndoneReason); err != nil {
		return err
	}
	d.Value = value
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
