// Package northwind takes a whole ERP database through a hub and holds every customer and every
// order that comes out against the database.
//
// In come the tables of Northwind on a real PostgreSQL, read by the sql kind through the mappings
// in testdata/hub; what goes out is compared with what SQL says of the same tables. The package
// never reads what it expects through the hub's own code.
package northwind

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
	"github.com/touchstone-hub/touchstone/tests/pgtest"
)

const patience = 3 * time.Minute

func TestMappings(t *testing.T) {
	t.Parallel()
	hubtest.Mappings(t, "testdata/hub")
}

// erp is a database with the whole of Northwind.
func erp(t *testing.T) (url string, db *pgx.Conn) {
	t.Helper()
	script, err := os.ReadFile(hubtest.Data(t, "erp/northwind.sql"))
	if err != nil {
		t.Fatal(err)
	}
	url = pgtest.Start(t)
	db, err = pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	// The dump is of an old server: this setting was taken away in PostgreSQL 12.
	text := strings.Replace(string(script), "SET default_with_oids = false;", "", 1)
	if _, err := db.PgConn().Exec(t.Context(), text).ReadAll(); err != nil {
		t.Fatalf("load the dump: %v", err)
	}
	if _, err := db.Exec(t.Context(), "RESET ALL"); err != nil { // the dump empties the search path
		t.Fatal(err)
	}
	return url, db
}

// rows reads a query into structs, by the names of its columns.
func rows[T any](t *testing.T, db *pgx.Conn, query string, args ...any) []T {
	t.Helper()
	result, err := db.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	list, err := pgx.CollectRows(result, pgx.RowToStructByNameLax[T])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}

// count counts the rows of a table.
func count(t *testing.T, db *pgx.Conn, table string) (n int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// started is a hub that has taken in all of Northwind.
func started(t *testing.T) (*hubtest.Hub, *pgx.Conn) {
	t.Helper()
	url, db := erp(t)
	h := hubtest.Start(t, hubtest.Folder(t, "testdata/hub"), map[string]string{"ERP_DATABASE": url})
	full(t, h, db)
	return h, db
}

// full waits until the hub has taken in all of Northwind, and nothing else.
func full(t *testing.T, h *hubtest.Hub, db *pgx.Conn) {
	t.Helper()
	counts := hubtest.Counts{"Order": count(t, db, "orders"), "Product": count(t, db, "products")}
	var customers int64
	for _, table := range []string{"customers", "suppliers", "shippers", "employees"} {
		n := count(t, db, table)
		counts["erp/"+table] = n
		customers += n
	}
	s := h.Rest(patience, counts.Missing)
	if diff := cmp.Diff([]string(nil), h.DeadLetters()); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	// No two companies or people of the database are one.
	if s.Customers != customers || s.Merged != 0 {
		t.Errorf("%d golden customers and %d merged IDs of %d records, all different", s.Customers, s.Merged, customers)
	}
	for name, want := range counts {
		if got := s.Records[name] + s.Documents[name]; got != want {
			t.Errorf("%d %s; want %d", got, name, want)
		}
	}
}
