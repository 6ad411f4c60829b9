package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// copyEvery is how often what was committed is copied from the WAL into the database.
	copyEvery = time.Second
	// walPages is the length of the WAL from which on it is begun anew, in pages of 4 KiB: as long
	// as the WAL may grow, pages that change often are copied once for many commits.
	walPages = 10_000
	// fewPages are copied by the writer itself while all wait: some milliseconds.
	fewPages = 1_000
	// readersTime is how many milliseconds the writer waits for reads that still need the old WAL.
	readersTime = 25
)

// checkpointer copies committed pages from the WAL into the database on a connection of its own,
// beside the writer: by itself SQLite does so within a commit, for which all others would wait.
//
// The WAL begins anew only when all of it has been copied, nothing is being written and nobody reads
// from it. So the writer copies the rest between two groups of transactions, once the WAL is long and
// the rest is small; reads that begin then need the database alone.
type checkpointer struct {
	conn    *conn
	every   time.Duration
	pages   int64
	begun   atomic.Int64 // how often the WAL was begun anew
	changed atomic.Bool  // something was committed since the last copy
}

// run copies until closing. rest hands the writer something to run between two groups.
func (p *checkpointer) run(closing <-chan struct{}, rest chan<- func(*conn)) {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-closing:
			return
		case <-tick.C:
		}
		if !p.changed.Swap(false) {
			continue
		}
		left, long := p.copy()
		for again := 0; long && left > fewPages && again < 3; again++ {
			left, long = p.copy()
		}
		if !long {
			continue
		}
		select {
		case rest <- func(writer *conn) {
			if restart(writer) {
				p.begun.Add(1)
			}
		}:
		case <-closing:
			return
		}
	}
}

// copy copies what is there and says how many pages have come meanwhile or are still being read
// from the WAL, and whether the WAL is long. An error of the disk shows again in a commit.
func (p *checkpointer) copy() (left int64, long bool) {
	_, pages, copied, err := checkpoint(p.conn, "PASSIVE")
	if err != nil {
		p.changed.Store(true) // to be tried again
		return 0, false
	}
	return pages - copied, pages >= p.pages
}

// restart copies the rest and begins the WAL anew. Where a long read is under way, such as a
// snapshot, it tries again with the next copy.
func restart(writer *conn) bool {
	if err := writer.statement(fmt.Sprintf("PRAGMA busy_timeout(%d)", readersTime)); err != nil {
		return false
	}
	busy, _, _, err := checkpoint(writer, "RESTART")
	return errors.Join(err, writer.statement(fmt.Sprintf("PRAGMA busy_timeout(%d)", lockTime.Milliseconds()))) == nil && !busy
}

// checkpoint copies from the WAL and returns the pages in it and how many of them are copied. busy
// says that not all was done that the mode asks for.
func checkpoint(c *conn, mode string) (busy bool, pages, copied int64, err error) {
	result, err := c.raw.(driver.QueryerContext).QueryContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")", nil)
	if err != nil {
		return true, 0, 0, typed(err)
	}
	row := make([]driver.Value, 3)
	err = result.Next(row)
	if err == nil {
		err = assign([]any{&busy, &pages, &copied}, row)
	}
	return busy, pages, copied, errors.Join(typed(err), result.Close())
}
