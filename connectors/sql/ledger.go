package sql

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	dbsql "database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ledger remembers, for each row that was handed over, its key and a hash of its record: by them a
// row that is seen again is known, and one that is gone is missed. It is a file, so that memory
// does not grow with the table. Its number goes up with each change and stands in the checkpoint
// too, by which a ledger that is not the checkpoint's is found out.
type ledger struct {
	db       *dbsql.DB
	id       string
	sequence int64
}

// hash is a record's SHA-256, cut to what makes an accident impossible.
type hash [16]byte

func hashOf(b []byte) hash {
	sum := sha256.Sum256(b)
	return hash(sum[:16])
}

// entry is one row in the ledger.
type entry struct {
	key   string
	cells string // the values of the key columns, as JSON
	hash  hash
}

const ledgerSchema = `
CREATE TABLE IF NOT EXISTS ledger (id TEXT NOT NULL, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, cells TEXT NOT NULL, hash BLOB) WITHOUT ROWID;
CREATE TEMP TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID;
`

// openLedger opens or creates a ledger. Its file is nobody else's.
func openLedger(ctx context.Context, folder, system, stream string) (*ledger, error) {
	folder = filepath.Join(folder, "sql")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(folder, system+"."+stream+".db")
	// FULL: what the checkpoint says must be true of the ledger after a power failure too.
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "temp_store(1)", "cache_size(-8000)",
	}}
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: options.Encode()}
	db, err := dbsql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // the temporary table is the connection's
	l := &ledger{db: db}
	if err := l.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open the ledger %s: %w", file, err)
	}
	return l, nil
}

func (l *ledger) prepare(ctx context.Context) error {
	if _, err := l.db.ExecContext(ctx, ledgerSchema); err != nil {
		return err
	}
	err := l.db.QueryRowContext(ctx, `SELECT id, sequence FROM ledger`).Scan(&l.id, &l.sequence)
	if !errors.Is(err, dbsql.ErrNoRows) {
		return err
	}
	l.id = rand.Text()
	_, err = l.db.ExecContext(ctx, `INSERT INTO ledger VALUES (?, 0)`, l.id)
	return err
}

func (l *ledger) close() { _ = l.db.Close() }

// forget keeps the keys and lets every row be new.
func (l *ledger) forget(ctx context.Context) error {
	_, err := l.db.ExecContext(ctx, `UPDATE rows SET hash = NULL`)
	return err
}

// known gives the hashes of those keys that have one.
func (l *ledger) known(ctx context.Context, keys []string) (map[string]hash, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	found := make(map[string]hash, len(keys))
	rows, err := l.db.QueryContext(ctx, `SELECT key, hash FROM rows WHERE key IN (SELECT value FROM json_each(?)) AND hash IS NOT NULL`, string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			key string
			raw []byte
		)
		if err := rows.Scan(&key, &raw); err != nil {
			return nil, err
		}
		if len(raw) == len(hash{}) {
			found[key] = hash(raw)
		}
	}
	return found, rows.Err()
}

// record writes entries and takes keys out.
func (l *ledger) record(ctx context.Context, entries []entry, gone []string) error {
	err := l.inTx(ctx, func(tx *dbsql.Tx) error {
		if err := manyTimes(ctx, tx, `INSERT INTO rows VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET cells = excluded.cells, hash = excluded.hash`, len(entries),
			func(i int) []any { return []any{entries[i].key, entries[i].cells, entries[i].hash[:]} }); err != nil {
			return err
		}
		if err := manyTimes(ctx, tx, `DELETE FROM rows WHERE key = ?`, len(gone), func(i int) []any { return []any{gone[i]} }); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE ledger SET sequence = ?`, l.sequence+1)
		return err
	})
	if err == nil {
		l.sequence++
	}
	return err
}

// beginSweep forgets which keys were seen.
func (l *ledger) beginSweep(ctx context.Context) error {
	_, err := l.db.ExecContext(ctx, `DELETE FROM seen`)
	return err
}

func (l *ledger) see(ctx context.Context, keys []string) error {
	return l.inTx(ctx, func(tx *dbsql.Tx) error {
		return manyTimes(ctx, tx, `INSERT OR IGNORE INTO seen VALUES (?)`, len(keys), func(i int) []any { return []any{keys[i]} })
	})
}

// unseen gives the next rows, in order of their keys, that a sweep did not see.
func (l *ledger) unseen(ctx context.Context, after string, limit int) ([]entry, error) {
	rows, err := l.db.QueryContext(ctx, `SELECT key, cells FROM rows AS r
		WHERE key > ? AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.key = r.key) ORDER BY key LIMIT ?`, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.key, &e.cells); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

func (l *ledger) inTx(ctx context.Context, do func(*dbsql.Tx) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// manyTimes runs one statement with n lists of arguments.
func manyTimes(ctx context.Context, tx *dbsql.Tx, query string, n int, args func(int) []any) error {
	if n == 0 {
		return nil
	}
	statement, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer statement.Close()
	for i := range n {
		if _, err := statement.ExecContext(ctx, args(i)...); err != nil {
			return err
		}
	}
	return nil
}
