// Package postgres keeps the golden store in PostgreSQL, shared by many hub processes.
//
// In come the calls of golden.Store; out go transactions that are run again where the server asks
// for it or is lost before they commit. A transaction that settles has two connections: one that writes,
// and one on which it reads what it has not written meanwhile. The package never keeps state between
// transactions, and never leaves one open while it waits for anything but the server.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the store is.
type Config struct {
	// URL of the database: postgres://user:password@host:port/name?sslmode=…
	URL string
	// Schema holds the tables and is made where it is missing; "" for the user's own (public).
	Schema string
	// MaxConns bounds the connections of this process; 0 for 11. Half of them write and half read,
	// at least one each: writers that wait for one another do not keep readers waiting. Of three and more,
	// one is for the writer that settles, which reads on it beside what it writes.
	MaxConns int
	// SendFrom is the number of rows from which on a write is sent at once, and not with what comes next;
	// 0 for 200.
	SendFrom int
	// FeedKeep is how many published changes stay in the feed; 0 for sqlstore.DefaultFeedKeep.
	FeedKeep int64
}

// Store is a golden.Store on PostgreSQL.
type Store struct {
	*sqlstore.Store
}

// Open connects, makes the schema where there is none and brings an older one up to date; of
// processes that start together one does so. A store of a newer program is refused.
func Open(ctx context.Context, config Config) (*Store, error) {
	b, err := connect(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Store{sqlstore.New(b, config.FeedKeep)}, nil
}

func connect(ctx context.Context, config Config) (*backend, error) {
	pc, err := pgxpool.ParseConfig(config.URL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err) // pgx leaves the password out
	}
	if config.MaxConns <= 0 {
		config.MaxConns = 11
	}
	configure(pc.ConnConfig, config.Schema)
	pc.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	lock := lockNumber(config.Schema)
	if err := migrate(ctx, pc.ConnConfig, config.Schema, lock); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	b := &backend{lock: lock, sendFrom: config.SendFrom}
	if b.sendFrom <= 0 {
		b.sendFrom = 200
	}
	besides := 0
	if config.MaxConns >= 3 {
		besides = 1
	}
	readers := max(1, (config.MaxConns-besides)/2)
	for _, p := range []struct {
		pool **pgxpool.Pool
		size int
	}{{&b.readers, readers}, {&b.writers, max(1, config.MaxConns-besides-readers)}, {&b.beside, besides}} {
		if p.size == 0 {
			continue
		}
		sized := pc.Copy()
		sized.MaxConns = int32(p.size)
		if p.pool == &b.beside {
			// It only takes numbers. Whoever uses them commits later, which makes the log durable up to there.
			sized.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
			// Who waits for the transaction to end, to change a table, keeps those who come behind waiting for
			// that table: also what the transaction reads beside. The server does not see that as a deadlock.
			sized.ConnConfig.RuntimeParams["lock_timeout"] = "2s"
		}
		if *p.pool, err = pgxpool.NewWithConfig(ctx, sized); err != nil {
			_ = b.Close()
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	return b, nil
}

// configure sets what every connection of the store runs with.
func configure(c *pgx.ConnConfig, schema string) {
	if c.RuntimeParams == nil {
		c.RuntimeParams = map[string]string{}
	}
	for name, value := range map[string]string{
		"application_name": "touchstone",
		"timezone":         "UTC",
		// The statements of the store go by key. A planner that sees a table while it is small, or
		// before its statistics exist, would read it whole, and keep that plan while it grows.
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
		// Counting may take a processor, not all of them: others look customers up meanwhile.
		"max_parallel_workers_per_gather": "0",
		// A process that stops in the middle of a transaction (SIGSTOP, a pulled cable) would hold the
		// lease on settling: the server ends its transaction.
		"idle_in_transaction_session_timeout": "30s",
	} {
		if _, given := c.RuntimeParams[name]; !given {
			c.RuntimeParams[name] = value
		}
	}
	if schema != "" {
		c.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	}
}

// lockNumber names the advisory locks of one store in its database.
func lockNumber(schema string) int64 {
	h := fnv.New64a()
	h.Write([]byte("touchstone store " + schema))
	return int64(h.Sum64())
}

// migrate brings the schema up to date, under a lock that other starting processes wait for.
func migrate(ctx context.Context, config *pgx.ConnConfig, schema string, lock int64) (err error) {
	db := stdlib.OpenDB(*config.Copy())
	defer db.Close()
	guard, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer guard.Close()
	if _, err := guard.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lock-1); err != nil {
		return fmt.Errorf("wait for another process's migration: %w", err)
	}
	defer func() {
		_, unlock := guard.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lock-1)
		err = errors.Join(err, unlock)
	}()
	if schema != "" {
		if _, err := guard.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+(pgx.Identifier{schema}).Sanitize()); err != nil {
			return fmt.Errorf("make schema %s: %w", schema, err)
		}
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current > target {
		return fmt.Errorf("the store has schema version %d, this program knows versions up to %d: %w", current, target, golden.ErrNewer)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
