package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Scrub copies all that was committed into the database and cuts the WAL to nothing, so that what
// was deleted stands in neither: the file itself is overwritten as it is written (secure_delete).
// It waits for reads that still need the old state, as long as ctx lets it.
func (s *Store) Scrub(ctx context.Context) error {
	for {
		done := make(chan error, 1)
		do := func(writer *conn) {
			busy, _, _, err := checkpoint(writer, "TRUNCATE")
			if err == nil && busy {
				err = errBusy
			}
			done <- err
		}
		select {
		case s.backend.between <- do:
		case <-s.backend.closing:
			return errClosed
		case <-ctx.Done():
			return fmt.Errorf("cut the WAL: %w", ctx.Err())
		}
		err := <-done
		if !errors.Is(err, errBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cut the WAL: %w", errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond): // another process's or a long read has no signal
		}
	}
}

// errBusy says that a read needs what is in the WAL.
var errBusy = errors.New("a read needs the log of the store")
