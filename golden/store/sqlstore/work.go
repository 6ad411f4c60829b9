package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
)

var (
	takeLease = plain(`INSERT INTO lease (name, owner, until) VALUES ({text}, {text}, {time})
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
		WHERE lease.owner = excluded.owner OR lease.until <= {time}`)
	releaseLease = plain(`DELETE FROM lease WHERE name = {text} AND owner = {text}`)

	loadCheckpoint = plain(`SELECT state FROM checkpoint WHERE name = {text}`)
	saveCheckpoint = plain(`INSERT INTO checkpoint (name, state) VALUES ({text}, {bytes})
		ON CONFLICT (name) DO UPDATE SET state = excluded.state`)
	addCheckpoint  = plain(`INSERT INTO checkpoint (name, state) VALUES ({text}, {bytes}) ON CONFLICT (name) DO NOTHING`)
	swapCheckpoint = plain(`UPDATE checkpoint SET state = {bytes} WHERE name = {text} AND state = {bytes}`)

	seenDelivery   = plain(`SELECT count(*) FROM seen_delivery WHERE stream = {text} AND id = {text}`)
	recordDelivery = plain(`INSERT INTO seen_delivery (stream, id, at) VALUES ({text}, {text}, {time})
		ON CONFLICT (stream, id) DO UPDATE SET at = excluded.at`)
	forgetDeliveries = plain(`DELETE FROM seen_delivery WHERE stream = {text} AND at < {time}`)
)

// Lease implements golden.Work.
func (s *Store) Lease(ctx context.Context, name, owner string, ttl time.Duration) error {
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		now, err := c.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the store's clock: %w", err)
		}
		n, err := c.Exec(ctx, takeLease, name, owner, now.Add(ttl), now)
		if err != nil {
			return fmt.Errorf("take lease %s: %w", name, err)
		}
		if n == 0 {
			return golden.ErrLeaseLost
		}
		return nil
	})
}

// ReleaseLease implements golden.Work.
func (s *Store) ReleaseLease(ctx context.Context, name, owner string) error {
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		return c.Put(ctx, "release lease "+name, releaseLease, name, owner)
	})
}

// LoadCheckpoint implements golden.Work.
func (s *Store) LoadCheckpoint(ctx context.Context, name string) (state []byte, err error) {
	err = s.backend.Read(ctx, func(c Conn) error {
		state, err = checkpointIn(ctx, c, name)
		return err
	})
	return state, err
}

func checkpointIn(ctx context.Context, c Conn, name string) (state []byte, err error) {
	err = c.Query(ctx, loadCheckpoint, func(scan Scan) error {
		err := scan(&state)
		if state == nil {
			state = []byte{}
		}
		return err
	}, name)
	return state, doing("load checkpoint of "+name, err)
}

// SaveCheckpoint implements golden.Work.
func (s *Store) SaveCheckpoint(ctx context.Context, name string, state []byte) error {
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		return c.Put(ctx, "save checkpoint of "+name, saveCheckpoint, name, state)
	})
}

// LoadCheckpoint implements golden.Checkpoints.
func (t *tx) LoadCheckpoint(ctx context.Context, name string) (state []byte, err error) {
	return checkpointIn(ctx, t.c, name)
}

// SaveCheckpoint implements golden.Checkpoints.
func (t *tx) SaveCheckpoint(ctx context.Context, name string, state []byte) error {
	return t.c.Put(ctx, "save checkpoint of "+name, saveCheckpoint, name, state)
}

// SwapCheckpoint implements golden.Work.
func (s *Store) SwapCheckpoint(ctx context.Context, name string, before, state []byte) (swapped bool, err error) {
	err = s.write(ctx, func(ctx context.Context, c Conn) error {
		var n int64
		var err error
		if before == nil {
			n, err = c.Exec(ctx, addCheckpoint, name, state)
		} else {
			n, err = c.Exec(ctx, swapCheckpoint, state, name, before)
		}
		swapped = n == 1
		return doing("save checkpoint of "+name, err)
	})
	return swapped, err
}

// SeenDelivery implements golden.Work.
func (s *Store) SeenDelivery(ctx context.Context, stream, id string) (seen bool, err error) {
	if !storable(stream + id) {
		return false, nil
	}
	err = s.backend.Read(ctx, func(c Conn) error {
		n, err := one[int64](ctx, c, seenDelivery, stream, id)
		seen = n > 0
		return err
	})
	return seen, doing("look for delivery", err)
}

// RecordDelivery implements golden.Work.
func (s *Store) RecordDelivery(ctx context.Context, stream, id string, keep time.Duration) error {
	if err := checkText("delivery ID", stream, id); err != nil {
		return err
	}
	return s.write(ctx, func(ctx context.Context, c Conn) error {
		now, err := c.Now(ctx)
		if err != nil {
			return fmt.Errorf("read the store's clock: %w", err)
		}
		if err := c.Put(ctx, "record delivery", recordDelivery, stream, id, now); err != nil {
			return err
		}
		return c.Put(ctx, "forget deliveries", forgetDeliveries, stream, now.Add(-keep))
	})
}
