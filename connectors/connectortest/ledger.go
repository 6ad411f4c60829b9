package connectortest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// Ledger is a ledger in memory, as a hub keeps one in its store: transactions come one after the other
// and are whole or nothing.
type Ledger struct {
	// Buried takes the dead letters of each transaction, as it ends. Nil: they are kept in Letters.
	Buried  func(letters []connectors.Letter)
	Letters []connectors.Letter

	mu   sync.Mutex
	rows map[rowKey]connectors.Row
}

type rowKey struct{ kind, key string }

var errMoved = errors.New("the row is not as it was read")

// InTx implements connectors.Ledger.
func (l *Ledger) InTx(ctx context.Context, do func(ctx context.Context, tx connectors.LedgerTx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := &ledgerTx{rows: maps.Clone(l.rows)}
	if tx.rows == nil {
		tx.rows = map[rowKey]connectors.Row{}
	}
	if err := do(ctx, tx); err != nil {
		return err
	}
	l.rows = tx.rows
	if l.Buried != nil {
		l.Buried(tx.letters)
	} else {
		l.Letters = append(l.Letters, tx.letters...)
	}
	return nil
}

// List implements connectors.Ledger.
func (l *Ledger) List(_ context.Context, q connectors.RowQuery) ([]connectors.Row, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []connectors.Row
	for _, r := range l.rows {
		if r.Kind == q.Kind && (q.States == nil || slices.Contains(q.States, r.State)) && (q.DueBefore.IsZero() || !r.Due.IsZero() && r.Due.Before(q.DueBefore)) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b connectors.Row) int {
		c := cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key))
		if q.Newest {
			return -c
		}
		return c
	})
	if q.Limit > 0 {
		found = found[:min(q.Limit, len(found))]
	}
	return found, nil
}

// ledgerTx is one transaction.
type ledgerTx struct {
	rows    map[rowKey]connectors.Row
	letters []connectors.Letter
}

// Rows implements connectors.LedgerTx.
func (t *ledgerTx) Rows(_ context.Context, kind string, keys ...string) (map[string]connectors.Row, error) {
	found := map[string]connectors.Row{}
	for _, key := range keys {
		if r, there := t.rows[rowKey{kind, key}]; there {
			found[key] = r
		}
	}
	return found, nil
}

// Put implements connectors.LedgerTx.
func (t *ledgerTx) Put(_ context.Context, rows ...connectors.Row) error {
	for _, r := range rows {
		at := rowKey{r.Kind, r.Key}
		if t.rows[at].Version != r.Version {
			return errMoved
		}
		r.Version++
		t.rows[at] = r
	}
	return nil
}

// Prune implements connectors.LedgerTx.
func (t *ledgerTx) Prune(_ context.Context, kind string, states []string, before time.Time) (n int64, err error) {
	for at, r := range t.rows {
		if r.Kind == kind && slices.Contains(states, r.State) && r.At.Before(before) {
			delete(t.rows, at)
			n++
		}
	}
	return n, nil
}

// Bury implements connectors.LedgerTx.
func (t *ledgerTx) Bury(_ context.Context, letters ...connectors.Letter) error {
	t.letters = append(t.letters, letters...)
	return nil
}

// stepped is the site's ledger as one process has it: each transaction is a step.
type stepped struct{ p *process }

// InTx implements connectors.Ledger.
func (s stepped) InTx(ctx context.Context, do func(ctx context.Context, tx connectors.LedgerTx) error) error {
	return s.p.step(func() error { return s.p.site.ledger.InTx(ctx, do) })
}

// List implements connectors.Ledger.
func (s stepped) List(ctx context.Context, q connectors.RowQuery) ([]connectors.Row, error) {
	if s.p.wasKilled() {
		return nil, errKilled
	}
	return s.p.site.ledger.List(ctx, q)
}

// bury takes dead letters for bad frames: they are durable.
func (s *site) bury(letters []connectors.Letter) {
	frames := make([]formats.Frame, len(letters))
	for i, l := range letters {
		frames[i] = l.Frame
		frames[i].Err = l.Err
	}
	if len(frames) > 0 {
		s.write(frames)
	}
}
