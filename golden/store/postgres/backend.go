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

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// How often a transaction is run, and for how long a lost server is waited for.
const (
	maxConflicts  = 50
	maxDuplicates = 3
	maxLost       = 8 // 0.1 s doubling to 5 s: about 16 s in all
)

// backend is the pool of one process.
type backend struct {
	pool *pgxpool.Pool
	lock int64
}

// Write implements sqlstore.Backend.
func (b *backend) Write(ctx context.Context, do func(ctx context.Context, c sqlstore.Conn) error) error {
	conflicts, duplicates, lost := 0, 0, 0
	for {
		committing, err := b.once(ctx, do)
		if err == nil || ctx.Err() != nil {
			return err
		}
		var pause time.Duration
		switch {
		case isConflict(err) && conflicts < maxConflicts:
			conflicts++
			pause = time.Duration(rand.IntN(1+min(conflicts, 10))) * 5 * time.Millisecond
		case hasCode(err, "23505") && duplicates < maxDuplicates:
			// unique_violation: where another transaction inserted the key meanwhile, do finds it now.
			duplicates++
		case isLost(err) && !committing && lost < maxLost:
			// Lost before the commit was sent: nothing was written. Lost while it was under way, the
			// outcome is not known and the caller finds out, by its offset or its keys.
			pause = min(100*time.Millisecond<<lost, 5*time.Second)
			lost++
		default:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// once runs do in one transaction; committing says that the error came with the commit.
func (b *backend) once(ctx context.Context, do func(ctx context.Context, c sqlstore.Conn) error) (committing bool, err error) {
	tx, err := b.pool.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	// After a commit this does nothing; of a lost connection the server has rolled back already.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := call(ctx, do, &conn{tx, b.lock}); err != nil {
		return false, err
	}
	if err := tx.Commit(ctx); err != nil {
		return true, fmt.Errorf("commit: %w", err)
	}
	return false, nil
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
// deadlock_detected), and it may well succeed the next time.
func isConflict(err error) bool { return hasCode(err, "40001") || hasCode(err, "40P01") }

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

// Read implements sqlstore.Backend.
func (b *backend) Read(ctx context.Context, do func(c sqlstore.Conn) error) error {
	return do(&conn{b.pool, b.lock})
}

// View implements sqlstore.Backend.
func (b *backend) View(ctx context.Context, do func(c sqlstore.Conn) error) error {
	tx, err := b.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return do(&conn{tx, b.lock})
}

// Ping implements sqlstore.Backend.
func (b *backend) Ping(ctx context.Context) error { return b.pool.Ping(ctx) }

// Close implements sqlstore.Backend.
func (b *backend) Close() error {
	b.pool.Close()
	return nil
}
