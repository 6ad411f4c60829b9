package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// How often a transaction is run, and for how long a lost server is waited for.
const (
	maxConflicts  = 50
	maxDuplicates = 3
	maxLost       = 8 // 0.1 s doubling to 5 s: about 16 s in all
)

// backend is the connections of one process.
type backend struct {
	writers, readers *pgxpool.Pool
	beside           *pgxpool.Pool // of one connection, for who settles; nil where there are too few
	lock             int64         // advisory lock of settling
	sendFrom         int           // see Config
}

// Write implements sqlstore.Backend.
func (b *backend) Write(ctx context.Context, do func(ctx context.Context, c sqlstore.Conn) error) error {
	conflicts, duplicates, lost := 0, 0, 0
	for {
		failure, committing, err := b.once(ctx, do)
		if err == nil || failure == nil || ctx.Err() != nil {
			return err
		}
		var pause time.Duration
		switch {
		case isConflict(failure) && conflicts < maxConflicts:
			conflicts++
			pause = time.Duration(rand.IntN(1+min(conflicts, 10))) * 5 * time.Millisecond
		case hasCode(failure, "23505") && duplicates < maxDuplicates:
			// unique_violation: where another transaction inserted the key meanwhile, do finds it now.
			duplicates++
		case isLost(failure) && !committing && lost < maxLost:
			// Lost before the commit was sent: nothing was written. Lost while it was under way, the
			// outcome is not known and the caller finds out, by its offset or its keys.
			pause = min(100*time.Millisecond<<lost, 5*time.Second)
			lost++
		default:
			return typed(failure, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// once runs do in one transaction. failure is the server's error, if it was one; committing says
// that it came with the commit.
func (b *backend) once(ctx context.Context, do func(ctx context.Context, c sqlstore.Conn) error) (failure error, committing bool, err error) {
	tx, err := b.writers.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err, false, fmt.Errorf("begin: %w", err)
	}
	// After a commit this does nothing; of a lost connection the server has rolled back already.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	c := &conn{q: tx, lock: b.lock, pipeline: pipeline{sendFrom: b.sendFrom}, beside: beside{pool: b.beside}}
	defer c.leave()
	defer c.abandon()
	if err := call(ctx, do, c); err != nil {
		c.abandon()
		return c.failure, false, err
	}
	if err := c.finish(ctx); err != nil {
		return c.failure, false, err
	}
	if err := tx.Commit(ctx); err != nil {
		if c.failure == nil {
			return err, true, fmt.Errorf("commit: %w", err)
		}
		return c.failure, false, fmt.Errorf("commit after %w", c.failure)
	}
	return nil, false, nil
}

// call turns a panic of the caller's function into an error, as every store does.
func call(ctx context.Context, do func(ctx context.Context, c sqlstore.Conn) error, c *conn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	return do(ctx, c)
}

// isConflict: the server gave this transaction up in favour of another (serialization_failure,
// deadlock_detected, lock_not_available), and it may well succeed the next time.
func isConflict(err error) bool {
	return hasCode(err, "40001") || hasCode(err, "40P01") || hasCode(err, "55P03")
}

func hasCode(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}

// isLost: the connection is gone, or the server is starting or going down.
func isLost(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// connection_exception, operator_intervention (shutdown, cannot_connect_now),
		// idle_in_transaction_session_timeout.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P0") || pg.Code == "25P03"
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}

// typed marks err, which came of the server's failure, where callers decide on it.
func typed(failure, err error) error {
	switch {
	case hasCode(failure, "53100"): // disk_full
		return errors.Join(golden.ErrFull, err)
	case failure != nil && isLost(failure):
		return errors.Join(golden.ErrUnavailable, err)
	}
	return err
}

// Read implements sqlstore.Backend.
func (b *backend) Read(_ context.Context, do func(c sqlstore.Conn) error) error {
	c := &conn{q: b.readers, lock: b.lock}
	err := do(c)
	return typed(c.failure, err)
}

// View implements sqlstore.Backend.
func (b *backend) View(ctx context.Context, do func(c sqlstore.Conn) error) error {
	tx, err := b.readers.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return typed(err, fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	c := &conn{q: tx, lock: b.lock}
	err = do(c)
	return typed(c.failure, err)
}

// Ping implements sqlstore.Backend.
func (b *backend) Ping(ctx context.Context) error { return b.readers.Ping(ctx) }

// Close implements sqlstore.Backend.
func (b *backend) Close() error {
	for _, pool := range []*pgxpool.Pool{b.writers, b.readers, b.beside} {
		if pool != nil {
			pool.Close()
		}
	}
	return nil
}
