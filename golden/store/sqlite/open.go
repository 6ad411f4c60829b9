// Package sqlite keeps the golden store in one SQLite file.
//
// In come the calls of golden.Store; out goes a file that holds whatever a finished transaction
// wrote, through kill -9 and power loss. One goroutine writes, and commits the transactions of
// several callers together; the package never waits for a lock of its own and never serves two
// processes at once: the hub locks its data folder.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the store is.
type Config struct {
	// Path of the file. Its folder is made where it is missing, readable by the owner alone.
	Path string
	// Temporary opens a fresh store that lasts until Close and is not safe from power loss, for
	// tests and trial runs. Path is not used.
	Temporary bool
	// Readers is how many reads run at once; 0 for 4.
	Readers int
	// CacheMB is the writer's page cache; 0 for 64. The operating system caches the file as well.
	CacheMB   int
	copyEvery time.Duration // 0: as the constants say, for tests
	walPages  int64
	// FeedKeep is how many published changes stay in the feed; 0 for sqlstore.DefaultFeedKeep.
	FeedKeep int64
}

// Store is a golden.Store on SQLite.
type Store struct {
	*sqlstore.Store
	backend *backend
}

// Open opens the store, makes it where there is none, and brings an older one up to date. A store
// of a newer program is refused.
func Open(ctx context.Context, config Config) (*Store, error) {
	if config.Readers <= 0 {
		config.Readers = 4
	}
	if config.CacheMB <= 0 {
		config.CacheMB = 64
	}
	config.copyEvery, config.walPages = cmp.Or(config.copyEvery, copyEvery), cmp.Or(config.walPages, walPages)
	b := &backend{}
	if config.Temporary {
		if err := b.makeTemporary(ctx, &config); err != nil {
			return nil, fmt.Errorf("make a temporary store: %w", err)
		}
	} else if err := prepare(ctx, config.Path); err != nil {
		return nil, fmt.Errorf("open store %s: %w", config.Path, err)
	}
	if err := b.connect(ctx, config); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", config.Path, err), b.Close())
	}
	return &Store{sqlstore.New(b, config.FeedKeep), b}, nil
}

// prepare makes the file and brings its schema up to date.
func prepare(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// SQLite would make the file readable to others.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return migrate(ctx, path)
}

func migrate(ctx context.Context, path string) error {
	connector, err := sqlite.NewConnector(dsn(path, settings{synchronous: "FULL", cacheMB: 8}))
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
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

// settings differ between the connections of one store.
type settings struct {
	synchronous string
	cacheMB     int
	readOnly    bool
}

// lockTime is how long a connection waits for a lock.
const lockTime = 10 * time.Second

// dsn spells out the pragmas, in the order in which they have to run.
func dsn(path string, s settings) string {
	q := url.Values{"_pragma": {
		// Another process (a backup, a person with a shell) may hold the lock for a moment.
		fmt.Sprintf("busy_timeout(%d)", lockTime.Milliseconds()),
		// Readers go on while the writer writes.
		"journal_mode(WAL)",
		// FULL: the WAL is synced at every commit, so that a commit outlives a loss of power.
		"synchronous(" + s.synchronous + ")",
		fmt.Sprintf("cache_size(%d)", -1024*s.cacheMB),
		// Sorting of large results goes to memory: a full disk must not fail a read.
		"temp_store(MEMORY)",
		// After a burst the WAL is cut back to this size.
		"journal_size_limit(67108864)",
		// What is deleted or overwritten is filled with zeros, in the page and in pages that become
		// free: an erased person must not stand in the file any more.
		"secure_delete(ON)",
		// No commit copies the WAL into the file: see checkpointer.
		"wal_autocheckpoint(0)",
	}}
	if s.readOnly {
		q.Add("_pragma", "query_only(true)")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// The schema is made once a process and copied for each temporary store.
var template = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "touchstone-store-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "template.db")
	if err := migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func (b *backend) makeTemporary(_ context.Context, config *Config) error {
	schema, err := template()
	if err != nil {
		return err
	}
	if b.temporary, err = os.MkdirTemp("", "touchstone-store-"); err != nil {
		return err
	}
	config.Path = filepath.Join(b.temporary, "store.db")
	return os.WriteFile(config.Path, schema, 0o600)
}

// connect opens the writer's connection and the readers'.
func (b *backend) connect(ctx context.Context, config Config) error {
	synchronous := "FULL"
	if config.Temporary {
		synchronous = "OFF"
	}
	open := func(s settings) (*conn, error) {
		connector, err := sqlite.NewConnector(dsn(config.Path, s))
		if err != nil {
			return nil, err
		}
		raw, err := connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		return &conn{raw: raw, prepared: map[string]driver.Stmt{}}, nil
	}
	writer, err := open(settings{synchronous: synchronous, cacheMB: config.CacheMB})
	if err != nil {
		return err
	}
	copying, err := open(settings{synchronous: synchronous, cacheMB: 1})
	if err != nil {
		return errors.Join(err, writer.close())
	}
	b.checkpoints = &checkpointer{conn: copying, every: config.copyEvery, pages: config.walPages}
	b.open = func() (*conn, error) {
		return open(settings{synchronous: synchronous, cacheMB: 8, readOnly: true})
	}
	b.idle = make(chan *conn, config.Readers)
	b.slots = make(chan struct{}, config.Readers)
	b.start(writer)
	return nil
}
