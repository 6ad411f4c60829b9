package sql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
)

// source reads one stream.
type source struct {
	*connector
	stream *stream
	env    connectors.Env
}

// Run polls at once and then by the schedule, until ctx ends; see [connectors.Source].
func (s *source) Run(ctx context.Context, emit connectors.Emit) error {
	err := s.run(ctx, emit)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *source) run(ctx context.Context, emit connectors.Emit) error {
	db, err := s.connect(ctx, true)
	if err != nil {
		return reading(sqliteOrPostgres(s.set.Driver.Value), s.set.File.Position(), "open the database", err)
	}
	defer db.close()
	r := &reader{source: s, db: db, emit: emit}
	if err := r.open(ctx); err != nil {
		return err
	}
	defer r.ledger.close()
	if err := r.unkeyed(ctx); err != nil {
		return err
	}
	for {
		if err := r.poll(ctx); err != nil {
			return err
		}
		sweep, err := r.sweepWhenDue(ctx)
		if err != nil {
			return err
		}
		next := s.stream.poll.Next(s.env.Clock())
		if !sweep.IsZero() && sweep.Before(next) {
			next = sweep
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next.Sub(s.env.Clock())):
		}
	}
}

// sweepWhenDue sweeps if it is time, and says when the next sweep is; zero for never. The schedule
// goes on from the last sweep, whether or not the hub was restarted in between.
func (r *reader) sweepWhenDue(ctx context.Context) (time.Time, error) {
	if r.stream.sweep == nil {
		return time.Time{}, nil
	}
	now := r.env.Clock()
	if r.state.Swept == 0 {
		r.state.Swept = now.Unix()
	}
	next := r.stream.sweep.Next(time.Unix(r.state.Swept, 0))
	if now.Before(next) {
		return next, r.save(ctx)
	}
	if err := r.sweep(ctx); err != nil {
		return next, err
	}
	r.state.Swept = r.env.Clock().Unix()
	return r.stream.sweep.Next(r.env.Clock()), r.save(ctx)
}

// sqliteOrPostgres is a database that could not be opened: it only reads errors.
func sqliteOrPostgres(driver string) database {
	if driver == "sqlite" {
		return &sqlite{}
	}
	return &postgres{}
}

// reader is one run of a source.
type reader struct {
	*source
	db      database
	emit    connectors.Emit
	main    *view
	key     []int
	changed int // -1: every poll reads the whole table
	related []*related
	ledger  *ledger
	state   *state
	saved   []byte // the checkpoint without its sequence, as it was saved last
}

// open asks the database what there is and finds out how far the stream is read.
func (r *reader) open(ctx context.Context) (err error) {
	if _, err := r.db.now(ctx); err != nil {
		return reading(r.db, r.set.URL.Position(), "reach the database", err)
	}
	k := r.stream.set
	if r.main, err = newView(ctx, r.db, k.relation, k.Columns, r.stream.zone); err != nil {
		return err
	}
	for _, name := range r.stream.keys {
		i, err := r.main.need(name, r.stream.at)
		if err != nil {
			return err
		}
		r.key = append(r.key, i)
	}
	r.changed = -1
	if k.Changed.IsSet() {
		if r.changed, err = r.main.need(k.Changed.Value, k.Changed.Position()); err != nil {
			return err
		}
	}
	for _, one := range k.With {
		rel, err := r.newRelated(ctx, one)
		if err != nil {
			return err
		}
		r.related = append(r.related, rel)
	}
	if r.ledger, err = openLedger(ctx, r.env.DataFolder, r.system, r.stream.name); err != nil {
		return err
	}
	if err := r.resume(ctx); err != nil {
		r.ledger.close()
		return err
	}
	return nil
}

// resume reads the checkpoint. Where it and the ledger do not belong together, or neither to the
// settings, the stream is read from the beginning.
func (r *reader) resume(ctx context.Context) error {
	saved, err := r.env.Checkpoint.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the checkpoint: %w", err)
	}
	fresh := &state{Ledger: r.ledger.id, Settings: r.stream.fingerprint(), Feeds: map[string]*progress{}}
	r.state = fresh
	if saved != nil {
		if r.state, err = decodeState(saved); err != nil {
			return &connectors.PermanentError{Err: fmt.Errorf("read the checkpoint: %w", err)}
		}
	}
	// One change of the ledger may have missed its checkpoint, and no more.
	behind := r.ledger.sequence - r.state.Sequence
	switch {
	case saved == nil, r.state.Ledger != r.ledger.id, behind < 0, behind > 1:
		if saved != nil {
			r.env.Log.Warn("the ledger is not the checkpoint's: all rows are read again", "system", r.system, "stream", r.stream.name)
		}
		if err := r.ledger.forget(ctx); err != nil {
			return fmt.Errorf("renew the ledger: %w", err)
		}
		r.state = fresh
	case r.state.Settings != fresh.Settings:
		r.state = fresh
	}
	if r.state.Feeds == nil {
		r.state.Feeds = map[string]*progress{}
	}
	return nil
}

// save saves the checkpoint, if there is something new in it.
func (r *reader) save(ctx context.Context) error {
	if r.state.Sequence == r.ledger.sequence {
		if text, err := json.Marshal(r.state); err != nil || string(text) == string(r.saved) {
			return err
		}
	}
	r.state.Sequence = r.ledger.sequence
	text, err := json.Marshal(r.state)
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	if err := r.env.Checkpoint.Save(ctx, text); err != nil {
		return fmt.Errorf("save the checkpoint: %w", err)
	}
	r.saved = text
	return nil
}

// feed gives a table's progress.
func (r *reader) feed(name string) *progress {
	p := r.state.Feeds[name]
	if p == nil {
		p = &progress{}
		r.state.Feeds[name] = p
	}
	return p
}

// What makes a row a dead letter, whatever its record.
var (
	errNullKey = errors.New("a column of the key is NULL")
	errNoKey   = errors.New("the key is an empty text")
)
