package sql

import (
	"context"
	dbsql "database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlite speaks to one file. It reads values as they are stored and takes the declared types as
// hints of what they mean, as SQLite does.
type sqlite struct {
	pool *dbsql.DB
	sqliteSession
}

func openSQLite(ctx context.Context, file string, s settings, reading bool) (*sqlite, error) {
	f, err := os.Open(file) // SQLite says only "unable to open"
	if err != nil {
		return nil, err
	}
	_ = f.Close()
	options := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", s.Timeout.Milliseconds()), "foreign_keys(1)",
	}}
	if reading {
		options["_pragma"] = append(options["_pragma"], "query_only(1)")
	}
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: options.Encode()}
	pool, err := dbsql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(s.Pool)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, err
	}
	return &sqlite{pool: pool, sqliteSession: sqliteSession{pool, s.Timeout}}, nil
}

func (s *sqlite) close()                               { _ = s.pool.Close() }
func (s *sqlite) classify(err error) failure           { return classifySQLite(err) }
func (s *sqlite) parameter(int) string                 { return "?" }
func (s *sqlite) sortable(_ column, ref string) string { return ref }

// read takes the declared type away, by which the driver would turn texts into times.
func (s *sqlite) read(ref string) string { return "+" + ref }

// bind gives numbers as text, of which the column's affinity makes what it stores; a column of text
// keeps them as they are written.
func (s *sqlite) bind(c column, v any) any {
	switch v := v.(type) {
	case json.Number:
		if c.typ == "" || strings.Contains(strings.ToUpper(c.typ), "BLOB") {
			return cell(v)
		}
		return v.String()
	case bool:
		if typ := strings.ToUpper(c.typ); strings.Contains(typ, "CHAR") || strings.Contains(typ, "TEXT") {
			return fmt.Sprint(v)
		}
	}
	return v
}

// now is the clock of this machine, which is the database's.
func (s *sqlite) now(ctx context.Context) (now time.Time, err error) {
	err = s.each(ctx, `SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)`, nil, func(row []any) error {
		now = time.UnixMilli(row[0].(int64))
		return nil
	})
	return now, err
}

func (s *sqlite) describe(ctx context.Context, from string, zone *time.Location) ([]column, error) {
	rows, err := s.pool.QueryContext(ctx, "SELECT * FROM "+from+" AS t LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	var columns []column
	for _, t := range types {
		columns = append(columns, sqliteColumn(t.Name(), t.DatabaseTypeName(), zone))
	}
	return columns, rows.Err()
}

// sqliteTimes are the layouts of SQLite's own functions (https://sqlite.org/lang_datefunc.html).
var sqliteTimes = []string{
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly,
}

// sqliteColumn sets how values are read, by the words in the type's name.
func sqliteColumn(name, declared string, zone *time.Location) column {
	c := column{name: name, typ: declared, write: writeStored, instant: instantOf(zone, sqliteTimes...)}
	switch typ := strings.ToUpper(declared); {
	case strings.Contains(typ, "BOOL"):
		c.write = writeBool
	case strings.Contains(typ, "JSON"):
		c.write, c.json = writeJSON, true
	case strings.HasPrefix(typ, "DATETIME"), strings.HasPrefix(typ, "TIMESTAMP"):
		c.write = writeInstant(c.instant)
	}
	return c
}

func (s *sqlite) tuples(types []column, tuples [][]any) (joined, error) {
	list, err := json.Marshal(tuples)
	if err != nil {
		return joined{}, err
	}
	j := joined{from: "json_each(?) AS u", ordinal: "u.key", args: []any{string(list)}}
	for i := range types {
		j.refs = append(j.refs, fmt.Sprintf("json_extract(u.value, '$[%d]')", i))
	}
	for _, tuple := range tuples {
		for i, v := range tuple {
			if _, blob := v.([]byte); blob {
				return j, fmt.Errorf("%s holds a BLOB, by which no rows can be found", types[i].name)
			}
		}
	}
	return j, nil
}

// sqliteQuerier is a pool or a transaction.
type sqliteQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*dbsql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (dbsql.Result, error)
}

type sqliteSession struct {
	on      sqliteQuerier
	timeout time.Duration
}

func (s sqliteSession) each(ctx context.Context, query string, args []any, row func([]any) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	rows, err := s.on.QueryContext(ctx, query, args...)
	if err != nil {
		return timedOut(ctx, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
	return timedOut(ctx, rows.Err())
}

func (s sqliteSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	result, err := s.on.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, timedOut(ctx, err)
	}
	return result.RowsAffected()
}

// timedOut names the reason why SQLite was interrupted.
func timedOut(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

func (s *sqlite) begin(ctx context.Context) (transaction, error) {
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return sqliteTransaction{sqliteSession{tx, s.timeout}, tx}, nil
}

type sqliteTransaction struct {
	sqliteSession
	tx *dbsql.Tx
}

func (t sqliteTransaction) commit(context.Context) error { return t.tx.Commit() }
func (t sqliteTransaction) rollback()                    { _ = t.tx.Rollback() }
