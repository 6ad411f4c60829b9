package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
)

// writeUntil writes 64 KiB a transaction until done says so, and returns how much.
func writeUntil(t *testing.T, s *sqlite.Store, done func() bool) (written int64) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for n := 0; !done(); n++ {
		if time.Now().After(deadline) {
			t.Fatal("a minute was not enough")
		}
		state := bytes.Repeat([]byte{byte('a' + n%26)}, 64<<10)
		if err := s.SaveCheckpoint(t.Context(), fmt.Sprint("stream", n%10), state); err != nil {
			t.Fatal(err)
		}
		written += int64(len(state))
	}
	return written
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestInTx_copiesNothingFromTheWALInACommit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, sqlite.Config{Path: path}.Copying(time.Hour, 1))
	before := size(t, path)
	left := 60 << 20 / (64 << 10) // well beyond SQLite's own limit of 1,000 pages
	writeUntil(t, s, func() bool { left--; return left < 0 })
	if after := size(t, path); after != before {
		t.Errorf("the file has grown from %d to %d bytes within commits", before, after)
	}
}

func TestWAL_beginsAnewBesideReadersAndWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, sqlite.Config{Path: path}.Copying(time.Millisecond, 100))
	ctx, stop := context.WithCancel(t.Context())
	read := make(chan error, 1)
	var reads atomic.Int64
	go func() {
		for ctx.Err() == nil {
			if _, err := s.LoadCheckpoint(ctx, "stream1"); err != nil && ctx.Err() == nil {
				read <- err
				return
			}
			reads.Add(1)
		}
		read <- nil
	}()
	written := writeUntil(t, s, func() bool { return s.Begun() >= 5 && reads.Load() > 0 })
	stop()
	if err := <-read; err != nil {
		t.Error(err)
	}
	if wal := size(t, path+"-wal"); wal > written/2 {
		t.Errorf("the WAL has %d bytes after %d were written in 5 runs", wal, written)
	}
	last := checkpoint(t, s, "stream0")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := checkpoint(t, open(t, sqlite.Config{Path: path}), "stream0"); got != last || last == "" {
		t.Errorf("%d bytes are not as they were before the store was closed (%d bytes)", len(got), len(last))
	}
}

func TestWAL_isKeptForALongReadThatHoldsUpNoWriter(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Config{Path: filepath.Join(t.TempDir(), "store.db")}.Copying(time.Millisecond, 100))
	n := 0
	writeUntil(t, s, func() bool { n++; return n > 5 })
	err := s.InView(t.Context(), func(ctx context.Context, v golden.View) error {
		if _, err := v.Customers(ctx, []string{"none"}); err != nil { // the state is that of the first look
			return err
		}
		begun, n := s.Begun(), 0
		writeUntil(t, s, func() bool { n++; return n > 100 })
		if now := s.Begun(); now > begun+1 { // one may have been under way
			t.Errorf("the WAL was begun anew %d times under a reader", now-begun)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	begun := s.Begun()
	writeUntil(t, s, func() bool { return s.Begun() > begun })
}
