package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

const selectDirty = `SELECT target, subject, entity, mark, since, not_before, owner, attempt, error, correlation, trace FROM dirty `

var (
	markDirty = rows(`target text, subject text, entity text, since time, not_before time, due time, correlation text, trace text`,
		`INSERT INTO dirty (target, subject, entity, mark, since, not_before, due, owner, attempt, error, correlation, trace)
		SELECT target, subject, entity, {int}, since, not_before, due, '', 0, '', correlation, trace FROM v WHERE true
		ON CONFLICT (target, subject) DO UPDATE SET mark = excluded.mark,
		correlation = CASE WHEN dirty.owner <> '' THEN excluded.correlation ELSE dirty.correlation END,
		trace = CASE WHEN dirty.owner <> '' OR dirty.trace = '' THEN excluded.trace ELSE dirty.trace END,
		not_before = CASE WHEN excluded.due < dirty.due THEN excluded.not_before ELSE dirty.not_before END,
		due = CASE WHEN dirty.owner <> '' THEN dirty.due ELSE {least}(dirty.due, excluded.due) END`)

	// The mark is compared with that of the row that is deleted, which may have been raised since
	// the statement began.
	removeDirty = rows("target text, subject text, mark int, owner text", `DELETE FROM dirty
		WHERE (target, subject, mark) IN (SELECT v.target, v.subject, v.mark FROM v
			JOIN dirty d ON d.target = v.target AND d.subject = v.subject WHERE v.owner = '' OR v.owner = d.owner)`)
	freeDirty = rows("target text, subject text, mark int, owner text", `UPDATE dirty
		SET owner = '', attempt = 0, error = '', not_before = {time}, due = {time} FROM v
		WHERE dirty.target = v.target AND dirty.subject = v.subject AND dirty.mark <> v.mark
		AND (v.owner = '' OR v.owner = dirty.owner)`)
	retryDirty = rows("target text, subject text, mark int, owner text, attempt int, error text, due time", `UPDATE dirty
		SET owner = '', attempt = v.attempt, error = v.error,
		not_before = CASE WHEN dirty.mark = v.mark THEN v.due ELSE {time} END,
		due = CASE WHEN dirty.mark = v.mark THEN v.due ELSE {time} END FROM v
		WHERE dirty.target = v.target AND dirty.subject = v.subject AND (v.owner = '' OR v.owner = dirty.owner)`)

	forgiveDirty = plain(`UPDATE dirty SET attempt = 0 WHERE target = {text} AND subject = {any text} AND owner = ''`)

	dueDirty   = plain(selectDirty + `WHERE target = {text} AND due <= {time} ORDER BY due, subject LIMIT {int} {skip locked}`)
	claimDirty = plain(`UPDATE dirty SET owner = {text}, due = {time} WHERE target = {text} AND subject = {any text}`)
	nextDirty  = plain(`SELECT min(due) FROM dirty WHERE target = {text} AND due > {time}`)
)

// MarkDirty implements golden.Deliveries.
func (t *tx) MarkDirty(ctx context.Context, marks []golden.Dirty) error {
	if len(marks) == 0 {
		return nil
	}
	type D = golden.Dirty
	for _, d := range marks {
		if err := checkText("dirty subject", d.Target, d.Subject); err != nil {
			return err
		}
	}
	marks = lastDirty(marks)
	mark, err := t.c.Allocate(ctx, DirtyMarks, 1)
	if err != nil {
		return fmt.Errorf("number marks: %w", err)
	}
	now, err := t.c.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the store's clock: %w", err)
	}
	return t.c.Put(ctx, "mark dirty", markDirty,
		column(marks, func(d *D) string { return d.Target }),
		column(marks, func(d *D) string { return d.Subject }),
		column(marks, func(d *D) string { return d.Entity }),
		column(marks, func(d *D) time.Time { return either(d.Since, now) }),
		column(marks, func(d *D) time.Time { return d.NotSent }),
		column(marks, func(d *D) time.Time { return either(d.NotSent, earlier(d.Since, now)) }),
		column(marks, func(d *D) string { return prose(d.Correlation) }),
		column(marks, func(d *D) string { return prose(d.Trace) }),
		mark[0])
}

// SettleDirty implements golden.Deliveries.
func (t *tx) SettleDirty(ctx context.Context, done, retry []golden.Dirty) error {
	type D = golden.Dirty
	now, err := t.c.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the store's clock: %w", err)
	}
	identity := func(rows []D) []any {
		return []any{
			column(rows, func(d *D) string { return d.Target }),
			column(rows, func(d *D) string { return d.Subject }),
			column(rows, func(d *D) int64 { return d.Mark }),
			column(rows, func(d *D) string { return d.Owner }),
		}
	}
	done, retry = lastDirty(done), lastDirty(retry)
	if err := t.c.Put(ctx, "settle dirty rows", removeDirty, identity(done)...); err != nil {
		return err
	}
	if err := t.c.Put(ctx, "settle dirty rows", freeDirty, append(identity(done), time.Time{}, now)...); err != nil {
		return err
	}
	return t.c.Put(ctx, "put off dirty rows", retryDirty, append(identity(retry),
		column(retry, func(d *D) int64 { return int64(d.Attempt) }),
		column(retry, func(d *D) string { return prose(d.Error) }),
		column(retry, func(d *D) time.Time { return either(d.NotSent, now) }),
		time.Time{}, now)...)
}

// ForgiveDirty implements golden.Deliveries.
func (t *tx) ForgiveDirty(ctx context.Context, target string, subjects []string) error {
	subjects = known(subjects)
	if len(subjects) == 0 {
		return nil
	}
	return t.c.Put(ctx, "forgive dirty rows", forgiveDirty, target, subjects)
}

// ClaimDirty implements golden.Work.
func (s *Store) ClaimDirty(ctx context.Context, target, owner string, n int, ttl time.Duration) (claimed []golden.Dirty, err error) {
	if owner == "" {
		return nil, fmt.Errorf("claim dirty rows of %s: no owner", target)
	}
	err = s.write(ctx, func(ctx context.Context, c Conn) error {
		now, err := c.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the store's clock: %w", err)
		}
		claimed, err = list(ctx, c, "find dirty rows", dueDirty, scanDirty, target, now, limit(n))
		if err != nil || len(claimed) == 0 {
			return err
		}
		for i := range claimed {
			claimed[i].Owner = owner
		}
		subjects := column(claimed, func(d *golden.Dirty) string { return d.Subject })
		return c.Put(ctx, "claim dirty rows", claimDirty, owner, now.Add(ttl), target, unique(subjects))
	})
	return claimed, err
}

// NextDirty implements golden.Work.
func (s *Store) NextDirty(ctx context.Context, target string) (next time.Time, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		now, err := c.Now(ctx)
		if err != nil {
			return err
		}
		next, err = one[time.Time](ctx, c, nextDirty, target, now)
		return err
	})
	return next, doing("find the next dirty row", err)
}

// ListDirty implements golden.Reader.
func (s *Store) ListDirty(ctx context.Context, q golden.DeliveryQuery) (dirty []golden.Dirty, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		w := reconcilerRows("dirty", q)
		w.after("target, subject", q.AfterTarget, q.AfterSubject)
		dirty, err = pick(ctx, c, "read dirty rows", w, selectDirty, `ORDER BY target, subject`, q.Limit, scanDirty)
		return err
	})
	return dirty, err
}

func scanDirty(scan Scan, d *golden.Dirty) error {
	var attempt int64
	err := scan(&d.Target, &d.Subject, &d.Entity, &d.Mark, &d.Since, &d.NotSent, &d.Owner, &attempt, &d.Error, &d.Correlation, &d.Trace)
	d.Attempt = int(attempt)
	return err
}

func lastDirty(rows []golden.Dirty) []golden.Dirty {
	type key struct{ target, subject string }
	return lastBy(rows, func(d *golden.Dirty) key { return key{d.Target, d.Subject} },
		func(a, b key) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.subject, b.subject)) })
}

func either(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// earlier is since, or now where since is not known or, by another clock, still to come.
func earlier(since, now time.Time) time.Time {
	if since.IsZero() || since.After(now) {
		return now
	}
	return since
}
