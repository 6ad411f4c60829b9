package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlite"
)

func checkpoint(t *testing.T, s *sqlite.Store, name string) string {
	t.Helper()
	state, err := s.LoadCheckpoint(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(state)
}

func TestOpen_keepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a folder?#%", "store.db")
	s := open(t, sqlite.Config{Path: path})
	if err := s.SaveCheckpoint(t.Context(), "erp/customers", []byte("here")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if got := checkpoint(t, open(t, sqlite.Config{Path: path}), "erp/customers"); got != "here" {
		t.Errorf("checkpoint after opening again: %q", got)
	}
}

func TestOpen_refusesNewerStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	if err := open(t, sqlite.Config{Path: path}).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if !errors.Is(err, golden.ErrNewer) || !strings.Contains(err.Error(), "version 9000") {
		t.Errorf("got %v, want ErrNewer and the version", err)
	}
}

func TestReset_emptiesTheStore(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Config{Temporary: true})
	if err := s.SaveCheckpoint(t.Context(), "a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := checkpoint(t, s, "a"); got != "" {
		t.Errorf("checkpoint after Reset: %q", got)
	}
}

func TestClose_removesTemporaryStore(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	if err := open(t, sqlite.Config{Temporary: true}).Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A full disk fails the transactions that need room, says so, and is over when there is room.
func TestInTx_fullDisk(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Config{Path: filepath.Join(t.TempDir(), "store.db")})
	ctx := t.Context()
	if err := s.SaveCheckpoint(ctx, "before", []byte("1")); err != nil {
		t.Fatal(err)
	}
	if err := s.LimitPages(ctx, 0); err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("x"), 1<<20)
	var wg sync.WaitGroup
	var mu sync.Mutex
	full, small := 0, 0
	for i := range 20 { // large and small ones in the same groups
		wg.Go(func() {
			state := large
			if i%2 == 0 {
				state = []byte("2")
			}
			err := s.SaveCheckpoint(ctx, []string{"before", "large"}[i%2], state)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, golden.ErrFull):
				full++
			case err == nil && i%2 == 0:
				small++
			default:
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if full != 10 || small != 10 {
		t.Errorf("%d transactions failed for want of room and %d small ones went through, want 10 of each", full, small)
	}
	if err := s.LimitPages(ctx, 1<<30); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveCheckpoint(ctx, "large", large); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if got := checkpoint(t, s, "before"); got != "2" {
		t.Errorf("small checkpoint: %q", got)
	}
}

// TestInTx_killed runs a child that writes from several goroutines and reports what was committed,
// kills it, and looks whether all of that is there and nothing is there by halves.
func TestInTx_killed(t *testing.T) {
	if path := os.Getenv("SQLITE_TEST_CHILD"); path != "" {
		writeForEver(t, path)
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	reported := map[string]bool{}
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestInTx_killed$")
		child.Env = append(os.Environ(), "SQLITE_TEST_CHILD="+path, fmt.Sprint("SQLITE_TEST_ROUND=", round))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if subject, ok := strings.CutPrefix(lines.Text(), "committed "); ok {
				reported[subject] = true
			}
			if n == 50*(round+1) {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // killed
	}
	if len(reported) < 150 {
		t.Fatalf("the children reported %d transactions", len(reported))
	}
	s := open(t, sqlite.Config{Path: path})
	rows, err := s.ListDirty(t.Context(), golden.DeliveryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	halves := map[string]int{}
	for _, d := range rows {
		halves[d.Subject]++
	}
	for subject := range reported {
		if halves[subject] != 2 {
			t.Errorf("%s was reported as committed, and %d of its 2 rows are there", subject, halves[subject])
		}
	}
	for subject, n := range halves {
		if n != 2 {
			t.Errorf("%d of 2 rows of %s are there", n, subject)
		}
	}
}

// writeForEver writes two rows a transaction, in two statements, until it is killed.
func writeForEver(t *testing.T, path string) {
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(time.Minute, func() { os.Exit(1) }) // nobody killed it
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				subject := fmt.Sprintf("G%s-%d-%d", os.Getenv("SQLITE_TEST_ROUND"), worker, n)
				if err := s.InTx(t.Context(), func(ctx context.Context, tx golden.Tx) error {
					for _, target := range []string{"a", "b"} {
						if err := tx.MarkDirty(ctx, []golden.Dirty{{Target: target, Subject: subject}}); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Error(err)
					return
				}
				fmt.Println("committed " + subject)
			}
		})
	}
	wg.Wait()
}
