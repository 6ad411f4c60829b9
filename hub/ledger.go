package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/golden"
)

// mostMoves is how often in a row others may be faster: beyond it something is wrong, and the
// connector begins anew.
const mostMoves = 100

// ledger keeps the rows of one system's connector, in the store.
type ledger struct {
	hub    *Hub
	system string
}

// InTx implements connectors.Ledger.
func (l ledger) InTx(ctx context.Context, do func(ctx context.Context, tx connectors.LedgerTx) error) error {
	for attempt := 1; ; attempt++ {
		tx := &ledgerTx{ledger: l}
		err := l.hub.store.InTx(ctx, func(ctx context.Context, in golden.Tx) error {
			tx.in, tx.buried = in, nil
			return do(ctx, tx)
		})
		if errors.Is(err, golden.ErrMoved) && ctx.Err() == nil && attempt < mostMoves {
			continue // the other one has got on
		}
		if err == nil {
			l.hub.noteBuried(tx.buried)
		}
		return err
	}
}

// List implements connectors.Ledger.
func (l ledger) List(ctx context.Context, q connectors.RowQuery) ([]connectors.Row, error) {
	found, err := l.hub.store.ListLedger(ctx, golden.LedgerQuery{
		System: l.system, Kind: q.Kind, States: q.States, DueBefore: q.DueBefore, Newest: q.Newest,
		After: q.After, AfterKey: q.AfterKey, Limit: q.Limit,
	})
	rows := make([]connectors.Row, len(found))
	for i, r := range found {
		rows[i] = rowOf(r)
	}
	return rows, err
}

func rowOf(r golden.LedgerRow) connectors.Row {
	return connectors.Row{Kind: r.Kind, Key: r.Key, State: r.State, At: r.At, Due: r.Due, Version: r.Version, Body: r.Body}
}

// ledgerTx is one transaction.
type ledgerTx struct {
	ledger
	in     golden.Tx
	buried []golden.DeadLetter
}

// Rows implements connectors.LedgerTx.
func (t *ledgerTx) Rows(ctx context.Context, kind string, keys ...string) (map[string]connectors.Row, error) {
	found, err := t.in.LedgerRows(ctx, t.system, kind, keys)
	rows := make(map[string]connectors.Row, len(found))
	for _, r := range found {
		rows[r.Key] = rowOf(r)
	}
	return rows, err
}

// Put implements connectors.LedgerTx.
func (t *ledgerTx) Put(ctx context.Context, rows ...connectors.Row) error {
	given := make([]golden.LedgerRow, len(rows))
	for i, r := range rows {
		given[i] = golden.LedgerRow{System: t.system, Kind: r.Kind, Key: r.Key, State: r.State, At: r.At, Due: r.Due, Version: r.Version, Body: r.Body}
	}
	return t.in.PutLedger(ctx, given)
}

// Prune implements connectors.LedgerTx.
func (t *ledgerTx) Prune(ctx context.Context, kind string, states []string, before time.Time) (int64, error) {
	return t.in.PruneLedger(ctx, t.system, kind, states, before)
}

// Bury implements connectors.LedgerTx.
func (t *ledgerTx) Bury(ctx context.Context, letters ...connectors.Letter) error {
	list := make([]golden.DeadLetter, len(letters))
	for i, l := range letters {
		stage := "ingest"
		if l.Sent {
			stage = "deliver"
		}
		list[i] = golden.DeadLetter{
			Stage: stage, System: t.system, Stream: l.Stream, Key: l.Key, Cause: l.Cause, Error: l.Err.Error(),
			Position: l.Frame.Position.String(), Offset: -1, Bytes: l.Frame.Bytes, Context: l.Frame.Context,
			Header: letterHeader(l.Frame, canonical.IngestSequence{}), Attempts: 1, At: time.Now(), State: golden.DeadOpen,
		}
	}
	t.buried = append(t.buried, list...)
	return t.hub.addLetters(ctx, t.in, list)
}

// work runs what a connector has to do beside its streams, until ctx ends: under a lease, unless
// nobody else can be at work on the store.
func (h *Hub) work(ctx context.Context, c *connectors.Configured, w connectors.Worker) {
	log := h.log.With("system", c.System)
	do := func(ctx context.Context) {
		h.supervise(ctx, log, c.System, func(ctx context.Context, l *link) error {
			return w.Work(ctx, h.workEnv(c.System, log, l))
		})
	}
	if h.alone {
		do(ctx)
		return
	}
	h.leased(ctx, "work/"+c.System, do)
}

func (h *Hub) workEnv(system string, log *slog.Logger, l *link) connectors.WorkEnv {
	return connectors.WorkEnv{Env: h.env(system, "work"), Well: l.well, Trouble: func(err error) { l.troubled(err, 0) }}
}

// ExchangeCount is how many rows of one kind and state a connector's ledger has.
type ExchangeCount struct {
	System string    `json:"system"`
	Kind   string    `json:"kind"`
	State  string    `json:"state"`
	Count  int64     `json:"count"`
	Due    time.Time `json:"due,omitzero" doc:"the earliest time at which one of them is due"`
}

// Exchanges counts what connectors keep in their ledgers.
func (h *Hub) Exchanges(ctx context.Context) ([]ExchangeCount, error) {
	found, err := h.store.CountLedger(ctx)
	if err != nil {
		return nil, err
	}
	counts := make([]ExchangeCount, len(found))
	for i, n := range found {
		counts[i] = ExchangeCount(n)
	}
	return counts, nil
}

// ResendExchange has a connector hand over once more what it sent. A *RequestError says why it cannot.
func (h *Hub) ResendExchange(ctx context.Context, system, key string) error {
	for _, c := range h.generation().Connectors {
		r, can := c.Connector.(connectors.Resender)
		if c.System != system || !can {
			continue
		}
		if err := r.Resend(ctx, ledger{h, system}, key); err != nil {
			return &RequestError{"key", key, "an interchange that can be sent again: " + err.Error()}
		}
		return nil
	}
	return &RequestError{"system", system, "a connector that exchanges with partners"}
}

// measureLedgers shows how many rows there are in each state, also where there are none any more.
func (h *Hub) measureLedgers(ctx context.Context) error {
	counts, err := h.Exchanges(ctx)
	if err != nil {
		return fmt.Errorf("count the ledgers: %w", err)
	}
	h.metrics.ledger.Reset()
	for _, n := range counts {
		h.metrics.ledger.WithLabelValues(n.System, n.Kind, n.State).Set(float64(n.Count))
	}
	return nil
}

// Exchange returns one row of a connector's ledger; golden.ErrNotFound where there is none.
func (h *Hub) Exchange(ctx context.Context, system, kind, key string) (found golden.LedgerRow, err error) {
	err = h.store.InTx(ctx, func(ctx context.Context, tx golden.Tx) error {
		rows, err := tx.LedgerRows(ctx, system, kind, []string{key})
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("%s %s of %s: %w", kind, key, system, golden.ErrNotFound)
		}
		if err != nil {
			return err
		}
		found = rows[0]
		return nil
	})
	return found, err
}
