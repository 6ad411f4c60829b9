package sql_test

import (
	dbsql "database/sql"
	stdjson "encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/connectors/connectortest"
	"github.com/touchstone-hub/touchstone/connectors/sql"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

// place is a database with a table of people.
type place struct {
	db       *dbsql.DB
	settings string // of the connector
	wrong    string // settings with credentials that are refused; ""
	away     string // settings of a database that cannot be reached
	url      string // of PostgreSQL
}

func onSQLite(t *testing.T) place {
	file := filepath.Join(t.TempDir(), "people.db")
	db := opened(t, "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=synchronous(OFF)")
	do(t, db, `CREATE TABLE made (it)`)
	return place{db: db, settings: "{driver: sqlite, file: " + file + "}", away: "{driver: sqlite, file: " + file + ".not-there}"}
}

func onPostgres(t *testing.T) place {
	base := pgtest.Start(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	wrong, away := *u, *u
	wrong.User = url.UserPassword("nobody", "wrong")
	away.Host = "127.0.0.1:1"
	away.RawQuery = ""
	return place{
		db: opened(t, "pgx", base), url: base, settings: "{driver: postgres, url: '" + base + "'}",
		wrong: "{driver: postgres, url: '" + wrong.String() + "'}", away: "{driver: postgres, url: '" + away.String() + "', connect_timeout: 60s}",
	}
}

func opened(t *testing.T, driver, address string) *dbsql.DB {
	db, err := dbsql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func do(t *testing.T, db *dbsql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func configured(t *testing.T, text string) connectors.Connector {
	t.Helper()
	var ps config.Problems
	n := config.Parse("people.yaml", []byte(text), os.LookupEnv, &ps)
	c := connectors.Load(n, "people", connectors.LoadOptions{Kinds: []connectors.Kind{sql.Kind}, Formats: []formats.Kind{json.JSON}, Folder: t.TempDir()}, &ps)
	if c == nil {
		t.Fatal(ps.Err())
	}
	return c.Connector
}

func TestSourceKeepsTheContract(t *testing.T) {
	for name, start := range map[string]func(*testing.T) place{"sqlite": onSQLite, "postgres": onPostgres} {
		for kind, changed := range map[string]string{"changes": "changed: changed, overlap: 0s,", "whole table": ""} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				at := start(t)
				connectortest.Run(t, connectortest.Harness{Source: func(t *testing.T) connectortest.SourceSystem { return newSource(t, at, changed) }})
			})
		}
	}
}

func newSource(t *testing.T, at place, changed string) connectortest.SourceSystem {
	do(t, at.db, `DROP TABLE IF EXISTS people`)
	do(t, at.db, `CREATE TABLE people (key TEXT, value INTEGER, changed INTEGER)`)
	do(t, at.db, `CREATE UNIQUE INDEX people_key ON people (key)`)
	open := func(settings string) func(connectors.Env) (connectors.Source, error) {
		if settings == "" {
			return nil
		}
		c := configured(t, "kind: sql\nsettings: "+settings+"\nstreams:\n  people: {key: key, table: people, "+changed+" poll: '@every 1s', page: 2}\n")
		return func(env connectors.Env) (connectors.Source, error) { return c.Source("people", env) }
	}
	changes := 0
	return connectortest.SourceSystem{
		Open: open(at.settings), BadCredentials: open(at.wrong), Unreachable: open(at.away), LatestOnly: true,
		Put: func(t *testing.T, records ...connectortest.Record) {
			for _, r := range records {
				changes++
				do(t, at.db, `INSERT INTO people VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed = excluded.changed`, r.Key, r.Value, changes)
			}
		},
		PutBad: func(t *testing.T) { do(t, at.db, `INSERT INTO people VALUES (NULL, 7, 7)`) },
		Record: func(f formats.Frame) (connectortest.Record, error) {
			var r connectortest.Record
			err := stdjson.Unmarshal(f.Bytes, &r)
			return r, err
		},
	}
}

func TestTargetKeepsTheContract(t *testing.T) {
	for name, start := range map[string]func(*testing.T) place{"sqlite": onSQLite, "postgres": onPostgres} {
		for kind, keys := range map[string]string{"upsert": "key: key", "generated": "key: id, generated: true, find_by: golden"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				at := start(t)
				connectortest.Run(t, connectortest.Harness{Target: func(t *testing.T) connectortest.TargetSystem { return newTarget(t, at, keys) }})
			})
		}
	}
}

func newTarget(t *testing.T, at place, keys string) connectortest.TargetSystem {
	id := "INTEGER PRIMARY KEY"
	if at.url != "" {
		id = "BIGINT GENERATED ALWAYS AS IDENTITY"
	}
	do(t, at.db, `DROP TABLE IF EXISTS people`)
	do(t, at.db, `CREATE TABLE people (id `+id+`, key TEXT UNIQUE, value INTEGER CHECK (value < 1000), golden TEXT)`)
	c := configured(t, "kind: sql\nsettings: "+at.settings+"\ntarget:\n  people: {table: people, "+keys+", delete: true}\n")
	remote := "key"
	if strings.Contains(keys, "generated") {
		remote = "CAST(id AS TEXT)"
	}
	faults := map[connectortest.Fault]func(*testing.T) func(){
		connectortest.Forgotten: func(t *testing.T) func() { do(t, at.db, `DELETE FROM people`); return func() {} },
	}
	if at.url != "" {
		faults[connectortest.Slow] = func(t *testing.T) func() {
			do(t, at.db, `CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$`)
			do(t, at.db, `CREATE TRIGGER slow BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION slow()`)
			return func() { do(t, at.db, `DROP TRIGGER slow ON people`) }
		}
		faults[connectortest.Invalid] = func(t *testing.T) func() {
			do(t, at.db, `ALTER TABLE people ADD CONSTRAINT none CHECK (value < 0) NOT VALID`)
			return func() { do(t, at.db, `ALTER TABLE people DROP CONSTRAINT none`) }
		}
		faults[connectortest.LostAnswer] = func(t *testing.T) func() { return killsAtCommit(t, at) }
	}
	return connectortest.TargetSystem{
		Open: func(env connectors.Env) (connectors.Target, error) { return c.Target("people", env) },
		Payload: func(r connectortest.Record) []byte {
			return fmt.Appendf(nil, `{"key":%q,"value":%d}`, r.Key, r.Value)
		},
		Operations: []connectors.Operation{connectors.Create, connectors.Update, connectors.Delete},
		Faults:     faults,
		Held: func(t *testing.T) map[string]connectortest.Record {
			held := map[string]connectortest.Record{}
			rows, err := at.db.Query(`SELECT ` + remote + `, key, value FROM people`)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var (
					id string
					r  connectortest.Record
				)
				if err := rows.Scan(&id, &r.Key, &r.Value); err != nil {
					t.Fatal(err)
				}
				held[id] = r
			}
			return held
		},
	}
}

// killsAtCommit ends the server's process of whoever commits a row, by a trigger that PostgreSQL
// runs last of all: what became of the transaction the client cannot know.
func killsAtCommit(t *testing.T, at place) func() {
	do(t, at.db, `CREATE OR REPLACE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`)
	do(t, at.db, `CREATE CONSTRAINT TRIGGER kill AFTER INSERT OR UPDATE ON people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kill()`)
	return func() { do(t, at.db, `DROP TRIGGER kill ON people`) }
}
