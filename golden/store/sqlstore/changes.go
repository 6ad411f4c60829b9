package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	// CROSS JOIN: in this order. SQLite might read all changes otherwise.
	outbox = plain(`SELECT c.no, 0, c.entity, e.id, c.version, c.type, c.at, c.body
		FROM (SELECT no FROM outbox ORDER BY no LIMIT {int}) o
		CROSS JOIN change c CROSS JOIN entity e WHERE c.no = o.no AND e.no = c.entity ORDER BY o.no`)
	deleteOutbox = plain(`DELETE FROM outbox WHERE no = {any int}`)
	raiseFeed    = plain(`UPDATE feed_state SET last = last + {int}`)
	feedState    = plain(`SELECT last FROM feed_state`)
	insertFeed   = rows("seq int, no int", `INSERT INTO feed (seq, no) SELECT seq, no FROM v`)
	trimFeed     = plain(`DELETE FROM feed WHERE seq <= {int}`)

	feedAfter = plain(`SELECT c.no, f.seq, c.entity, e.id, c.version, c.type, c.at, c.body
		FROM (SELECT seq, no FROM feed WHERE seq > {int} ORDER BY seq LIMIT {int}) f
		CROSS JOIN change c CROSS JOIN entity e WHERE c.no = f.no AND e.no = c.entity ORDER BY f.seq`)
	feedOldest = plain(`SELECT coalesce(min(seq), 0) FROM feed`)
	history    = plain(`SELECT c.no, 0, c.entity, e.id, c.version, c.type, c.at, c.body
		FROM change c JOIN entity e ON e.no = c.entity
		WHERE c.entity = {int} AND c.version >= {int} ORDER BY c.version, c.no LIMIT {int}`)
	lastChange = plain(`SELECT coalesce(max(no), 0) FROM change`)
	moved      = plain(`SELECT no, body FROM change WHERE no > {int} AND no <= {int} ORDER BY no LIMIT {int}`)
)

// changeBody is what of a change is kept as JSON.
type changeBody struct {
	Paths       []golden.PathChange `json:"p,omitempty"`
	Into        string              `json:"i,omitempty"`
	From        []string            `json:"f,omitempty"`
	Records     []string            `json:"r,omitempty"`
	Cause       string              `json:"c,omitempty"`
	Correlation string              `json:"x,omitempty"`
	Trace       string              `json:"t,omitempty"`
}

// AddChanges implements golden.Results.
func (t *tx) AddChanges(ctx context.Context, changes []golden.Change) error {
	if len(changes) == 0 {
		return nil
	}
	numbers, err := t.c.Allocate(ctx, ChangeNumbers, len(changes))
	if err != nil {
		return fmt.Errorf("number changes: %w", err)
	}
	for i := range changes {
		changes[i].No = numbers[i]
	}
	type C = golden.Change
	if err := t.c.Put(ctx, "write changes", changeTable.Insert, numbers,
		column(changes, func(c *C) int64 { return int64(c.Entity) }),
		column(changes, func(c *C) int64 { return c.Version }),
		column(changes, func(c *C) string { return string(c.Type) }),
		column(changes, func(c *C) time.Time { return c.At }),
		column(changes, func(c *C) []byte { return bodyOf(c) })); err != nil {
		return err
	}
	return t.c.Put(ctx, "write outbox", outboxTable.Insert, numbers)
}

func bodyOf(c *golden.Change) []byte {
	return encoded(changeBody{c.Paths, c.Into, c.From, c.Records, c.Cause, c.Correlation, c.Trace})
}

// Outbox implements golden.Work. Numbers are given while the golden record is held, so that those
// of one record ascend with its versions.
func (s *Store) Outbox(ctx context.Context, n int) (changes []golden.Change, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		changes, err = list(ctx, c, "read outbox", outbox, scanChange, limit(n))
		return err
	})
	return changes, err
}

// Published implements golden.Work.
func (s *Store) Published(ctx context.Context, changes []golden.Change) error {
	if len(changes) == 0 {
		return nil
	}
	numbers := column(changes, func(c *golden.Change) int64 { return c.No })
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		if err := c.Put(ctx, "raise feed sequence", raiseFeed, int64(len(changes))); err != nil {
			return err
		}
		n, err := c.Exec(ctx, deleteOutbox, unique(numbers))
		if err != nil {
			return fmt.Errorf("empty outbox: %w", err)
		}
		if n != int64(len(changes)) {
			return fmt.Errorf("%d of %d changes were published by another: %w", int64(len(changes))-n, len(changes), golden.ErrLeaseLost)
		}
		last, err := one[int64](ctx, c, feedState)
		if err != nil {
			return fmt.Errorf("read feed sequence: %w", err)
		}
		seqs := make([]int64, len(changes))
		for i := range changes {
			seqs[i] = last - int64(len(changes)) + int64(i) + 1
			changes[i].Seq = seqs[i]
		}
		if err := c.Put(ctx, "write feed", insertFeed, seqs, numbers); err != nil {
			return err
		}
		return c.Put(ctx, "trim feed", trimFeed, last-s.feedKeep)
	})
}

// Feed implements golden.Reader.
func (s *Store) Feed(ctx context.Context, after int64, n int) (changes []golden.Change, oldest int64, err error) {
	err = s.backend.View(ctx, func(c Conn) error {
		if changes, err = list(ctx, c, "read feed", feedAfter, scanChange, after, limit(n)); err != nil {
			return err
		}
		oldest, err = one[int64](ctx, c, feedOldest)
		return doing("read feed", err)
	})
	return changes, oldest, err
}

// FeedEnd implements golden.Reader.
func (s *Store) FeedEnd(ctx context.Context) (last int64, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		last, err = one[int64](ctx, c, feedState)
		return doing("read feed sequence", err)
	})
	return last, err
}

// History implements golden.Reader.
func (s *Store) History(ctx context.Context, entity golden.EntityNo, from int64, n int) (changes []golden.Change, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		changes, err = list(ctx, c, "read history", history, scanChange, int64(entity), from, limit(n))
		return err
	})
	return changes, err
}

// LastChange implements golden.Reader.
func (s *Store) LastChange(ctx context.Context) (no int64, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		no, err = one[int64](ctx, c, lastChange)
		return doing("read the last change", err)
	})
	return no, err
}

// Moved implements golden.Reader.
func (s *Store) Moved(ctx context.Context, after, until int64, n int) (keys []string, last int64, err error) {
	last = after
	err = s.backend.Read(ctx, func(c Conn) error {
		return doing("read moves", c.Query(ctx, moved, func(scan Scan) error {
			var packed []byte
			if err := scan(&last, &packed); err != nil {
				return err
			}
			var b struct {
				Records []string `json:"r"`
			}
			if err := decode(packed, &b, fmt.Sprintf("change %d", last)); err != nil {
				return err
			}
			keys = append(keys, b.Records...)
			return nil
		}, after, until, limit(n)))
	})
	return keys, last, err
}

func scanChange(scan Scan, c *golden.Change) error {
	var entity int64
	var kind string
	var packed []byte
	if err := scan(&c.No, &c.Seq, &entity, &c.ID, &c.Version, &kind, &c.At, &packed); err != nil {
		return err
	}
	c.Entity, c.Type = golden.EntityNo(entity), golden.ChangeType(kind)
	var b changeBody
	if err := decode(packed, &b, "change of "+c.ID); err != nil {
		return err
	}
	c.Paths, c.Into, c.From, c.Records = b.Paths, b.Into, b.From, b.Records
	c.Cause, c.Correlation, c.Trace = b.Cause, b.Correlation, b.Trace
	return nil
}

// one reads a single value; zero where there is no row.
func one[V any](ctx context.Context, c Conn, s *Statement, args ...any) (v V, err error) {
	err = c.Query(ctx, s, func(scan Scan) error { return scan(&v) }, args...)
	return v, err
}
