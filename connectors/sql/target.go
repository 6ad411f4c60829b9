package sql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// grace is how long a write under way may last after the hub was told to stop.
const grace = 2 * time.Second

// target writes to one table.
type target struct {
	*connector
	writer *writer
	log    *slog.Logger

	mu    sync.Mutex
	db    database
	table *table
}

// Repeat says how a create may be repeated; see [connectors.Target].
func (t *target) Repeat() connectors.Repeat { return t.writer.repeat }

// Describe gives a target's abilities; see [connectors.Describer].
func (c *connector) Describe(name string) connectors.Abilities {
	w := c.targets[name]
	a := connectors.Abilities{Repeat: w.repeat, Operations: []connectors.Operation{connectors.Create, connectors.Update}}
	if w.set.Deactivate != nil {
		a.Operations = append(a.Operations, connectors.Deactivate)
	}
	if w.set.Delete != nil {
		a.Operations = append(a.Operations, connectors.Delete)
	}
	return a
}

// Close gives the connections back. The target can be used again afterwards.
func (t *target) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db != nil {
		t.db.close()
	}
	t.db, t.table = nil, nil
	return nil
}

// open gives the database and the table's columns, asking for both at first.
func (t *target) open(ctx context.Context) (database, *table, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.table != nil {
		return t.db, t.table, nil
	}
	if t.db == nil {
		db, err := t.connect(ctx, false)
		if err != nil {
			return sqliteOrPostgres(t.set.Driver.Value), nil, fmt.Errorf("open the database: %w", err)
		}
		t.db = db
	}
	table, err := newTable(ctx, t.db, t.writer)
	if err != nil {
		return t.db, nil, err
	}
	t.table = table
	return t.db, table, nil
}

// renew lets the table be looked at again: it was altered, or the settings do not fit it.
func (t *target) renew() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.table = nil
}

// Deliver writes the batch in one transaction, from which a delivery that fails takes only itself
// out; see [connectors.Target].
func (t *target) Deliver(ctx context.Context, batch []connectors.Delivery) []connectors.Outcome {
	outcomes := make([]connectors.Outcome, len(batch))
	work, cancel := lasting(ctx)
	defer cancel()
	db, table, err := t.open(work)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = t.failed(db, err)
		}
		return outcomes
	}
	if err := t.transact(ctx, work, db, table, batch, outcomes); err == nil || len(batch) == 1 {
		return outcomes
	}
	// The database refused the transaction as a whole, as for a constraint that it checks last.
	for i := range batch {
		_ = t.transact(ctx, work, db, table, batch[i:i+1], outcomes[i:i+1])
	}
	return outcomes
}

// lasting is a context that outlives ctx by the grace.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return work, func() { stop(); cancel() }
}

const savepoint = "touchstone"

// transact writes deliveries in one transaction. An error says that the database refused all of
// them where it should be committed: nothing was done.
func (t *target) transact(ctx, work context.Context, db database, table *table, batch []connectors.Delivery, outcomes []connectors.Outcome) error {
	tx, err := db.begin(work)
	if err != nil {
		for i := range outcomes {
			outcomes[i] = t.failed(db, fmt.Errorf("begin: %w", err))
		}
		return nil
	}
	for i := range batch {
		if ctx.Err() != nil {
			outcomes[i] = connectors.Outcome{Status: connectors.Retry, Err: fmt.Errorf("not begun: %w", ctx.Err())}
			continue
		}
		outcomes[i], err = t.apart(work, db, tx, table, &batch[i])
		if err != nil { // the connection is gone, and the transaction with it
			tx.rollback()
			for n := range outcomes {
				outcomes[n] = t.failed(db, err)
			}
			return nil
		}
	}
	err = tx.commit(work)
	if err == nil {
		return nil
	}
	tx.rollback()
	err = fmt.Errorf("commit: %w", err)
	answered := db.classify(err).answered
	for i := range outcomes {
		if outcomes[i].Status != connectors.Done {
			continue
		}
		outcomes[i] = t.failed(db, err)
		if !answered {
			outcomes[i].Status = connectors.Unknown
		}
	}
	if answered {
		return err
	}
	return nil
}

// apart makes one delivery behind a savepoint. The error means that the connection is of no use.
func (t *target) apart(ctx context.Context, db database, tx transaction, table *table, d *connectors.Delivery) (connectors.Outcome, error) {
	if _, err := tx.exec(ctx, "SAVEPOINT "+savepoint); err != nil {
		return connectors.Outcome{}, err
	}
	o, err := table.write(ctx, tx, d)
	end := "RELEASE SAVEPOINT "
	if err != nil {
		if !db.classify(err).answered {
			return o, err
		}
		o, end = t.failed(db, err), "ROLLBACK TO SAVEPOINT "
	}
	if _, err := tx.exec(ctx, end+savepoint); err != nil {
		return o, err
	}
	return o, nil
}

// failed says what an error means for a delivery.
func (t *target) failed(db database, err error) connectors.Outcome {
	o := connectors.Outcome{Status: connectors.Retry, Err: err}
	var settings *connectors.PermanentError
	switch db.classify(err).class {
	case unauthorised:
		o.Status = connectors.Unauthorised
	case badValue:
		o.Status = connectors.Refused
	case wrongSetting:
		t.renew()
	}
	if errors.As(err, &settings) {
		t.renew()
	}
	return o
}

// List reads the whole table, sorted by its key; see [connectors.Lister].
func (t *target) List(ctx context.Context) iter.Seq2[formats.Frame, error] {
	return func(yield func(formats.Frame, error) bool) {
		if err := t.list(ctx, yield); err != nil {
			yield(formats.Frame{}, err)
		}
	}
}

func (t *target) list(ctx context.Context, yield func(formats.Frame, error) bool) error {
	db, err := t.connect(ctx, true)
	if err != nil {
		return reading(sqliteOrPostgres(t.set.Driver.Value), t.writer.at, "open the database", err)
	}
	defer db.close()
	v, err := newView(ctx, db, relation{Table: t.writer.set.Table}, nil, time.UTC)
	if err != nil {
		return err
	}
	var key []int
	for _, k := range t.writer.set.Key {
		i, err := v.need(k.Value, k.Position())
		if err != nil {
			return err
		}
		key = append(key, i)
	}
	p := pageOf{order: key, missing: -1, limit: 1000}
	for more := true; more; {
		var rows [][]any
		if rows, more, err = v.page(ctx, p); err != nil {
			return err
		}
		for _, row := range rows {
			f := formats.Frame{}
			f.Bytes, f.Err = v.object(nil, row)
			f.Bytes = append(f.Bytes, '}')
			if f.Key, err = keyText(columnsAt(v, key), cells(row, key)); err != nil && f.Err == nil {
				f.Err = err
			}
			f.Position = formats.Position{Origin: v.name(), Offset: -1, Path: "key=" + f.Key}
			if !yield(f, nil) {
				return nil
			}
			p.after = cells(row, key)
		}
	}
	return nil
}
