package sqlstore

import (
	"strings"
	"testing"
)

func TestStatement_rendersBothDialects(t *testing.T) {
	t.Parallel()
	s := rows("k int, name text", `INSERT INTO t (k, name, at) SELECT k, name, {time} FROM v
		WHERE k <> {int} AND name = {any text} AND {least}(k, 1) = 1`)
	wantPostgres := `WITH v(k, name) AS (SELECT unnest($1::bigint[]), unnest($2::text[])) ` +
		`INSERT INTO t (k, name, at) SELECT k, name, $3::timestamptz FROM v ` +
		`WHERE k <> $4::bigint AND name = ANY($5::text[]) AND least(k, 1) = 1`
	wantSQLite := `WITH v(k, name) AS (VALUES (?,?),(?,?)) ` +
		`INSERT OR FAIL INTO t (k, name, at) SELECT k, name, ? FROM v ` +
		`WHERE k <> ? AND name IN (SELECT value FROM json_each(?)) AND min(k, 1) = 1`
	if got := words(s.Postgres); got != wantPostgres {
		t.Errorf("PostgreSQL\n got %s\nwant %s", got, wantPostgres)
	}
	if got := words(s.SQLiteRows(2)); got != wantSQLite {
		t.Errorf("SQLite\n got %s\nwant %s", got, wantSQLite)
	}
}

func TestStatement_namesTheIndexToSQLiteAlone(t *testing.T) {
	t.Parallel()
	s := plain(`SELECT k FROM t {by t_k} WHERE k = {int}`)
	if got, want := words(s.SQLite), "SELECT k FROM t INDEXED BY t_k WHERE k = ?"; got != want {
		t.Errorf("SQLite: %s, want %s", got, want)
	}
	if got, want := words(s.Postgres), "SELECT k FROM t WHERE k = $1::bigint"; got != want {
		t.Errorf("PostgreSQL: %s, want %s", got, want)
	}
}

func TestStatement_hidesLimitsFromSQLitesPlanner(t *testing.T) {
	t.Parallel()
	s := plain(`SELECT k FROM t ORDER BY k LIMIT {int}`)
	if got, want := words(s.SQLite), "SELECT k FROM t ORDER BY k LIMIT ? + 0"; got != want {
		t.Errorf("SQLite: %s, want %s", got, want)
	}
	if got, want := words(s.Postgres), "SELECT k FROM t ORDER BY k LIMIT $1::bigint"; got != want {
		t.Errorf("PostgreSQL: %s, want %s", got, want)
	}
}

func TestStatement_refusesUnknownPlaceholders(t *testing.T) {
	t.Parallel()
	for _, make := range []func(){
		func() { plain("SELECT {integer}") },
		func() { rows("k number", "SELECT k FROM v") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a statement that cannot run was made")
				}
			}()
			make()
		}()
	}
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }
