package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// gate is the number of an advisory lock that the tests hold.
const gate = 4711

var (
	passGate    = &sqlstore.Statement{Postgres: "SELECT pg_advisory_xact_lock_shared($1)"}
	writeLease  = &sqlstore.Statement{Postgres: "INSERT INTO lease (name, owner, until) VALUES ($1, '', now())", Writes: "lease"}
	countLeases = &sqlstore.Statement{Postgres: "SELECT count(*) FROM lease", ReadOnly: true, Reads: []string{"lease"}}
	countLinks  = &sqlstore.Statement{Postgres: "SELECT count(*) FROM link", ReadOnly: true, Reads: []string{"link"}}
	ownBackend  = &sqlstore.Statement{Postgres: "SELECT pg_backend_pid()", ReadOnly: true}
)

func number(ctx context.Context, c sqlstore.Conn, s *sqlstore.Statement) (n int64, err error) {
	err = c.Query(ctx, s, func(scan sqlstore.Scan) error { return scan(&n) })
	return n, err
}

// Who settles reads what it has not written while the server still works on what it put, and what it has
// written when that is done.
func TestBeside_readsWhileTheServerWrites(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	b, err := connect(t.Context(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	b.sendFrom = 0 // rowsOf is 0 of a single row
	holder, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close(context.WithoutCancel(t.Context())) }()
	hold := func(what string) {
		t.Helper()
		if _, err := holder.Exec(t.Context(), "SELECT "+what+"($1)", gate); err != nil {
			t.Fatal(err)
		}
	}
	hold("pg_advisory_lock")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // else it would wait for the gate for good
	defer cancel()
	err = b.Write(ctx, func(ctx context.Context, c sqlstore.Conn) error {
		if err := c.Settle(ctx); err != nil {
			return err
		}
		if _, err := number(ctx, c, countLinks); err != nil { // the lease is held
			return err
		}
		if err := errors.Join(c.Put(ctx, "wait", passGate, int64(gate)), c.Put(ctx, "write", writeLease, "a")); err != nil {
			return err
		}
		if n, err := number(ctx, c, countLinks); err != nil || n != 0 {
			return fmt.Errorf("%d links, %w", n, err)
		}
		hold("pg_advisory_unlock")
		n, err := number(ctx, c, countLeases)
		if n != 1 {
			t.Errorf("found %d rows of its own, expected 1", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Without the lease, or with it on the only connection, everything is read in the transaction.
func TestBeside_onlyWithTheLeaseAndASecondConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		conns          int
		settle, beside bool
	}{{3, true, true}, {3, false, false}, {2, true, false}} {
		b, err := connect(t.Context(), Config{URL: pgtest.Start(t), MaxConns: c.conns})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		b.sendFrom = 0
		err = b.Write(t.Context(), func(ctx context.Context, q sqlstore.Conn) error {
			if c.settle {
				if err := q.Settle(ctx); err != nil {
					return err
				}
			}
			if err := q.Put(ctx, "write", writeLease, "a"); err != nil { // so that something is under way
				return err
			}
			aside, err := number(ctx, q, ownBackend)
			if err != nil {
				return err
			}
			within, err := number(ctx, q, &sqlstore.Statement{Postgres: ownBackend.Postgres})
			if (aside != within) != c.beside {
				t.Errorf("%+v: read by backends %d and %d", c, aside, within)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A connection that is lost while it reads beside has the transaction run again.
func TestBeside_lost(t *testing.T) {
	t.Parallel()
	b := connected(t)
	b.sendFrom = 0
	runs := 0
	err := b.Write(t.Context(), func(ctx context.Context, c sqlstore.Conn) error {
		runs++
		if err := errors.Join(c.Settle(ctx), c.Put(ctx, "write", writeLease, "a")); err != nil {
			return err
		}
		pid, err := number(ctx, c, ownBackend)
		if err == nil && runs == 1 {
			_, err = b.readers.Exec(ctx, "SELECT pg_terminate_backend($1, 5000)", pid)
		}
		if err != nil {
			return err
		}
		_, err = number(ctx, c, countLinks)
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, expected 2: %v", runs, err)
	}
}

// A table that somebody waits to change, who waits for the transaction, is not waited for: the transaction
// gives way and runs again.
func TestBeside_givesWay(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t)
	patient := "?"
	if strings.Contains(url, "?") {
		patient = "&"
	}
	b, err := connect(t.Context(), Config{URL: url + patient + "idle_in_transaction_session_timeout=0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	b.sendFrom = 0
	changed := make(chan error, 1)
	runs := 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // else both would wait for good
	defer cancel()
	err = b.Write(ctx, func(ctx context.Context, c sqlstore.Conn) error {
		runs++
		if err := c.Settle(ctx); err != nil {
			return err
		}
		if _, err := number(ctx, c, countLinks); err != nil {
			return err
		}
		if err := c.Put(ctx, "write", writeLease, "a"); err != nil {
			return err
		}
		if runs == 1 {
			if _, err := number(ctx, c, countLeases); err != nil { // it is written
				return err
			}
			go func() { changed <- changeTables(t.Context(), url) }()
			if err := waiting(ctx, b); err != nil {
				return err
			}
		}
		_, err := number(ctx, c, countLinks)
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, expected 2: %v", runs, err)
	}
	if err := <-changed; err != nil {
		t.Error(err)
	}
}

// changeTables holds two tables for itself, as a migration does.
func changeTables(ctx context.Context, url string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	_, err = c.Exec(ctx, "BEGIN; LOCK TABLE link IN ACCESS EXCLUSIVE MODE; LOCK TABLE lease IN ACCESS EXCLUSIVE MODE; COMMIT")
	return err
}

// waiting returns once somebody waits for a table.
func waiting(ctx context.Context, b *backend) error {
	for {
		var n int
		err := b.readers.QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted").Scan(&n)
		if err != nil || n > 0 {
			return err
		}
	}
}

// What the server says of a write that is under way counts, also where the caller ends with an error of
// its own meanwhile.
func TestPut_conflictUnderWay(t *testing.T) {
	t.Parallel()
	b := connected(t)
	b.sendFrom = 0
	conflict := &sqlstore.Statement{Postgres: "DO $$ BEGIN RAISE EXCEPTION 'give way' USING ERRCODE = '40001'; END $$"}
	runs := 0
	err := b.Write(t.Context(), func(ctx context.Context, c sqlstore.Conn) error {
		if runs++; runs > 1 {
			return nil
		}
		return errors.Join(c.Put(ctx, "conflict", conflict), errors.New("made of what was read"))
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, expected 2: %v", runs, err)
	}
}

// Rows that have to be there and are not fail the transaction.
func TestPutAll_missing(t *testing.T) {
	t.Parallel()
	b := connected(t)
	raise := &sqlstore.Statement{Postgres: "UPDATE lease SET until = now() WHERE name = ANY($1::text[])", Writes: "lease"}
	for _, sendFrom := range []int{0, 200} {
		b.sendFrom = sendFrom
		err := b.Write(t.Context(), func(ctx context.Context, c sqlstore.Conn) error {
			return errors.Join(c.Put(ctx, "write", writeLease, "a"), c.PutAll(ctx, "raise", raise, 2, []string{"a", "b"}))
		})
		if !errors.Is(err, golden.ErrNotFound) || err.Error() != "raise: 1 of 2 rows are not there: "+golden.ErrNotFound.Error() {
			t.Errorf("sent from %d rows: %v", sendFrom, err)
		}
		n := int64(-1)
		if err := b.Read(t.Context(), func(c sqlstore.Conn) (err error) { n, err = number(t.Context(), c, countLeases); return err }); err != nil || n != 0 {
			t.Errorf("%d rows were kept: %v", n, err)
		}
	}
}
